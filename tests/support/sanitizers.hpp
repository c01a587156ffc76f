// SPDX-License-Identifier: MIT
// Which sanitizer the tests are built with, for what a sanitizer cannot follow.
#ifndef PARIMAP_TESTS_SUPPORT_SANITIZERS_HPP
#define PARIMAP_TESTS_SUPPORT_SANITIZERS_HPP

namespace parimap_test {

#if defined(__has_feature)
#define PARIMAP_TEST_HAS_FEATURE(name) __has_feature(name)
#else
#define PARIMAP_TEST_HAS_FEATURE(name) false
#endif

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool under_asan = true;
#else
inline constexpr bool under_asan = PARIMAP_TEST_HAS_FEATURE(address_sanitizer);
#endif

#if defined(__SANITIZE_THREAD__)
inline constexpr bool under_tsan = true;
#else
inline constexpr bool under_tsan = PARIMAP_TEST_HAS_FEATURE(thread_sanitizer);
#endif

#undef PARIMAP_TEST_HAS_FEATURE

}  // namespace parimap_test

#endif
