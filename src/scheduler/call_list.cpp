// SPDX-License-Identifier: MIT
// The open calls of a pool, and whose turn it is.

#include <parimap/detail/scheduler/call_list.hpp>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <list>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE void call_list::add(call& c) {
    busy_.push_back(&c);
    c.place_ = std::prev(busy_.end());
    c.listing_ = call::listing::busy;
    count_.store(count() + 1, std::memory_order_relaxed);
    if (c.holds_outsider_) ++outsiders_;
}

PARIMAP_INLINE void call_list::remove(call& c) noexcept {
    want_seat(c, false);
    (c.listing_ == call::listing::busy ? busy_ : idle_).erase(c.place_);
    c.listing_ = call::listing::none;
    count_.store(count() - 1, std::memory_order_relaxed);
    if (c.holds_outsider_) --outsiders_;
}

PARIMAP_INLINE void call_list::has_news(call& c) noexcept {
    if (c.listing_ != call::listing::idle) return;
    busy_.splice(busy_.end(), idle_, c.place_);
    c.listing_ = call::listing::busy;
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
    for (const std::list<call*>* calls : {&idle_, &busy_}) {
        const auto found = std::find_if(calls->begin(), calls->end(), [](const call* c) { return !c->is_told_; });
        if (found != calls->end()) return *found;
    }
    return nullptr;
}

PARIMAP_INLINE bool call_list::any_wants_worker() noexcept {
    return find([](const call& c) { return c.wants_worker(); }) != nullptr;
}

PARIMAP_INLINE bool call_list::all_are_quiet() noexcept {
    return !find([](const call& c) { return !c.is_quiet(); });
}

PARIMAP_INLINE call* call_list::next() noexcept {
    call* found = find([](const call& c) { return c.wants_worker(); });
    if (found) busy_.splice(busy_.end(), busy_, found->place_);
    return found;
}

PARIMAP_INLINE void call_list::tell_owners() noexcept {
    if (waiting_owners_ == 0) return;
    for (call* c : busy_) {
        if (c->owner_wants_seat_) c->changed();
    }
}

}  // namespace parimap::detail
