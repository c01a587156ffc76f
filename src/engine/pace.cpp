// SPDX-License-Identifier: MIT
// How many items a worker takes at a time, and how many may be under way: both follow from the measured cost.

#include <parimap/detail/engine/pace.hpp>

#include <parimap/detail/system/atomic.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE std::uint64_t pace::set_window(std::uint64_t fixed, std::uint64_t items, std::uint64_t bytes,
                                              std::uint64_t bytes_in_ring) noexcept {
    items = std::max<std::uint64_t>(items, 1);
    fixed_window_ = std::min(
        {fixed, items, max_fixed_window, std::max(2 * seats_, max_fixed_bytes / std::max<std::uint64_t>(bytes_in_ring, 1))});
    const std::uint64_t most_bytes = std::min(max_window_bytes, seats_ * max_window_bytes_a_seat);
    // Rounded down as rings are rounded up: the consumer passes through all of a ring, whatever part the window takes.
    const std::uint64_t fitting = std::bit_floor(most_bytes / bytes);
    max_window_ = std::max(2 * seats_, std::min({fitting, items, max_window_items}));
    window_ = grow_at_ = fixed ? fixed_window_ : 2 * seats_;
    return fixed ? fixed_window_ : max_window_;
}

PARIMAP_INLINE void pace::measured(time_span time, std::uint64_t count) noexcept {
    const float cost = static_cast<float>(time.count()) / static_cast<float>(count);
    const float before = latest_.exchange(cost, std::memory_order_relaxed);
    if (count > largest_.load(std::memory_order_relaxed)) largest_.store(count, std::memory_order_relaxed);
    const float old = cost_.load(std::memory_order_relaxed);
    if (old == unknown) {
        cost_.store(cost, std::memory_order_relaxed);
    } else if (cost < old) {
        cost_.store(std::max(cost, old / largest_fall), std::memory_order_relaxed);
    } else {
        cost_.store(std::max(std::min(cost, before), old), std::memory_order_relaxed);
    }
}

PARIMAP_INLINE bool pace::times_input(std::uint64_t element) const noexcept {
    return input_cost_ >= worth_timing || (element * 0x9E3779B97F4A7C15U >> 61U) == 0 || timed_inputs_ < 8;
}

