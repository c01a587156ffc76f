// SPDX-License-Identifier: MIT
// The open calls of a pool, and whose turn it is.
#ifndef PARIMAP_DETAIL_SCHEDULER_CALL_LIST_HPP
#define PARIMAP_DETAIL_SCHEDULER_CALL_LIST_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/scheduler/call.hpp>
#include <parimap/detail/system/atomic.hpp>

#include <cstddef>
#include <cstdint>

namespace parimap::inline PARIMAP_ABI::detail {

/// Under the scheduler's mutex, but for count().
///
/// A pool may have thousands of streams open of which hardly any has something to start, so those are not looked at each time.
/// A call that is quiet, with no worker in it and nothing to start, is set aside when it is met, until it has news: whoever
/// makes items available announces them, and takes the mutex for it unless a worker is in the call, which then is not set
/// aside. So all calls that are not quiet stand in `busy_` when the mutex is free of those who are about to announce, which is
/// all that the wake-ups of the scheduler need.
class PARIMAP_EXPORT call_list {
  public:
    void add(call& c) noexcept;

    void remove(call& c) noexcept;

    /// The call may have items to start. Nothing happens if it is not in the list any more.
    void has_news(call& c) noexcept;

    /// A worker enters the call.
    void join(call& c) noexcept;

    /// The owner of c, about to sleep, wants c.changed() to be called when a seat becomes free; or no more.
    void want_seat(call& c, bool wanted) noexcept;

    /// How many there are. Any thread.
    std::size_t count() const noexcept { return count_.load(std::memory_order_relaxed); }

    /// One that was not told yet that the pool was terminated, or null.
    call* next_to_tell() noexcept;

    /// Whether a thread from outside is in a blocking call.
    bool any_holds_outsider() const noexcept { return outsiders_ > 0; }

    /// The number of the call that was opened last.
    std::uint64_t latest() const noexcept { return latest_; }

    bool any_wants_worker() noexcept;

    bool all_are_quiet() noexcept;

    /// The next in turn that wants a worker, or null; it goes to the back of the line. Those with a higher number than `latest_old`
    /// are left to their owners, where it is not known that a worker is worth it.
    call* next(std::uint64_t latest_old) noexcept;

    /// Tells the owners that wait for a seat to look again.
    void tell_owners() noexcept;

  private:
    /// The first that is wanted, or null. Sets quiet ones aside on the way.
    template <class Wanted>
    call* find(Wanted wanted) noexcept {
        for (call* next = busy_.first; next;) {
            call& c = *next;
            next = c.behind_;
            if (wanted(c)) return &c;
            if (c.is_quiet() && !c.owner_wants_seat_) move_to(call::listing::idle, c);
        }
        return nullptr;
    }

    /// Doubly linked through the calls, so that to open one takes no memory.
    struct line {
        call* first = nullptr;
        call* last = nullptr;

        void push_back(call& c) noexcept;
        void erase(call& c) noexcept;
    };

    line& line_of(call::listing which) noexcept { return which == call::listing::busy ? busy_ : idle_; }

    /// To the back of the line.
    void move_to(call::listing which, call& c) noexcept;

    line busy_;
    line idle_;
    std::ptrdiff_t waiting_owners_ = 0;
    std::size_t outsiders_ = 0;
    std::uint64_t latest_ = 0;
    atomic<std::size_t> count_{0};
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/scheduler/call_list.cpp>  // IWYU pragma: keep
#endif

#endif
