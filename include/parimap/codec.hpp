// SPDX-License-Identifier: MIT
// codec: how a value travels to another process.
#ifndef PARIMAP_CODEC_HPP
#define PARIMAP_CODEC_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/form.hpp>
#include <parimap/detail/system/trivially_copyable.hpp>
#include <parimap/detail/travel/byte_stream.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>  // and std::ranges::enable_borrowed_range with it
#include <system_error>
#include <type_traits>
#include <typeindex>
#include <utility>
#include <variant>

namespace parimap::inline PARIMAP_ABI {

/// Where a codec writes,
using byte_writer = detail::byte_writer;
/// and where it reads.
using byte_reader = detail::byte_reader;

/// How a T travels. Trivially copyable types travel as their bytes, without more; the mpi backend adds what cereal can archive. For others
/// an application has its own:
///
///   template <>
///   struct parimap::codec<polygon> {
///       static void write(parimap::byte_writer& out, const polygon& p);   // may throw: then the item fails
///       static polygon read(parimap::byte_reader& in);                    // reads what write() wrote
///   };
template <class T>
struct codec;

namespace detail {

/// Whether a T is known to hold an address, which means nothing in another process.
template <class T>
inline constexpr bool holds_address =
    std::is_pointer_v<T> || std::is_member_pointer_v<T> || std::is_null_pointer_v<T> || std::ranges::enable_borrowed_range<T>;
template <>
inline constexpr bool holds_address<std::error_code> = true;
template <>
inline constexpr bool holds_address<std::error_condition> = true;
template <>
inline constexpr bool holds_address<std::type_index> = true;
template <class T>
inline constexpr bool holds_address<std::reference_wrapper<T>> = true;
template <class T>
inline constexpr bool holds_address<std::optional<T>> = holds_address<std::remove_cv_t<T>>;
template <class T, std::size_t n>
inline constexpr bool holds_address<std::array<T, n>> = holds_address<std::remove_cv_t<T>>;
template <class... Ts>
inline constexpr bool holds_address<std::variant<Ts...>> = (holds_address<std::remove_cv_t<Ts>> || ...);

/// (Not what refers to bytes elsewhere, as far as types tell.)
template <class T>
concept travels_as_bytes = trivially_copyable<T> && std::is_move_constructible_v<T> && std::is_object_v<T> && !holds_address<T>;

/// Whether there is a codec for values of this type.
template <class T>
concept can_travel = requires(byte_writer& out, byte_reader& in, const T& value) {
    codec<T>::write(out, value);
    { codec<T>::read(in) } -> std::same_as<T>;
};

}  // namespace detail

template <detail::travels_as_bytes T>
struct codec<T> {
    static void write(byte_writer& out, const T& value) {
        if constexpr (!std::is_empty_v<T>) out.bytes(&value, sizeof(T));
    }
    static T read(byte_reader& in) {
        union raw {  // not every such type has a default constructor
            raw() {}
            T value;
        } made;
        if constexpr (!std::is_empty_v<T>) in.bytes(&made.value, sizeof(T));
        return std::move(made.value);
    }
};

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
