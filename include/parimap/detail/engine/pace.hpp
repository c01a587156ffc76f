// SPDX-License-Identifier: MIT
// How many items a worker takes at a time, and how many may be under way: both follow from the measured cost.
#ifndef PARIMAP_DETAIL_ENGINE_PACE_HPP
#define PARIMAP_DETAIL_ENGINE_PACE_HPP

#include <algorithm>
#include <atomic>
#include <bit>
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
    /// And so many bytes that items and results own beside themselves. (These lie anywhere, so here it is memory that counts.)
    static constexpr std::uint64_t max_owned_bytes = std::uint64_t{64} << 20;
    static constexpr std::uint64_t max_owned_bytes_a_seat = std::uint64_t{4} << 20;
    /// A larger explicit window, or one whose rings take more, would be a wish for memory, not for speed.
    static constexpr std::uint64_t max_fixed_window = std::uint64_t{1} << 22;
    static constexpr std::uint64_t max_fixed_bytes = std::uint64_t{64} << 20;

    /// Sets the window for an input of `items` items that take `bytes` each, with their results, and `bytes_in_ring` in
    /// rings, which exist for the largest window; `fixed` is the explicit one, or 0. Returns the most it will ever be. Before
    /// the first batch.
    std::uint64_t set_window(std::uint64_t fixed, std::uint64_t items, std::uint64_t bytes,
                             std::uint64_t bytes_in_ring = 1) noexcept {
        items = std::max<std::uint64_t>(items, 1);
        fixed_window_ = std::min({fixed, items, max_fixed_window, std::max(2 * seats_, max_fixed_bytes / std::max<std::uint64_t>(bytes_in_ring, 1))});
        const std::uint64_t most_bytes = std::min(max_window_bytes, seats_ * max_window_bytes_a_seat);
        // Rounded down as rings are rounded up: the consumer passes through all of a ring, whatever part the window takes.
        const std::uint64_t fitting = std::bit_floor(most_bytes / bytes);
        max_window_ = std::max(2 * seats_, std::min({fitting, items, max_window_items}));
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

    /// Whether the next element's reading is to be timed: of cheap ones some, spread out, for the clock costs as much.
    bool times_input(std::uint64_t element) const noexcept {
        return input_cost_ >= worth_timing || (element * 0x9E3779B97F4A7C15U >> 61U) == 0 || timed_inputs_ < 8;
    }

    /// The input took so long for one element. This, and what follows until item_cost(), by the one who reads it.
    void input_took(std::chrono::nanoseconds time) noexcept {
        // The mean of the last hundred or so: a stage that waits for a batch of the stage before waits once for many elements.
        // One pause among cheap elements, or a lost CPU, does not weigh as much as a hundred pauses.
        latest_input_ = static_cast<float>(time.count());
        const float believed = std::min(latest_input_, 100 * std::max(input_cost_, 10'000.0F));
        timed_inputs_ = std::min(timed_inputs_ + 1, inputs_remembered);
        input_cost_ += (believed - input_cost_) / timed_inputs_;
    }

    /// How long reading the next element may take.
    std::chrono::nanoseconds input_may_take() const noexcept { return as_time(std::max(latest_input_, input_cost_)); }

    /// What f takes for an item, as far as is believed; 0 before that is known.
    std::chrono::nanoseconds item_cost() const noexcept {
        return as_time(std::max(cost_.load(std::memory_order_relaxed), 0.0F));
    }

    /// An item that is kept, or a result, owns so many bytes. By the consumer.
    void item_owns(std::uint64_t bytes) noexcept { note_bytes(item_owns_, bytes); }
    void result_owns(std::uint64_t bytes) noexcept { note_bytes(result_owns_, bytes); }

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
        const std::uint64_t ideal = std::min(ideal_batch(), batch_of_input());
        const std::uint64_t wanted = ideal == 1 ? 2 * seats_ : std::min({8 * seats_ * ideal, max_window_, window_of_owned()});
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
    static constexpr float inputs_remembered = 100;
    static constexpr float worth_timing = 2000;

    static std::chrono::nanoseconds as_time(float nanoseconds) noexcept {
        return std::chrono::nanoseconds(static_cast<std::chrono::nanoseconds::rep>(nanoseconds));
    }

    /// How many items all workers together get from the input in the time of a batch, for each: more than these need not be
    /// under way to keep them busy.
    std::uint64_t batch_of_input() const noexcept {
        const float cost = static_cast<float>(seats_) * input_cost_;
        const float fitting = static_cast<float>(batch_time.count()) / std::max(cost, 0.25F);
        return std::max<std::uint64_t>(static_cast<std::uint64_t>(fitting), 1);
    }

    std::uint64_t window_of_owned() const noexcept {
        const auto most = static_cast<float>(std::min(max_owned_bytes, seats_ * max_owned_bytes_a_seat));
        return static_cast<std::uint64_t>(most / std::max(item_owns_ + result_owns_, 1.0F));
    }

    /// The mean of the last few: one large item among small ones does not stay in mind, and the first of many is felt. (Less
    /// than a byte is nothing. A mean that went on towards 0 would become subnormal: slow, and a trap for who asked for one.)
    static void note_bytes(float& mean, std::uint64_t bytes) noexcept {
        const float moved = mean + (static_cast<float>(bytes) - mean) / 8;
        mean = moved < 1 ? 0 : moved;
    }

    const std::uint64_t seats_;
    const std::uint64_t chunk_;
    std::uint64_t fixed_window_ = 0;
    std::uint64_t max_window_ = 0;
    std::uint64_t window_ = 0;
    std::uint64_t grow_at_ = 0;
    float input_cost_ = 0;  // nanoseconds an element, on average
    float latest_input_ = 0;
    float timed_inputs_ = 0;
    float item_owns_ = 0;  // bytes
    float result_owns_ = 0;
    std::atomic<float> cost_{unknown};    // nanoseconds an item, as far as is believed
    std::atomic<float> latest_{unknown};  // and in the latest batch
};

}  // namespace parimap::detail

#endif
