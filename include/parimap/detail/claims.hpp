// SPDX-License-Identifier: MIT
// Who runs which item: batches from one shared counter, and unstarted items of a batch taken over by idle workers.
#ifndef PARIMAP_DETAIL_CLAIMS_HPP
#define PARIMAP_DETAIL_CLAIMS_HPP

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

namespace parimap::detail {

inline constexpr std::size_t cache_line = 64;

/// Items are numbered in input order. The items [0, next_) belong, or belonged, to a batch; [next_, limit_) may be
/// claimed; the rest is not available yet. Each seat owns one batch at a time, the half-open range of its items that
/// have not started. The owner takes them from the front; a seat that finds nothing else takes the back half of
/// another's range and owns that. So every available, unstarted item is within reach of every seat at any time.
///
/// A range is one 64-bit word: the low 32 bits of its two ends. The word itself is the truth about what is
/// unstarted, so a compare-and-swap that succeeds is a claim, even if the word was replaced and came back in between.
/// The full numbers follow from next_, which is less than 2^31 ahead of any unstarted item: claim() sees to that.
class claims {
  public:
    static constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();
    static constexpr std::uint64_t max_batch = std::uint64_t{1} << 20;

    explicit claims(std::size_t seats) : seats_(seats), ranges_(std::make_unique<range[]>(seats)) {}

    // ---- by the one who supplies items ---------------------------------------------------------------------------

    std::uint64_t limit() const noexcept { return limit_.load(std::memory_order_relaxed); }

    /// Makes the items below `limit` available. Whatever a worker needs to run them was stored before.
    void raise_limit(std::uint64_t limit) noexcept { limit_.store(limit, std::memory_order_release); }

    /// No item from `item` on starts any more.
    void close_from(std::uint64_t item) noexcept {
        std::uint64_t old = gate_.load(std::memory_order_relaxed);
        while (item < old && !gate_.compare_exchange_weak(old, item, std::memory_order_acq_rel)) {
        }
    }

    bool is_open(std::uint64_t item) const noexcept { return item < gate_.load(std::memory_order_relaxed); }

    /// How far batches were handed out: every item below was started, dropped, or waits in some seat's range.
    std::uint64_t next() const noexcept { return next_.load(std::memory_order_acquire); }

    // ---- by workers ----------------------------------------------------------------------------------------------

    /// Gives the seat, whose range is empty, a batch of at most `batch` items. An item that `max_lag` later ones
    /// have overtaken goes first. False if there is nothing to start.
    bool claim(std::size_t seat, std::uint64_t batch, std::uint64_t max_lag) noexcept {
        max_lag = std::min(max_lag, std::uint64_t{1} << 30);
        const auto overtaken = [max_lag](std::uint64_t begin, std::uint64_t, std::uint64_t next) {
            return begin + max_lag < next ? next - begin : 0;
        };
        const auto length = [](std::uint64_t begin, std::uint64_t end, std::uint64_t) { return end - begin; };
        if (steal(seat, batch, overtaken)) return true;
        std::uint64_t begin = next_.load(std::memory_order_relaxed);
        for (;;) {
            const std::uint64_t end = available(begin, batch);
            if (end == begin) break;
            if (next_.compare_exchange_weak(begin, end, std::memory_order_acq_rel)) {
                own(seat, begin, end);
                return true;
            }
        }
        return steal(seat, batch, length);
    }

    /// Takes the first unstarted item of the seat's own range. A full barrier if it succeeds, so that a worker's
    /// publication of the item before is ordered against a waiting consumer (see touch()).
    bool pop(std::size_t seat, std::uint64_t& item) noexcept {
        std::atomic<std::uint64_t>& word = ranges_[seat].word;
        std::uint64_t r = word.load(std::memory_order_relaxed);
        do {
            if (begin_of(r) == end_of(r)) return false;
        } while (!word.compare_exchange_weak(r, r + one_from_the_front, std::memory_order_acq_rel, std::memory_order_relaxed));
        item = full(begin_of(r), ranges_[seat].base);
        return true;
    }

    /// Empties the seat's own range and returns how many items were in it.
    std::uint64_t drop(std::size_t seat) noexcept {
        const std::uint64_t r = ranges_[seat].word.exchange(0, std::memory_order_acq_rel);
        return end_of(r) - begin_of(r);
    }

