// SPDX-License-Identifier: MIT
// The monitor: a consumer that sleeps is woken by what it waits for, and not by the end of a nap.
#include "model/engine.hpp"

#include <parimap/detail/engine/claims.hpp>
#include <parimap/detail/engine/monitor.hpp>
#include <parimap/detail/system/atomic.hpp>
#include <parimap/detail/system/instant.hpp>
#include <parimap/detail/system/item_number.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <utility>

using namespace parimap_model;
using parimap::detail::claims;
using parimap::detail::instant;
using parimap::detail::monitor;
using parimap::detail::no_item;

namespace {

/// A call with one seat for each worker, and results of which it is seen that they are there.
template <std::size_t N>
struct call {
    explicit call(std::size_t seats) : items(seats), sleeper(seats) {}

    claims items;
    monitor sleeper;
    std::array<parimap::detail::atomic<bool>, N> is_there{};

    bool has(std::uint64_t item) { return is_there[item].load(std::memory_order_acquire); }

    /// As mapped_call::run_batch and batched_call::run_batch do.
    void work(std::size_t seat, std::uint64_t most, const std::function<void(std::uint64_t)>& f) {
        while (items.claim(seat, most, claims::max_batch, no_item)) {
            claims::batch batch = items.batch_of(seat);
            monitor::tally finished = sleeper.tally_of(seat);
            for (std::uint64_t item = 0; batch.pop(item);) {
                if (batch.interrupted() && batch.started() > 1) sleeper.after_items(item - 1, item);
                f(item);
                is_there[item].store(true, std::memory_order_release);
            }
            finished.add(batch.started());
            sleeper.after_batch(batch.first() + batch.started() - 1, batch.first() + batch.started());
        }
    }

    /// The same as mapped_call::run_blocks does.
    void work_in_blocks(std::size_t seat, std::uint64_t length, const std::function<void(std::uint64_t)>& f) {
        while (items.claim(seat, claims::max_batch, claims::max_batch, no_item)) {
            claims::batch batch = items.batch_of(seat);
            std::uint64_t told = batch.first();
            for (parimap::detail::item_range block; batch.pop(length, block);) {
                if (batch.interrupted()) sleeper.after_items(std::exchange(told, block.first), block.first);
                for (std::uint64_t item = block.first; item < block.end; ++item) {
                    f(item);
                    is_there[item].store(true, std::memory_order_release);
                }
            }
            sleeper.after_batch(told, batch.first() + batch.started());
        }
    }

    void wait_for(std::uint64_t item) {
        while (!has(item)) sleeper.wait_urgently(item, items, instant::never(), [&] { return has(item); });
    }
};

void nothing(std::uint64_t /*item*/) {}

}  // namespace

TEST_CASE("monitor: an item in a batch wakes who waits for it, though the next takes for ever") {
    holds({.preemptions = 3, .stale_reads = 2, .waits_for_ever = true}, [] {
        call<3> c(1);
        gate next;
        c.items.raise_limit(3);
        run({{"worker",
              [&] {
                  c.work(0, 3, [&](std::uint64_t item) {
                      if (item == 1) next.wait();
                  });
              }},
             {"consumer", [&] {
                  c.wait_for(0);
                  next.open();
              }}});
    });
}

TEST_CASE("monitor: the last item but one of a batch wakes who waits for it, though the last takes for ever") {
    holds({.preemptions = 3, .stale_reads = 2, .waits_for_ever = true}, [] {
        call<2> c(1);
        gate next;
        c.items.raise_limit(2);
        run({{"worker",
              [&] {
                  c.work(0, 2, [&](std::uint64_t item) {
                      if (item == 1) next.wait();
                  });
              }},
             {"consumer", [&] {
                  c.wait_for(0);
                  next.open();
              }}});
    });
}

TEST_CASE("monitor: an item in a block wakes who waits for it, though the next block takes for ever") {
    for (const std::uint64_t items : {3U, 5U}) {  // the next block is the last of the batch, or not
        holds({.preemptions = 2, .stale_reads = 2, .waits_for_ever = true}, [items] {
            call<5> c(1);
            gate next;
            c.items.raise_limit(items);
            run({{"worker",
                  [&] {
                      c.work_in_blocks(0, 2, [&](std::uint64_t item) {
                          if (item == 2) next.wait();
                      });
                  }},
                 {"consumer", [&] {
                      c.wait_for(0);
                      next.open();
                  }}});
        });
    }
}

TEST_CASE("monitor: the last item of a batch wakes who waits for it") {
    holds({.preemptions = 2, .stale_reads = 2, .spurious = 1, .waits_for_ever = true}, [] {
        call<1> c(1);
        c.items.raise_limit(1);
        run({{"worker", [&] { c.work(0, 1, nothing); }}, {"consumer", [&] { c.wait_for(0); }}});
    });
}

TEST_CASE("monitor: who waits for one item after another is woken by the one that it waits for now") {
    holds({.preemptions = 2, .stale_reads = 1, .waits_for_ever = true}, [] {
        call<2> c(2);
        c.items.raise_limit(2);
        run({{"worker", [&] { c.work(0, 1, nothing); }}, {"consumer", [&] {
                                                              c.wait_for(0);
                                                              c.wait_for(1);
                                                          }}});
    });
}

TEST_CASE("monitor: who waits for any item is woken by the first, of two workers") {
    holds({.preemptions = 1, .stale_reads = 1, .waits_for_ever = true}, [] {
        call<2> c(2);
        gate next;
        c.items.raise_limit(2);
        const auto f = [&](std::uint64_t item) {
            if (item == 0) next.wait();
        };
        run({{"one", [&] { c.work(0, 1, f); }},
             {"other", [&] { c.work(1, 1, f); }},
             {"consumer", [&] {
                  while (!c.has(1)) c.sleeper.wait_urgently(no_item, c.items, instant::never(), [&] { return c.has(1); });
                  next.open();
              }}});
    });
}

TEST_CASE("monitor: who waits patiently is woken when enough is finished, and then sees what that is") {
    holds({.preemptions = 2, .stale_reads = 2, .spurious = 1, .waits_for_ever = true}, [] {
        call<2> c(1);
        std::array<number, 2> results;
        c.items.raise_limit(2);
        run({{"worker", [&] { c.work(0, 1, [&](std::uint64_t item) { results[item].set(1); }); }},
             {"consumer", [&] {
                  while (c.sleeper.finished() < 2)
                      c.sleeper.wait_patiently(2, instant::never(), [&] { return c.sleeper.finished() >= 2; });
                  check(results[0].get() == 1 && results[1].get() == 1, "a result is counted that is not there");
              }}});
    });
}

TEST_CASE("monitor: a signal wakes who waits, from the beginning of the wait on") {
    holds({.preemptions = 3, .stale_reads = 3, .waits_for_ever = true}, [] {
        call<1> c(1);
        parimap::detail::atomic<bool> is_cancelled{false};
        run({{"canceller",
              [&] {
                  is_cancelled.store(true, std::memory_order_seq_cst);
                  c.sleeper.signal();
              }},
             {"consumer", [&] {
                  const auto ready = [&] { return is_cancelled.load(std::memory_order_seq_cst); };
                  while (!ready()) c.sleeper.wait_urgently(0, c.items, instant::never(), ready);
              }}});
    });
}
