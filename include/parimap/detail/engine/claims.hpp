// SPDX-License-Identifier: MIT
// Who runs which item: batches from one shared counter, and unstarted items of a batch taken over by idle workers.
#ifndef PARIMAP_DETAIL_ENGINE_CLAIMS_HPP
#define PARIMAP_DETAIL_ENGINE_CLAIMS_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/system/asymmetric_fence.hpp>
#include <parimap/detail/system/atomic.hpp>
#include <parimap/detail/system/cache_line.hpp>
#include <parimap/detail/system/few.hpp>
#include <parimap/detail/system/item_number.hpp>
#include <parimap/detail/system/mutex.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// Consecutive items: [first, end).
struct item_range {
    std::uint64_t first = 0;
    std::uint64_t end = 0;
};

/// Where some of the items from `first` on should end, if at `end` at the latest: where lines of memory do, and nodes of a reduction's
/// tree.
constexpr std::uint64_t end_of_some(std::uint64_t first, std::uint64_t end) noexcept {
    const std::uint64_t unit = end - first >= 4096 ? 512 : 64;
    const std::uint64_t rounded = end - end % unit;
    return rounded > first ? rounded : end;
}

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
class PARIMAP_EXPORT claims {
    struct alignas(cache_line) range {
        atomic<std::uint64_t> begin{0};  // written by the owner alone
        atomic<std::uint64_t> poll{0};   // `end`, or 0; written with the mutex held
        atomic<std::uint64_t> end{0};    // written with the mutex held
        detail::mutex mutex;
        // On a line of their own, for the first is full.
        atomic<bool> fenced{false};   // the owner takes items without the lock; written with the mutex held
        atomic<bool> robbing{false};  // a thief has lowered the end and may put it back; written with the mutex held

        /// Exact with the mutex held, by the owner or after a heavy fence; else a guess.
        std::uint64_t count() const noexcept {
            const std::uint64_t b = begin.load(std::memory_order_relaxed);
            const std::uint64_t e = end.load(std::memory_order_relaxed);
            return b < e ? e - b : 0;
        }
    };

  public:
    static constexpr std::uint64_t max_batch = std::uint64_t{1} << 20;

    /// The fence of thieves and watchers, false if it failed; null where there is none.
    using heavy_fence = bool (*)() noexcept;
    static heavy_fence best_fence() noexcept { return asymmetric_fence::available() ? &asymmetric_fence::heavy : nullptr; }

    explicit claims(std::size_t seats, heavy_fence fence = best_fence());
    ~claims();

    // ---- by the one who supplies items ---------------------------------------------------------------------------

    std::uint64_t limit() const noexcept { return limit_.load(std::memory_order_relaxed); }

    /// Makes the items below `limit` available. Whatever a worker needs to run them was stored before.
    void raise_limit(std::uint64_t limit) noexcept { limit_.store(limit, std::memory_order_release); }

    /// No item from `item` on starts any more.
    void close_from(std::uint64_t item) noexcept;

    bool is_open(std::uint64_t item) const noexcept { return item < gate_.load(std::memory_order_relaxed); }

    /// Nothing starts any more from here on; no_item while all may.
    std::uint64_t first_closed() const noexcept { return gate_.load(std::memory_order_relaxed); }

    /// The end of those items of [first, end) that may still start.
    std::uint64_t open_end(std::uint64_t first, std::uint64_t end) const noexcept {
        const std::uint64_t gate = gate_.load(std::memory_order_relaxed);
        return gate >= end ? end : gate > first ? gate : first;
    }

    /// From now on each worker is interrupted between two items, until nobody watches any more. After the call the
    /// watcher sees what a worker published before its latest item, or that worker is interrupted before its next, or comes
    /// to its batch's end. False if that is not sure, so that the watcher has to look again soon.
    bool watch() noexcept;
    void unwatch() noexcept { watched_.store(false, std::memory_order_relaxed); }

    /// How far batches were handed out: every item below was started, dropped, or waits in some seat's range.
    std::uint64_t next() const noexcept { return next_.load(std::memory_order_acquire); }

    // ---- by workers ----------------------------------------------------------------------------------------------

    /// Gives the seat, whose range is empty, a batch: at most `most` items of the counter's, or half of another's, at
    /// most `most_stolen`, of a range of at least `least_robbed`. An item that `max_lag` later ones have overtaken goes first. False if
    /// there is nothing to start.
    bool claim(std::size_t seat, std::uint64_t most, std::uint64_t most_stolen, std::uint64_t max_lag,
               std::uint64_t least_robbed = 1) noexcept;

    /// The seat's batch, as its owner sees it.
    class batch {
      public:
        batch(const batch&) noexcept = default;
        batch& operator=(const batch&) = delete;

        /// Takes the first unstarted item. (In a program with many calls the compiler would no longer put it into their
        /// loops, and the batch not into registers: a map over numbers took three times as long.)
        [[gnu::always_inline]] bool pop(std::uint64_t& item) noexcept {
            if (next_ >= known_end_) return false;
            range_.begin.store(next_ + 1, std::memory_order_release);  // pairs with call_attention()
            asymmetric_fence::light();
            known_end_ = range_.poll.load(std::memory_order_relaxed);
            if (next_ >= known_end_) [[unlikely]] {
                interrupted_ = true;
                known_end_ = all_.true_end_of(range_, next_, next_ + 1);
                if (next_ >= known_end_) return false;
            }
            item = next_++;
            return true;
        }

