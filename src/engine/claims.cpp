// SPDX-License-Identifier: MIT
// Who runs which item: batches from one shared counter, and unstarted items of a batch taken over by idle workers.

#include <parimap/detail/engine/claims.hpp>

#include <parimap/detail/system/atomic.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE claims::claims(std::size_t seats, heavy_fence fence)
    : fence_(fence), has_fence_(fence != nullptr), seats_(seats), ranges_(seats) {}

PARIMAP_INLINE claims::~claims() = default;

PARIMAP_INLINE void claims::close_from(std::uint64_t item) noexcept {
    std::uint64_t old = gate_.load(std::memory_order_relaxed);
    while (item < old && !gate_.compare_exchange_weak(old, item, std::memory_order_acq_rel)) {
    }
    call_attention();  // also where it was closed before: who closed it may not have come to all seats yet
}

PARIMAP_INLINE bool claims::watch() noexcept {
    watched_.store(true, std::memory_order_relaxed);
    // Where nobody has an unstarted item, each worker comes to its batch's end next, where it passes a full fence of its
    // own. Then the heavy one, which interrupts all CPUs, is spared: as for items that are batches of their own.
    if (call_attention()) return passed_fence();
    detail::atomic_thread_fence(std::memory_order_seq_cst);
    return true;
}

template <class Score>
bool claims::steal(std::size_t seat, std::uint64_t most, Score score) noexcept {
    for (;;) {
        range* victim = nullptr;
        std::uint64_t best = 0;
        for (std::size_t i = 0; i < seats_; ++i) {
            range& r = ranges_[i];
            const std::uint64_t count = r.count();
            if (count == 0 || !can_be_robbed(r)) continue;
            const std::uint64_t s = score(r.begin.load(std::memory_order_relaxed), count, next());
            if (s > best) {
                best = s;
                victim = &r;
            }
        }
        if (!victim) return false;
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
        if (steal_from(*victim, most, begin, end)) {
            adopt(seat, begin, end);
            return true;
        }
    }
}

PARIMAP_INLINE bool claims::claim(std::size_t seat, std::uint64_t most, std::uint64_t most_stolen, std::uint64_t max_lag,
                                  std::uint64_t least_robbed) noexcept {
    const auto overtaken = [max_lag](std::uint64_t begin, std::uint64_t, std::uint64_t next) {
        return begin < next && next - begin > max_lag ? next - begin : 0;
    };
    const auto length = [least_robbed](std::uint64_t, std::uint64_t count, std::uint64_t) {
        return count >= least_robbed ? count : 0;
    };
    if (steal(seat, most_stolen, overtaken)) return true;
    std::uint64_t begin = next_.load(std::memory_order_relaxed);
    for (;;) {
        const std::uint64_t end = available(begin, most);
        if (end == begin) break;
        if (next_.compare_exchange_weak(begin, end, std::memory_order_acq_rel)) {
            adopt(seat, begin, end);
            return true;
        }
    }
    return steal(seat, most_stolen, length);
}

PARIMAP_INLINE std::uint64_t claims::latest_started(std::size_t seat) const noexcept {
    return ranges_[seat].begin.load(std::memory_order_relaxed) - 1;
}

PARIMAP_INLINE bool claims::has_rest(std::size_t seat) noexcept {
    range& r = ranges_[seat];
    detail::atomic_thread_fence(std::memory_order_acquire);  // pairs with set_end()
    if (r.robbing.load(std::memory_order_acquire)) {
        const lock until_it_is_done(r.mutex);
    }
    return r.count() > 0;
}

PARIMAP_INLINE std::uint64_t claims::drop(std::size_t seat) noexcept {
    range& r = ranges_[seat];
    const lock held(r.mutex);
    const std::uint64_t count = r.count();
    set_end(r, r.begin.load(std::memory_order_relaxed));
    return count;
}

PARIMAP_INLINE bool claims::has_batch() const noexcept {
    const std::uint64_t gate = gate_.load(std::memory_order_relaxed);
    return next_.load(std::memory_order_relaxed) < std::min(limit_.load(std::memory_order_relaxed), gate);
}

PARIMAP_INLINE bool claims::has_loot() const noexcept {
    const std::uint64_t gate = gate_.load(std::memory_order_relaxed);
    return std::any_of(ranges_.begin(), ranges_.end(), [this, gate](const range& r) {
        return r.count() > 0 && r.begin.load(std::memory_order_relaxed) < gate && can_be_robbed(r);
    });
}

