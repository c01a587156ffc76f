// SPDX-License-Identifier: MIT
// Which sanitizer the tests are built with, for what a sanitizer cannot follow. As macros too, for what it cannot compile.
#ifndef PARIMAP_TESTS_SUPPORT_SANITIZERS_HPP
#define PARIMAP_TESTS_SUPPORT_SANITIZERS_HPP

#if defined(__has_feature)
#define PARIMAP_TEST_HAS_FEATURE(name) __has_feature(name)
#else
#define PARIMAP_TEST_HAS_FEATURE(name) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || PARIMAP_TEST_HAS_FEATURE(address_sanitizer)
#define PARIMAP_TEST_UNDER_ASAN 1
#else
#define PARIMAP_TEST_UNDER_ASAN 0
#endif

#if defined(__SANITIZE_THREAD__) || PARIMAP_TEST_HAS_FEATURE(thread_sanitizer)
#define PARIMAP_TEST_UNDER_TSAN 1
#else
#define PARIMAP_TEST_UNDER_TSAN 0
#endif

#undef PARIMAP_TEST_HAS_FEATURE

namespace parimap_test {

inline constexpr bool under_asan = PARIMAP_TEST_UNDER_ASAN;
inline constexpr bool under_tsan = PARIMAP_TEST_UNDER_TSAN;

}  // namespace parimap_test

#endif
