// SPDX-License-Identifier: MIT
// The engine: takes a batch of items, runs it, brings its results back. The same for all frontends and backends.
#ifndef PARIMAP_DETAIL_ENGINE_JOB_HPP
#define PARIMAP_DETAIL_ENGINE_JOB_HPP

#include <parimap/detail/engine/claims.hpp>
#include <parimap/detail/engine/monitor.hpp>
#include <parimap/detail/engine/observer.hpp>
#include <parimap/detail/engine/pace.hpp>
#include <parimap/detail/engine/stop_registry.hpp>
#include <parimap/detail/ranges/invocation.hpp>
#include <parimap/detail/ranges/source.hpp>
#include <parimap/detail/results/failures.hpp>
#include <parimap/detail/scheduler/scheduler.hpp>
#include <parimap/detail/system/floating_point.hpp>
#include <parimap/options.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

namespace parimap::detail {

/// One running call: the items of a Source, a function F (by value or as const F&), and where results go.
///
/// Results is told, on the worker:
///   with_writer(seat, run_batch)          returns run_batch(put), where put(item, make) says that the item's result is what
///                                         make() returns; make() may throw. (put may keep what a batch needs at hand.)
///   with_writer(seat, bound_by_memory, run_batch)    the same instead, where it matters that items cost no more than the
///                                                    memory they touch
///   fail(seat, item, exception, whose)    the item has none
/// and says `static constexpr bool failure_stops`: whether a failure ends the call, as in the blocking frontends, or
/// spoils its own item alone, as in the streams.
template <class Source, class F, class Results>
class job : public call {
  public:
    using function = std::remove_cvref_t<F>;
    using invocation_type = invocation<function, Source>;

    /// Starts no further item: cancel(), terminate(), the caller's stop token, the end of a stream. Any thread.
    void cancel() noexcept final {
        cancelled_.store(true, std::memory_order_seq_cst);
        stop_from(0);
        monitor_.signal();     // a consumer,
        pool_.wake_owners();  // or the owner of a blocking call
    }

    // In the child of a fork(): see scheduler.
    bool is_inherited() const noexcept { return pool_.is_inherited(); }
    void throw_if_inherited() const { pool_.throw_if_inherited(); }

    bool is_cancelled() const noexcept { return cancelled_.load(std::memory_order_seq_cst); }

    bool claimable() const noexcept final { return claims_.claimable(); }

  protected:
    template <class View, class... ResultsArgs>
    job(scheduler& core, const map_options& options, std::size_t max_workers, View&& view, F f, ResultsArgs&&... results_args)
        : call(max_workers),
          pool_(core),
          source_(std::forward<View>(view)),
          f_(std::forward<F>(f)),
          claims_(core.size()),
          monitor_(core.size()),
          pace_(core.size(), options.chunk),
          tokens_(invocation_type::with_token ? core.size() : 0),
          results_(std::forward<ResultsArgs>(results_args)...),
          observer_(observer::for_call(options, core, claims_)) {}

    ~job() override = default;

    /// Call when the job can be reached by cancel(): as late as possible in a constructor, as early in a destructor.
    void obey(const std::stop_token& stop) {
        if (stop.stop_possible()) on_stop_.emplace(stop, canceller{this});
    }
    void obey_no_more() noexcept { on_stop_.reset(); }

    /// No item from `item` on starts any more, and those that run are told.
    void stop_from(std::uint64_t item) noexcept {
        claims_.close_from(item);
        if constexpr (invocation_type::with_token) tokens_.stop_from(item);
    }

    /// The lowest item that was not run, once no worker is in the call: some dropped one, or the first that no batch
    /// took.
    std::uint64_t first_not_run() const noexcept {
        return std::min(claims_.next(), first_dropped_.load(std::memory_order_relaxed));
    }

    /// An item may be overtaken by so many others before it goes first: with a window, by one window of them. (A
    /// pulled item sits in a ring of twice the window, and must start before the ring comes round.)
    void set_max_lag(std::uint64_t items) noexcept { max_lag_.store(items, std::memory_order_relaxed); }

    scheduler& pool_;
    Source source_;
    F f_;
    claims claims_;
    monitor monitor_;
    pace pace_;
    stop_registry tokens_;
    Results results_;
    const std::unique_ptr<observer> observer_;  // null if nobody asked for progress, report or trace

  private:
    struct canceller {
        job* self;
        void operator()() const noexcept { self->cancel(); }
    };

    void changed() noexcept final { monitor_.signal(); }

    void work(std::size_t seat, stint length) noexcept final {
        // The module of this call may have a place of its own: see place.hpp.
        const seated here(current_place, pool_, seat, this);
        if (observer_) observer_->enter(seat);
        run_batches(seat, length);
        if (observer_) observer_->leave(seat);
    }

    void run_batches(std::size_t seat, stint length) noexcept {
        for (;;) {
            const std::uint64_t unclaimed = claims_.limit() - std::min(claims_.limit(), claims_.next());
            const bool just_one = length == stint::one_item;
            const std::uint64_t most = just_one ? 1 : pace_.batch(unclaimed);
            const std::uint64_t most_stolen = just_one ? 1 : pace_.ideal_batch();
            if (!claims_.claim(seat, most, most_stolen, max_lag_.load(std::memory_order_relaxed))) return;
            // A worker sends two more, which do the same: a large pool is awake soon. An owner sends one, for he may be done
            // before anybody comes.
            const std::uint64_t left = claims_.left_for_others(seat, length == stint::fair ? 2 : 1);
            if (left > 0) pool_.announce(*this, left);
            do {
                run_batch(seat);
            } while (claims_.has_rest(seat));
            if (length <= stint::one_batch || (length == stint::fair && pool_.others_wait())) return;
        }
    }

