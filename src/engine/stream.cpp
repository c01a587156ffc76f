// SPDX-License-Identifier: MIT
// The consumer's side of a running stream: takes items up to the window, hands results over, ends it.

#include <parimap/detail/engine/stream.hpp>

#include <parimap/detail/engine/observer.hpp>
#include <parimap/detail/engine/waiting.hpp>
#include <parimap/detail/scheduler/scheduler.hpp>
#include <parimap/detail/system/process.hpp>
#include <parimap/errors.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE stream_base::stream_base(stream_setup&& setup)
    : batched_call(*setup.core, setup.options, setup.core->size(), setup.traits.with_token),
      keep_(std::move(setup.core)),
      traits_(setup.traits),
      told_failed_index_(setup.options.failed_index) {}

PARIMAP_INLINE stream_base::~stream_base() = default;

PARIMAP_INLINE void stream_base::start(const map_options& options) {
    pool_.open(*this);  // throws where the pool is closed, and the input has not been asked for anything
    is_open_ = true;
    obey(options.stop);
    begin(options.window);
}

PARIMAP_INLINE void stream_base::end() noexcept {
    if (!std::exchange(is_open_, false)) return;
    obey_no_more();
    if (is_cancelled() || !began_) observation_.set_failed();  // before it was left
    cancel();
    pool_.abandon(*this);
    observation_.finish();
}

PARIMAP_INLINE std::optional<std::size_t> stream_base::failed_index() const noexcept {
    return failed_ == no_item ? std::nullopt : std::optional(static_cast<std::size_t>(failed_));
}

PARIMAP_INLINE void stream_base::stop() noexcept {
    if (!is_inherited()) cancel();
}

PARIMAP_INLINE void stream_base::leave() noexcept {
    if (can_be_left()) delete this;
}

/// Whether the stream can end. Not while a thread reads the input or waits for a result: it is in there still when exit() was
/// called on another one, or by the input. Nor where another thread than its own calls exit(), for the one may go on to read
/// it, and its items may wait for the other.
PARIMAP_INLINE bool stream_base::can_be_left() const noexcept {
    if (is_fetching_.load(std::memory_order_acquire) || !pool_.can_be_left(*this)) return false;
    return mark_of_this_thread() == maker_ || !is_in_exit();
}

PARIMAP_INLINE void stream_base::begin(std::size_t fixed_window) {
    try {
        total_ = begin_input(!is_cancelled());
    } catch (...) {
        input_failure_ = std::current_exception();  // due when the first result would be
    }
    reserve(pace_.set_window(fixed_window, total_, traits_.bytes_per_item, traits_.bytes_in_rings));
    observation_.begin(traits_.sized ? std::optional(total_) : std::nullopt, traits_.in_order);
    refill(instant::never());
    began_ = true;
}

PARIMAP_INLINE void stream_base::throw_if_cancelled() const {
    if (is_cancelled())
        throw cancelled("parimap: the stream was stopped by cancel(), terminate() or its stop token before its end");
}

PARIMAP_INLINE bool stream_base::find_next(instant deadline) {
    for (;;) {
        throw_if_inherited();
        if (is_at_end()) {
            finish_input();
            return false;
        }
        throw_if_cancelled();
        front_entry front{};
        const bool is_there = see_front(front);
        if (!is_there || !is_up_to_date()) {
            if (!look(is_there, deadline)) continue;
            see_front(front);
        }
        if (!is_wanted(front.item)) {
            skip();
        } else if (front.is_value) {
            return true;
        } else {
            miss(front.item);
        }
    }
}

PARIMAP_INLINE bool stream_base::has_result() noexcept {
    front_entry front{};
    return see_front(front);
}

/// Drops those that are not wanted.
PARIMAP_INLINE bool stream_base::has_wanted_result() noexcept {
    for (front_entry front{}; see_front(front); skip()) {
        if (is_wanted(front.item)) return true;
    }
    return false;
}

/// What stands in front will not be handed over.
PARIMAP_INLINE void stream_base::skip() noexcept {
    failure_of whose{};
    pop_front(whose);
    ++skipped_;
}

/// Takes new items where it is time, and waits for the next result unless it is there. False if none comes: then look again. Throws
/// cancelled and timed_out.
PARIMAP_INLINE bool stream_base::look(bool has_result, instant deadline) {
    // Says that a thread is in here, for can_be_left().
    struct fetching {
        atomic<bool>& is_fetching;
        ~fetching() { is_fetching.store(false, std::memory_order_release); }
    };
    is_fetching_.store(true, std::memory_order_release);
    const fetching until_the_end{is_fetching_};

    if (!has_result || should_refill_first()) refill(deadline);
    if (is_at_end()) return false;
    if (has_result) gather(deadline);
    look_at_ = std::min(refill_at_, gather_at_);
    if (wait(deadline)) return true;
    total_ = handed_;
    return false;
}

