// SPDX-License-Identifier: MIT
// Who runs which item: batches from one shared counter, and unstarted items of a batch taken over by idle workers.
#ifndef PARIMAP_DETAIL_ENGINE_CLAIMS_HPP
#define PARIMAP_DETAIL_ENGINE_CLAIMS_HPP

#include <parimap/detail/system/asymmetric_fence.hpp>
#include <parimap/detail/system/cache_line.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <utility>

namespace parimap::detail {

/// Items are numbered in input order. The items [0, next_) belong, or belonged, to a batch; [next_, limit_) may be
/// claimed; the rest is not available yet. Each seat owns one batch at a time, the half-open range of its items that
/// have not started. The owner takes them from the front; a seat that finds nothing else takes the back half of
/// another's range and owns that. So every available, unstarted item is within reach of every seat at any time.
///
/// The two ends of a range follow Cilk-5's THE protocol (Frigo, Leiserson, Randall, PLDI 1998): the owner moves the
/// front, says so, and then looks at the back; a thief moves the back, says so, and then looks at the front. Only where
/// the two meet does the owner need the lock that thieves hold. An owner that starts an empty item every nanosecond can
/// so be robbed at any time and pays no barrier for it.
///
/// The one word that the owner looks at, `poll`, also tells it that somebody wants its attention: it is then 0, which
/// looks like the end, and the owner learns the true end under the lock. So an item costs no look at the gate, and none
/// at whether a consumer waits for the item before. Where there is no asymmetric fence it is always 0: owner and thief
/// then meet in the lock, and every other promise holds.
///
/// A heavy fence can also fail for the first time in the middle of a call. The thief cannot tell then what the owner took, so
/// it puts the end back and has stolen nothing. An owner that saw the lower end in between believes itself done; what it left
/// it finds with has_rest(). From then on each batch that begins is without fences; those under way cannot be
/// robbed before their owner's next item.
class claims {
    struct alignas(cache_line) range {
        std::atomic<std::uint64_t> begin{0};  // written by the owner alone
        std::atomic<std::uint64_t> poll{0};   // `end`, or 0; written with the mutex held
        std::atomic<std::uint64_t> end{0};    // written with the mutex held
        std::mutex mutex;
        // On a line of their own, for the first is full.
        std::atomic<bool> fenced{false};   // the owner takes items without the lock; written with the mutex held
        std::atomic<bool> robbing{false};  // a thief has lowered the end and may put it back; written with the mutex held

        /// Exact with the mutex held, by the owner or after a heavy fence; else a guess.
        std::uint64_t count() const noexcept {
            const std::uint64_t b = begin.load(std::memory_order_relaxed);
            const std::uint64_t e = end.load(std::memory_order_relaxed);
            return b < e ? e - b : 0;
        }
    };

  public:
    static constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();
    static constexpr std::uint64_t max_batch = std::uint64_t{1} << 20;

    /// The fence of thieves and watchers, false if it failed; null where there is none.
    using heavy_fence = bool (*)() noexcept;
    static heavy_fence best_fence() noexcept { return asymmetric_fence::available() ? &asymmetric_fence::heavy : nullptr; }

    explicit claims(std::size_t seats, heavy_fence fence = best_fence())
        : fence_(fence), has_fence_(fence != nullptr), seats_(seats), ranges_(std::make_unique<range[]>(seats)) {}

    // ---- by the one who supplies items ---------------------------------------------------------------------------

    std::uint64_t limit() const noexcept { return limit_.load(std::memory_order_relaxed); }

    /// Makes the items below `limit` available. Whatever a worker needs to run them was stored before.
    void raise_limit(std::uint64_t limit) noexcept { limit_.store(limit, std::memory_order_release); }

    /// No item from `item` on starts any more.
    void close_from(std::uint64_t item) noexcept {
        std::uint64_t old = gate_.load(std::memory_order_relaxed);
        while (item < old && !gate_.compare_exchange_weak(old, item, std::memory_order_acq_rel)) {
        }
        if (item < old) call_attention();
    }

    bool is_open(std::uint64_t item) const noexcept { return item < gate_.load(std::memory_order_relaxed); }

    /// From now on each worker is interrupted between two items, until nobody watches any more. After the call the
    /// watcher sees what a worker published before its latest item, or that worker is interrupted before its next, or comes
    /// to its batch's end. False if that is not sure, so that the watcher has to look again soon.
    bool watch() noexcept {
        watched_.store(true, std::memory_order_relaxed);
        // Where nobody has an unstarted item, each worker comes to its batch's end next, where it passes a full fence of its
        // own. Then the heavy one, which interrupts all CPUs, is spared: as for items that are batches of their own.
        if (call_attention()) return passed_fence();
        std::atomic_thread_fence(std::memory_order_seq_cst);
        return true;
    }
    void unwatch() noexcept { watched_.store(false, std::memory_order_relaxed); }

