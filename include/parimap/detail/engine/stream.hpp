// SPDX-License-Identifier: MIT
// The consumer's side of a running stream: takes items up to the window, hands results over, ends it.
#ifndef PARIMAP_DETAIL_ENGINE_STREAM_HPP
#define PARIMAP_DETAIL_ENGINE_STREAM_HPP

#include <parimap/detail/engine/job.hpp>
#include <parimap/detail/ranges/footprint.hpp>
#include <parimap/detail/system/cache_line.hpp>
#include <parimap/detail/system/process.hpp>
#include <parimap/detail/system/stopwatch.hpp>
#include <parimap/errors.hpp>
#include <parimap/options.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

namespace parimap::detail {

/// A job whose results are handed over one at a time. One consumer; its thread is the only one that touches the input
/// of a pulled source.
template <class Source, class F, class Results>
class stream final : public job<Source, F, Results> {
    using base = job<Source, F, Results>;
    using base::claims_, base::monitor_, base::observer_, base::pace_, base::pool_, base::results_, base::source_;
    using entry = typename Results::entry;
    using clock = monitor::clock;

  public:
    using value_type = typename base::invocation_type::value;
    static constexpr bool sized = Source::sized;

    template <class View, class... ResultsArgs>
    stream(std::shared_ptr<scheduler> core, const map_options& options, View&& view, F f, ResultsArgs&&... results_args)
        : base(*core, options, core->size(), std::forward<View>(view), std::forward<F>(f),
               std::forward<ResultsArgs>(results_args)...),
          keep_(std::move(core)),
          failed_index_(options.failed_index) {
        pool_.open(*this);  // throws where the pool is closed, and the input has not been asked for anything
        try {
            this->obey(options.stop);
            begin(options.window);
        } catch (...) {
            this->obey_no_more();
            this->cancel();
            pool_.abandon(*this);
            throw;
        }
    }

    /// Starts no further item, stops the running ones' token and returns when they have returned.
    ~stream() override {
        this->obey_no_more();
        if (observer_ && this->is_cancelled()) observer_->set_failed();  // before it was left
        this->cancel();
        pool_.abandon(*this);
        if (observer_) observer_->finish();
        if (held_) let_go();
    }

    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;

    /// The result that is handed over but not let go, or null.
    value_type* held() noexcept { return held_ ? std::addressof(held_->get()) : nullptr; }

    void let_go() noexcept {
        results_.pop(*held_);
        held_ = nullptr;
    }

    /// Hands the next result over and holds it; null at the end. Throws what the item threw, cancelled, timed_out; error in
    /// the child of a fork(). Nothing is held before.
    value_type* fetch(clock::time_point deadline = clock::time_point::max()) {
        for (;;) {
            this->throw_if_inherited();
            if (handed_ >= total_) return end_of_input();
            throw_if_cancelled();
            entry* e = results_.front();
            if (!e || handed_ >= look_at_) {
                const fetching now(is_fetching_);
                if (!e || should_refill_first()) refill(deadline);
                if (handed_ >= total_) continue;
                if (e) gather(deadline);
                look_at_ = std::min(refill_at_, gather_at_);
                e = wait(deadline);
            }
            if (!e) {
                total_ = handed_;
                continue;
            }
            if (results_.item_of(*e) > cut_) {  // finished, but the input ended before it
                results_.pop(*e);
                ++skipped_;
                continue;
            }
            if (e->is_value()) {
                if constexpr (can_own<value_type>()) pace_.result_owns(owned_bytes<value_type>(e->get()));
                ++handed_;
                held_ = e;
                return held();
            }
            fail(*e);
        }
    }

    /// How many results are still to be handed over.
    std::uint64_t remaining() const noexcept { return total_ > handed_ ? total_ - handed_ : 0; }

    /// Whether the stream can end. Not while a thread reads the input or waits for a result: it is in there still when exit() was
    /// called on another one, or by the input. Nor where another thread than its own calls exit(), for the one may go on to read
    /// it, and its items may wait for the other.
    bool can_be_left() const noexcept {
        if (is_fetching_.load(std::memory_order_acquire) || !pool_.can_be_left(*this)) return false;
        return std::this_thread::get_id() == maker_ || !is_in_exit();
    }

