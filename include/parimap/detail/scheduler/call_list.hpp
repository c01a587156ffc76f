// SPDX-License-Identifier: MIT
// The open calls of a pool, and whose turn it is.
#ifndef PARIMAP_DETAIL_SCHEDULER_CALL_LIST_HPP
#define PARIMAP_DETAIL_SCHEDULER_CALL_LIST_HPP

#include <parimap/detail/scheduler/call.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <iterator>
#include <list>

namespace parimap::detail {

/// Under the scheduler's mutex, but for count().
///
/// A pool may have thousands of streams open of which hardly any has something to start, so those are not looked at each time.
/// A call that is quiet, with no worker in it and nothing to start, is set aside when it is met, until it has news: whoever
/// makes items available announces them, and takes the mutex for it unless a worker is in the call, which then is not set
/// aside. So all calls that are not quiet stand in `busy_` when the mutex is free of those who are about to announce, which is
/// all that the wake-ups of the scheduler need.
class call_list {
  public:
    void add(call& c) {
        busy_.push_back(&c);
        c.place_ = std::prev(busy_.end());
        c.listing_ = call::listing::busy;
        count_.store(count() + 1, std::memory_order_relaxed);
        if (c.holds_outsider_) ++outsiders_;
    }

    void remove(call& c) noexcept {
        want_seat(c, false);
        (c.listing_ == call::listing::busy ? busy_ : idle_).erase(c.place_);
        c.listing_ = call::listing::none;
        count_.store(count() - 1, std::memory_order_relaxed);
        if (c.holds_outsider_) --outsiders_;
    }

    /// The call may have items to start. Nothing happens if it is not in the list any more.
    void has_news(call& c) noexcept {
        if (c.listing_ != call::listing::idle) return;
        busy_.splice(busy_.end(), idle_, c.place_);
        c.listing_ = call::listing::busy;
    }

    /// A worker enters the call.
    void join(call& c) noexcept {
        c.join();
        has_news(c);
    }

    /// The owner of c, about to sleep, wants c.changed() to be called when a seat becomes free; or no more.
    void want_seat(call& c, bool wanted) noexcept {
        if (c.owner_wants_seat_ == wanted) return;
        c.owner_wants_seat_ = wanted;
        waiting_owners_ += wanted ? 1 : -1;
        has_news(c);
    }

    /// How many there are. Any thread.
    std::size_t count() const noexcept { return count_.load(std::memory_order_relaxed); }

    /// One that was not told yet that the pool was terminated, or null.
    call* next_to_tell() noexcept {
        // Those that were told have come to the end of one of the two.
        for (const std::list<call*>* calls : {&idle_, &busy_}) {
            const auto found = std::find_if(calls->begin(), calls->end(), [](const call* c) { return !c->is_told_; });
            if (found != calls->end()) return *found;
        }
        return nullptr;
    }

    /// Whether a thread from outside is in a blocking call.
    bool any_holds_outsider() const noexcept { return outsiders_ > 0; }

    bool any_wants_worker() noexcept {
        return find([](const call& c) { return c.wants_worker(); }) != nullptr;
    }

    bool all_are_quiet() noexcept {
        return !find([](const call& c) { return !c.is_quiet(); });
    }

    /// The next in turn that wants a worker, or null; it goes to the back of the line.
    call* next() noexcept {
        call* found = find([](const call& c) { return c.wants_worker(); });
        if (found) busy_.splice(busy_.end(), busy_, found->place_);
        return found;
    }

    /// Tells the owners that wait for a seat to look again.
    void tell_owners() noexcept {
        if (waiting_owners_ == 0) return;
        for (call* c : busy_) {
            if (c->owner_wants_seat_) c->changed();
        }
    }

  private:
    /// The first that is wanted, or null. Sets quiet ones aside on the way.
    template <class Wanted>
    call* find(Wanted wanted) noexcept {
        for (auto next = busy_.begin(); next != busy_.end();) {
            call& c = **next++;
            if (wanted(c)) return &c;
            if (!c.is_quiet() || c.owner_wants_seat_) continue;
            idle_.splice(idle_.end(), busy_, c.place_);
            c.listing_ = call::listing::idle;
        }
        return nullptr;
    }

    std::list<call*> busy_;
    std::list<call*> idle_;
    std::ptrdiff_t waiting_owners_ = 0;
    std::size_t outsiders_ = 0;
    std::atomic<std::size_t> count_{0};
};

}  // namespace parimap::detail

#endif