    /// How far batches were handed out: every item below was started, dropped, or waits in some seat's range.
    std::uint64_t next() const noexcept { return next_.load(std::memory_order_acquire); }

    // ---- by workers ----------------------------------------------------------------------------------------------

    /// Gives the seat, whose range is empty, a batch: at most `most` items of the counter's, or half of another's, at
    /// most `most_stolen`. An item that `max_lag` later ones have overtaken goes first. False if there is nothing to start.
    bool claim(std::size_t seat, std::uint64_t most, std::uint64_t most_stolen, std::uint64_t max_lag) noexcept {
        const auto overtaken = [max_lag](std::uint64_t begin, std::uint64_t, std::uint64_t next) {
            return begin < next && next - begin > max_lag ? next - begin : 0;
        };
        const auto length = [](std::uint64_t, std::uint64_t count, std::uint64_t) { return count; };
        if (steal(seat, most_stolen, overtaken)) return true;
        std::uint64_t begin = next_.load(std::memory_order_relaxed);
        for (;;) {
            const std::uint64_t end = available(begin, most);
            if (end == begin) break;
            if (next_.compare_exchange_weak(begin, end, std::memory_order_acq_rel)) {
                own(seat, begin, end);
                return true;
            }
        }
        return steal(seat, most_stolen, length);
    }

    /// The seat's batch, as its owner sees it.
    class batch {
      public:
        /// Takes the first unstarted item. (In a program with many calls the compiler would no longer put it into their
        /// loops, and the batch not into registers: a map over numbers took three times as long.)
        [[gnu::always_inline]] bool pop(std::uint64_t& item) noexcept {
            if (next_ >= known_end_) return false;
            range_.begin.store(next_ + 1, std::memory_order_release);  // pairs with call_attention()
            asymmetric_fence::light();
            known_end_ = range_.poll.load(std::memory_order_relaxed);
            if (next_ >= known_end_) [[unlikely]] {
                interrupted_ = true;
                known_end_ = all_.settle(range_, next_);
                if (next_ >= known_end_) return false;
            }
            item = next_++;
            return true;
        }

        /// The item that the batch began with.
        std::uint64_t first() const noexcept { return first_; }

        /// How many items were taken so far.
        std::uint64_t started() const noexcept { return next_ - first_; }

        /// Whether somebody wanted attention since the last call: look at the gate, and tell who watches of the item
        /// before.
        bool interrupted() noexcept { return std::exchange(interrupted_, false); }

      private:
        friend claims;
        batch(claims& all, range& r) noexcept
            : all_(all),
              range_(r),
              first_(r.begin.load(std::memory_order_relaxed)),
              next_(first_),
              known_end_(r.end.load(std::memory_order_relaxed)) {}

        claims& all_;
        range& range_;
        const std::uint64_t first_;
        std::uint64_t next_;       // range_.begin, which the owner alone changes
        std::uint64_t known_end_;  // range_.end, which thieves lower
        bool interrupted_ = false;
    };

    batch batch_of(std::size_t seat) noexcept { return batch(*this, ranges_[seat]); }

    /// The item that the seat started last: a guess for others.
    std::uint64_t latest_started(std::size_t seat) const noexcept {
        return ranges_[seat].begin.load(std::memory_order_relaxed) - 1;
    }

    /// For the owner whose batch is at its end: whether a thief has put back what it had seemed to take. (A range that was
    /// seen lower than it is now was seen while `robbing`, or that was set before what is seen now.)
    bool has_rest(std::size_t seat) noexcept {
        range& r = ranges_[seat];
        std::atomic_thread_fence(std::memory_order_acquire);  // pairs with set_end()
        if (r.robbing.load(std::memory_order_acquire)) {
            const std::lock_guard until_it_is_done(r.mutex);
        }
        return r.count() > 0;
    }

    /// Empties the seat's own range and returns how many items were in it.
    std::uint64_t drop(std::size_t seat) noexcept {
        range& r = ranges_[seat];
        std::lock_guard lock(r.mutex);
        const std::uint64_t count = r.count();
        set_end(r, r.begin.load(std::memory_order_relaxed));
        return count;
    }

    /// Whether any item could be started now.
    bool claimable() const noexcept {
        const std::uint64_t gate = gate_.load(std::memory_order_relaxed);
        if (next_.load(std::memory_order_relaxed) < std::min(limit_.load(std::memory_order_relaxed), gate)) return true;
        return std::any_of(ranges_.get(), ranges_.get() + seats_, [this, gate](const range& r) {
            return r.count() > 0 && r.begin.load(std::memory_order_relaxed) < gate && can_be_robbed(r);
        });
    }

