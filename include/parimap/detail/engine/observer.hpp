// SPDX-License-Identifier: MIT
// What one call's workers and consumer do, for its progress bar, its report and its trace. Absent unless asked for.
#ifndef PARIMAP_DETAIL_ENGINE_OBSERVER_HPP
#define PARIMAP_DETAIL_ENGINE_OBSERVER_HPP

#include <parimap/detail/engine/claims.hpp>
#include <parimap/detail/scheduler/scheduler.hpp>
#include <parimap/detail/system/cache_line.hpp>
#include <parimap/detail/system/ticks.hpp>
#include <parimap/detail/watch/call_record.hpp>
#include <parimap/detail/watch/trace_events.hpp>
#include <parimap/detail/watch/trace_run.hpp>
#include <parimap/detail/watch/watching.hpp>
#include <parimap/options.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <unistd.h>

namespace parimap::detail {

/// Each seat has a lane, which whoever holds the seat writes alone. The render thread reads its counters at any time;
/// all else in it is read when no worker is in the call any more.
class observer final : public progress_source {
    using clock = std::chrono::steady_clock;
    struct alignas(cache_line) lane {
        std::atomic<std::uint64_t> done{0};
        std::atomic<std::uint64_t> failed{0};
        std::atomic<bool> in_batch{false};
        idle_cause cause = idle_cause::nothing_left;
        clock::time_point idle_since;
        seat_record record;
    };

  public:

    /// Null if the options ask for nothing of the kind.
    static std::unique_ptr<observer> for_call(const map_options& options, const scheduler& pool, const claims& items) {
        const std::string& trace = options.trace.empty() ? trace_from_environment() : options.trace;
        if (!options.progress && !options.insights && trace.empty()) return nullptr;
        return std::make_unique<observer>(options, trace, pool, items);
    }

    [[gnu::cold]] observer(const map_options& options, const std::string& trace, const scheduler& pool, const claims& items)
        : bar_request_(options.progress),
          report_(options.insights),
          trace_(trace_path(trace)),
          pool_(pool),
          items_(items),
          lanes_(std::make_unique<lane[]>(pool.size())) {
        for (std::size_t seat = 0; seat < pool.size(); ++seat) {
            lanes_[seat].idle_since = start_;
            lanes_[seat].record.slowest.reserve(report_.slowest_wanted());
        }
    }

    /// Before the first item starts. May throw: what the bar's options get wrong.
    void begin(std::optional<std::uint64_t> total, bool in_order = false) {
        in_order_ = in_order;
        bar_ = bar_request_.open(*this, total);
    }

    // ---- by workers ----------------------------------------------------------------------------------------------

    void enter(std::size_t seat) noexcept {
        if (!is_timed_) return;
        lane& l = lanes_[seat];
        l.record.idle[static_cast<std::size_t>(l.cause)] += clock::now() - l.idle_since;
    }

    /// Nothing was left to start, or another call got the seat.
    void leave(std::size_t seat) noexcept {
        if (!is_timed_) return;
        lane& l = lanes_[seat];
        l.idle_since = clock::now();
        l.cause = cause_now();
    }

    /// One batch, while it runs.
    class batch {
      public:
        void item_done(std::uint64_t item) noexcept {
            lane_.done.store(++done_, std::memory_order_relaxed);
            if (!timed_) return;
            const std::uint64_t now = clock_.now();
            const std::uint64_t took = now - last_;
            last_ = now;
            if (took > lane_.record.slow_threshold) lane_.record.note_slow({item, took, now - took - start_});
        }

      private:
        friend observer;
        batch(lane& l, const ticks& clock, std::uint64_t start, bool timed) noexcept
            : lane_(l), clock_(clock), start_(start), timed_(timed), done_(l.done.load(std::memory_order_relaxed)), last_(timed ? clock.now() : 0) {}

        lane& lane_;
        const ticks& clock_;
        const std::uint64_t start_;
        const bool timed_;
        std::uint64_t done_;
        std::uint64_t last_;
    };

    batch begin_batch(std::size_t seat) noexcept {
        lanes_[seat].in_batch.store(true, std::memory_order_relaxed);
        return batch(lanes_[seat], clock_, start_ticks_, static_cast<bool>(report_));
    }

    void end_batch(std::size_t seat, std::uint64_t first, std::uint64_t items, clock::time_point begin, clock::time_point end) noexcept {
        lane& l = lanes_[seat];
        l.in_batch.store(false, std::memory_order_relaxed);
        if (items == 0 || !is_timed_) return;
        l.record.add_batch(items, end - begin);
        if (!trace_.empty()) l.record.events.add({begin, end, first, items});
    }