  private:
    static constexpr std::uint64_t gathered_batch = 1024;
    /// An element that takes so long to read is not read while a result is there, nor while one is about to be.
    static constexpr std::chrono::nanoseconds slow_read = std::chrono::microseconds(400);
    /// The call that makes the stream fills the window, unless so many elements were slow and there is a result by then.
    static constexpr int enough_slow_reads = 8;

    /// Says that a thread is in there, for can_be_left().
    class fetching {
      public:
        explicit fetching(std::atomic<bool>& is_fetching) noexcept : is_fetching_(is_fetching) {
            is_fetching_.store(true, std::memory_order_release);
        }
        ~fetching() { is_fetching_.store(false, std::memory_order_release); }
        fetching(const fetching&) = delete;
        fetching& operator=(const fetching&) = delete;

      private:
        std::atomic<bool>& is_fetching_;
    };

    void begin(std::size_t fixed_window) {
        try {
            total_ = source_.begin(!this->is_cancelled());
        } catch (...) {
            input_failure_ = std::current_exception();  // due when the first result would be
        }
        const std::uint64_t most = pace_.set_window(fixed_window, total_, Source::bytes_per_item + Results::bytes_per_result,
                                                    std::max(Source::bytes_in_ring, Results::bytes_in_ring));
        results_.reserve(most);
        if constexpr (Source::pulled) source_.reserve(most);
        if (observer_) observer_->begin(sized ? std::optional(total_) : std::nullopt, Results::in_order);
        refill();
        began_ = true;
    }

    void throw_if_cancelled() const {
        if (this->is_cancelled()) {
            throw cancelled("parimap: the stream was stopped by cancel(), terminate() or its stop token before its end");
        }
    }

    value_type* end_of_input() {
        total_ = handed_;
        if (observer_) end_observation();
        if (!input_failure_) return nullptr;
        if (failed_index_) *failed_index_ = static_cast<std::size_t>(handed_);
        std::rethrow_exception(std::exchange(input_failure_, nullptr));
    }

    /// All results are handed over; the workers that finished the last items may have something to note yet. Where the
    /// input was cut, items behind the cut may still run: then the destructor does it.
    void end_observation() noexcept {
        if (input_failure_) observer_->set_failed();
        if (cut_ != claims::unlimited) return;
        pool_.wait_until_left(*this);
        observer_->finish();
    }

    /// Throws an item's exception, or notes that the input ends there.
    void fail(entry& e) {
        const std::uint64_t item = results_.item_of(e);
        std::exception_ptr exception = e.exception();
        const failure_of whose = e.whose_failure();
        results_.pop(e);
        if (whose == failure_of::input) {
            cut_ = item;
            input_failure_ = std::move(exception);
            if constexpr (Results::in_order) total_ = item;
            ++skipped_;
            return;
        }
        ++handed_;
        if (failed_index_) *failed_index_ = static_cast<std::size_t>(item);
        std::rethrow_exception(std::move(exception));
    }

    /// Whether to take items although a result is there. Reading a slow input, or a backend that runs items at once,
    /// would keep the result waiting; workers without items would wait for the consumer.
    bool should_refill_first() const noexcept {
        if (pool_.runs_at_once()) return false;
        if constexpr (!Source::pulled) return true;
        return pace_.input_may_take() < slow_read && claims_.limit() - monitor_.finished() <= pool_.size();
    }

    /// Takes items up to the window; fewer, if a result is there by then and would wait for the rest.
    void refill(clock::time_point deadline = clock::time_point::max()) {
        const std::uint64_t window = pace_.window(handed_);
        const std::uint64_t limit = claims_.limit();
        const std::uint64_t returned = handed_ + skipped_;
        const std::uint64_t wanted = std::min(returned + window, total_);
        const std::uint64_t step = pace_.refill_step(window);
        const bool is_due = wanted > limit && (wanted - limit >= step || limit <= returned);
        if (is_due && !this->is_cancelled()) {
            this->set_max_lag(window);
            if constexpr (Source::pulled) {
                if (observer_) observer_->supply_ends_with(idle_cause::input);
                if (began_) {
                    read_on(wanted, deadline);
                } else {
                    read_first(wanted);
                }
            } else {
                // What runs them at once would run them all before the first is handed over.
                const bool in_parts = began_ && pool_.runs_at_once();
                make_available(in_parts ? std::min(wanted, limit + pace_.ideal_batch()) : wanted);
            }
        }
        const std::uint64_t taken = claims_.limit();
        if (observer_) {
            const bool input_was_slow = Source::pulled && is_due && taken < std::min(wanted, total_);
            observer_->supply_ends_with(taken >= total_  ? idle_cause::nothing_left
                                        : input_was_slow ? idle_cause::input
                                                         : idle_cause::consumer);
        }
        const std::uint64_t ahead = window + skipped_ - step;
        refill_at_ = taken >= total_ ? unknown_size : taken - std::min(taken, ahead);
    }

