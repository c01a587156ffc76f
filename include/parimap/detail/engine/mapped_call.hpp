// SPDX-License-Identifier: MIT
// A running call with its types: how an item is read, what runs on it, and where its result goes.
#ifndef PARIMAP_DETAIL_ENGINE_MAPPED_CALL_HPP
#define PARIMAP_DETAIL_ENGINE_MAPPED_CALL_HPP

#include <parimap/detail/engine/batched_call.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/invocation.hpp>
#include <parimap/detail/ranges/pull_result.hpp>
#include <parimap/detail/results/failures.hpp>
#include <parimap/detail/results/results.hpp>
#include <parimap/detail/system/slot.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// One running call: the items of a Source, a function F (by value or as const F&), and where results go. Base is the side of
/// the one who made it: stream_base or blocking_base.
template <class Base, class Source, class F, results_of_call Results>
class mapped_call : public Base {
  public:
    using function = std::remove_cvref_t<F>;
    using invocation_type = invocation<function, Source>;

  protected:
    using Base::claims_, Base::monitor_, Base::pace_, Base::tokens_;
    using typename Base::items_run;

    /// Making a call does nothing yet.
    template <class BaseArgs, class View, class... ResultsArgs>
    mapped_call(BaseArgs&& base, View&& view, F f, ResultsArgs&&... results_args)
        : Base(std::forward<BaseArgs>(base)),
          source_(std::forward<View>(view)),
          f_(std::forward<F>(f)),
          results_(std::forward<ResultsArgs>(results_args)...) {}
    ~mapped_call() override = default;

    Source source_;
    F f_;
    Results results_;

  private:
    std::uint64_t begin_input(bool reads) final { return source_.begin(reads); }
    pull_result pull([[maybe_unused]] std::uint64_t& owned) final {
        if constexpr (Source::pulled) {
            const pull_result result = source_.pull();
            if constexpr (Source::owns_memory) {
                if (result == pull_result::item) owned = source_.owned_by_latest();
            }
            return result;
        } else {
            return pull_result::end;
        }
    }

    items_run run_items(std::size_t seat, observed_batch* watching) noexcept final {
        // A loop of its own for calls that nobody observes: a branch in it, never taken, costs a fifth of a map over numbers.
        if (watching) {
            return run_with(seat, [watching](std::uint64_t item) noexcept { watching->item_done(item); });
        }
        return run_with(seat, [](std::uint64_t /*item*/) noexcept {});
    }

    /// done(item) is told of each item.
    template <class Done>
    items_run run_with(std::size_t seat, Done done) noexcept {
        return with_writer(seat, [&](auto put) { return run_batch(seat, put, done); });
    }

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
    [[gnu::noinline]] items_run run_batch(std::size_t seat, Put put, Done done) noexcept {
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
                    this->note_dropped(item);
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
            const auto token = [&]<class Tokens = stop_registry>() { return static_cast<Tokens&>(tokens_).start(seat, item); };
            using taken = std::invoke_result_t<const Take&, std::uint64_t>;
            if constexpr (!std::is_nothrow_destructible_v<taken>) {
                // The item goes before its result is there: what its destructor throws is its failure. (Not as the end of a scope: clang
                // does not destroy what is returned then.)
                using value = typename invocation_type::value;
                put(item, [&]() -> value {
                    slot<taken> held;
                    held.build([&] { return take(item); });
                    reading = false;
                    const auto run = [&]() -> decltype(auto) {
                        if constexpr (Source::pulled) {
                            return invocation_type::call(f_, token, Source::pass(held.get()));
                        } else {
                            return invocation_type::call(f_, token, std::forward<typename Source::item>(held.get()));
                        }
                    };
                    if constexpr (std::is_move_constructible_v<value>) {
                        value result(run());
                        held.end();
                        return result;
                    } else {
                        return run();
                    }
                });
            } else if constexpr (Source::pulled) {
                auto kept = take(item);
                put(item, [&]() -> decltype(auto) { return invocation_type::call(f_, token, Source::pass(kept)); });
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
        if (failed) [[unlikely]]
            fail(seat, item, std::exchange(failure, nullptr), reading);
        if constexpr (invocation_type::with_token) tokens_.finish(seat);
    }

    [[gnu::cold]] void fail(std::size_t seat, std::uint64_t item, std::exception_ptr exception, bool reading) noexcept {
        this->item_failed(seat);
        if (Results::failure_stops || reading) this->stop_from(item);
        results_.fail(seat, item, std::move(exception), reading ? failure_of::input : failure_of::item);
    }
};

}  // namespace parimap::detail

#endif