PARIMAP_INLINE bool stream_base::wait_for_next(instant deadline) {
    throw_if_inherited();
    if (holds_result()) return true;
    for (release();; throw_if_inherited()) {
        if (is_at_end() || is_cancelled() || has_wanted_result()) return true;
        if (!look_until(deadline)) return false;
    }
}

/// look() where no result is there, without exceptions: false when the deadline has passed.
PARIMAP_INLINE bool stream_base::look_until(instant deadline) {
    try {
        look(false, deadline);
    } catch (const timed_out&) {
        return false;
    } catch (const cancelled&) {  // which the next look at the stream finds
    }
    return true;
}

PARIMAP_INLINE void stream_base::throw_failure(item_number item, std::exception_ptr exception) {
    failed_ = item;
    if (told_failed_index_) *told_failed_index_ = static_cast<std::size_t>(item);
    std::rethrow_exception(std::move(exception));
}

/// Ends the observation, and throws what ended the input early, once.
PARIMAP_INLINE void stream_base::finish_input() {
    total_ = handed_;
    if (observation_) end_observation();
    if (!input_failure_) return;
    const item_number element = cut_ != no_item ? cut_ : handed_;  // items behind it may have been handed over before
    throw_failure(element, std::exchange(input_failure_, nullptr));
}

/// All results are handed over; the workers that finished the last items may have something to note yet. Where the
/// input was cut, items behind the cut may still run: then the destructor does it.
PARIMAP_INLINE void stream_base::end_observation() noexcept {
    if (input_failure_) observation_.set_failed();
    if (cut_ != no_item) return;
    pool_.wait_until_left(*this);
    observation_.finish();
}

/// The result of the item in front is missing: throws why, or notes that the input ends there.
PARIMAP_INLINE void stream_base::miss(item_number item) {
    failure_of whose{};
    std::exception_ptr exception = pop_front(whose);
    if (whose == failure_of::input) {
        cut_ = item;
        input_failure_ = std::move(exception);
        if (traits_.in_order) total_ = item;
        ++skipped_;
        return;
    }
    ++handed_;
    throw_failure(item, std::move(exception));
}

/// Whether to take items although a result is there. Reading a slow input, or a backend that runs items at once,
/// would keep the result waiting; workers without items would wait for the consumer.
PARIMAP_INLINE bool stream_base::should_refill_first() const noexcept {
    if (pool_.runs_at_once()) return false;
    if (!traits_.pulled) return true;
    return pace_.input_may_take() < slow_read && claims_.limit() - monitor_.finished() <= pool_.size();
}

/// Takes items up to the window; fewer, if a result is there by then and would wait for the rest.
PARIMAP_INLINE void stream_base::refill(instant deadline) {
    const std::uint64_t window = pace_.window(handed_);
    const std::uint64_t limit = claims_.limit();
    const std::uint64_t returned = handed_ + skipped_;
    const std::uint64_t wanted = std::min(returned + window, total_);
    const std::uint64_t step = pace_.refill_step(window);
    const bool is_due = wanted > limit && (wanted - limit >= step || limit <= returned);
    if (is_due && !is_cancelled()) {
        set_max_lag(window);
        if (!traits_.pulled) {
            // What runs them at once would run them all before the first is handed over.
            const bool in_parts = began_ && pool_.runs_at_once();
            make_available(in_parts ? std::min(wanted, limit + pace_.ideal_batch()) : wanted);
        } else {
            observation_.supply_ends_with(idle_cause::input);
            if (began_) {
                read_on(wanted, deadline);
            } else {
                read_first(wanted);
            }
        }
    }
    const std::uint64_t taken = claims_.limit();
    if (observation_) {
        const bool input_was_slow = traits_.pulled && is_due && taken < std::min(wanted, total_);
        observation_.supply_ends_with(taken >= total_  ? idle_cause::nothing_left
                                      : input_was_slow ? idle_cause::input
                                                       : idle_cause::consumer);
    }
    const std::uint64_t ahead = window + skipped_ - step;
    refill_at_ = taken >= total_ ? unknown_size : taken - std::min(taken, ahead);
}

/// Fills the window, for nobody waits for a result yet. But he who makes a stream over a slow input wants to come to his
/// first result before a large window is read.
PARIMAP_INLINE void stream_base::read_first(std::uint64_t wanted) {
    int slow_reads = 0;
    reading_.start();
    while (claims_.limit() < wanted && !is_cancelled() && pull_next()) {
        if (reading_.lap_is_over() && reading_.lap() > 2 * stopwatch::lap_length) ++slow_reads;
        make_available(claims_.limit() + 1);
        if (slow_reads >= enough_slow_reads) {
            if (!has_result() && pool_.caller_must_help()) pool_.help(*this, stint::one_batch);  // else there is never one
            if (has_result()) return;
        }
        if (reading_.lap_is_over()) reading_.start();  // the item ran, or whom it woke took the CPU: not the time of the input
    }
}

