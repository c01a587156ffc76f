// SPDX-License-Identifier: MIT
// How much memory an item or a result holds beside itself, as far as its type shows it at no cost.
#ifndef PARIMAP_DETAIL_RANGES_FOOTPRINT_HPP
#define PARIMAP_DETAIL_RANGES_FOOTPRINT_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/system/std_ranges.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// Elements in one piece that belong to the object: vectors and strings, also matrices that are no ranges; no spans.
template <class T>
concept owns_array = !std::ranges::enable_borrowed_range<T> && !std::ranges::enable_view<T> && requires(const T& t) {
    { t.size() } noexcept -> std::integral;
    { t.data() } noexcept;
    requires std::is_pointer_v<decltype(t.data())>;
    requires std::is_object_v<std::remove_pointer_t<decltype(t.data())>>;
};

template <class T>
inline constexpr bool is_tuple = false;
template <class... Ts>
inline constexpr bool is_tuple<std::tuple<Ts...>> = true;
template <class T, class U>
inline constexpr bool is_tuple<std::pair<T, U>> = true;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
inline constexpr bool is_unique_pointer = false;
template <class T, class D>
    requires std::is_object_v<T> && (!std::is_array_v<T>)
inline constexpr bool is_unique_pointer<std::unique_ptr<T, D>> = requires { sizeof(T); };

/// Whether owned_bytes() can be anything but 0.
template <class T>
constexpr bool can_own() {
    if constexpr (std::is_reference_v<T>) {
        return false;
    } else if constexpr (owns_array<T>) {
        return true;
    } else if constexpr (is_tuple<T>) {
        return []<std::size_t... I>(std::index_sequence<I...>) {
            return (can_own<std::remove_cv_t<std::tuple_element_t<I, T>>>() || ...);
        }(std::make_index_sequence<std::tuple_size_v<T>>{});
    } else if constexpr (is_optional<T>) {
        return can_own<typename T::value_type>();
    } else {
        return is_unique_pointer<T>;
    }
}

/// The bytes on the heap that t owns: a guess that looks at one element of an array for all of them.
template <class T>
std::uint64_t owned_bytes([[maybe_unused]] const std::remove_reference_t<T>& t) noexcept {
    if constexpr (!can_own<T>()) {
        return 0;
    } else if constexpr (owns_array<T>) {
        using element = std::remove_cv_t<std::remove_pointer_t<decltype(t.data())>>;
        const auto count = static_cast<std::uint64_t>(t.size());
        if (count == 0) return 0;
        const auto* first = reinterpret_cast<const std::byte*>(t.data());
        const auto* self = reinterpret_cast<const std::byte*>(std::addressof(t));
        const bool inside = !std::less<>{}(first, self) && std::less<>{}(first, self + sizeof(T));  // an array, a short string
        return count * ((inside ? 0 : sizeof(element)) + owned_bytes<element>(*t.data()));
    } else if constexpr (is_tuple<T>) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return (std::uint64_t{0} + ... + owned_bytes<std::remove_cv_t<std::tuple_element_t<I, T>>>(std::get<I>(t)));
        }(std::make_index_sequence<std::tuple_size_v<T>>{});
    } else if constexpr (is_optional<T>) {
        return t ? owned_bytes<typename T::value_type>(*t) : 0;
    } else {
        using target = std::remove_cv_t<typename T::element_type>;
        return t ? sizeof(target) + owned_bytes<target>(*t) : 0;
    }
}

}  // namespace parimap::detail

#endif
