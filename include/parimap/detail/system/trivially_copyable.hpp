// SPDX-License-Identifier: MIT
// Whether a copy of a value's bytes is a copy of the value.
#ifndef PARIMAP_DETAIL_SYSTEM_TRIVIALLY_COPYABLE_HPP
#define PARIMAP_DETAIL_SYSTEM_TRIVIALLY_COPYABLE_HPP

#include <parimap/detail/form.hpp>

#include <type_traits>

namespace parimap::inline PARIMAP_ABI::detail {

/// What std::is_trivially_copyable_v should say. (GCC 12 and others deny it of a lambda with captures once anybody has asked whether that can be
/// assigned to, which is what std::tuple asks of its elements.)
template <class T>
inline constexpr bool trivially_copyable =
    std::is_trivially_copyable_v<T> ||
    (std::is_trivially_copy_constructible_v<T> && std::is_trivially_move_constructible_v<T> &&
     std::is_trivially_destructible_v<T> && !std::is_copy_assignable_v<T> && !std::is_move_assignable_v<T>);

}  // namespace parimap::detail

#endif
