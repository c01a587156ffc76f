// SPDX-License-Identifier: MIT
// Where items come from: elements that workers read in place, or elements that the caller pulls one at a time.
#ifndef PARIMAP_DETAIL_RANGES_SOURCE_HPP
#define PARIMAP_DETAIL_RANGES_SOURCE_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/element_traits.hpp>
#include <parimap/detail/ranges/footprint.hpp>
#include <parimap/detail/ranges/pull_result.hpp>
#include <parimap/detail/ranges/range_access.hpp>
#include <parimap/detail/system/item_number.hpp>
#include <parimap/detail/system/slot.hpp>

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// Random access and a size: worker and item number are enough to find the element.
template <class View, bool Zipped>
class indexed_source {
  public:
    static constexpr bool pulled = false;
    static constexpr bool zipped = Zipped;
    static constexpr bool sized = true;
    using item = item_of<View>;  // what reader() finds, and f is called with
    static constexpr std::size_t bytes_per_item = 0;
    static constexpr std::size_t bytes_in_ring = 0;
    static constexpr bool owns_memory = false;

    explicit indexed_source(View view) noexcept(std::is_nothrow_move_constructible_v<View>) : view_(std::move(view)) {}

    /// Asks the view for its elements, once: views may cache in begin(). Returns their number.
    std::uint64_t begin(bool /*reads*/) {
        first_.emplace(begin_of(view_));
        return size_of(view_);
    }

    /// For one batch: a function that finds element i.
    auto reader() const noexcept {
        return [elements = elements_from(*first_)](std::uint64_t i) -> item {
            if constexpr (std::is_same_v<item, reference_of<View>>) {
                return elements[i];
            } else {
                return item_from<item>(elements[i]);
            }
        };
    }

  private:
    View view_;
    std::optional<iterator_of<View>> first_;
};

/// A value made of what an iterator of a single-pass range shows: copied, for the range may be somebody's container;
/// moved where it cannot be copied.
template <class Value, class Reference>
Value value_from(Reference&& shown) {
    if constexpr (std::is_constructible_v<Value, Reference>) {
        return Value(std::forward<Reference>(shown));
    } else {
        return Value(std::move(shown));
    }
}

/// The same for zipped ranges, element by element.
template <class Value>
struct tuple_of_values;
template <template <class...> class Tuple, class... Values>
struct tuple_of_values<Tuple<Values...>> {
    using type = std::tuple<Values...>;

    template <class References>
    static type from(References&& shown) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return type(value_from<Values>(std::get<I>(std::forward<References>(shown)))...);
        }(std::index_sequence_for<Values...>{});
    }
};

/// What a pulled item is kept as until a worker takes it. A forward range's own reference, so that f can change the
/// element in place; the value of a single-pass range.
template <class View, bool Zipped>
struct pulled_item {
    using reference = reference_of<View>;
    static constexpr bool by_pointer = some_forward_range<View> && std::is_reference_v<reference>;
    static constexpr bool by_reference_object = some_forward_range<View> && !std::is_reference_v<reference>;

    static auto kept_type() {
        if constexpr (by_pointer) {
            return std::type_identity<std::remove_reference_t<reference>*>{};
        } else if constexpr (by_reference_object) {
            return std::type_identity<std::remove_const_t<item_of<View>>>{};
        } else if constexpr (Zipped) {
            return std::type_identity<typename tuple_of_values<value_of<View>>::type>{};
        } else {
            return std::type_identity<value_of<View>>{};
        }
    }
    using kept = typename decltype(kept_type())::type;
    using passed = std::conditional_t<by_pointer, reference, std::conditional_t<by_reference_object, item_of<View>, kept>&&>;

    static_assert(is_imap<View> || by_pointer || by_reference_object || !shows_state_of_input<kept>(),
                  "parimap: each item of this single-pass range is itself a single-pass view, which reads from the state of the "
                  "range. That has gone on when a worker looks. Make each item a container first: behind the range, "
                  "| ranges::views::transform([](auto&& item) { return item | ranges::to<std::vector>(); })");

    static kept keep(const iterator_of<View>& it) {
        if constexpr (by_pointer) {
            auto&& element = *it;
            return std::addressof(element);
        } else if constexpr (by_reference_object) {
            if constexpr (std::is_same_v<item_of<View>, reference>) {
                return *it;
            } else {
                return item_from<kept>(*it);
            }
        } else if constexpr (is_imap<View>) {
            return std::move(*it);  // the element is the stream's own and goes away next
        } else if constexpr (Zipped) {
            return tuple_of_values<value_of<View>>::from(*it);
        } else {
            return value_from<kept>(*it);
        }
    }

    static passed pass(kept& k) noexcept {
        if constexpr (by_pointer) {
            return static_cast<reference>(*k);
        } else {
            return std::move(k);
        }
    }
};

/// Everything else: pulled in order, by the caller's thread, into a ring of cells; workers empty the cells. A large item lies
/// beside its cell, and exists while it waits or runs.
template <class View, bool Zipped>
class pulled_source {
    using traits = pulled_item<View, Zipped>;
    using kept = typename traits::kept;
    static constexpr bool boxed = is_boxed_in_ring<kept>;
    using taken = std::conditional_t<boxed, std::unique_ptr<kept>, kept>;

