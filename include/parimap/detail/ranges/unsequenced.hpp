// SPDX-License-Identifier: MIT
// Which functions let calls on neighbouring items be interleaved.
#ifndef PARIMAP_DETAIL_RANGES_UNSEQUENCED_HPP
#define PARIMAP_DETAIL_RANGES_UNSEQUENCED_HPP

#include <parimap/detail/form.hpp>

#include <type_traits>

namespace parimap::inline PARIMAP_ABI::detail {

/// Whether F was given to unseq(), itself or inside another wrapper. Each wrapper says so beside its class.
template <class F>
inline constexpr bool is_unseq = false;

/// A number, or a small aggregate, which holds little else.
template <class T>
inline constexpr bool is_number = std::is_arithmetic_v<T> || (std::is_aggregate_v<T> && std::is_trivially_copyable_v<T> &&
                                                              std::is_trivially_default_constructible_v<T> && sizeof(T) <= 64);

/// An argument that is read where it lies: no code of a user runs for it.
template <class Argument>
inline constexpr bool is_number_in_memory = std::is_lvalue_reference_v<Argument> && is_number<std::remove_cvref_t<Argument>>;

}  // namespace parimap::detail

#endif