    void item_failed(std::size_t seat) noexcept {
        std::atomic<std::uint64_t>& failed = lanes_[seat].failed;
        failed.store(failed.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }

    // ---- by the caller, who supplies items and takes results -----------------------------------------------------

    /// Why a worker that finds nothing to start from now on finds nothing.
    void supply_ends_with(idle_cause cause) noexcept {
        if (is_timed_ && cause != cause_.load(std::memory_order_relaxed)) note_supply(clock::now());
        cause_.store(cause, std::memory_order_relaxed);
    }

    /// The consumer waits for a result, while it lives.
    class consumer_wait {
      public:
        explicit consumer_wait(observer* all) noexcept : all_(all && all->is_timed_ ? all : nullptr) {
            if (!all_) return;
            all_->consumer_ = number_of_this_thread();
            begin_ = clock::now();
            all_->note_supply(begin_);
            all_->consumer_waits_.store(true, std::memory_order_relaxed);
        }
        ~consumer_wait() {
            if (!all_) return;
            const clock::time_point end = clock::now();
            all_->note_supply(end);
            all_->consumer_waits_.store(false, std::memory_order_relaxed);
            all_->consumer_waited_ += end - begin_;
            if (!all_->trace_.empty()) all_->waits_.add({begin_, end, 0, 0});
        }
        consumer_wait(const consumer_wait&) = delete;
        consumer_wait& operator=(const consumer_wait&) = delete;

      private:
        observer* all_;
        clock::time_point begin_;
    };

    /// The call ends with an exception that is no item's.
    void set_failed() noexcept {
        was_stopped_ = true;
        if (bar_) bar_->set_failed();
    }

    /// Closes the bar, fills the report, writes the trace. No worker is in the call any more. Once.
    [[gnu::cold]] void finish() noexcept {
        if (std::exchange(is_finished_, true) || process_ != ::getpid()) return;  // what was forked meanwhile is its parent's affair
        bar_.reset();
        if (!is_timed_) return;
        try {
            const call_record record = all_records();
            report_.fill(record);
            if (!trace_.empty()) trace_book::add(trace_, record);
        } catch (...) {  // out of memory: the results matter more than the report
        }
    }

  private:
    idle_cause cause_now() const noexcept {
        const idle_cause cause = cause_.load(std::memory_order_relaxed);
        return cause == idle_cause::consumer && consumer_waits_.load(std::memory_order_relaxed) ? idle_cause::slow_item : cause;
    }

    /// By the caller, before the cause changes.
    void note_supply(clock::time_point now) noexcept {
        supply_[static_cast<std::size_t>(cause_now())] += now - supply_since_;
        supply_since_ = now;
    }

    [[gnu::visibility("default")]] static std::size_t number_of_this_thread() noexcept {
        static std::atomic<std::size_t> threads{0};
        static thread_local const std::size_t mine = threads.fetch_add(1, std::memory_order_relaxed);
        return mine;
    }

    progress_counts counts() const noexcept override {
        progress_counts sum;
        for (std::size_t seat = 0; seat < pool_.size(); ++seat) {
            sum.done += lanes_[seat].done.load(std::memory_order_relaxed);
            sum.failed += lanes_[seat].failed.load(std::memory_order_relaxed);
        }
        sum.all_started = cause_.load(std::memory_order_relaxed) == idle_cause::nothing_left && !items_.claimable();
        return sum;
    }

    std::size_t seats() const noexcept override { return pool_.size(); }

    std::uint64_t running_item(std::size_t seat) const noexcept override {
        return lanes_[seat].in_batch.load(std::memory_order_relaxed) ? items_.latest_started(seat) : no_item;
    }

    [[gnu::cold]] call_record all_records() {
        call_record all;
        const clock::time_point end = clock::now();
        const std::uint64_t ticks_passed = clock_.now() - start_ticks_;
        all.begin = start_;
        all.end = end;
        all.seconds_per_tick = ticks_passed > 0 ? std::chrono::duration<double>(end - start_).count() / static_cast<double>(ticks_passed) : 0;
        all.pool_id = pool_.id();
        all.backend = pool_.backend_name();
        all.consumer_waited = consumer_waited_;
        all.consumer = consumer_;
        all.consumer_waits = std::move(waits_);
        const progress_counts sum = counts();
        all.items = sum.done;
        all.failed = sum.failed;
        all.stopped = was_stopped_;
        all.in_order = in_order_;
        note_supply(end);
        for (std::size_t seat = 0; seat < pool_.size(); ++seat) {
            lane& l = lanes_[seat];
            if (l.record.batches > 0) {
                l.record.idle[static_cast<std::size_t>(l.cause)] += end - l.idle_since;
            } else {
                l.record.idle = supply_;  // nobody needed it: it found nothing, as whoever had looked
            }
            all.seats.push_back(std::move(l.record));
        }
        return all;
    }

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
    std::atomic<idle_cause> cause_{idle_cause::input};
    std::atomic<bool> consumer_waits_{false};
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

}  // namespace parimap::detail

#endif
