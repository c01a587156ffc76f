// SPDX-License-Identifier: MIT
// What the loop over a batch's items tells of each, in a call with a bar, report or trace.
#ifndef PARIMAP_DETAIL_ENGINE_OBSERVED_BATCH_HPP
#define PARIMAP_DETAIL_ENGINE_OBSERVED_BATCH_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/system/atomic.hpp>

#include <cstdint>

namespace parimap::inline PARIMAP_ABI::detail {

class observer;
class ticks;
struct seat_record;

/// One batch, while it runs. Made by observer::begin_batch(), used by the thread that holds the seat.
class PARIMAP_EXPORT observed_batch {
  public:
    void item_done(std::uint64_t item) noexcept {
        counter_.store(++done_, std::memory_order_relaxed);
        if (timed_) note_time(item);
    }

    /// So many items are done, in a batch that is not timed.
    void items_done(std::uint64_t count) noexcept { counter_.store(done_ += count, std::memory_order_relaxed); }

    /// Whether it has to know what each item takes.
    bool is_timed() const noexcept { return timed_; }

  private:
    friend observer;
    observed_batch(atomic<std::uint64_t>& counter, seat_record& record, const ticks& clock, std::uint64_t start,
                   bool timed) noexcept;

    void note_time(std::uint64_t item) noexcept;

    atomic<std::uint64_t>& counter_;
    seat_record& record_;
    const ticks& clock_;
    const std::uint64_t start_;  // of the call
    const bool timed_;
    std::uint64_t done_;
    std::uint64_t last_;
};

/// A batch that nobody observes.
struct unobserved_batch {
    static void item_done(std::uint64_t /*item*/) noexcept {}
    static void items_done(std::uint64_t /*count*/) noexcept {}
};

}  // namespace parimap::detail

#endif
