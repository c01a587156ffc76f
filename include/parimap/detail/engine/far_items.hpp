// SPDX-License-Identifier: MIT
// The items of a call on their way to another process: what is sent of each, and what f gets there.
#ifndef PARIMAP_DETAIL_ENGINE_FAR_ITEMS_HPP
#define PARIMAP_DETAIL_ENGINE_FAR_ITEMS_HPP

#include <parimap/codec.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/block_of_elements.hpp>
#include <parimap/detail/ranges/invocation.hpp>
#include <parimap/detail/ranges/pulled_item.hpp>
#include <parimap/detail/ranges/range_access.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI {
namespace detail {

/// An argument of f that is made of a copy. What was a reference to something that f may change is an rvalue: an f that means to change it
/// does not take that. (To ask whether it takes a const one would compile the body of a generic f.)
template <class Arg>
using far_argument = std::conditional_t<std::is_lvalue_reference_v<Arg> && std::is_const_v<std::remove_reference_t<Arg>>, Arg,
                                        std::remove_cvref_t<Arg>&&>;

/// Before an item whose size its type does not say.
struct item_head {
    std::uint32_t bytes;
    std::uint32_t begins_archive;
};

/// Writes a value with its size, so that whoever cannot read it finds what stands behind it.
template <class Write>
void write_sized(byte_writer& out, Write write) {
    const std::size_t head = out.leave_room<item_head>();
    const std::size_t start = out.size();
    const std::uint32_t begins = out.has_archive() ? 0 : 1;
    write();
    if (out.size() - start > std::numeric_limits<std::uint32_t>::max())
        throw std::length_error("parimap: a value of more than 4 GB cannot travel; send it in parts");
    out.fill(head, item_head{static_cast<std::uint32_t>(out.size() - start), begins});
    out.end_archive_that_refers_back();
}

/// Reads such a value with read(); what that throws leaves the reader behind it.
template <class Read>
void read_sized(byte_reader& in, Read read) {
    const auto head = in.plain<item_head>();
    if (head.begins_archive) in.end_archive();
    in.begin_part(head.bytes);
    const struct behind_it {
        byte_reader& in;
        ~behind_it() { in.end_part(); }
    } in_the_end{in};
    read();
}

/// Item: what f is called with.
template <class Item, bool Zipped>
struct far_item {
    using kept = std::remove_cvref_t<Item>;
    using passed = far_argument<Item>;
    static constexpr bool can_travel = detail::can_travel<kept>;

    static void write(byte_writer& out, const kept& item) { codec<kept>::write(out, item); }
    static kept read(byte_reader& in) { return codec<kept>::read(in); }
    static passed pass(kept& k) noexcept { return static_cast<passed>(k); }
};

template <class Item>
struct far_item<Item, true> {
    template <class List>
    struct elements;
    template <class... Args>
    struct elements<type_list<Args...>> {
        using kept = std::tuple<std::remove_cvref_t<Args>...>;
        using passed = std::tuple<far_argument<Args>...>;
        static constexpr bool can_travel = (detail::can_travel<std::remove_cvref_t<Args>> && ...);

        template <class Tuple>
        static void write(byte_writer& out, const Tuple& item) {
            [&]<std::size_t... I>(std::index_sequence<I...>) {
                (codec<std::remove_cvref_t<Args>>::write(out, std::get<I>(item)), ...);
            }(std::index_sequence_for<Args...>{});
        }
        static kept read(byte_reader& in) { return kept{codec<std::remove_cvref_t<Args>>::read(in)...}; }  // braces: in this order
        static passed pass(kept& k) noexcept {
            return [&]<std::size_t... I>(std::index_sequence<I...>) {
                return passed(static_cast<far_argument<Args>>(std::get<I>(k))...);
            }(std::index_sequence_for<Args...>{});
        }
    };
    using all = elements<typename arguments_of_item<Item, true>::type>;
    using kept = typename all::kept;
    using passed = typename all::passed;
    static constexpr bool can_travel = all::can_travel;

    template <class Tuple>
    static void write(byte_writer& out, const Tuple& item) {
        all::write(out, item);
    }
    static kept read(byte_reader& in) { return all::read(in); }
    static passed pass(kept& k) noexcept { return all::pass(k); }
};

/// An element as a value, in a block of which all travel. Where it is sent, it is what far_item is there.
template <class View, bool Zipped>
struct travelling_element {
    using far = far_item<item_of<View>, Zipped>;
    using kept = typename far::kept;
    using passed = typename far::passed;

    static kept keep(const iterator_of<View>& it) { return keep_element(*it); }

    template <class Element>
    static kept keep_element(Element&& element) {
        if constexpr (Zipped) {
            return tuple_of_values<kept>::from(std::forward<Element>(element));
        } else {
            return value_from<kept>(std::forward<Element>(element));
        }
    }
    static passed pass(kept& k) noexcept { return far::pass(k); }
};

template <class F>
consteval bool can_function_travel() {
    if constexpr (!can_travel<F> || !std::is_class_v<F> || !(std::is_empty_v<F> || std::is_standard_layout_v<F>)) {
        return false;
    } else if constexpr (requires { typename F::wrapped_function; }) {
        return can_function_travel<typename F::wrapped_function>();
    } else {
        return true;
    }
}

/// The function of a call that was made elsewhere. A lambda that captures nothing has no value to send; one that captures references is
/// told by its layout, which the standard leaves open, and GCC and clang do not. Of a wrapper both must be able to, for all wrap pointers
/// to functions as well.
template <class F>
inline constexpr bool function_can_travel = can_function_travel<F>();

}  // namespace detail

template <class View, bool Zipped>
struct codec<detail::block_of_elements<detail::travelling_element<View, Zipped>>> {
    using far = typename detail::travelling_element<View, Zipped>::far;
    using block = detail::block_of_elements<detail::travelling_element<View, Zipped>>;

    static void write(byte_writer& out, const block& b)
        requires far::can_travel
    {
        out.plain(b.first);
        out.plain(b.elements.size());
        for (const auto& element : b.elements) far::write(out, element);
    }
    static block read(byte_reader& in)
        requires far::can_travel
    {
        block b{in.plain<std::uint64_t>(), {}};
        for (auto left = in.plain<std::size_t>(); left > 0; --left) b.elements.push_back(far::read(in));
        return b;
    }
};

}  // namespace parimap

#endif