    static_assert(
        boxed || std::is_move_constructible_v<kept>,
        "parimap: the elements of this range are made when they are read, and are moved from there to a worker, but cannot "
        "be moved; let the range make a std::unique_ptr of each, or pass what they are made of and make them in f");

    struct cell {
        std::atomic<bool> full{false};
        ring_slot<kept> value;
    };

  public:
    static constexpr bool pulled = true;
    static constexpr bool zipped = Zipped;
    static constexpr bool sized = some_sized_range<View>;
    using item = typename traits::passed;

    /// What an item takes until it starts, and what a cell does. (There are two cells for each item of the window.)
    static constexpr std::size_t bytes_per_item = sizeof(kept);
    static constexpr std::size_t bytes_in_ring = 2 * sizeof(cell);
    /// Whether an item may own memory beside itself.
    static constexpr bool owns_memory = !traits::by_pointer && can_own<kept>();

    explicit pulled_source(View view) noexcept(std::is_nothrow_move_constructible_v<View>) : view_(std::move(view)) {}

    ~pulled_source() {
        for (std::uint64_t i = 0; i < cells_made_; ++i) {
            if (cells_[i].full.load(std::memory_order_relaxed)) cells_[i].value.destroy();
            std::destroy_at(&cells_[i]);
        }
        if (cells_) std::allocator<cell>().deallocate(cells_, static_cast<std::size_t>(capacity_));
    }
    pulled_source(const pulled_source&) = delete;
    pulled_source& operator=(const pulled_source&) = delete;

    /// Room for `window` items that have not started. Twice that, so that one that starts late holds up no others.
    void reserve(std::uint64_t window) {
        capacity_ = std::bit_ceil(2 * window);
        cells_ = std::allocator<cell>().allocate(static_cast<std::size_t>(capacity_));
    }

    /// Returns how many elements there are, if that is known. Unless the call reads, the range is not asked for the first of
    /// them, which begin() of some ranges takes from the input.
    std::uint64_t begin(bool reads) {
        std::uint64_t size = unknown_size;
        if constexpr (sized) size = size_of(view_);
        if (reads) {
            next_.emplace(begin_of(view_));
            end_.emplace(end_of(view_));
        }
        return size;
    }

    std::uint64_t pulled_count() const noexcept { return pulled_; }

    /// Pulls the next item. The iterator is advanced here, when the next item is wanted, and never ahead. Throws what
    /// the range throws; it has ended then.
    pull_result pull() {
        if (ended_) return pull_result::end;
        cell& c = cell_for_next();
        if (c.full.load(std::memory_order_acquire)) return pull_result::no_room;
        try {
            if (std::exchange(advance_, false)) ++*next_;
            if (*next_ == *end_) {
                ended_ = true;
                return pull_result::end;
            }
            c.value.build([&] { return traits::keep(*next_); });
        } catch (...) {
            ended_ = true;
            throw;
        }
        c.full.store(true, std::memory_order_relaxed);  // published with the limit
        advance_ = true;
        ++pulled_;
        return pull_result::item;
    }

    /// What the item that was pulled last owns, before it is made available.
    std::uint64_t owned_by_latest() noexcept { return owned_bytes<kept>(cells_[(pulled_ - 1) & (capacity_ - 1)].value.get()); }

    /// Whether the range has another item: for a caller that has no room for one.
    bool has_more() {
        if (ended_) return false;
        if (std::exchange(advance_, false)) ++*next_;
        return !(*next_ == *end_);
    }

    /// For one batch: a function that takes item i.
    auto reader() noexcept {
        return [this](std::uint64_t i) { return take(i); };
    }

    static item pass(taken& t) noexcept {
        if constexpr (boxed) {
            return traits::pass(*t);
        } else {
            return traits::pass(t);
        }
    }

  private:
    struct emptied {
        cell& c;
        ~emptied() {
            if constexpr (!boxed) c.value.destroy();
            c.full.store(false, std::memory_order_release);
        }
    };

    /// The item, out of its cell, so that the cell can be used again while the item runs.
    taken take(std::uint64_t i) noexcept(boxed || std::is_nothrow_move_constructible_v<kept>) {
        cell& c = cells_[i & (capacity_ - 1)];
        const emptied guard{c};
        if constexpr (boxed) {
            return c.value.release();
        } else {
            return std::move(c.value.get());
        }
    }

    cell& cell_for_next() {
        const std::uint64_t place = pulled_ & (capacity_ - 1);
        if (place == cells_made_) {
            std::construct_at(&cells_[place]);
            ++cells_made_;
        }
        return cells_[place];
    }

    View view_;
    std::optional<iterator_of<View>> next_;
    std::optional<sentinel_of<View>> end_;
    bool advance_ = false;
    bool ended_ = false;
    std::uint64_t pulled_ = 0;
    std::uint64_t capacity_ = 0;
    std::uint64_t cells_made_ = 0;
    cell* cells_ = nullptr;
};

template <class View, bool Zipped>
using source_for = std::conditional_t<indexed_range<View>, indexed_source<View, Zipped>, pulled_source<View, Zipped>>;

/// The source of a frontend's ranges: one range as it is, several zipped.
template <class... Ranges>
auto make_view(Ranges&&... inputs) {
    if constexpr (sizeof...(Ranges) == 1) {
        return (view_of(std::forward<Ranges>(inputs)), ...);
    } else {
        return ::ranges::views::zip(view_of(std::forward<Ranges>(inputs))...);
    }
}

}  // namespace parimap::detail

#endif
