// SPDX-License-Identifier: MIT
// What one call's workers and consumer do, for its progress bar, its report and its trace. Absent unless asked for.
#ifndef PARIMAP_DETAIL_ENGINE_OBSERVER_HPP
#define PARIMAP_DETAIL_ENGINE_OBSERVER_HPP

#include <parimap/detail/engine/claims.hpp>
#include <parimap/detail/engine/observation.hpp>
#include <parimap/detail/engine/observed_batch.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/scheduler/scheduler.hpp>
#include <parimap/detail/system/atomic.hpp>
#include <parimap/detail/system/cache_line.hpp>
#include <parimap/detail/system/instant.hpp>
#include <parimap/detail/system/ticks.hpp>
#include <parimap/detail/watch/call_record.hpp>
#include <parimap/detail/watch/trace_events.hpp>
#include <parimap/detail/watch/trace_run.hpp>
#include <parimap/detail/watch/watching.hpp>
#include <parimap/options.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

namespace parimap::inline PARIMAP_ABI::detail {

/// Each seat has a lane, which whoever holds the seat writes alone. The render thread reads its counters at any time;
/// all else in it is read when no worker is in the call any more.
class PARIMAP_EXPORT observer final : public progress_source {
    using clock = std::chrono::steady_clock;
    struct alignas(cache_line) lane {
        atomic<std::uint64_t> done{0};
        atomic<std::uint64_t> failed{0};
        atomic<bool> in_batch{false};
        idle_cause cause = idle_cause::nothing_left;
        clock::time_point idle_since;
        seat_record record;
    };

  public:
    /// Null if the options ask for nothing of the kind.
    static owned<observer> for_call(const map_options& options, const scheduler& pool, const claims& items);

    [[gnu::cold]] observer(const map_options& options, const std::string& trace, const scheduler& pool, const claims& items);

    /// Before the first item starts. May throw: what the bar's options get wrong.
    void begin(std::optional<std::uint64_t> total, bool in_order = false);

    // ---- by workers ----------------------------------------------------------------------------------------------

    void enter(std::size_t seat) noexcept;

    /// Nothing was left to start, or another call got the seat.
    void leave(std::size_t seat) noexcept;

    observed_batch begin_batch(std::size_t seat) noexcept;

    void end_batch(std::size_t seat, std::uint64_t first, std::uint64_t items, instant begin, instant end) noexcept;

    void item_failed(std::size_t seat) noexcept;

    // ---- by who carries items to other ranks and their results back ----------------------------------------------

    /// workers: of each rank, this one first; they have the seats in this order. Before anything is carried.
    void set_ranks(const std::vector<std::size_t>& workers);

    void sent(std::size_t rank, std::uint64_t items, std::uint64_t bytes) noexcept;
    void received(std::size_t rank, std::uint64_t items, std::uint64_t bytes) noexcept;

    /// The seat of a worker that is known by its number on its rank.
    std::size_t seat_of(std::size_t rank, std::size_t worker) const noexcept;

    /// Whether a report wants to know what each item takes.
    bool times_items() const noexcept { return static_cast<bool>(report_); }

    /// One of them that has run on another rank, where it took so many nanoseconds.
    void far_item_done(std::size_t seat, std::uint64_t item, std::uint64_t nanoseconds) noexcept;

    /// As end_batch(), where it was known only afterwards how long it took.
    void end_far_batch(std::size_t seat, std::uint64_t first, std::uint64_t items, time_span busy) noexcept;

    // ---- by the caller, who supplies items and takes results -----------------------------------------------------

    /// Why a worker that finds nothing to start from now on finds nothing.
    void supply_ends_with(idle_cause cause) noexcept;

    /// The consumer waits for a result, while it lives.
    class consumer_wait {
      public:
        explicit consumer_wait(observer* all) noexcept;
        ~consumer_wait();
        consumer_wait(const consumer_wait&) = delete;
        consumer_wait& operator=(const consumer_wait&) = delete;

      private:
        observer* all_;
        clock::time_point begin_;
    };

    /// The call ends with an exception that is no item's.
    void set_failed() noexcept;

    /// Closes the bar, fills the report, writes the trace. No worker is in the call any more. Once.
    [[gnu::cold]] void finish() noexcept;

  private:
    struct other_rank {
        std::size_t first_seat;
        std::size_t end_seat;
        std::uint64_t away = 0;  // items
        rank_traffic traffic = {};
    };

    idle_cause cause_now() const noexcept;

    /// By the caller, before the cause changes.
    void note_supply(clock::time_point now) noexcept;

    [[gnu::visibility("default")]] static std::size_t number_of_this_thread() noexcept;

    progress_counts counts() const noexcept override;

    std::size_t seats() const noexcept override { return pool_.size(); }

    std::uint64_t running_item(std::size_t seat) const noexcept override;

    [[gnu::cold]] call_record all_records();

    const progress_request bar_request_;
    const report_request report_;
    const std::string trace_;
    const bool is_timed_ = report_ || !trace_.empty();  // a bar alone reads no clock
    const scheduler& pool_;
    const claims& items_;
    const ticks clock_;
    const clock::time_point start_ = clock::now();
    const std::uint64_t start_ticks_ = clock_.now();
    const std::unique_ptr<lane[]> lanes_;
    std::vector<other_rank> others_;
    atomic<idle_cause> cause_{idle_cause::input};
    atomic<bool> consumer_waits_{false};
    std::array<clock::duration, idle_causes> supply_{};  // for how long each cause was there
    clock::time_point supply_since_ = start_;
    clock::duration consumer_waited_{};
    event_log waits_;
    std::size_t consumer_ = 0;
    bool in_order_ = false;
    bool was_stopped_ = false;
    bool is_finished_ = false;
    const pid_t process_ = ::getpid();
    std::unique_ptr<watcher> bar_;  // goes first
};

inline observation::observation(owned<observer> made) noexcept : observer_(std::move(made)) {}
inline observation::~observation() = default;
inline void observation::begin(std::optional<std::uint64_t> total, bool in_order) const {
    if (observer_) observer_->begin(total, in_order);
}
inline void observation::enter(std::size_t seat) const noexcept {
    if (observer_) observer_->enter(seat);
}
inline void observation::leave(std::size_t seat) const noexcept {
    if (observer_) observer_->leave(seat);
}
inline std::optional<observed_batch> observation::begin_batch(std::size_t seat) const noexcept {
    return observer_ ? std::optional(observer_->begin_batch(seat)) : std::nullopt;
}
inline void observation::end_batch(std::size_t seat, std::uint64_t first, std::uint64_t items, instant begin,
                                   instant end) const noexcept {
    if (observer_) observer_->end_batch(seat, first, items, begin, end);
}
inline void observation::item_failed(std::size_t seat) const noexcept {
    if (observer_) observer_->item_failed(seat);
}
inline void observation::supply_ends_with(idle_cause cause) const noexcept {
    if (observer_) observer_->supply_ends_with(cause);
}
inline void observation::set_failed() const noexcept {
    if (observer_) observer_->set_failed();
}
inline void observation::finish() const noexcept {
    if (observer_) observer_->finish();
}

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/engine/observer.cpp>  // IWYU pragma: keep
#endif

#endif
