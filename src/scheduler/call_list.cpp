// SPDX-License-Identifier: MIT
// The open calls of a pool, and whose turn it is.

#include <parimap/detail/scheduler/call_list.hpp>

#include <parimap/detail/system/atomic.hpp>

#include <initializer_list>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE void call_list::line::push_back(call& c) noexcept {
    c.before_ = last;
    c.behind_ = nullptr;
    (last ? last->behind_ : first) = &c;
    last = &c;
}

PARIMAP_INLINE void call_list::line::erase(call& c) noexcept {
    (c.before_ ? c.before_->behind_ : first) = c.behind_;
    (c.behind_ ? c.behind_->before_ : last) = c.before_;
}

PARIMAP_INLINE void call_list::move_to(call::listing which, call& c) noexcept {
    line_of(c.listing_).erase(c);
    line_of(which).push_back(c);
    c.listing_ = which;
}

PARIMAP_INLINE void call_list::add(call& c) noexcept {
    busy_.push_back(c);
    c.listing_ = call::listing::busy;
    c.number_ = ++latest_;
    count_.store(count() + 1, std::memory_order_relaxed);
    if (c.holds_outsider_) ++outsiders_;
}

PARIMAP_INLINE void call_list::remove(call& c) noexcept {
    want_seat(c, false);
    line_of(c.listing_).erase(c);
    c.listing_ = call::listing::none;
    count_.store(count() - 1, std::memory_order_relaxed);
    if (c.holds_outsider_) --outsiders_;
}

PARIMAP_INLINE void call_list::has_news(call& c) noexcept {
    if (c.listing_ == call::listing::idle) move_to(call::listing::busy, c);
}

PARIMAP_INLINE void call_list::join(call& c) noexcept {
    c.join();
    has_news(c);
}

PARIMAP_INLINE void call_list::want_seat(call& c, bool wanted) noexcept {
    if (c.owner_wants_seat_ == wanted) return;
    c.owner_wants_seat_ = wanted;
    waiting_owners_ += wanted ? 1 : -1;
    has_news(c);
}

PARIMAP_INLINE call* call_list::next_to_tell() noexcept {
    // Those that were told have come to the end of one of the two.
    for (const line* calls : {&idle_, &busy_}) {
        for (call* c = calls->first; c; c = c->behind_) {
            if (!c->is_told_) return c;
        }
    }
    return nullptr;
}

PARIMAP_INLINE bool call_list::any_wants_worker() noexcept {
    return find([](const call& c) { return c.wants_worker(); }) != nullptr;
}

PARIMAP_INLINE bool call_list::all_are_quiet() noexcept {
    return !find([](const call& c) { return !c.is_quiet(); });
}

PARIMAP_INLINE call* call_list::next(std::uint64_t latest_old) noexcept {
    call* found =
        find([latest_old](const call& c) { return (c.number_ <= latest_old || c.is_worth_joining_) && c.wants_worker(); });
    if (found) move_to(call::listing::busy, *found);
    return found;
}

PARIMAP_INLINE void call_list::tell_owners() noexcept {
    if (waiting_owners_ == 0) return;
    for (call* c = busy_.first; c; c = c->behind_) {
        if (c->owner_wants_seat_) c->changed();
    }
}

}  // namespace parimap::detail
