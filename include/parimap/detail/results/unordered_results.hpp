// SPDX-License-Identifier: MIT
// The results of an unordered stream: an outbox for each seat, merged by the time at which items finished.
#ifndef PARIMAP_DETAIL_RESULTS_UNORDERED_RESULTS_HPP
#define PARIMAP_DETAIL_RESULTS_UNORDERED_RESULTS_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/results/failures.hpp>
#include <parimap/detail/results/outbox.hpp>
#include <parimap/detail/system/atomic.hpp>
#include <parimap/detail/system/cache_line.hpp>
#include <parimap/detail/system/item_number.hpp>
#include <parimap/detail/system/slot.hpp>
#include <parimap/detail/system/ticks.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

template <class R>
class unordered_results {
  public:
    static constexpr bool failure_stops = false;
    static constexpr bool in_order = false;

    class entry {
      public:
        bool is_value() const noexcept { return (item_and_state_ & 3U) == value; }
        failure_of whose_failure() const noexcept {
            return (item_and_state_ & 3U) == input_failure ? failure_of::input : failure_of::item;
        }
        R& get() noexcept { return value_.get(); }
        std::exception_ptr exception() const noexcept { return exception_; }
        ~entry() {
            if (is_value()) {
                value_.destroy();
            } else {
                std::destroy_at(std::addressof(exception_));
            }
        }

      private:
        friend unordered_results;

        enum state : std::uint64_t { value, item_failure, input_failure };

        template <class Make>
        entry(std::uint64_t item, const ticks& clock, Make& make) : item_and_state_(item << 2U | value) {
            // (Not as an initialiser: should build() throw, clang would call a destructor that it does not make.)
            std::construct_at(std::addressof(value_));
            value_.build(make);
            finished_ = clock.now();
        }
        entry(std::uint64_t item, const ticks& clock, std::exception_ptr exception, failure_of whose) noexcept
            : item_and_state_(item << 2U | (whose == failure_of::input ? input_failure : item_failure)),
              exception_(std::move(exception)),
              finished_(clock.now()) {}

        std::uint64_t item_and_state_;  // in one word: entries cross from one CPU's cache to another's
        union {
            ring_slot<R> value_;
            std::exception_ptr exception_;
        };
        std::uint64_t finished_;  // in ticks
    };

    static constexpr std::size_t bytes_in_ring = 0;
    static constexpr std::size_t bytes_per_result = is_boxed_in_ring<R> ? sizeof(entry) + sizeof(R) : sizeof(entry);

    explicit unordered_results(std::size_t seats) : seats_(seats), boxes_(std::make_unique<outbox<entry>[]>(seats)) {}

    // ---- by workers ----------------------------------------------------------------------------------------------

    template <class RunBatch>
    auto with_writer(std::size_t seat, RunBatch run_batch) {
        return run_batch([&box = boxes_[seat], clock = clock_](std::uint64_t item, auto&& make) {
            ::new (box.room()) entry(item, clock, make);
            box.push();
        });
    }

    void fail(std::size_t seat, std::uint64_t item, std::exception_ptr exception, failure_of whose) noexcept {
        void* room = nullptr;
        try {
            room = boxes_[seat].room();
        } catch (...) {
            return lose(item, whose);
        }
        ::new (room) entry(item, clock_, std::move(exception), whose);
        boxes_[seat].push();
    }

    // ---- by the consumer -----------------------------------------------------------------------------------------

    void reserve(std::uint64_t /*window*/) noexcept {}
    void prepare(std::uint64_t /*limit*/) noexcept {}
    std::uint64_t due() const noexcept { return no_item; }  // any may be the next

    /// The result that finished first among those not handed over, or null if there is none.
    entry* front() noexcept {
        // As long as the chosen outbox's next result is older than all that stood in the others when it was chosen, and
        // than that moment if one was empty, it is the oldest of all.
        entry* e = chosen_ < seats_ ? boxes_[chosen_].front() : nullptr;
        if (e && e->finished_ <= oldest_elsewhere_) return e;
        if (lost_.full()) return &lost_.get();  // was seen already, and is in front until it is dropped
        do {
            e = oldest();
        } while (e && e->finished_ > oldest_elsewhere_);  // while it looked, an older one came where it had looked before
        return e ? e : lost();
    }

