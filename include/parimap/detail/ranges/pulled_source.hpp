// SPDX-License-Identifier: MIT
// Items that the caller pulls one at a time, into a ring of cells.
#ifndef PARIMAP_DETAIL_RANGES_PULLED_SOURCE_HPP
#define PARIMAP_DETAIL_RANGES_PULLED_SOURCE_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/footprint.hpp>
#include <parimap/detail/ranges/pull_result.hpp>
#include <parimap/detail/ranges/pulled_item.hpp>
#include <parimap/detail/ranges/range_access.hpp>
#include <parimap/detail/system/atomic.hpp>
#include <parimap/detail/system/item_number.hpp>
#include <parimap/detail/system/slot.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// Everything else: pulled in order, by the caller's thread, into a ring of cells; workers empty the cells. A large item lies
/// beside its cell, and exists while it waits or runs.
template <class View, bool Zipped>
class pulled_source {
    using traits = pulled_item<View, Zipped>;
    using kept = typename traits::kept;
    static constexpr bool boxed = is_boxed_in_ring<kept>;
    using taken = std::conditional_t<boxed, std::unique_ptr<kept, typename boxed_slot<kept>::deleter>, kept>;

    static_assert(
        boxed || std::is_move_constructible_v<kept>,
        "parimap: the elements of this range are made when they are read, and are moved from there to a worker, but cannot "
        "be moved; let the range make a std::unique_ptr of each, or pass what they are made of and make them in f");

    struct cell {
        atomic<bool> full{false};
        ring_slot<kept> value;
    };

  public:
    static constexpr bool pulled = true;
    static constexpr bool zipped = Zipped;
    static constexpr bool sized = some_sized_range<View>;
    static constexpr bool counts = false;
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

    /// Item i, which stays where it is until drop(i): for who sends a copy of it elsewhere.
    kept& lend(std::uint64_t i) noexcept { return cells_[i & (capacity_ - 1)].value.get(); }
    void drop(std::uint64_t i) noexcept {
        cell& c = cells_[i & (capacity_ - 1)];
        c.value.destroy();
        c.full.store(false, std::memory_order_release);
    }

    static item pass(taken& t) noexcept {
        if constexpr (boxed) {
            return traits::pass(*t);
        } else {
            return traits::pass(t);
        }
    }
    static item pass_lent(kept& k) noexcept { return traits::pass(k); }

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

}  // namespace parimap::detail

#endif
