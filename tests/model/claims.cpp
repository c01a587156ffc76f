// SPDX-License-Identifier: MIT
// Claims: an item is one worker's, whoever takes it; what it is made of is seen; and who watches sees what was done.
#include "model/engine.hpp"

#include <parimap/detail/engine/claims.hpp>
#include <parimap/detail/system/asymmetric_fence.hpp>
#include <parimap/detail/system/item_number.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>

using namespace parimap_model;
using parimap::detail::asymmetric_fence;
using parimap::detail::claims;
using parimap::detail::no_item;

namespace {

constexpr std::uint64_t no_lag = no_item;

/// As batched_call::run_batches does.
void work(claims& all, std::size_t seat, std::uint64_t most, const std::function<void(std::uint64_t)>& start) {
    while (all.claim(seat, most, claims::max_batch, no_lag)) {
        do {
            claims::batch batch = all.batch_of(seat);
            for (std::uint64_t item = 0; batch.pop(item);) {
                if (batch.interrupted() && !all.is_open(item)) {
                    all.drop(seat);
                    break;
                }
                start(item);
            }
        } while (all.has_rest(seat));
    }
}

/// The same for blocks of two items.
void work_in_blocks(claims& all, std::size_t seat, const std::function<void(std::uint64_t)>& start) {
    while (all.claim(seat, claims::max_batch, claims::max_batch, no_lag)) {
        do {
            claims::batch batch = all.batch_of(seat);
            for (parimap::detail::item_range block; batch.pop(2, block);) {
                for (std::uint64_t item = block.first; item < block.end; ++item) start(item);
            }
        } while (all.has_rest(seat));
    }
}

template <std::size_t N>
struct started {
    std::array<int, N> times{};

    void operator()(std::uint64_t item) {
        check(item < N, "an item that is not there is started");
        check(++times[item] == 1, "an item is started twice");
    }
    void all_are() const {
        for (const int t : times) check(t == 1, "an item is not started");
    }
};

}  // namespace

TEST_CASE("claims: an item is its owner's or a thief's, and is started once") {
    holds({.preemptions = 2, .stale_reads = 2}, [] {
        claims all(2);
        started<3> items;
        all.raise_limit(3);
        run({{"owner", [&] { work(all, 0, 3, std::ref(items)); }}, {"thief", [&] { work(all, 1, 3, std::ref(items)); }}});
        items.all_are();
    });
}

TEST_CASE("claims: so is each item of a block, with fences, without, and where one fails") {
    for (const int fences : {0, 1, 100}) {
        holds({.preemptions = 2, .stale_reads = 2}, [fences] {
            asymmetric_fence::left = static_cast<std::uint64_t>(fences);
            claims all(2);
            started<4> items;
            all.raise_limit(4);
            run({{"owner", [&] { work_in_blocks(all, 0, std::ref(items)); }},
                 {"thief", [&] { work_in_blocks(all, 1, std::ref(items)); }}});
            items.all_are();
        });
    }
    asymmetric_fence::left = ~std::uint64_t{0};
}

TEST_CASE("claims: three seats rob each other, and each item is started once") {
    holds({.random = 30'000}, [] {
        claims all(3);
        started<6> items;
        all.raise_limit(6);
        run({{"first", [&] { work(all, 0, 6, std::ref(items)); }},
             {"second", [&] { work(all, 1, 2, std::ref(items)); }},
             {"third", [&] { work(all, 2, 2, std::ref(items)); }}});
        items.all_are();
    });
}

TEST_CASE("claims: a theft whose fence fails is undone, and its items are started once") {
    for (const std::size_t fences : {0U, 1U}) {
        holds({.preemptions = 2 - fences, .stale_reads = 2 - fences}, [fences] {
            asymmetric_fence::left = fences;
            claims all(2);
            started<3> items;
            all.raise_limit(3);
            run({{"owner", [&] { work(all, 0, 3, std::ref(items)); }}, {"thief", [&] { work(all, 1, 1, std::ref(items)); }}});
            items.all_are();
        });
    }
    asymmetric_fence::left = ~std::uint64_t{0};
}

TEST_CASE("claims: without fences owner and thief meet in the lock") {
    holds({.preemptions = 2, .stale_reads = 1}, [] {
        claims all(2, nullptr);
        started<3> items;
        all.raise_limit(3);
        run({{"owner", [&] { work(all, 0, 3, std::ref(items)); }}, {"thief", [&] { work(all, 1, 3, std::ref(items)); }}});
        items.all_are();
    });
}

TEST_CASE("claims: who claims an item sees what it is made of") {
    holds({.preemptions = 2, .stale_reads = 1}, [] {
        claims all(2);
        std::array<number, 2> made;
        started<2> items;
        const auto start = [&](std::uint64_t item) {
            check(made[item].get() == static_cast<int>(item) + 1, "an item is started that is not made");
            items(item);
        };
        run({{"supplier",
              [&] {
                  for (const int i : {0, 1}) {
                      made[static_cast<std::size_t>(i)].set(i + 1);
                      all.raise_limit(static_cast<std::uint64_t>(i) + 1);
                  }
              }},
             {"one", [&] { work(all, 0, 2, start); }},
             {"other", [&] { work(all, 1, 2, start); }}});
        work(all, 0, 2, start);
        items.all_are();
    });
}

TEST_CASE("claims: behind a gate that closes each worker starts one item more at most, beside a thief") {
    // (The one that it had taken before. Without stale reads: a closing gate waits for no worker to see it.)
    holds({.preemptions = 2, .stale_reads = 0}, [] {
        claims all(2);
        started<4> items;
        all.raise_limit(4);
        bool is_closed = false;
        std::array<int, 2> late{};
        const auto start_on = [&](std::size_t seat) {
            return [&, seat](std::uint64_t item) {
                items(item);
                if (is_closed && item >= 1) check(++late[seat] == 1, "a worker starts items behind the gate");
            };
        };
        run({{"owner", [&] { work(all, 0, 4, start_on(0)); }},
             {"thief", [&] { work(all, 1, 4, start_on(1)); }},
             {"closer", [&] {
                  all.close_from(1);
                  is_closed = true;
              }}});
        check(items.times[0] == 1, "an item before the gate is not started");
        check(!all.claimable(), "items behind the gate are claimable");
    });
}