    /// How many items others could start beside the first one of this seat's batch; not more than `most`, about. What
    /// a thief left to the one it robbed counts too: whoever was sent for that batch may have been the thief.
    std::uint64_t left_for_others(std::size_t seat, std::uint64_t most) const noexcept {
        const std::uint64_t own = ranges_[seat].count();
        const std::uint64_t next = next_.load(std::memory_order_relaxed);
        const std::uint64_t limit = limit_.load(std::memory_order_relaxed);
        std::uint64_t left = (own > 1 ? own - 1 : 0) + (limit > next ? limit - next : 0);
        for (std::size_t i = 0; i < seats_ && left < most; ++i) {
            if (i != seat) left += ranges_[i].count();
        }
        return std::min(left, most);
    }

  private:
    std::uint64_t available(std::uint64_t begin, std::uint64_t most) const noexcept {
        const std::uint64_t end = std::min(limit_.load(std::memory_order_acquire), gate_.load(std::memory_order_relaxed));
        return end <= begin ? begin : begin + std::min({end - begin, most, max_batch});
    }

    void own(std::size_t seat, std::uint64_t begin, std::uint64_t end) noexcept {
        range& r = ranges_[seat];
        std::lock_guard lock(r.mutex);
        r.begin.store(begin, std::memory_order_relaxed);
        r.fenced.store(has_fence_.load(std::memory_order_relaxed), std::memory_order_relaxed);
        set_end(r, end);
    }

    bool passed_fence() noexcept {
        if (fence_ && fence_()) return true;
        has_fence_.store(false, std::memory_order_relaxed);
        return false;
    }

    /// Not while a batch is under way that began when there were fences, and there are none any more.
    bool can_be_robbed(const range& r) const noexcept {
        return has_fence_.load(std::memory_order_relaxed) || !r.fenced.load(std::memory_order_relaxed);
    }

    /// With the mutex held. Whoever wants attention says so first and then takes each mutex, so it is seen here or
    /// comes afterwards.
    void set_end(range& r, std::uint64_t end) noexcept {
        const bool attention =
            !r.fenced.load(std::memory_order_relaxed) || watched_.load(std::memory_order_relaxed) ||
            gate_.load(std::memory_order_relaxed) < end;
        r.end.store(end, std::memory_order_release);  // with the next one, pairs with has_rest()
        r.poll.store(attention ? 0 : end, std::memory_order_release);
    }

    /// Returns whether any seat has an unstarted item that its owner takes without the lock.
    bool call_attention() noexcept {
        bool any = false;
        for (std::size_t seat = 0; seat < seats_; ++seat) {
            range& r = ranges_[seat];
            std::lock_guard lock(r.mutex);
            r.poll.store(0, std::memory_order_relaxed);
            // An owner that is seen to have started its last item is seen to have published those before.
            const bool unstarted = r.begin.load(std::memory_order_acquire) < r.end.load(std::memory_order_relaxed);
            any = (unstarted && r.fenced.load(std::memory_order_relaxed)) || any;
        }
        return any;
    }

    /// The owner reached for `item`, and somebody wants its attention, or that item too. Returns the true end; if it
    /// lies before the item, the front stays there. (Out of the way, so that a batch can live in registers.)
    [[gnu::noinline]] std::uint64_t settle(range& r, std::uint64_t item) noexcept {
        std::lock_guard lock(r.mutex);
        const std::uint64_t end = r.end.load(std::memory_order_relaxed);
        // Only the owner can give up doing without the lock: it alone is sure to see the 0 that it stores.
        if (!has_fence_.load(std::memory_order_relaxed)) r.fenced.store(false, std::memory_order_relaxed);
        set_end(r, end);
        if (item >= end) r.begin.store(item, std::memory_order_relaxed);
        return end;
    }

    /// Takes the back half, at most `most`, of the range with the highest score(begin, items, next) above 0.
    template <class Score>
    bool steal(std::size_t seat, std::uint64_t most, Score score) noexcept {
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
            if (rob(*victim, most, begin, end)) {
                own(seat, begin, end);
                return true;
            }
        }
    }

    /// Takes [begin, end) off the back of a range, half of it. False if the owner was faster, or if there was no fence.
    bool rob(range& victim, std::uint64_t most, std::uint64_t& begin, std::uint64_t& end) noexcept {
        std::lock_guard lock(victim.mutex);
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
            victim.poll.store(0, std::memory_order_release);  // so that the owner comes to settle()
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

    const heavy_fence fence_;
    std::atomic<bool> has_fence_;  // no more once it has failed
    alignas(cache_line) std::atomic<std::uint64_t> next_{0};
    alignas(cache_line) std::atomic<std::uint64_t> limit_{0};
    std::atomic<std::uint64_t> gate_{unlimited};
    std::atomic<bool> watched_{false};
    const std::size_t seats_;
    const std::unique_ptr<range[]> ranges_;
};

}  // namespace parimap::detail

#endif
