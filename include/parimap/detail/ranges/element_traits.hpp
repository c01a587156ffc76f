// SPDX-License-Identifier: MIT
// What the types of a range's elements tell: whether they are written through objects, and whether they own what they show.
#ifndef PARIMAP_DETAIL_RANGES_ELEMENT_TRAITS_HPP
#define PARIMAP_DETAIL_RANGES_ELEMENT_TRAITS_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/range_access.hpp>
#include <parimap/detail/system/std_ranges.hpp>

#include <atomic>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace ranges {

enum class category;
template <class Reference, category Category, class>
struct any_view;

}  // namespace ranges

namespace parimap::inline PARIMAP_ABI {

template <class R, bool Sized>
class imap;
template <class View>
class progress_view;

namespace detail {

template <class T>
concept tuple_like = requires { std::tuple_size<T>::value; };

template <class R>
inline constexpr bool is_imap = false;
template <class R, bool Sized>
inline constexpr bool is_imap<imap<R, Sized>> = true;

// --- Elements that are written through objects ------------------------------------------------------------------------

template <class T>
inline constexpr bool is_atomic_ref = false;
template <class T>
inline constexpr bool is_atomic_ref<std::atomic_ref<T>> = true;

/// Whether an element is no reference but an object, through which a value is written somewhere else. That may be a part of
/// a word, as with std::vector<bool>, and then neighbours cannot be written side by side. What writes like that is what
/// std::indirectly_writable says, assignment to a const object; or, in older code, assignment of what it cannot be made
/// from. (A std::string_view of a std::string can be made from one, and is then only pointed elsewhere.)
template <class Reference, class Value>
constexpr bool is_proxy() {
    using object = std::remove_cv_t<Reference>;
    if constexpr (std::is_reference_v<Reference> || !std::is_class_v<object> || is_atomic_ref<object>) {
        return false;
    } else if constexpr (std::is_same_v<object, std::vector<bool>::reference>) {
        return true;
    } else if constexpr (std::is_same_v<object, Value>) {
        return false;
    } else {
        return std::is_assignable_v<const object&, Value> ||
               (std::is_assignable_v<object, Value> && !std::is_convertible_v<Value, object>);
    }
}

/// Whether an element is a tuple, as zipped ranges show it, of which each element counts by itself.
template <class Reference, class Value>
constexpr bool has_parts() {
    if constexpr (!std::is_reference_v<Reference> && tuple_like<std::remove_cv_t<Reference>> && tuple_like<Value>) {
        return std::tuple_size_v<std::remove_cv_t<Reference>> == std::tuple_size_v<Value>;
    } else {
        return false;
    }
}

template <class Reference, class Value>
constexpr bool is_or_has_proxy() {
    if constexpr (has_parts<Reference, Value>()) {
        return []<std::size_t... I>(std::index_sequence<I...>) {
            return (is_or_has_proxy<std::tuple_element_t<I, std::remove_cv_t<Reference>>, std::tuple_element_t<I, Value>>() || ...);
        }(std::make_index_sequence<std::tuple_size_v<Value>>{});
    } else {
        return is_proxy<Reference, Value>();
    }
}

template <class View>
inline constexpr bool shows_proxies = is_or_has_proxy<reference_of<View>, value_of<View>>();

// --- What f is called with --------------------------------------------------------------------------------------------
// The range's own reference. But a number behind a proxy is given as a const value: reading std::vector<bool> is safe, and
// code that would write it from several threads does not compile. (parallel_for_each, whose f is there to write, refuses
// proxies with a text of its own.) Proxies of classes stay: whoever shows the members of a class from several arrays
// shares no words.

template <class Reference, class Value>
constexpr auto item_type() {
    using object = std::remove_cv_t<Reference>;
    if constexpr (!is_or_has_proxy<Reference, Value>()) {
        return std::type_identity<Reference>{};
    } else if constexpr (has_parts<Reference, Value>()) {
        return []<std::size_t... I>(std::index_sequence<I...>) {
            return std::type_identity<std::tuple<
                typename decltype(item_type<std::tuple_element_t<I, object>, std::tuple_element_t<I, Value>>())::type...>>{};
        }(std::make_index_sequence<std::tuple_size_v<Value>>{});
    } else if constexpr (std::is_same_v<object, std::vector<bool>::reference>) {
        return std::type_identity<const bool>{};
    } else if constexpr (std::is_arithmetic_v<Value> || std::is_enum_v<Value>) {
        return std::type_identity<const Value>{};
    } else {
        return std::type_identity<Reference>{};
    }
}

/// What f is called with for an element of a range that is read where it is.
template <class View>
using item_of = typename decltype(item_type<reference_of<View>, value_of<View>>())::type;

template <class Item, class Reference>
constexpr Item item_from(Reference&& shown) {
    if constexpr (std::is_same_v<Item, Reference> || std::is_same_v<Item, Reference&&> || !tuple_like<Item>) {
        return static_cast<Item>(std::forward<Reference>(shown));
    } else {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return Item(item_from<std::tuple_element_t<I, Item>>(std::get<I>(std::forward<Reference>(shown)))...);
        }(std::make_index_sequence<std::tuple_size_v<Item>>{});
    }
}

// --- Elements of single-pass ranges -----------------------------------------------------------------------------------

template <class T>
inline constexpr bool is_shared_view = is_imap<T>;  // its copies share what they own
template <class View>
inline constexpr bool is_shared_view<progress_view<View>> = true;
template <class Reference, ::ranges::category Category, class Enable>
inline constexpr bool is_shared_view<::ranges::any_view<Reference, Category, Enable>> =
    true;  // or it does not; the type cannot tell

/// Whether a value is, or holds, a single-pass view that does not own what it shows, such as each chunk of a single-pass
/// range: it is read from the state of the range that it came from, which has gone on when a worker looks. Seen from its
/// type: a view that owns a state which can be read but once, such as a generator, cannot be copied.
template <class Value, int Depth = 3>
constexpr bool shows_state_of_input() {
    using object = std::remove_cvref_t<Value>;
    if constexpr (Depth == 0 || is_shared_view<object>) {
        return false;
    } else if constexpr (some_range<object>) {
        if constexpr ((range_v3_view<object> || std::ranges::view<object>)) {
            return !some_forward_range<object> && std::is_copy_constructible_v<object>;
        } else {
            return shows_state_of_input<value_of<object>, Depth - 1>();
        }
    } else if constexpr (tuple_like<object>) {
        return []<std::size_t... I>(std::index_sequence<I...>) {
            return (shows_state_of_input<std::tuple_element_t<I, object>, Depth - 1>() || ...);
        }(std::make_index_sequence<std::tuple_size_v<object>>{});
    } else {
        return false;
    }
}

// --- Parameters of f --------------------------------------------------------------------------------------------------

template <class R, class... Args>
std::type_identity<std::tuple<std::type_identity<Args>...>> parameters_of_signature(R (*)(Args...));
template <class R, class C, class... Args>
std::type_identity<std::tuple<std::type_identity<Args>...>> parameters_of_signature(R (C::*)(Args...) const);
template <class R, class C, class... Args>
std::type_identity<std::tuple<std::type_identity<Args>...>> parameters_of_signature(R (C::*)(Args...) const&);

/// A std::tuple with a std::type_identity for each parameter of F, where F has one signature; else empty.
template <class F>
constexpr auto parameters_of() {
    if constexpr (requires(F f) { parameters_of_signature(f); }) {
        return typename decltype(parameters_of_signature(std::declval<F>()))::type{};
    } else if constexpr (requires { parameters_of_signature(&F::operator()); }) {
        return typename decltype(parameters_of_signature(&F::operator()))::type{};
    } else {
        return std::tuple<>{};
    }
}

/// Whether F, called with an element of each of `Ranges` ranges, takes this range's as a value that has nothing to do with the
/// range any more. (Unknown, so no, if F is a template.)
template <class F, std::size_t Ranges, std::size_t I, class Value>
constexpr bool takes_value() {
    using parameters = decltype(parameters_of<F>());
    constexpr std::size_t count = std::tuple_size_v<parameters>;
    if constexpr (count < Ranges) {
        return false;
    } else {
        using parameter = std::remove_cvref_t<typename std::tuple_element_t<count - Ranges + I, parameters>::type>;
        return std::is_same_v<parameter, Value> || std::is_arithmetic_v<parameter>;
    }
}

/// Whether F could write through a proxy that View shows.
template <class F, class View, bool Zipped>
constexpr bool could_write_proxies() {
    if constexpr (!shows_proxies<View> || !(some_forward_range<View>)) {
        return false;  // of a single-pass range f gets a value of its own
    } else if constexpr (Zipped) {
        using references = std::remove_cv_t<reference_of<View>>;
        using values = value_of<View>;
        return []<std::size_t... I>(std::index_sequence<I...>) {
            return ((is_or_has_proxy<std::tuple_element_t<I, references>, std::tuple_element_t<I, values>>() &&
                     !takes_value<F, sizeof...(I), I, std::tuple_element_t<I, values>>()) ||
                    ...);
        }(std::make_index_sequence<std::tuple_size_v<values>>{});
    } else {
        return !takes_value<F, 1, 0, value_of<View>>();
    }
}

}  // namespace detail
}  // namespace parimap

#endif