    /// Fills the window, for nobody waits for a result yet. But he who makes a stream over a slow input wants to come to his
    /// first result before a large window is read.
    void read_first(std::uint64_t wanted)
        requires Source::pulled
    {
        int slow_reads = 0;
        reading_.start();
        while (claims_.limit() < wanted && !this->is_cancelled() && pull()) {
            if (reading_.lap_is_over() && reading_.lap() > 2 * stopwatch::lap_length) ++slow_reads;
            make_available(source_.pulled_count());
            if (slow_reads >= enough_slow_reads) {
                if (!results_.front() && pool_.caller_must_help()) pool_.help(*this, stint::one_batch);  // else there is never one
                if (results_.front()) return;
            }
            if (pool_.runs_at_once()) reading_.start();  // the item ran, and its time is not the input's
        }
    }

    /// Pulls elements, and stops when a result is there and reading has taken a lap, or the deadline has passed. Where this
    /// thread must run items, it does so in between.
    void read_on(std::uint64_t wanted, clock::time_point deadline)
        requires Source::pulled
    {
        const bool helps = pool_.caller_must_help();
        std::chrono::nanoseconds passed{0};
        reading_.start();
        while (claims_.limit() < wanted && !this->is_cancelled()) {
            if (!helps && is_result_first(deadline)) return;
            if (!pull()) return;
            make_available(source_.pulled_count());
            if (deadline != clock::time_point::max() && clock::now() >= deadline) return;
            if (!reading_.lap_is_over()) continue;
            passed += reading_.lap();
            if (passed < stopwatch::lap_length) continue;
            if (helps && !results_.front()) pool_.help(*this, stint::one_batch);
            if (results_.front()) return;
        }
    }

    /// Whether a result should be handed over before the next element is read: one is there, or comes in a small part of the
    /// time that reading takes. As long as that the reader waits, for what finishes while it reads waits for all of it.
    bool is_result_first(clock::time_point deadline) {
        const std::chrono::nanoseconds reading = pace_.input_may_take();
        if (reading < slow_read) return false;
        if (results_.front()) return true;
        const std::chrono::nanoseconds patience = reading / 8;
        if (claims_.limit() == handed_ + skipped_ || pace_.item_cost() > patience) return false;
        wait_urgently(std::min(deadline, clock::now() + patience), [] { return false; });
        return results_.front();
    }

    /// Where a batch holds many items, sleeps until one is finished. Otherwise a consumer that is faster than the workers
    /// would stand behind them and take each result out of the cache line they are writing to. One nap a batch at most.
    void gather(clock::time_point deadline) {
        if (Source::pulled || handed_ < gather_at_) return;
        const std::uint64_t batch = pace_.ideal_batch();
        const std::uint64_t returned = handed_ + skipped_;
        const auto ready = [&] { return std::max(monitor_.finished(), returned) - returned; };  // counted by the batch
        if (batch >= gathered_batch && ready() < batch / 2 && claims_.limit() - returned > batch &&
            !pool_.caller_must_help()) {
            const std::uint64_t enough = returned + std::max(batch, (claims_.limit() - returned) / 2);
            const observer::consumer_wait waiting(observer_.get());
            monitor_.wait_patiently(enough, deadline, [this] { return this->is_cancelled(); });
        }
        gather_at_ = handed_ + std::max(ready(), batch);
    }