PARIMAP_INLINE void pace::input_took(time_span time) noexcept {
    // The mean of the last hundred or so: a stage that waits for a batch of the stage before waits once for many elements.
    // One pause among cheap elements, or a lost CPU, does not weigh as much as a hundred pauses.
    latest_input_ = static_cast<float>(time.count());
    const float believed = std::min(latest_input_, 100 * std::max(input_cost_, 10'000.0F));
    timed_inputs_ = std::min(timed_inputs_ + 1, inputs_remembered);
    input_cost_ += (believed - input_cost_) / timed_inputs_;
}

PARIMAP_INLINE time_span pace::item_cost() const noexcept { return as_time(std::max(cost_.load(std::memory_order_relaxed), 0.0F)); }

PARIMAP_INLINE bool pace::bound_by_memory() const noexcept {
    const float cost = cost_.load(std::memory_order_relaxed);
    return cost != unknown && cost < 5;
}

PARIMAP_INLINE std::uint64_t pace::items_in(time_span time) const noexcept {
    const float cost = cost_.load(std::memory_order_relaxed);
    if (cost == unknown) return 1;
    const float fitting = static_cast<float>(time.count()) / std::max(cost, least_cost);
    return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(fitting), 1, chunk_);
}

PARIMAP_INLINE std::uint64_t pace::block() const noexcept { return items_in(block_time); }

PARIMAP_INLINE std::uint64_t pace::ideal_batch() const noexcept { return items_in(batch_time); }

PARIMAP_INLINE std::uint64_t pace::far_batch(bool results_stay) const noexcept {
    return items_in(results_stay ? 8 * far_batch_time : far_batch_time);
}

PARIMAP_INLINE bool pace::is_worth_sending(std::uint64_t batch) const noexcept {
    const float cost = cost_.load(std::memory_order_relaxed);
    return cost == unknown || cost * static_cast<float>(far_batches * batch) >= worth_sending;
}

PARIMAP_INLINE std::uint64_t pace::batch(std::uint64_t left) const noexcept {
    const std::uint64_t ideal = ideal_batch();
    const std::uint64_t least = items_in(worth_sharing);
    const float latest = latest_.load(std::memory_order_relaxed);
    const std::uint64_t total = total_.load(std::memory_order_relaxed);
    if (total > 0 && latest != unknown) {
        if (largest_.load(std::memory_order_relaxed) == 1 && latest < 1000) return std::min({left, sample, chunk_});
        const auto all = static_cast<float>(total) * latest;
        if (all < static_cast<float>(short_call.count())) return std::min({left, chunk_, std::max(total / seats_ + 1, least)});
    }
    return std::min({left, ideal, std::max(left / (2 * seats_), least)});
}

PARIMAP_INLINE std::uint64_t pace::least_robbed() const noexcept { return items_in(worth_robbing); }

PARIMAP_INLINE bool pace::is_worth_help(std::uint64_t batches, std::uint64_t left) const noexcept {
    const float cost = latest_.load(std::memory_order_relaxed);       // not what is believed, which falls in steps
    if (batches == 0 || (batches == 1 && cost < 1000)) return false;  // of one cheap item, it was the clock that was measured
    return cost * static_cast<float>(left) > worth_help;
}

PARIMAP_INLINE std::uint64_t pace::window(std::uint64_t handed) noexcept {
    if (fixed_window_) return fixed_window_;
    const std::uint64_t ideal = std::min(ideal_batch(), batch_of_input());
    const std::uint64_t here = ideal == 1 ? 2 * seats_ : 8 * seats_ * ideal;
    // What is far away, and three times as much for those who go on meanwhile.
    const std::uint64_t afar = seats_afar_ > 0 ? 4 * far_batches * seats_afar_ * std::min(far_batch(false), batch_of_input()) : 0;
    const std::uint64_t wanted = std::min({here + afar, max_window_, window_of_owned()});
    if (wanted <= window_) {
        window_ = std::max<std::uint64_t>(wanted, 2 * seats_);
        grow_at_ = handed + window_;
    } else if (handed >= grow_at_) {
        window_ = std::min(2 * window_, wanted);
        grow_at_ = handed + window_;
    }
    return window_;
}

PARIMAP_INLINE std::uint64_t pace::refill_step(std::uint64_t window) const noexcept {
    return std::clamp<std::uint64_t>(ideal_batch(), 1, std::max<std::uint64_t>(1, window / 4));
}

PARIMAP_INLINE time_span pace::as_time(float nanoseconds) noexcept {
    return time_span::nanoseconds(static_cast<std::int64_t>(nanoseconds));
}

PARIMAP_INLINE std::uint64_t pace::batch_of_input() const noexcept {
    const float cost = static_cast<float>(seats_) * input_cost_;
    const float fitting = static_cast<float>(batch_time.count()) / std::max(cost, least_cost);
    return std::max<std::uint64_t>(static_cast<std::uint64_t>(fitting), 1);
}

PARIMAP_INLINE std::uint64_t pace::window_of_owned() const noexcept {
    const auto most = static_cast<float>(std::min(max_owned_bytes, seats_ * max_owned_bytes_a_seat));
    return static_cast<std::uint64_t>(most / std::max(item_owns_ + result_owns_, 1.0F));
}

PARIMAP_INLINE void pace::note_bytes(float& mean, std::uint64_t bytes) noexcept {
    const float moved = mean + (static_cast<float>(bytes) - mean) / 8;
    mean = moved < 1 ? 0 : moved;
}

}  // namespace parimap::detail
