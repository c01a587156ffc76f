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
    /// A loop over vectors keeps what f refers to in registers: that has to be its own.
    static constexpr bool copies_function = std::is_trivially_copyable_v<function> && sizeof(function) <= 64;
    using function_in_block = std::conditional_t<copies_function, function, const function&>;
    template <class Put>
    static constexpr bool copies_put =
        std::is_trivially_copyable_v<Put> && (!writes_batches<Put> || std::is_copy_assignable_v<Put>);

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
        unobserved_batch nobody;
        if (!watching) return run_with(seat, pace_.block(), nobody);
        return run_with(seat, watching->is_timed() ? 1 : pace_.block(), *watching);
    }

    /// watching: told of each item, or of each block of so many.
    template <class Watching>
    items_run run_with(std::size_t seat, [[maybe_unused]] std::uint64_t block, Watching& watching) noexcept {
        return with_writer(seat, [&](auto put) {
            if constexpr (invocation_type::may_interleave) {
                if (block > 1) return run_blocks(seat, block, std::move(put), watching);
            }
            return run_batch(seat, std::move(put), watching);
        });
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
    template <class Put, class Watching>
    [[gnu::noinline]] items_run run_batch(std::size_t seat, Put put, Watching& watching) noexcept {
        claims::batch batch = claims_.batch_of(seat);
        monitor::tally finished = monitor_.tally_of(seat);
        const auto take = source_.reader();
        std::exception_ptr failure;
        std::uint64_t dropped = 0;
        begin_batch(seat, batch.first(), put);
        for (std::uint64_t item = 0;;) {
            if constexpr (!Source::pulled && !invocation_type::with_token && std::is_same_v<Watching, unobserved_batch> &&
                          requires { put.is_in_step(item); }) {
                while (put.is_in_step(batch.next()) && run_in_step(seat, batch, put)) {
                    attempt(seat, batch.next() - 1, [&] { put.complete(batch.next()); });
                }
            }
            if (!batch.pop(item)) break;
            if (batch.interrupted()) [[unlikely]] {
                if (batch.started() > 1) monitor_.after_items(item - 1, item);
                if (!claims_.is_open(item)) {
                    dropped = 1 + claims_.drop(seat);
                    this->note_dropped(item);
                    break;
                }
            }
            run_item(seat, item, f_, take, put, failure);
            watching.item_done(item);
            if constexpr (Source::pulled) finished.add(1);  // whoever pulls waits for every one
        }
        const std::uint64_t run = batch.started() - (dropped > 0);
        end_batch(seat, batch.first() + run, put);
        finished.add(dropped + (Source::pulled ? 0 : run));
        return {batch.first(), run, batch.first() + run - 1};
    }

    /// Items one by one, as far as that is a loop that calls nothing: what it computes with then stays in registers. (A sum of numbers
    /// takes three times as long without.) Whether they were the last of what put completes.
    template <class Put>
    [[gnu::noinline]] bool run_in_step(std::size_t seat, claims::batch& shared_batch, Put& shared_put) noexcept {
        claims::batch batch = shared_batch;
        Put put = shared_put;
        const auto take = source_.reader();
        const function_in_block f = f_;
        const auto no_token = [] {};
        std::exception_ptr failure;
        bool reading = true;
        bool completes = false;
        std::uint64_t item = 0;
        try {
            completes = put.add_in_step(
                item, [&](std::uint64_t& i) { return batch.pop_in_passing(i); },
                [&]() -> decltype(auto) {
                    reading = true;
                    auto&& element = take(item);
                    reading = false;
                    return invocation_type::call(f, no_token, std::forward<typename Source::item>(element));
                });
        } catch (...) {
            failure = std::current_exception();
        }
        shared_batch.follow(batch);
        shared_put = put;
        if (failure) [[unlikely]]
            fail(seat, item, std::move(failure), reading);
        return completes;
    }

    /// The same for items of which so many may start together. What is left of an item is then what f does, and the compiler may
    /// make a loop over vectors of it.
    template <class Put, class Watching>
    [[gnu::noinline]] items_run run_blocks(std::size_t seat, std::uint64_t most, Put put, Watching& watching) noexcept {
        claims::batch batch = claims_.batch_of(seat);
        monitor::tally finished = monitor_.tally_of(seat);
        std::uint64_t dropped = 0;
        std::uint64_t told = batch.first();
        std::uint64_t end = told;
        begin_batch(seat, told, put);
        for (item_range block; batch.pop(most, block);) {
            end = block.end;
            if (batch.interrupted()) [[unlikely]] {
                monitor_.after_items(std::exchange(told, block.first), block.first);
                end = claims_.open_end(block.first, block.end);
            }
            end = run_block(seat, {block.first, end}, put);
            watching.items_done(end - block.first);
            if constexpr (Source::pulled) finished.add(end - block.first);
            if (end < block.end) [[unlikely]] {
                dropped = block.end - end + claims_.drop(seat);
                this->note_dropped(end);
                break;
            }
        }
        const std::uint64_t run = end - batch.first();
        end_batch(seat, end, put);
        finished.add(dropped + (Source::pulled ? 0 : run));
        return {batch.first(), run, told};
    }

    /// Returns the first that did not start: one of them failed, and no item behind it starts any more. (A function by itself, as
    /// above; it calls none where f can be compiled into it.)
    template <class Put>
    [[gnu::noinline]] std::uint64_t run_block(std::size_t seat, item_range block, Put& shared_put) noexcept {
        // Its own where it can be, for the same reason as f.
        std::conditional_t<copies_put<Put>, Put, Put&> put = shared_put;
        const auto take = source_.reader();
        const function_in_block f = f_;
        std::exception_ptr failure;
        for (std::uint64_t item = block.first; item < block.end; ++item) {
            bool has_run = true;
            if constexpr (requires { put.can_add_run(item, item); } && !Source::pulled) {
                while (has_run && put.can_add_run(item, block.end)) has_run = run_several(seat, item, f, take, put);
                if (item == block.end) break;
            }
            if (!has_run || !run_item(seat, item, f, take, put, failure)) [[unlikely]]
                block.end = claims_.open_end(item + 1, block.end);
        }
        if constexpr (copies_put<Put> && writes_batches<Put>) shared_put = put;
        return block.end;
    }

    /// As many items as put takes at a time, and `item` is then the next. False if one failed, and `item` is that.
    template <class Take, class Put>
    [[gnu::always_inline]] bool run_several(std::size_t seat, std::uint64_t& item, const function& f, const Take& take,
                                            Put& put) noexcept {
        const auto no_token = [] {};
        std::exception_ptr failure;
        bool reading = true;
        try {
            put.add_run(item, [&](std::uint64_t i) -> decltype(auto) {
                reading = true;
                auto&& element = take(i);
                reading = false;
                return invocation_type::call(f, no_token, std::forward<typename Source::item>(element));
            });
        } catch (...) {
            failure = std::current_exception();
        }
        if (!failure) [[likely]]
            return true;
        fail(seat, item, std::move(failure), reading);
        return false;
    }

    template <class Put>
    void begin_batch([[maybe_unused]] std::size_t seat, [[maybe_unused]] std::uint64_t first, [[maybe_unused]] Put& put) noexcept {
        if constexpr (writes_batches<Put>) attempt(seat, first, [&] { put.begin(first); });
    }

    template <class Put>
    void end_batch([[maybe_unused]] std::size_t seat, [[maybe_unused]] std::uint64_t next, [[maybe_unused]] Put& put) noexcept {
        if constexpr (writes_batches<Put>) {
            put.pause(next);
            if constexpr (!Results::keeps_at_hand) flush(seat, next - 1);
        }
    }

    void flush([[maybe_unused]] std::size_t seat, [[maybe_unused]] std::uint64_t latest) noexcept final {
        if constexpr (requires { results_.flush(seat); }) attempt(seat, latest, [&] { results_.flush(seat); });
    }

    /// What f throws is the failure of the item, or of that which the results blame.
    template <class Attempted>
    void attempt(std::size_t seat, std::uint64_t item, Attempted f) noexcept {
        std::exception_ptr failure;
        try {
            f();
        } catch (...) {
            failure = std::current_exception();
        }
        if (failure) fail(seat, item, std::move(failure), false);
    }

    /// False if the item has failed. failure: null before and after, so that no item has to make one.
    template <class Take, class Put>
    [[gnu::always_inline]] bool run_item(std::size_t seat, std::uint64_t item, const function& f, const Take& take, Put& put,
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
                            return invocation_type::call(f, token, Source::pass(held.get()));
                        } else {
                            return invocation_type::call(f, token, std::forward<typename Source::item>(held.get()));
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
                put(item, [&]() -> decltype(auto) { return invocation_type::call(f, token, Source::pass(kept)); });
            } else {
                auto&& element = take(item);
                reading = false;
                put(item, [&]() -> decltype(auto) {
                    return invocation_type::call(f, token, std::forward<typename Source::item>(element));
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
        return !failed;
    }

    [[gnu::cold]] void fail(std::size_t seat, std::uint64_t item, std::exception_ptr exception, bool reading) noexcept {
        this->item_failed(seat);
        if constexpr (requires { results_.blamed(seat, item); }) item = results_.blamed(seat, item);
        if (Results::failure_stops || reading) this->stop_from(item);
        results_.fail(seat, item, std::move(exception), reading ? failure_of::input : failure_of::item);
    }
};

}  // namespace parimap::detail

#endif