        /// The same for a loop that calls nothing: false also where pop() would have to look closer.
        [[gnu::always_inline]] bool pop_in_passing(std::uint64_t& item) noexcept {
            if (next_ >= known_end_) return false;
            range_.begin.store(next_ + 1, std::memory_order_release);
            asymmetric_fence::light();
            const std::uint64_t end = range_.poll.load(std::memory_order_relaxed);
            if (next_ >= end) return false;
            known_end_ = end;
            item = next_++;
            return true;
        }

        /// After items were popped from a copy.
        void follow(const batch& copy) noexcept {
            next_ = copy.next_;
            known_end_ = copy.known_end_;
        }

        /// The item that pop() would take.
        std::uint64_t next() const noexcept { return next_; }

        /// Takes the first unstarted items, at most `most` of them and at least one: items that may start together.
        [[gnu::always_inline]] bool pop(std::uint64_t most, item_range& block) noexcept {
            if (next_ >= known_end_) return false;
            std::uint64_t reached = known_end_ - next_ > most ? end_of_some(next_, next_ + most) : known_end_;
            range_.begin.store(reached, std::memory_order_release);  // as for one item
            asymmetric_fence::light();
            known_end_ = range_.poll.load(std::memory_order_relaxed);
            if (reached > known_end_) [[unlikely]] {
                interrupted_ = true;
                known_end_ = all_.true_end_of(range_, next_, reached);
                if (next_ >= known_end_) return false;
                if (reached > known_end_) reached = known_end_;
            }
            block = {next_, reached};
            next_ = reached;
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
    std::uint64_t latest_started(std::size_t seat) const noexcept;

    /// For the owner whose batch is at its end: whether a thief has put back what it had seemed to take. (A range that was
    /// seen lower than it is now was seen while `robbing`, or that was set before what is seen now.)
    bool has_rest(std::size_t seat) noexcept;

    /// Empties the seat's own range and returns how many items were in it.
    std::uint64_t drop(std::size_t seat) noexcept;

    /// Items that the seat had claimed and that were not started can be claimed again. Its range is empty.
    void put_back(std::size_t seat, item_range items) noexcept { adopt(seat, items.first, items.end); }

    /// The seat's range, by its owner.
    item_range range_of(std::size_t seat) const noexcept {
        const range& r = ranges_[seat];
        return {r.begin.load(std::memory_order_relaxed), r.begin.load(std::memory_order_relaxed) + r.count()};
    }

    /// Whether any item could be started now.
    bool claimable() const noexcept { return has_batch() || has_loot(); }

    /// One that no batch has taken yet,
    bool has_batch() const noexcept;

    /// or one out of another's batch.
    bool has_loot() const noexcept;

    /// How many items others could start beside the first one of this seat's batch; not more than `most`, about. What
    /// a thief left to the one it robbed counts too: whoever was sent for that batch may have been the thief.
    std::uint64_t left_for_others(std::size_t seat, std::uint64_t most) const noexcept;

  private:
    std::uint64_t available(std::uint64_t begin, std::uint64_t most) const noexcept;

    void adopt(std::size_t seat, std::uint64_t begin, std::uint64_t end) noexcept;

    bool passed_fence() noexcept;

    /// Not while a batch is under way that began when there were fences, and there are none any more.
    bool can_be_robbed(const range& r) const noexcept;

    /// With the mutex held. Whoever wants attention says so first and then takes each mutex, so it is seen here or
    /// comes afterwards.
    void set_end(range& r, std::uint64_t end) noexcept;

    /// Returns whether any seat has an unstarted item that its owner takes without the lock.
    bool call_attention() noexcept;

    /// The owner reached for the items from `item` up to `reached`, and somebody wants its attention, or some of them too. Returns
    /// the true end; what lies behind it the owner has not taken. (Out of the way, so that a batch can live in registers.)
    std::uint64_t true_end_of(range& r, std::uint64_t item, std::uint64_t reached) noexcept;

    /// Takes the back half, at most `most`, of the range with the highest score(begin, items, next) above 0.
    template <class Score>
    bool steal(std::size_t seat, std::uint64_t most, Score score) noexcept;

    /// Takes [begin, end) off the back of a range, half of it. False if the owner was faster, or if there was no fence.
    bool steal_from(range& victim, std::uint64_t most, std::uint64_t& begin, std::uint64_t& end) noexcept;

    const heavy_fence fence_;
    atomic<bool> has_fence_;  // no more once it has failed
    alignas(cache_line) atomic<std::uint64_t> next_{0};
    alignas(cache_line) atomic<std::uint64_t> limit_{0};
    atomic<std::uint64_t> gate_{no_item};
    atomic<bool> watched_{false};
    const std::size_t seats_;
    const few<range> ranges_;
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/engine/claims.cpp>  // IWYU pragma: keep
#endif

#endif
