// SPDX-License-Identifier: MIT
// Workers that have found nothing to do, and look for it a little longer before they sleep.
#ifndef PARIMAP_DETAIL_SCHEDULER_STANDBY_HPP
#define PARIMAP_DETAIL_SCHEDULER_STANDBY_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/system/atomic.hpp>
#include <parimap/detail/system/cache_line.hpp>
#include <parimap/detail/system/instant.hpp>

#include <cstddef>
#include <cstdint>

namespace parimap::inline PARIMAP_ABI::detail {

/// To wake a thread takes longer than a short call. So a worker spins for about as long as that takes before it goes back to its
/// backend (which is at most twice the best that could be done: Karlin, Li, Manasse, Owicki, SOSP 1991), and is called by a word
/// in memory. Under the scheduler's mutex, but for spin().
class PARIMAP_EXPORT standby {
  public:
    static constexpr time_span usual_time = time_span::microseconds(25);
    static constexpr time_span longest_time = time_span::microseconds(1'000'000'000'000);  // days, and the clock reaches so far
    /// For so long the owner of a call is left alone with it, for it may be done by then.
    static constexpr time_span moment = time_span::microseconds(8);

    /// At most so many workers spin at once, for so long; 0: for the usual time.
    standby(std::size_t most, time_span time) noexcept
        : most_(most),
          time_(time > longest_time  ? longest_time
                : time > time_span() ? time
                                     : usual_time) {}

    bool has_room() const noexcept { return spinning_ < most_; }
    time_span time() const noexcept { return time_; }

    void enter() noexcept { ++spinning_; }

    /// Whether one of those who spin was called.
    bool is_called() const noexcept { return called_ > 0; }

    /// Whether the worker is the one.
    bool leave() noexcept;

    /// Calls one of them. False if there is none that was not called yet.
    bool call_one() noexcept;

    /// Has all of them look, at once or a moment later.
    void hurry() noexcept { add_one_to(hurries_); }
    void hint() noexcept { add_one_to(hints_); }

    struct news {
        std::uint32_t hurries;
        std::uint32_t hints;
    };
    news seen() const noexcept { return {hurries_.load(std::memory_order_relaxed), hints_.load(std::memory_order_relaxed)}; }

    /// Without the mutex: returns after the next hurry() or hint(), or false at the end.
    bool spin(news seen, instant end) const noexcept;

    /// Without the mutex, by who waits for a worker that may be done in a moment; for the usual time at most.
    template <class Ready>
    void spin_until(Ready ready) const noexcept {
        if (most_ == 0) return;
        const instant end = instant::now() + usual_time;
        while (!ready() && go_on(end)) {
        }
    }

  private:
    /// A turn of a loop that spins. False at the end.
    static bool go_on(instant end) noexcept;

    static void add_one_to(atomic<std::uint32_t>& n) noexcept {
        n.store(n.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }

    const std::size_t most_;
    const time_span time_;
    std::size_t spinning_ = 0;
    std::size_t called_ = 0;
    alignas(cache_line) atomic<std::uint32_t> hurries_{0};
    atomic<std::uint32_t> hints_{0};
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/scheduler/standby.cpp>  // IWYU pragma: keep
#endif

#endif
