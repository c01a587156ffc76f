// SPDX-License-Identifier: MIT
// What one call's workers and consumer do, for its progress bar, its report and its trace. Absent unless asked for.

#include <parimap/detail/engine/observer.hpp>

#include <parimap/detail/system/atomic.hpp>

#include <algorithm>
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

PARIMAP_INLINE owned<observer> observer::for_call(const map_options& options, const scheduler& pool, const claims& items) {
    const std::string& trace = options.trace.empty() ? trace_from_environment() : options.trace;
    if (!options.progress && !options.insights && trace.empty()) return {};
    return owned<observer>(new observer(options, trace, pool, items));
}

PARIMAP_INLINE observer::observer(const map_options& options, const std::string& trace, const scheduler& pool, const claims& items)
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

PARIMAP_INLINE void observer::begin(std::optional<std::uint64_t> total, bool in_order) {
    in_order_ = in_order;
    bar_ = bar_request_.open(*this, total);
}

PARIMAP_INLINE void observer::enter(std::size_t seat) noexcept {
    if (!is_timed_) return;
    lane& l = lanes_[seat];
    l.record.idle[static_cast<std::size_t>(l.cause)] += clock::now() - l.idle_since;
}

PARIMAP_INLINE void observer::leave(std::size_t seat) noexcept {
    if (!is_timed_) return;
    lane& l = lanes_[seat];
    l.idle_since = clock::now();
    l.cause = cause_now();
}

PARIMAP_INLINE observed_batch::observed_batch(atomic<std::uint64_t>& counter, seat_record& record, const ticks& clock,
                                              std::uint64_t start, bool timed) noexcept
    : counter_(counter),
      record_(record),
      clock_(clock),
      start_(start),
      timed_(timed),
      done_(counter.load(std::memory_order_relaxed)),
      last_(timed ? clock.now() : 0) {}

PARIMAP_INLINE void observed_batch::note_time(std::uint64_t item) noexcept {
    const std::uint64_t now = clock_.now();
    const std::uint64_t took = now - last_;
    last_ = now;
    if (took > record_.slow_threshold) record_.note_slow({item, took, now - took - start_});
}

PARIMAP_INLINE observed_batch observer::begin_batch(std::size_t seat) noexcept {
    lane& l = lanes_[seat];
    l.in_batch.store(true, std::memory_order_relaxed);
    return observed_batch(l.done, l.record, clock_, start_ticks_, times_items());
}

PARIMAP_INLINE void observer::end_batch(std::size_t seat, std::uint64_t first, std::uint64_t items, instant begin,
                                        instant end) noexcept {
    lane& l = lanes_[seat];
    l.in_batch.store(false, std::memory_order_relaxed);
    if (items == 0 || !is_timed_) return;
    const auto point = [](instant i) { return clock::time_point(std::chrono::nanoseconds(i.since_begin().count())); };
    l.record.add_batch(items, point(end) - point(begin));
    if (!trace_.empty()) l.record.events.add({point(begin), point(end), first, items});
}