    bool pull()
        requires Source::pulled
    {
        const bool is_timed = pace_.times_input(source_.pulled_count());
        const clock::time_point begin = is_timed ? clock::now() : clock::time_point{};
        try {
            switch (source_.pull()) {
                case Source::pull_result::no_room: return false;
                case Source::pull_result::end: total_ = source_.pulled_count(); return false;
                case Source::pull_result::item: break;
            }
        } catch (...) {
            total_ = source_.pulled_count();
            input_failure_ = std::current_exception();
            return false;
        }
        if (is_timed) pace_.input_took(clock::now() - begin);
        if constexpr (Source::owns_memory) pace_.item_owns(source_.owned_by_latest());
        return true;
    }

    void make_available(std::uint64_t limit) noexcept {
        results_.prepare(limit);
        claims_.raise_limit(limit);
        pool_.announce(*this);
    }

    /// Everything that was started, and all that may still be started, is finished.
    bool drained() const noexcept {
        const std::uint64_t finished = monitor_.finished();
        return finished == claims_.next() && !claims_.claimable();
    }

    /// An element could not be read, and no result of the others is still to come.
    bool is_cut_short() const noexcept { return cut_ < total_ && drained(); }

    /// The next result, or null if the input was cut and nothing more comes. Throws cancelled and timed_out.
    entry* wait(clock::time_point deadline) {
        const bool helps = pool_.caller_must_help();
        bool napped = false;
        bool helped = false;
        for (;;) {
            if (entry* e = results_.front()) {
                throw_if_cancelled();
                return e;
            }
            throw_if_cancelled();
            if (is_cut_short()) return results_.front();
            const clock::time_point now = clock::now();
            // One batch whatever the deadline, or who asks for no more than what is there would never get anything.
            if (helps && (now < deadline || !helped) && pool_.help(*this, stint::one_batch)) {
                helped = true;
                continue;
            }
            if (now >= deadline) throw timed_out("parimap: no result in time; nothing is lost, ask again");
            if (helps) {
                pool_.want_seat(*this, true);
                wait_urgently(deadline, [this] { return pool_.can_help(*this); });
                pool_.want_seat(*this, false);
            } else if (pace_.batched() && !napped) {
                napped = true;
                const std::uint64_t taken = claims_.limit() - handed_ - skipped_;
                const observer::consumer_wait waiting(observer_.get());
                monitor_.wait_patiently(handed_ + skipped_ + std::max<std::uint64_t>(1, taken / 2), deadline,
                                        [this] { return results_.front() || this->is_cancelled(); });
            } else if (scheduler::has_worker(*this)) {
                wait_urgently(deadline, [] { return false; });
            } else {
                // The backend may be held up, by other users of its runtime say: a stream must not hang for that. Who has a
                // deadline does not hang, and must not be late for an item that he runs.
                wait_urgently(std::min(deadline, now + monitor::patience_with_backend), [] { return false; });
                if (deadline == clock::time_point::max() && !results_.front() && !scheduler::has_worker(*this)) pool_.help(*this, stint::one_item);
            }
        }
    }

    template <class Also>
    void wait_urgently(clock::time_point deadline, Also also) {
        const observer::consumer_wait waiting(observer_.get());
        monitor_.wait_urgently(results_.due(), claims_, deadline,
                               [&] { return results_.front() || this->is_cancelled() || is_cut_short() || also(); });
    }

    alignas(cache_line) const std::shared_ptr<scheduler> keep_;  // the pool object may go before the stream
    std::size_t* const failed_index_;
    std::uint64_t total_ = 0;                // items of the input, as far as is known
    std::uint64_t cut_ = claims::unlimited;  // the element that could not be read
    std::uint64_t handed_ = 0;               // handed over, results and exceptions
    std::uint64_t refill_at_ = 0;            // refill() has nothing to do before so many are handed over,
    std::uint64_t gather_at_ = 0;            // gather() neither,
    std::uint64_t look_at_ = 0;              // so nobody need look at either
    std::uint64_t skipped_ = 0;              // finished but not handed over, because the input ended before them
    std::exception_ptr input_failure_;
    entry* held_ = nullptr;
    stopwatch reading_;
    bool began_ = false;  // the call that makes the stream is over
    std::atomic<bool> is_fetching_{false};
    const std::thread::id maker_ = std::this_thread::get_id();
};

}  // namespace parimap::detail

#endif