/// Pulls elements, and stops when a result is there and reading has taken a lap, or the deadline has passed. Where this
/// thread must run items, it does so in between.
PARIMAP_INLINE void stream_base::read_on(std::uint64_t wanted, instant deadline) {
    const bool helps = pool_.caller_must_help();
    time_span passed;
    reading_.start();
    while (claims_.limit() < wanted && !is_cancelled()) {
        if (!helps && is_result_first(deadline)) return;
        if (!pull_next()) return;
        make_available(claims_.limit() + 1);
        if (deadline != instant::never() && instant::now() >= deadline) return;
        if (!reading_.lap_is_over()) continue;
        passed += reading_.lap();
        if (passed < stopwatch::lap_length) continue;
        if (helps && !has_result()) pool_.help(*this, stint::one_batch);
        if (has_result()) return;
    }
}

/// Whether a result should be handed over before the next element is read: one is there, or comes in a small part of the
/// time that reading takes. As long as that the reader waits, for what finishes while it reads waits for all of it.
PARIMAP_INLINE bool stream_base::is_result_first(instant deadline) {
    const time_span reading = pace_.input_may_take();
    if (reading < slow_read) return false;
    if (has_result()) return true;
    const time_span patience = reading / 8;
    if (claims_.limit() == handed_ + skipped_ || pace_.item_cost() > patience) return false;
    const observer::consumer_wait waiting(observation_.get());
    monitor_.wait_urgently(due(), claims_, std::min(deadline, instant::now() + patience),
                           [this] { return has_result() || is_cancelled() || is_cut_short(); });
    return has_result();
}

/// Where a batch holds many items, sleeps until one is finished. Otherwise a consumer that is faster than the workers
/// would stand behind them and take each result out of the cache line they are writing to. One nap a batch at most.
PARIMAP_INLINE void stream_base::gather(instant deadline) {
    if (traits_.pulled || handed_ < gather_at_) return;
    const std::uint64_t batch = pace_.ideal_batch();
    const std::uint64_t returned = handed_ + skipped_;
    const auto ready = [&] { return std::max(monitor_.finished(), returned) - returned; };  // counted by the batch
    if (batch >= gathered_batch && ready() < batch / 2 && claims_.limit() - returned > batch && !pool_.caller_must_help()) {
        const std::uint64_t enough = returned + std::max(batch, (claims_.limit() - returned) / 2);
        const observer::consumer_wait waiting(observation_.get());
        monitor_.wait_patiently(enough, deadline, [this] { return is_cancelled(); });
    }
    gather_at_ = handed_ + std::max(ready(), batch);
}

PARIMAP_INLINE bool stream_base::pull_next() {
    const std::uint64_t pulled = claims_.limit();
    const bool is_timed = pace_.times_input(pulled);
    const instant begin = is_timed ? instant::now() : instant();
    std::uint64_t owned = 0;
    try {
        switch (pull(owned)) {
            case pull_result::no_room: return false;
            case pull_result::end: total_ = pulled; return false;
            case pull_result::item: break;
        }
    } catch (...) {
        total_ = pulled;
        input_failure_ = std::current_exception();
        return false;
    }
    if (is_timed) pace_.input_took(instant::now() - begin);
    if (traits_.items_own) pace_.item_owns(owned);
    return true;
}

PARIMAP_INLINE void stream_base::make_available(std::uint64_t limit) noexcept {
    prepare(limit);
    claims_.raise_limit(limit);
    pool_.announce(*this);
}

/// Everything that was started, and all that may still be started, is finished.
PARIMAP_INLINE bool stream_base::drained() const noexcept {
    const std::uint64_t finished = monitor_.finished();
    return finished == claims_.next() && !claims_.claimable();
}

/// An element could not be read, and no result of the others is still to come.
PARIMAP_INLINE bool stream_base::is_cut_short() const noexcept { return cut_ < total_ && drained(); }

/// Whether the next result is there, by now; false if the input was cut and nothing more comes. Throws cancelled and timed_out.
PARIMAP_INLINE bool stream_base::wait(instant deadline) {
    bool may_nap = true;
    bool helped = false;
    for (;;) {
        const bool is_there = has_result();
        throw_if_cancelled();
        if (is_there) return true;
        if (is_cut_short()) return has_result();
        const instant now = instant::now();
        // One batch whatever the deadline, or who asks for no more than what is there would never get anything.
        if (pool_.caller_must_help() && (now < deadline || !helped) && pool_.help(*this, stint::one_batch)) {
            helped = true;
            continue;
        }
        if (now >= deadline) throw timed_out("parimap: no result in time; nothing is lost, ask again");
        const std::uint64_t returned = handed_ + skipped_;
        const awaited what{.item = due(),
                           .enough = returned + std::max<std::uint64_t>(1, (claims_.limit() - returned) / 2),
                           .deadline = deadline,
                           .consumer = observation_.get()};
        wait_once(*this, pool_, monitor_, claims_, pace_, what, may_nap,
                  [this] { return has_result() || is_cancelled() || is_cut_short(); });
    }
}

}  // namespace parimap::detail