PARIMAP_INLINE void observer::item_failed(std::size_t seat) noexcept {
    atomic<std::uint64_t>& failed = lanes_[seat].failed;
    failed.store(failed.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

PARIMAP_INLINE void observer::set_ranks(const std::vector<std::size_t>& workers) {
    std::size_t seat = pool_.size_here();
    for (std::size_t rank = 1; rank < workers.size(); ++rank) {
        others_.push_back({seat, seat + workers[rank]});
        for (; seat < others_.back().end_seat; ++seat) lanes_[seat].record.rank = static_cast<int>(rank);
    }
}

PARIMAP_INLINE void observer::sent(std::size_t rank, std::uint64_t items, std::uint64_t bytes) noexcept {
    other_rank& to = others_[rank - 1];
    ++to.traffic.messages_to;
    to.traffic.bytes_to += bytes;
    if (to.away == 0) {
        for (std::size_t seat = to.first_seat; seat < to.end_seat; ++seat) enter(seat);
    }
    to.away += items;
}

PARIMAP_INLINE void observer::received(std::size_t rank, std::uint64_t items, std::uint64_t bytes) noexcept {
    other_rank& from = others_[rank - 1];
    ++from.traffic.messages_from;
    from.traffic.bytes_from += bytes;
    from.away -= items;
    if (items > 0 && from.away == 0) {
        for (std::size_t seat = from.first_seat; seat < from.end_seat; ++seat) leave(seat);
    }
}

PARIMAP_INLINE std::size_t observer::seat_of(std::size_t rank, std::size_t worker) const noexcept {
    const other_rank& other = others_[rank - 1];
    return std::min(other.first_seat + worker, other.end_seat - 1);
}

PARIMAP_INLINE void observer::end_far_batch(std::size_t seat, std::uint64_t first, std::uint64_t items, time_span busy) noexcept {
    lane& l = lanes_[seat];
    l.in_batch.store(false, std::memory_order_relaxed);
    if (items == 0 || !is_timed_) return;
    const clock::duration time = std::chrono::nanoseconds(busy.count());
    l.record.add_batch(items, time);
    if (trace_.empty()) return;
    const clock::time_point now = clock::now();
    const auto& before = l.record.events.events();
    const clock::time_point begin = before.empty() ? start_ : before.back().end;
    l.record.events.add({std::max(begin, now - time), now, first, items});
}

PARIMAP_INLINE void observer::far_item_done(std::size_t seat, std::uint64_t item, std::uint64_t nanoseconds) noexcept {
    // The clocks of two ranks differ, so it is as if it had ended when it was heard of.
    const std::chrono::duration<double, std::nano> passed = clock::now() - start_;
    const std::uint64_t now = clock_.now() - start_ticks_;
    const double a_nanosecond = static_cast<double>(now) / std::max(1.0, passed.count());
    const std::uint64_t took = std::min(now, static_cast<std::uint64_t>(static_cast<double>(nanoseconds) * a_nanosecond));
    seat_record& record = lanes_[seat].record;
    if (took > record.slow_threshold) record.note_slow({item, took, now - took});
}

PARIMAP_INLINE void observer::supply_ends_with(idle_cause cause) noexcept {
    if (is_timed_ && cause != cause_.load(std::memory_order_relaxed)) note_supply(clock::now());
    cause_.store(cause, std::memory_order_relaxed);
}

PARIMAP_INLINE observer::consumer_wait::consumer_wait(observer* all) noexcept : all_(all && all->is_timed_ ? all : nullptr) {
    if (!all_) return;
    all_->consumer_ = number_of_this_thread();
    begin_ = clock::now();
    all_->note_supply(begin_);
    all_->consumer_waits_.store(true, std::memory_order_relaxed);
}

PARIMAP_INLINE observer::consumer_wait::~consumer_wait() {
    if (!all_) return;
    const clock::time_point end = clock::now();
    all_->note_supply(end);
    all_->consumer_waits_.store(false, std::memory_order_relaxed);
    all_->consumer_waited_ += end - begin_;
    if (!all_->trace_.empty()) all_->waits_.add({begin_, end, 0, 0});
}

PARIMAP_INLINE void observer::set_failed() noexcept {
    was_stopped_ = true;
    if (bar_) bar_->set_failed();
}

PARIMAP_INLINE void observer::finish() noexcept {
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

PARIMAP_INLINE idle_cause observer::cause_now() const noexcept {
    const idle_cause cause = cause_.load(std::memory_order_relaxed);
    return cause == idle_cause::consumer && consumer_waits_.load(std::memory_order_relaxed) ? idle_cause::slow_item : cause;
}

PARIMAP_INLINE void observer::note_supply(clock::time_point now) noexcept {
    supply_[static_cast<std::size_t>(cause_now())] += now - supply_since_;
    supply_since_ = now;
}

PARIMAP_INLINE std::size_t observer::number_of_this_thread() noexcept {
    static atomic<std::size_t> threads{0};
    static thread_local const std::size_t mine = threads.fetch_add(1, std::memory_order_relaxed);
    return mine;
}

PARIMAP_INLINE progress_counts observer::counts() const noexcept {
    progress_counts sum;
    for (std::size_t seat = 0; seat < pool_.size(); ++seat) {
        sum.done += lanes_[seat].done.load(std::memory_order_relaxed);
        sum.failed += lanes_[seat].failed.load(std::memory_order_relaxed);
    }
    sum.all_started = cause_.load(std::memory_order_relaxed) == idle_cause::nothing_left && !items_.claimable();
    return sum;
}

PARIMAP_INLINE std::uint64_t observer::running_item(std::size_t seat) const noexcept {
    return lanes_[seat].in_batch.load(std::memory_order_relaxed) ? items_.latest_started(seat) : no_item;
}

PARIMAP_INLINE call_record observer::all_records() {
    call_record all;
    const clock::time_point end = clock::now();
    const std::uint64_t ticks_passed = clock_.now() - start_ticks_;
    all.begin = start_;
    all.end = end;
    all.seconds_per_tick =
        ticks_passed > 0 ? std::chrono::duration<double>(end - start_).count() / static_cast<double>(ticks_passed) : 0;
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
            if (l.record.rank > 0) {  // what is left of the time in which its rank had items
                clock::duration left = end - start_ - l.record.busy;
                for (const clock::duration idle : l.record.idle) left -= idle;
                l.record.idle[static_cast<std::size_t>(idle_cause::network)] = std::max(left, clock::duration{});
            }
        } else {
            l.record.idle = supply_;  // nobody needed it: it found nothing, as whoever had looked
        }
        all.seats.push_back(std::move(l.record));
    }
    for (const other_rank& other : others_) all.others.push_back(other.traffic);
    return all;
}

}  // namespace parimap::detail
