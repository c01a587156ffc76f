// SPDX-License-Identifier: MIT
// The open calls of a pool, and whose turn it is.
#ifndef PARIMAP_DETAIL_CALL_LIST_HPP
#define PARIMAP_DETAIL_CALL_LIST_HPP

#include <parimap/detail/call.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <list>

namespace parimap::detail {

/// Under the scheduler's mutex, but for count().
class call_list {
  public:
    void add(call& c) {
        calls_.push_back(&c);
        count_.store(calls_.size(), std::memory_order_relaxed);
    }

    void remove(call& c) noexcept {
        calls_.remove(&c);
        count_.store(calls_.size(), std::memory_order_relaxed);
    }

    /// How many there are. Any thread.
    std::size_t count() const noexcept { return count_.load(std::memory_order_relaxed); }

    /// One that was not told yet that the pool was terminated, or null.
    call* next_to_tell() noexcept {
        const auto found = std::find_if(calls_.begin(), calls_.end(), [](const call* c) { return !c->is_told_; });
        return found == calls_.end() ? nullptr : *found;
    }

    /// Whether a thread from outside is in a blocking call.
    bool any_holds_outsider() const noexcept {
        return std::any_of(calls_.begin(), calls_.end(), [](const call* c) { return c->holds_outsider_; });
    }

    bool any_wants_worker() const noexcept {
        return std::any_of(calls_.begin(), calls_.end(), [](const call* c) { return c->wants_worker(); });
    }

    bool all_are_quiet() const noexcept {
        return std::all_of(calls_.begin(), calls_.end(), [](const call* c) { return c->is_quiet(); });
    }

    /// The next in turn that wants a worker, or null; it goes to the back of the line.
    call* next() noexcept {
        const auto found = std::find_if(calls_.begin(), calls_.end(), [](const call* c) { return c->wants_worker(); });
        if (found == calls_.end()) return nullptr;
        calls_.splice(calls_.end(), calls_, found);
        return calls_.back();
    }

    /// Tells the owners that wait for a seat to look again.
    void tell_owners() noexcept {
        for (call* c : calls_) {
            if (c->owner_wants_seat_) c->changed();
        }
    }

  private:
    std::list<call*> calls_;
    std::atomic<std::size_t> count_{0};  // calls_.size()
};

}  // namespace parimap::detail

#endif