    /// The one place where a batch is taken, run, and its results brought back. (A distributed backend will pack the
    /// batch here.)
    void run_batch(std::size_t seat) noexcept {
        if (observer_) {
            run_batch_for(seat, [watching = observer_->begin_batch(seat)](std::uint64_t item) mutable {
                watching.item_done(item);
            });
        } else {
            run_batch_for(seat, nobody{});
        }
    }

    struct nobody {
        void operator()(std::uint64_t /*item*/) const noexcept {}
    };

    /// done(item) is told of each item. (A loop of its own for calls that nobody observes: a branch in it, never taken, costs
    /// a fifth of a map over numbers.)
    template <class Done>
    void run_batch_for(std::size_t seat, Done done) noexcept {
        using clock = std::chrono::steady_clock;
        const clock::time_point start = clock::now();
        const items_run run = [&] {
            const floating_point_scope as_the_caller(floating_point_mode_);  // run_items is not inlined into it
            return with_writer(seat, [&](auto put) { return run_items(seat, put, done); });
        }();
        const clock::time_point end = clock::now();  // before it wakes a consumer, which is not their cost
        if (run.count > 0) pace_.measured(end - start, run.count);
        if (observer_) observer_->end_batch(seat, run.first, run.count, start, end);
        std::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with monitor::wait_patiently()
        monitor_.after_item(run.first + run.count - 1);  // also where all were dropped: who waits for any item must look again
        monitor_.after_batch();
    }

    struct items_run {
        std::uint64_t first;
        std::uint64_t count;
    };

    template <class RunBatch>
    items_run with_writer(std::size_t seat, RunBatch run_batch) {
        if constexpr (requires { results_.with_writer(seat, true, run_batch); }) {
            return results_.with_writer(seat, pace_.bound_by_memory(), run_batch);
        } else {
            return results_.with_writer(seat, run_batch);
        }
    }

    /// The seat's batch, until it is empty or no item starts any more. (A function by itself, whatever the compiler thinks of
    /// it, and with copies of what it is given: so its loop runs in registers. A map over numbers takes half as long again
    /// without.)
    template <class Put, class Done>
    [[gnu::noinline]] items_run run_items(std::size_t seat, Put put, Done done) noexcept {
        claims::batch batch = claims_.batch_of(seat);
        monitor::tally finished = monitor_.tally_of(seat);
        const auto take = source_.reader();
        std::exception_ptr failure;
        std::uint64_t dropped = 0;
        for (std::uint64_t item = 0; batch.pop(item);) {
            if (batch.interrupted()) [[unlikely]] {
                if (batch.started() > 1) monitor_.after_item(item - 1);
                if (!claims_.is_open(item)) {
                    dropped = 1 + claims_.drop(seat);
                    note_dropped(item);
                    break;
                }
            }
            run_item(seat, item, take, put, failure);
            done(item);
            if constexpr (Source::pulled) finished.add(1);  // whoever pulls waits for every one
        }
        const std::uint64_t run = batch.started() - (dropped > 0);
        finished.add(dropped + (Source::pulled ? 0 : run));
        return {batch.first(), run};
    }

    /// failure: null before and after, so that no item has to make one.
    template <class Take, class Put>
    [[gnu::always_inline]] void run_item(std::size_t seat, std::uint64_t item, const Take& take, const Put& put,
                                         std::exception_ptr& failure) noexcept {
        bool reading = !Source::pulled;  // what pulling throws, the puller gets
        bool failed = false;
        try {
            const auto token = [&] { return tokens_.start(seat, item); };
            if constexpr (Source::pulled) {
                auto kept = take(item);
                put(item, [&]() -> decltype(auto) {
                    return invocation_type::call(f_, token, Source::pass(kept));
                });
            } else {
                auto&& element = take(item);
                reading = false;
                put(item, [&]() -> decltype(auto) {
                    return invocation_type::call(f_, token, std::forward<typename Source::item>(element));
                });
            }
        } catch (...) {
            failure = std::current_exception();
            failed = true;
        }
        // Not inside the handler, which owns the exception too: once it is handed over, this thread has no more to do with
        // it, and it is destroyed where it was caught.
        if (failed) [[unlikely]] fail(seat, item, std::exchange(failure, nullptr), reading);
        if constexpr (invocation_type::with_token) tokens_.finish(seat);
    }

    [[gnu::cold]] void fail(std::size_t seat, std::uint64_t item, std::exception_ptr exception, bool reading) noexcept {
        if (observer_) observer_->item_failed(seat);
        if (Results::failure_stops || reading) stop_from(item);
        results_.fail(seat, item, std::move(exception), reading ? failure_of::input : failure_of::item);
    }

    void note_dropped(std::uint64_t item) noexcept {
        std::uint64_t old = first_dropped_.load(std::memory_order_relaxed);
        while (item < old && !first_dropped_.compare_exchange_weak(old, item, std::memory_order_relaxed)) {
        }
    }

    const floating_point_mode floating_point_mode_ = floating_point_mode::of_this_thread();  // the caller's, at the call
    std::atomic<std::uint64_t> max_lag_{claims::unlimited};
    std::atomic<std::uint64_t> first_dropped_{claims::unlimited};
    std::atomic<bool> cancelled_{false};
    std::optional<std::stop_callback<canceller>> on_stop_;
};

}  // namespace parimap::detail

#endif
