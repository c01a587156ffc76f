// SPDX-License-Identifier: MIT
// What stands for an asymmetric fence where there is one thread, which needs none.
#ifndef PARIMAP_TESTS_SUPPORT_FENCES_HPP
#define PARIMAP_TESTS_SUPPORT_FENCES_HPP

namespace parimap_test {

inline bool always() noexcept { return true; }
inline bool fails() noexcept { return false; }

}  // namespace parimap_test

#endif
