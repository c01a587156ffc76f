// SPDX-License-Identifier: MIT
// The results of an ordered stream: a ring of slots, result i in slot i modulo the ring's size.
#ifndef PARIMAP_DETAIL_RESULTS_ORDERED_RESULTS_HPP
#define PARIMAP_DETAIL_RESULTS_ORDERED_RESULTS_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/results/failures.hpp>
#include <parimap/detail/system/atomic.hpp>
#include <parimap/detail/system/cache_line.hpp>
#include <parimap/detail/system/slot.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// Workers fill slots of items below the limit; the one consumer empties them in order. The limit never runs more
/// than the ring's size ahead of the consumer, so a slot that is filled was emptied before.
template <class R>
class ordered_results {
  public:
    static constexpr bool failure_stops = false;
    static constexpr bool in_order = true;

    class entry {
      public:
        bool is_value() const noexcept { return state_.load(std::memory_order_relaxed) == value; }
        failure_of whose_failure() const noexcept {
            return state_.load(std::memory_order_relaxed) == input_failure ? failure_of::input : failure_of::item;
        }
        R& get() noexcept { return value_.get(); }
        std::exception_ptr exception() const noexcept { return exception_; }

      private:
        friend ordered_results;
        enum state : unsigned char { empty, value, item_failure, input_failure };

        entry() noexcept {}
        ~entry() {}

        atomic<state> state_{empty};
        union {
            ring_slot<R> value_;
            std::exception_ptr exception_;
        };
    };

    static constexpr std::size_t bytes_in_ring = sizeof(entry);
    static constexpr std::size_t bytes_per_result = is_boxed_in_ring<R> ? sizeof(entry) + sizeof(R) : sizeof(entry);

    explicit ordered_results(std::size_t /*seats*/) noexcept {}
    ordered_results(const ordered_results&) = delete;
    ordered_results& operator=(const ordered_results&) = delete;
    ~ordered_results() {
        for (std::uint64_t i = 0; i < made_; ++i) {
            clear(ring_[i]);
            ring_[i].~entry();
        }
        if (ring_) std::allocator<entry>().deallocate(ring_, static_cast<std::size_t>(capacity_));
    }

    // ---- by workers ----------------------------------------------------------------------------------------------

    template <class RunBatch>
    auto with_writer(std::size_t /*seat*/, RunBatch run_batch) {
        return run_batch([ring = ring_, mask = capacity_ - 1](std::uint64_t item, auto&& make) {
            entry& e = ring[item & mask];
            std::construct_at(std::addressof(e.value_))->build(make);
            e.state_.store(entry::value, std::memory_order_release);
        });
    }

    void fail(std::size_t /*seat*/, std::uint64_t item, std::exception_ptr exception, failure_of whose) noexcept {
        entry& e = at(item);
        std::construct_at(std::addressof(e.exception_), std::move(exception));
        e.state_.store(whose == failure_of::input ? entry::input_failure : entry::item_failure, std::memory_order_release);
    }

    // ---- by the consumer -----------------------------------------------------------------------------------------

    /// The result that the consumer holds counts as one of the window: it takes new items only when it holds none, so that no
    /// item below the limit ever lies a window behind one whose slot is not empty.
    void reserve(std::uint64_t window) {
        capacity_ = std::bit_ceil(window);
        ring_ = std::allocator<entry>().allocate(static_cast<std::size_t>(capacity_));
    }

    /// Makes the slots below `limit` usable. Slots are made when they are first needed, so that a large ring costs
    /// nothing until the window grows.
    void prepare(std::uint64_t limit) noexcept {
        for (; made_ < capacity_ && made_ < limit; ++made_) ::new (static_cast<void*>(ring_ + made_)) entry;
    }

    /// The item whose end the consumer waits for.
    std::uint64_t due() const noexcept { return next_; }

    /// The next result to hand over, or null if it is not there yet.
    entry* front() noexcept {
        if (next_ >= made_ && made_ < capacity_) return nullptr;
        entry& e = at(next_);
        return e.state_.load(std::memory_order_acquire) == entry::empty ? nullptr : &e;
    }

    std::uint64_t item_of(const entry&) const noexcept { return next_; }

    void pop(entry& e) noexcept {
        clear(e);
        ++next_;
    }

  private:
    entry& at(std::uint64_t item) noexcept { return ring_[item & (capacity_ - 1)]; }

    static void clear(entry& e) noexcept {
        switch (e.state_.load(std::memory_order_relaxed)) {
            case entry::empty: return;
            case entry::value: e.value_.destroy(); break;
            case entry::item_failure:
            case entry::input_failure: std::destroy_at(std::addressof(e.exception_));
        }
        e.state_.store(entry::empty, std::memory_order_relaxed);  // published with the limit
    }

    entry* ring_ = nullptr;
    std::uint64_t capacity_ = 0;
    alignas(cache_line) std::uint64_t made_ = 0;  // the consumer's, from here on
    std::uint64_t next_ = 0;
};

}  // namespace parimap::detail

#endif