PARIMAP_INLINE std::uint64_t claims::left_for_others(std::size_t seat, std::uint64_t most) const noexcept {
    const std::uint64_t own = ranges_[seat].count();
    const std::uint64_t next = next_.load(std::memory_order_relaxed);
    const std::uint64_t limit = limit_.load(std::memory_order_relaxed);
    std::uint64_t left = (own > 1 ? own - 1 : 0) + (limit > next ? limit - next : 0);
    for (std::size_t i = 0; i < seats_ && left < most; ++i) {
        if (i != seat) left += ranges_[i].count();
    }
    return std::min(left, most);
}

PARIMAP_INLINE std::uint64_t claims::available(std::uint64_t begin, std::uint64_t most) const noexcept {
    const std::uint64_t end = std::min(limit_.load(std::memory_order_acquire), gate_.load(std::memory_order_relaxed));
    if (end <= begin) return begin;
    const std::uint64_t reached = begin + std::min({end - begin, most, max_batch});
    return reached < end ? end_of_some(begin, reached) : reached;
}

PARIMAP_INLINE void claims::adopt(std::size_t seat, std::uint64_t begin, std::uint64_t end) noexcept {
    range& r = ranges_[seat];
    const lock held(r.mutex);
    r.begin.store(begin, std::memory_order_relaxed);
    r.fenced.store(has_fence_.load(std::memory_order_relaxed), std::memory_order_relaxed);
    set_end(r, end);
}

PARIMAP_INLINE bool claims::passed_fence() noexcept {
    if (fence_ && fence_()) return true;
    has_fence_.store(false, std::memory_order_relaxed);
    return false;
}

PARIMAP_INLINE bool claims::can_be_robbed(const range& r) const noexcept {
    return has_fence_.load(std::memory_order_relaxed) || !r.fenced.load(std::memory_order_relaxed);
}

PARIMAP_INLINE void claims::set_end(range& r, std::uint64_t end) noexcept {
    const bool attention = !r.fenced.load(std::memory_order_relaxed) || watched_.load(std::memory_order_relaxed) ||
                           gate_.load(std::memory_order_relaxed) < end;
    r.end.store(end, std::memory_order_release);  // with the next one, pairs with has_rest()
    r.poll.store(attention ? 0 : end, std::memory_order_release);
}

PARIMAP_INLINE bool claims::call_attention() noexcept {
    bool any = false;
    for (std::size_t seat = 0; seat < seats_; ++seat) {
        range& r = ranges_[seat];
        const lock held(r.mutex);
        r.poll.store(0, std::memory_order_relaxed);
        // An owner that is seen to have started its last item is seen to have published those before.
        const bool unstarted = r.begin.load(std::memory_order_acquire) < r.end.load(std::memory_order_relaxed);
        any = (unstarted && r.fenced.load(std::memory_order_relaxed)) || any;
    }
    return any;
}

[[gnu::noinline]] PARIMAP_INLINE std::uint64_t claims::true_end_of(range& r, std::uint64_t item, std::uint64_t reached) noexcept {
    const lock held(r.mutex);
    const std::uint64_t end = r.end.load(std::memory_order_relaxed);
    // Only the owner can give up doing without the lock: it alone is sure to see the 0 that it stores.
    if (!has_fence_.load(std::memory_order_relaxed)) r.fenced.store(false, std::memory_order_relaxed);
    set_end(r, end);
    if (reached > end) r.begin.store(std::max(item, end), std::memory_order_relaxed);
    return end;
}

PARIMAP_INLINE bool claims::steal_from(range& victim, std::uint64_t most, std::uint64_t& begin, std::uint64_t& end) noexcept {
    const lock held(victim.mutex);
    const std::uint64_t count = victim.count();
    if (count == 0 || !can_be_robbed(victim)) return false;
    end = victim.end.load(std::memory_order_relaxed);
    begin = end - std::min((count + 1) / 2, most);
    const bool fenced = victim.fenced.load(std::memory_order_relaxed);
    if (fenced) victim.robbing.store(true, std::memory_order_relaxed);  // published with the end
    set_end(victim, begin);
    const bool is_sure = !fenced || passed_fence();
    if (!is_sure) {
        set_end(victim, end);
        victim.poll.store(0, std::memory_order_release);  // so that the owner comes to true_end_of()
    }
    if (fenced) victim.robbing.store(false, std::memory_order_release);
    if (!is_sure) return false;
    // From here on the owner sees the new end, and waits for the mutex if it has reached it. What it took before, or
    // is waiting for, stays its own.
    const std::uint64_t reached = victim.begin.load(std::memory_order_relaxed);
    if (reached > begin) {
        begin = std::min(reached, end);
        set_end(victim, begin);
    }
    return begin < end;
}

}  // namespace parimap::detail
