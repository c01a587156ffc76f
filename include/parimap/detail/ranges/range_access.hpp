// SPDX-License-Identifier: MIT
// One vocabulary for ranges of range-v3 and of the standard library, and the views that hold a caller's ranges.
#ifndef PARIMAP_DETAIL_RANGES_RANGE_ACCESS_HPP
#define PARIMAP_DETAIL_RANGES_RANGE_ACCESS_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/system/std_ranges.hpp>

#include <range/v3/range/access.hpp>
#include <range/v3/range/concepts.hpp>
#include <range/v3/range/primitives.hpp>
#include <range/v3/range/traits.hpp>
#include <range/v3/view/interface.hpp>
#include <range/v3/view/zip.hpp>

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// What parimap takes as a single range: either library's input range. (The standard's are asked first, for they compile in a part of
/// the time.)
template <class R>
concept some_range = std::ranges::input_range<R> || ::ranges::input_range<R>;

template <class R>
concept some_forward_range = std::ranges::forward_range<R> || ::ranges::forward_range<R>;

template <class R>
concept some_sized_range = std::ranges::sized_range<R> || ::ranges::sized_range<R>;

template <class R>
inline constexpr bool is_indexed = (std::ranges::random_access_range<R> || ::ranges::random_access_range<R>)&&some_sized_range<R>;

/// Elements that workers can read where they are. (The libraries disagree on some iterators, for std's concepts also
/// ask for tags: what either of them grants, the iterator can do.)
template <class R>
concept indexed_range = is_indexed<R>;

/// One of the views below, which have begin(), end() and size() of their own: not to ask compiles faster.
struct held_range : ::ranges::view_base {};
template <class R>
concept is_held = std::is_base_of_v<held_range, R>;

template <class R>
auto begin_of(R& range) {
    if constexpr (is_held<R>) {
        return range.begin();
    } else if constexpr (std::ranges::range<R>) {
        return std::ranges::begin(range);
    } else {
        return ::ranges::begin(range);
    }
}

template <class R>
auto end_of(R& range) {
    if constexpr (is_held<R>) {
        return range.end();
    } else if constexpr (std::ranges::range<R>) {
        return std::ranges::end(range);
    } else {
        return ::ranges::end(range);
    }
}

/// Whoever counts items has 64 bits, of which the largest number stands for an unknown size. A range may have more elements
/// than that, for there are sizes of 128 bits; nobody comes to their end.
inline constexpr std::uint64_t largest_size = std::numeric_limits<std::uint64_t>::max() - 1;

template <class T>
inline constexpr bool can_be_negative = T(-1) < T(0);

/// A loop over such a range would not end before it crashes.
[[noreturn, gnu::cold]] inline void throw_negative_size() {
    throw std::length_error("parimap: the range has a negative number of elements; does its end lie before its begin?");
}

template <class R>
std::uint64_t size_of(R& range) {
    const auto size = [&] {
        if constexpr (is_held<R>) {
            return range.size();
        } else if constexpr (std::ranges::sized_range<R>) {
            return std::ranges::size(range);
        } else {
            return ::ranges::size(range);
        }
    }();
    using number = std::remove_const_t<decltype(size)>;
    if constexpr (can_be_negative<number>) {
        if (size < number(0)) throw_negative_size();
    }
    using wide = std::conditional_t<(sizeof(size) > sizeof(std::uint64_t)), number, std::uint64_t>;
    return static_cast<wide>(size) < static_cast<wide>(largest_size) ? static_cast<std::uint64_t>(size) : largest_size;
}

template <class R>
using iterator_of = decltype(begin_of(std::declval<R&>()));
template <class R>
using sentinel_of = decltype(end_of(std::declval<R&>()));
template <class R>
using reference_of = decltype(*std::declval<iterator_of<R>&>());

/// size_of a random-access range, whose first element is known. (A size that is made of a negative distance is a large number.)
template <class R>
std::uint64_t size_from(R& range, const iterator_of<R>& first) {
    if constexpr (std::sized_sentinel_for<sentinel_of<R>, iterator_of<R>>) {
        const auto distance = end_of(range) - first;
        if (distance < decltype(first - first)(0)) throw_negative_size();
    }
    return size_of(range);
}

/// The elements behind an iterator, by number, for one batch. It has an iterator of its own, where copying it cannot throw:
/// what is shared would be loaded anew for every item.
template <class Iterator>
class elements_from {
  public:
    explicit elements_from(const Iterator& first) noexcept : first_(first) {}
    explicit elements_from(const Iterator&&) = delete;

    decltype(auto) operator[](std::uint64_t i) const {
        using difference = decltype(first_ - first_);
        return *(first_ + static_cast<difference>(i));
    }

