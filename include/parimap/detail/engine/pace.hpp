// SPDX-License-Identifier: MIT
// How many items a worker takes at a time, and how many may be under way: both follow from the measured cost.
#ifndef PARIMAP_DETAIL_ENGINE_PACE_HPP
#define PARIMAP_DETAIL_ENGINE_PACE_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/system/atomic.hpp>
#include <parimap/detail/system/instant.hpp>

#include <cstddef>
#include <cstdint>

namespace parimap::inline PARIMAP_ABI::detail {

/// A batch should take about batch_time: long enough that claiming it, and waking a consumer for it, cost little;
/// short enough that the estimate follows a change. It bounds no waiting time: idle workers take unstarted items out
/// of a batch, and results are visible one by one.
class PARIMAP_EXPORT pace {
  public:
    static constexpr time_span batch_time = time_span::microseconds(250);
    static constexpr time_span block_time = time_span::nanoseconds(1500);
    /// A call that takes no longer in all is short.
    static constexpr time_span short_call = time_span::microseconds(1000);
    /// So many items are run before their cost is believed, unless they take long.
    static constexpr std::uint64_t sample = 64;
    /// What is worth no more is not divided between workers from the outset: whoever finds nothing else takes a part of it.
    static constexpr time_span worth_sharing = time_span::microseconds(2);
    /// Of a batch that another process runs; times 8 where results stay there, for neighbours to be combined with.
    static constexpr time_span far_batch_time = time_span::microseconds(1000);
    /// To take a part of another's batch interrupts its CPU, which takes up to 25 us on a virtual machine.
    static constexpr time_span worth_robbing = time_span::microseconds(50);

    /// How many of them such a worker has: the one that it runs, and what is there until the news of it has come here and more has come
    /// back.
    static constexpr std::uint64_t far_batches = 8;

    /// chunk: the largest batch, or 0. seats_afar: how many of the seats are of other processes.
    pace(std::size_t seats, std::size_t chunk, std::size_t seats_afar = 0) noexcept
        : seats_(seats), seats_afar_(seats_afar), chunk_(chunk ? chunk : ~std::uint64_t{0}) {}

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
                             std::uint64_t bytes_in_ring = 1) noexcept;

    /// There are so many items, and all of them are there.
    void set_total(std::uint64_t items) noexcept { total_.store(items, std::memory_order_relaxed); }
    bool knows_total() const noexcept { return total_.load(std::memory_order_relaxed) > 0; }

    /// A worker ran `count` items in `time`. A rise is believed when a second batch confirms it: the kernel may have taken
    /// the CPU away in the middle of one. A fall is believed in steps: one cheap item among slow ones must not be followed
    /// by a huge batch, but after a few slow items the pace is soon found again.
    void measured(time_span time, std::uint64_t count) noexcept;

    /// Whether the next element's reading is to be timed: of cheap ones some, spread out, for the clock costs as much.
    bool times_input(std::uint64_t element) const noexcept;

    /// The input took so long for one element. This, and what follows until item_cost(), by the one who reads it.
    void input_took(time_span time) noexcept;

    /// How long reading the next element may take.
    time_span input_may_take() const noexcept { return as_time(latest_input_ > input_cost_ ? latest_input_ : input_cost_); }

    /// What f takes for an item, as far as is believed; 0 before that is known.
    time_span item_cost() const noexcept;

    /// An item that is kept, or a result, owns so many bytes. By the consumer.
    void item_owns(std::uint64_t bytes) noexcept { note_bytes(item_owns_, bytes); }
    void result_owns(std::uint64_t bytes) noexcept { note_bytes(result_owns_, bytes); }

    /// Whether items cost so little that memory, rather than computing, bounds a loop over numbers.
    bool bound_by_memory() const noexcept;

    /// How many items may start together, where f allows it: those of block_time; one before the cost is known.
    std::uint64_t block() const noexcept;

    /// The batch that suits the cost, if there were no end of items.
    std::uint64_t ideal_batch() const noexcept;

    /// How many items a worker in another process gets at a time: what it takes to bring them there should be little beside them.
    std::uint64_t far_batch(bool results_stay) const noexcept;

    /// Whether far_batches of so many items take longer than to bring them there, as far as is known.
    bool is_worth_sending(std::uint64_t batch) const noexcept;

    /// The least batch to take a part of at once.
    std::uint64_t least_robbed() const noexcept;

    /// Whether `left` items are worth a second worker at once, as far as so many batches of the same seat tell.
    bool is_worth_help(std::uint64_t batches, std::uint64_t left) const noexcept;

    /// The batch to claim when `left` items may be claimed: all seats should get some of them. Of short calls each gets one, so that it
    /// finds in its cache what it had in the call before.
    std::uint64_t batch(std::uint64_t left) const noexcept;

    /// The window for a consumer that was handed `handed` items. By one thread only.
    std::uint64_t window(std::uint64_t handed) noexcept;

    /// How much room there should be before new items are taken: a part of the window, so that workers are not sent
    /// for one tiny item at a time.
    std::uint64_t refill_step(std::uint64_t window) const noexcept;

    /// Whether results come in batches, so that a consumer better waits for several of them.
    bool batched() const noexcept { return ideal_batch() > 1; }

  private:
    static constexpr float unknown = -1;
    static constexpr float least_cost = 0.1F;  // nanoseconds
    static constexpr float largest_fall = 8;
    static constexpr float inputs_remembered = 100;
    static constexpr float worth_timing = 2000;
    static constexpr float worth_help = 5000;
    static constexpr float worth_sending = 20'000;

    static time_span as_time(float nanoseconds) noexcept;

    /// How many items take about so long; not more than the chunk, and one before the cost is known.
    std::uint64_t items_in(time_span time) const noexcept;

    /// How many items all workers together get from the input in the time of a batch, for each: more than these need not be
    /// under way to keep them busy.
    std::uint64_t batch_of_input() const noexcept;

    std::uint64_t window_of_owned() const noexcept;

    /// The mean of the last few: one large item among small ones does not stay in mind, and the first of many is felt. (Less
    /// than a byte is nothing. A mean that went on towards 0 would become subnormal: slow, and a trap for who asked for one.)
    static void note_bytes(float& mean, std::uint64_t bytes) noexcept;

    const std::uint64_t seats_;
    const std::uint64_t seats_afar_;
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
    atomic<std::uint64_t> total_{0};    // 0 where they come one by one
    atomic<float> cost_{unknown};       // nanoseconds an item, as far as is believed
    atomic<float> latest_{unknown};     // and in the latest batch,
    atomic<std::uint64_t> largest_{0};  // the largest of which had so many items
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/engine/pace.cpp>  // IWYU pragma: keep
#endif

#endif
