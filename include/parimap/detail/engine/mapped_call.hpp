// SPDX-License-Identifier: MIT
// A running call with its types: the loops over the items of a batch.
#ifndef PARIMAP_DETAIL_ENGINE_MAPPED_CALL_HPP
#define PARIMAP_DETAIL_ENGINE_MAPPED_CALL_HPP

#include <parimap/detail/engine/claims.hpp>
#include <parimap/detail/engine/mapped_items.hpp>
#include <parimap/detail/engine/monitor.hpp>
#include <parimap/detail/engine/observed_batch.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/pull_result.hpp>
#include <parimap/detail/results/results.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// One running call: the batches of its seats, in loops over their items.
template <class Base, class Source, class F, results_of_call Results>
class mapped_call : public mapped_items<Base, Source, F, Results> {
    using below = mapped_items<Base, Source, F, Results>;

  public:
    using typename below::function_in_block, typename below::invocation_type;
    template <class Put>
    static constexpr bool copies_put =
        std::is_trivially_copyable_v<Put> && (!writes_batches<Put> || std::is_copy_assignable_v<Put>);

  protected:
    using below::attempt, below::run_in_step, below::run_item, below::run_several;
    using below::claims_, below::monitor_, below::pace_, below::source_, below::f_, below::results_;
    using typename below::items_run;

    /// Making a call does nothing yet.
    using below::below;
    ~mapped_call() override = default;

    template <class RunBatch>
    auto with_writer(std::size_t seat, RunBatch run_batch) {
        if constexpr (requires { results_.with_writer(seat, true, run_batch); }) {
            return results_.with_writer(seat, pace_.bound_by_memory(), run_batch);
        } else {
            return results_.with_writer(seat, run_batch);
        }
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

    void flush([[maybe_unused]] std::size_t seat, [[maybe_unused]] std::uint64_t latest) noexcept final {
        if constexpr (requires { results_.flush(seat); }) attempt(seat, latest, [&] { results_.flush(seat); });
    }
};

}  // namespace parimap::detail

#endif
