// SPDX-License-Identifier: MIT
// How many items a worker takes at a time, and how many may be under way: both follow from the measured cost.
#ifndef PARIMAP_DETAIL_PACE_HPP
#define PARIMAP_DETAIL_PACE_HPP

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace parimap::detail {

/// A batch should take about batch_time: long enough that claiming it, and waking a consumer for it, cost little;
/// short enough that the estimate follows a change. It bounds no waiting time: idle workers take unstarted items out
/// of a batch, and results are visible one by one.
class pace {
  public:
    static constexpr std::chrono::nanoseconds batch_time = std::chrono::microseconds(250);

    /// chunk: the largest batch, or 0.
    pace(std::size_t seats, std::size_t chunk) noexcept : seats_(seats), chunk_(chunk ? chunk : ~std::uint64_t{0}) {}

    /// How far the adaptive window may grow: so many results, or so many bytes of them, in all and for each seat. (What a
    /// core's own cache does not hold comes from further away when it is read and when its place is used again, which
    /// costs a fifth of an empty item.)
    static constexpr std::uint64_t max_window_items = std::uint64_t{1} << 18;
    static constexpr std::uint64_t max_window_bytes = std::uint64_t{4} << 20;
    static constexpr std::uint64_t max_window_bytes_a_seat = std::uint64_t{1} << 20;
    /// A larger explicit window would be a wish for memory, not for speed.
    static constexpr std::uint64_t max_fixed_window = std::uint64_t{1} << 22;

    /// Sets the window for an input of `items` items with results of `bytes` each; `fixed` is the explicit one, or 0.
    /// Returns the most it will ever be. Before the first batch.
    std::uint64_t set_window(std::uint64_t fixed, std::uint64_t items, std::uint64_t bytes) noexcept {
        items = std::max<std::uint64_t>(items, 1);
        fixed_window_ = std::min({fixed, items, max_fixed_window});
        const std::uint64_t most_bytes = std::min(max_window_bytes, seats_ * max_window_bytes_a_seat);
        max_window_ = std::max(2 * seats_, std::min({most_bytes / bytes, items, max_window_items}));
        window_ = grow_at_ = fixed ? fixed_window_ : 2 * seats_;
        return fixed ? fixed_window_ : max_window_;
    }

    /// A worker ran `count` items in `time`. A rise is believed when a second batch confirms it: the kernel may have taken
    /// the CPU away in the middle of one. A fall is believed in steps: one cheap item among slow ones must not be followed
    /// by a huge batch, but after a few slow items the pace is soon found again.
    void measured(std::chrono::nanoseconds time, std::uint64_t count) noexcept {
        const float cost = static_cast<float>(time.count()) / static_cast<float>(count);
        const float before = latest_.exchange(cost, std::memory_order_relaxed);
        const float old = cost_.load(std::memory_order_relaxed);
        if (old == unknown) {
            cost_.store(cost, std::memory_order_relaxed);
        } else if (cost < old) {
            cost_.store(std::max(cost, old / largest_fall), std::memory_order_relaxed);
        } else {
            cost_.store(std::max(std::min(cost, before), old), std::memory_order_relaxed);
        }
    }

    /// Whether items cost so little that memory, rather than computing, bounds a loop over numbers.
    bool bound_by_memory() const noexcept {
        const float cost = cost_.load(std::memory_order_relaxed);
        return cost != unknown && cost < 5;
    }

    /// The batch that suits the cost, if there were no end of items.
    std::uint64_t ideal_batch() const noexcept {
        const float cost = cost_.load(std::memory_order_relaxed);
        if (cost == unknown) return 1;
        const float fitting = static_cast<float>(batch_time.count()) / std::max(cost, 0.25F);
        return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(fitting), 1, chunk_);
    }

    /// The batch to claim when `left` items may be claimed: all seats should get some of them.
    std::uint64_t batch(std::uint64_t left) const noexcept {
        const std::uint64_t ideal = ideal_batch();
        return std::min(ideal, std::max(left / (2 * seats_), std::min<std::uint64_t>(ideal, 16)));
    }

    /// The window for a consumer that was handed `handed` items. By one thread only.
    std::uint64_t window(std::uint64_t handed) noexcept {
        if (fixed_window_) return fixed_window_;
        const std::uint64_t ideal = ideal_batch();
        const std::uint64_t wanted = ideal == 1 ? 2 * seats_ : std::min(8 * seats_ * ideal, max_window_);
        if (wanted <= window_) {
            window_ = std::max<std::uint64_t>(wanted, 2 * seats_);
            grow_at_ = handed + window_;
        } else if (handed >= grow_at_) {
            window_ = std::min(2 * window_, wanted);
            grow_at_ = handed + window_;
        }
        return window_;
    }

    /// How much room there should be before new items are taken: a part of the window, so that workers are not sent
    /// for one tiny item at a time.
    std::uint64_t refill_step(std::uint64_t window) const noexcept {
        return std::clamp<std::uint64_t>(ideal_batch(), 1, std::max<std::uint64_t>(1, window / 4));
    }

    /// Whether results come in batches, so that a consumer better waits for several of them.
    bool batched() const noexcept { return ideal_batch() > 1; }

  private:
    static constexpr float unknown = -1;
    static constexpr float largest_fall = 8;

    const std::uint64_t seats_;
    const std::uint64_t chunk_;
    std::uint64_t fixed_window_ = 0;
    std::uint64_t max_window_ = 0;
    std::uint64_t window_ = 0;
    std::uint64_t grow_at_ = 0;
    std::atomic<float> cost_{unknown};    // nanoseconds an item, as far as is believed
    std::atomic<float> latest_{unknown};  // and in the latest batch
};

}  // namespace parimap::detail

#endif