    /// Whether any item could be started now.
    bool claimable() const noexcept {
        const std::uint64_t gate = gate_.load(std::memory_order_relaxed);
        if (next_.load(std::memory_order_relaxed) < std::min(limit_.load(std::memory_order_relaxed), gate)) return true;
        return std::any_of(ranges_.get(), ranges_.get() + seats_, [&](const range& r) {
            const std::uint64_t word = r.word.load(std::memory_order_acquire);
            return begin_of(word) != end_of(word) && full_below(begin_of(word), next()) < gate;
        });
    }

    /// Whether others could start an item beside the first one of this seat's batch.
    bool more_than_one(std::size_t seat) const noexcept {
        const std::uint64_t r = ranges_[seat].word.load(std::memory_order_relaxed);
        return end_of(r) - begin_of(r) > 1 ||
               next_.load(std::memory_order_relaxed) < limit_.load(std::memory_order_relaxed);
    }

    /// Pairs with pop(): after it, this thread sees what any worker published before its latest pop, or that worker
    /// sees what this thread stored before, for both read-modify-write the same word.
    void touch() noexcept {
        for (std::size_t seat = 0; seat < seats_; ++seat) ranges_[seat].word.fetch_add(0, std::memory_order_acq_rel);
    }

  private:
    struct alignas(cache_line) range {
        std::atomic<std::uint64_t> word{0};
        std::uint64_t base = 0;  // the owner's: the full number of the first item it was given
    };

    static constexpr std::uint64_t one_from_the_front = std::uint64_t{1} << 32;
    static std::uint32_t begin_of(std::uint64_t word) noexcept { return static_cast<std::uint32_t>(word >> 32); }
    static std::uint32_t end_of(std::uint64_t word) noexcept { return static_cast<std::uint32_t>(word); }
    static std::uint64_t word_of(std::uint64_t begin, std::uint64_t end) noexcept {
        return (begin << 32) | static_cast<std::uint32_t>(end);
    }
    /// The number with these low bits that is not below base.
    static std::uint64_t full(std::uint32_t low, std::uint64_t base) noexcept {
        return base + static_cast<std::uint32_t>(low - static_cast<std::uint32_t>(base));
    }
    /// The number with these low bits that is not above next.
    static std::uint64_t full_below(std::uint32_t low, std::uint64_t next) noexcept {
        return next - static_cast<std::uint32_t>(static_cast<std::uint32_t>(next) - low);
    }

    std::uint64_t available(std::uint64_t begin, std::uint64_t batch) const noexcept {
        const std::uint64_t end = std::min(limit_.load(std::memory_order_acquire), gate_.load(std::memory_order_relaxed));
        return end <= begin ? begin : begin + std::min({end - begin, batch, max_batch});
    }

    void own(std::size_t seat, std::uint64_t begin, std::uint64_t end) noexcept {
        ranges_[seat].base = begin;
        // A read-modify-write, so that touch() and pop() stay paired across batches.
        ranges_[seat].word.exchange(word_of(begin, end), std::memory_order_acq_rel);
    }

    /// Takes the back half, at most `batch`, of the range with the highest score(begin, end, next) above 0.
    template <class Score>
    bool steal(std::size_t seat, std::uint64_t batch, Score score) noexcept {
        for (;;) {
            std::atomic<std::uint64_t>* victim = nullptr;
            std::uint64_t word = 0;
            std::uint64_t best = 0;
            std::uint64_t begin = 0;
            for (std::size_t i = 0; i < seats_; ++i) {
                const std::uint64_t w = ranges_[i].word.load(std::memory_order_acquire);
                if (begin_of(w) == end_of(w)) continue;
                const std::uint64_t next = next_.load(std::memory_order_acquire);
                const std::uint64_t b = full_below(begin_of(w), next);
                if (const std::uint64_t s = score(b, b + (end_of(w) - begin_of(w)), next); s > best) {
                    best = s;
                    victim = &ranges_[i].word;
                    word = w;
                    begin = b;
                }
            }
            if (!victim) return false;
            const std::uint64_t count = end_of(word) - begin_of(word);
            const std::uint64_t taken = std::min((count + 1) / 2, batch);
            const std::uint64_t end = begin + count;
            if (victim->compare_exchange_strong(word, word_of(begin, end - taken), std::memory_order_acq_rel)) {
                own(seat, end - taken, end);
                return true;
            }
        }
    }

    alignas(cache_line) std::atomic<std::uint64_t> next_{0};
    alignas(cache_line) std::atomic<std::uint64_t> limit_{0};
    std::atomic<std::uint64_t> gate_{unlimited};
    const std::size_t seats_;
    const std::unique_ptr<range[]> ranges_;
};

}  // namespace parimap::detail

#endif
