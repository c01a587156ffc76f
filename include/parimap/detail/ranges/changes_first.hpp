// SPDX-License-Identifier: MIT
// Whether a function that is to change its first argument can do so.
#ifndef PARIMAP_DETAIL_RANGES_CHANGES_FIRST_HPP
#define PARIMAP_DETAIL_RANGES_CHANGES_FIRST_HPP

#include <parimap/detail/form.hpp>

#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

template <class R, class First, class... Rest>
std::type_identity<First> first_parameter_of(R (*)(First, Rest...));
template <class F, class R, class First, class... Rest>
std::type_identity<First> first_parameter_of(R (F::*)(First, Rest...) const);
template <class F, class R, class First, class... Rest>
std::type_identity<First> first_parameter_of(R (F::*)(First, Rest...) const&);

/// Such a T may be copied, and lead to what is to be changed all the same.
template <class T>
concept like_pointer = requires(const T& t) { *t; };

template <class First, class T>
inline constexpr bool is_copy_or_const =
    (std::is_same_v<std::remove_cvref_t<First>, T> || std::is_arithmetic_v<std::remove_cvref_t<First>>)&&!(
        std::is_lvalue_reference_v<First> && !std::is_const_v<std::remove_reference_t<First>>);

/// False where the declaration of F says that the T it is given stays as it is: T total, const T& total, or std::plus<>. True also where
/// nothing is known, as of a generic lambda.
template <class F, class T>
consteval bool may_change_first() {
    if constexpr (like_pointer<T>) {
        return true;
    } else if constexpr (requires { typename F::is_transparent; }) {  // a function object of the standard's
        return false;
    } else if constexpr (requires { first_parameter_of(&F::operator()); }) {
        return !is_copy_or_const<typename decltype(first_parameter_of(&F::operator()))::type, T>;
    } else if constexpr (requires(F f) { first_parameter_of(f); }) {
        return !is_copy_or_const<typename decltype(first_parameter_of(std::declval<F>()))::type, T>;
    } else {
        return true;
    }
}
template <class F, class T>
inline constexpr bool can_change_first = may_change_first<F, T>();

}  // namespace parimap::detail

#endif