    std::uint64_t item_of(const entry& e) const noexcept { return e.item_and_state_ >> 2U; }

    /// Drops the entry that front() gave.
    void pop(entry& e) noexcept {
        if (&e != &lost_.get()) return boxes_[chosen_].pop();
        lost_.reset();
    }

  private:
    static constexpr std::uint64_t never = ~std::uint64_t{0};

    /// An item's failure for which there is no memory: what it was is lost, that it was is not. The lowest number stands for all
    /// of them, so that none seems to lie behind an element that could not be read, where nothing is handed over.
    void lose(std::uint64_t item, failure_of whose) noexcept {
        if (whose == failure_of::input) return lower(lost_cut_, item);
        lower(lowest_lost_, item);
        lost_count_.fetch_add(1, std::memory_order_release);
    }

    static void lower(atomic<std::uint64_t>& lowest, std::uint64_t item) noexcept {
        std::uint64_t old = lowest.load(std::memory_order_relaxed);
        while (item < old && !lowest.compare_exchange_weak(old, item, std::memory_order_release, std::memory_order_relaxed)) {
        }
    }

    /// The consumer gets a std::bad_alloc for each item whose failure was lost, and one where the input ends.
    entry* lost() noexcept {
        const std::uint64_t cut = lost_cut_.load(std::memory_order_acquire);
        if (lost_count_.load(std::memory_order_acquire) > lost_handed_) {
            ++lost_handed_;
            lost_.build([&] { return entry(lowest_lost_.load(std::memory_order_relaxed), clock_, no_memory_, failure_of::item); });
        } else if (cut < lost_cut_handed_) {
            lost_cut_handed_ = cut;
            lost_.build([&] { return entry(cut, clock_, no_memory_, failure_of::input); });
        }
        return lost_.full() ? &lost_.get() : nullptr;
    }

    /// The oldest of the results that stand in front, and a bound for what may come elsewhere.
    entry* oldest() noexcept {
        entry* e = nullptr;
        chosen_ = seats_;
        oldest_elsewhere_ = never;
        bool is_now_unknown = true;
        for (std::size_t seat = 0; seat < seats_; ++seat) {
            entry* other = boxes_[seat].front();
            if (!other && std::exchange(is_now_unknown, false)) {
                // Nothing older than this moment will come from an outbox that is empty after it.
                bound_elsewhere(clock_.now());
                other = boxes_[seat].front();
            }
            if (!other) continue;
            if (e && e->finished_ <= other->finished_) {
                bound_elsewhere(other->finished_);
                continue;
            }
            if (e) bound_elsewhere(e->finished_);
            e = other;
            chosen_ = seat;
        }
        return e;
    }

    void bound_elsewhere(std::uint64_t finished) noexcept {
        if (finished < oldest_elsewhere_) oldest_elsewhere_ = finished;
    }

    const ticks clock_;
    const std::size_t seats_;
    const std::unique_ptr<outbox<entry>[]> boxes_;
    const std::exception_ptr no_memory_ = std::make_exception_ptr(std::bad_alloc());
    atomic<std::uint64_t> lost_count_{0};  // failed items that stand in no outbox,
    atomic<std::uint64_t> lowest_lost_{never};
    atomic<std::uint64_t> lost_cut_{never};                                  // and the first of those that could not be read
    alignas(cache_line) std::size_t chosen_ = static_cast<std::size_t>(-1);  // the consumer's, from here on
    std::uint64_t oldest_elsewhere_ = 0;
    std::uint64_t lost_handed_ = 0;
    std::uint64_t lost_cut_handed_ = never;
    slot<entry> lost_;
};

}  // namespace parimap::detail

#endif