  private:
    std::conditional_t<std::is_nothrow_copy_constructible_v<Iterator>, const Iterator, const Iterator&> first_;
};

template <class R>
struct value_of_impl : std::type_identity<::ranges::range_value_t<R>> {};
template <std::ranges::range R>
struct value_of_impl<R> : std::type_identity<std::ranges::range_value_t<R>> {};
template <class R>
using value_of = typename value_of_impl<R>::type;

/// Whether the type alone says that the range has no end.
template <class R>
constexpr bool is_infinite() {
    if constexpr (std::is_same_v<sentinel_of<R>, std::unreachable_sentinel_t> ||
                  std::is_same_v<sentinel_of<R>, ::ranges::unreachable_sentinel_t>) {
        return true;
    } else if constexpr (::ranges::range<R>) {
        return ::ranges::range_cardinality<R>::value == ::ranges::infinite;
    } else {
        return false;
    }
}

/// A range behind a pointer.
template <class R, class Pointer>
class view_through : public held_range {
  public:
    view_through() = default;

    auto begin() const { return begin_of(*range_); }
    auto end() const { return end_of(*range_); }
    auto size() const
        requires some_sized_range<R>
    {
        return size_of(*range_);
    }

  protected:
    explicit view_through(Pointer range) noexcept : range_(std::move(range)) {}

  private:
    Pointer range_{};
};

/// A view of a container that stays with the caller.
template <class R>
class referring_view : public view_through<R, R*> {
  public:
    referring_view() = default;
    explicit referring_view(R& range) noexcept : view_through<R, R*>(std::addressof(range)) {}
};

/// A view that owns what it shows: rvalue containers, and views that range-v3 would not take for one. Shared by its
/// copies, for range-v3 wants views copyable.
template <class R>
class keeping_view : public view_through<R, std::shared_ptr<R>> {
  public:
    keeping_view() = default;
    explicit keeping_view(R&& range) : view_through<R, std::shared_ptr<R>>(std::make_shared<R>(std::move(range))) {}
    explicit keeping_view(const R& range) : view_through<R, std::shared_ptr<R>>(std::make_shared<R>(range)) {}
};

template <class R>
inline constexpr bool is_indexed<referring_view<R>> = is_indexed<R>;
template <class R>
inline constexpr bool is_indexed<keeping_view<R>> = is_indexed<R>;

template <class R>
inline constexpr bool is_initializer_list = false;
template <class T>
inline constexpr bool is_initializer_list<std::initializer_list<T>> = true;

template <class R>
concept range_v3_view = ::ranges::enable_view<R> && ::ranges::view_<R>;

/// (Whether it is meant to be one is asked first, for it compiles in a part of the time.)
template <class R>
concept std_view = std::ranges::enable_view<R> && std::ranges::view<R>;

/// A named view that cannot be copied, such as a generator: a call can only refer to it, as to a container.
template <class R>
concept named_view_without_copy =
    std::is_lvalue_reference_v<R> && std_view<std::remove_cvref_t<R>> && !std::is_copy_constructible_v<std::remove_cvref_t<R>>;

/// The view that a call keeps of an argument: containers by reference, or moved in; views as they are, if they can be copied
/// or moved in; the elements of an initializer_list copied, for they die with the full expression, and those of a C array that is
/// given away moved, for it cannot be moved itself.
template <class R>
auto view_of(R&& range) {
    using bare = std::remove_cvref_t<R>;
    if constexpr (is_initializer_list<bare> || (std::is_array_v<bare> && !std::is_lvalue_reference_v<R>)) {
        using element = std::remove_cvref_t<decltype(*std::begin(range))>;
        static_assert(!std::is_array_v<element>, "parimap: an array of arrays cannot be moved in; pass it by name");
        return keeping_view<std::deque<element>>(
            std::deque<element>(std::make_move_iterator(std::begin(range)), std::make_move_iterator(std::end(range))));
    } else if constexpr (range_v3_view<bare>) {
        return bare(std::forward<R>(range));
    } else if constexpr (std_view<bare> && !named_view_without_copy<R>) {
        return keeping_view<bare>(std::forward<R>(range));
    } else if constexpr (std::is_lvalue_reference_v<R>) {
        return referring_view<std::remove_reference_t<R>>(range);
    } else {
        static_assert(!std::is_const_v<std::remove_reference_t<R>>,
                      "parimap: a const temporary range cannot be moved in; pass the range by name");
        return keeping_view<bare>(std::move(range));
    }
}

template <class R>
using view_of_t = decltype(view_of(std::declval<R>()));

}  // namespace parimap::detail

#endif
