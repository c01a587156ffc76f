// SPDX-License-Identifier: MIT
// claims: every item is started once or dropped once, whoever claims and steals, and outbox loses and swaps nothing.

#include "support/catch.hpp"
#include "support/fences.hpp"

#include <parimap/detail/engine/claims.hpp>
#include <parimap/detail/results/outbox.hpp>
#include <parimap/detail/system/asymmetric_fence.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <numeric>
#include <thread>
#include <vector>

using parimap::detail::claims;
using parimap_test::always;

namespace {

bool pop(claims& c, std::size_t seat, std::uint64_t& item) { return c.batch_of(seat).pop(item); }

}  // namespace

TEST_CASE("claims: a seat gets a batch and starts its items in order") {
    claims c(1);
    c.raise_limit(10);
    std::uint64_t item = 0;
    REQUIRE_FALSE(pop(c, 0, item));
    REQUIRE(c.claim(0, 4, 4, parimap::detail::no_item));
    for (std::uint64_t expected = 0; expected < 4; ++expected) {
        REQUIRE(pop(c, 0, item));
        REQUIRE(item == expected);
    }
    REQUIRE_FALSE(pop(c, 0, item));
    REQUIRE(c.claim(0, 100, 100, parimap::detail::no_item));
    REQUIRE(c.next() == 10);
    REQUIRE(c.drop(0) == 6);
    REQUIRE_FALSE(c.claim(0, 100, 100, parimap::detail::no_item));
    REQUIRE_FALSE(c.claimable());
}

TEST_CASE("claims: a seat without items takes the back half of a batch in progress") {
    claims c(2);
    c.raise_limit(8);
    std::uint64_t item = 0;
    REQUIRE(c.claim(0, 8, 8, parimap::detail::no_item));
    REQUIRE(pop(c, 0, item));
    REQUIRE(c.claimable());
    REQUIRE(c.claim(1, 8, 8, parimap::detail::no_item));  // 7 are left: it takes 4
    REQUIRE(pop(c, 1, item));
    REQUIRE(item == 4);
    REQUIRE(c.drop(0) == 3);
    REQUIRE(c.drop(1) == 3);
}

TEST_CASE("claims: a batch is robbed also where there is no fence") {
    claims c(2, nullptr);
    c.raise_limit(8);
    std::uint64_t item = 0;
    REQUIRE(c.claim(0, 8, 8, parimap::detail::no_item));
    REQUIRE(c.claimable());
    REQUIRE(c.claim(1, 8, 8, parimap::detail::no_item));
    REQUIRE(pop(c, 1, item));
    REQUIRE(item == 4);
    REQUIRE(c.drop(0) == 4);
}

TEST_CASE("claims: an item that many others have overtaken goes first") {
    claims c(2);
    c.raise_limit(100);
    std::uint64_t item = 0;
    REQUIRE(c.claim(0, 2, 2, parimap::detail::no_item));
    REQUIRE(pop(c, 0, item));  // seat 0 is held up by item 0; item 1 waits behind it
    for (int batch = 0; batch < 5; ++batch) {
        REQUIRE(c.claim(1, 2, 2, 10));
        REQUIRE(pop(c, 1, item));
        REQUIRE(item > 1);
        c.drop(1);
    }
    REQUIRE(c.claim(1, 2, 2, 10));
    REQUIRE(pop(c, 1, item));
    REQUIRE(item == 1);
}

TEST_CASE("claims: a thief that takes one item sees that it leaves another behind") {
    claims c(3);
    c.raise_limit(3);
    std::uint64_t item = 0;
    REQUIRE(c.claim(0, 3, 3, parimap::detail::no_item));
    REQUIRE(c.left_for_others(0, 2) == 2);
    REQUIRE(pop(c, 0, item));
    REQUIRE(c.claim(1, 3, 3, parimap::detail::no_item));  // half of two
    REQUIRE(c.left_for_others(1, 2) == 1);                // the other half, for seat 2
    REQUIRE(pop(c, 1, item));
    REQUIRE(c.claim(2, 3, 3, parimap::detail::no_item));
    REQUIRE(c.left_for_others(2, 2) == 0);
}

TEST_CASE("claims: behind a closed gate nothing is claimed") {
    claims c(2);
    c.raise_limit(100);
    c.close_from(5);
    REQUIRE(c.is_open(4));
    REQUIRE_FALSE(c.is_open(5));
    REQUIRE(c.claim(0, 50, 50, parimap::detail::no_item));
    REQUIRE(c.drop(0) == 5);
    REQUIRE_FALSE(c.claimable());
    c.close_from(7);  // a gate never opens again
    REQUIRE_FALSE(c.is_open(5));
}

TEST_CASE("claims: numbers beyond 32 bits stay whole") {
    claims c(1);
    const std::uint64_t far = (std::uint64_t{1} << 32) + 5;
    c.raise_limit(far);
    std::uint64_t item = 0;
    std::uint64_t expected = 0;
    while (c.claim(0, claims::max_batch, claims::max_batch, parimap::detail::no_item)) {
        REQUIRE(pop(c, 0, item));
        REQUIRE(item == expected);
        expected += 1 + c.drop(0);
    }
    REQUIRE(expected == far);
}

TEST_CASE("claims: who watches interrupts every worker before its next item until nobody watches") {
    for (const bool has_fence : {true, false}) {
        claims c(2, has_fence ? &always : nullptr);
        c.raise_limit(20);
        std::uint64_t item = 0;
        REQUIRE(c.claim(0, 10, 10, parimap::detail::no_item));
        claims::batch working = c.batch_of(0);
        REQUIRE(working.pop(item));
        REQUIRE(working.interrupted() == !has_fence);
        c.watch();
        for (int i = 0; i < 2; ++i) {
            REQUIRE(working.pop(item));
            REQUIRE(working.interrupted());
        }
        REQUIRE(c.claim(1, 10, 10, parimap::detail::no_item));  // who comes later too
        claims::batch late = c.batch_of(1);
        REQUIRE(late.pop(item));
        REQUIRE(late.interrupted());
        c.unwatch();
        REQUIRE(working.pop(item));
        REQUIRE(working.interrupted());  // the last one, which notices
        REQUIRE(working.pop(item));
        REQUIRE(working.interrupted() == !has_fence);
        REQUIRE(item == 4);
        REQUIRE(working.started() == 5);
    }
}

TEST_CASE("claims: a gate that closes interrupts whoever works behind it") {
    claims c(1, &always);
    c.raise_limit(10);
    REQUIRE(c.claim(0, 10, 10, parimap::detail::no_item));
    claims::batch working = c.batch_of(0);
    std::uint64_t item = 0;
    REQUIRE(working.pop(item));
    REQUIRE_FALSE(working.interrupted());
    c.close_from(1);
    REQUIRE(working.pop(item));
    REQUIRE(working.interrupted());
    REQUIRE_FALSE(c.is_open(item));
    REQUIRE(c.drop(0) == 8);
    REQUIRE_FALSE(working.pop(item));
}

TEST_CASE("claims: a block is what is asked for, or what is left, whoever takes a part of the batch") {
    for (const auto fence : {&always, claims::heavy_fence{nullptr}}) {
        claims c(2, fence);
        c.raise_limit(20);
        REQUIRE(c.claim(0, 20, 20, parimap::detail::no_item));
        claims::batch working = c.batch_of(0);
        parimap::detail::item_range block;
        REQUIRE(working.pop(6, block));
        REQUIRE((block.first == 0 && block.end == 6));
        REQUIRE(c.claim(1, 20, 20, parimap::detail::no_item));  // 14 are left: it takes 7
        REQUIRE(working.pop(6, block));
        REQUIRE((block.first == 6 && block.end == 12));
        REQUIRE(working.pop(6, block));
        REQUIRE((block.first == 12 && block.end == 13));
        REQUIRE_FALSE(working.pop(6, block));
        REQUIRE(working.started() == 13);
        REQUIRE_FALSE(c.has_rest(0));
        claims::batch stolen = c.batch_of(1);
        REQUIRE(stolen.pop(100, block));
        REQUIRE((block.first == 13 && block.end == 20));
    }
}

TEST_CASE("claims: a block of which thieves have taken a part ends before it, and one of which they have taken all is none") {
    for (const auto fence : {&always, claims::heavy_fence{nullptr}}) {
        claims c(2, fence);
        c.raise_limit(8);
        REQUIRE(c.claim(0, 8, 8, parimap::detail::no_item));
        claims::batch working = c.batch_of(0);
        parimap::detail::item_range block;
        REQUIRE(working.pop(1, block));
        REQUIRE(c.claim(1, 8, 8, parimap::detail::no_item));
        REQUIRE(c.drop(1) == 4);  // of seven
        REQUIRE(working.pop(5, block));
        REQUIRE((block.first == 1 && block.end == 4));
        REQUIRE(working.started() == 4);
        REQUIRE_FALSE(c.has_rest(0));
    }
    for (const auto fence : {&always, claims::heavy_fence{nullptr}}) {
        claims c(2, fence);
        c.raise_limit(8);
        REQUIRE(c.claim(0, 8, 8, parimap::detail::no_item));
        claims::batch working = c.batch_of(0);
        parimap::detail::item_range block;
        REQUIRE(working.pop(5, block));
        for (std::uint64_t stolen = 0; stolen < 3; stolen += c.drop(1)) REQUIRE(c.claim(1, 8, 8, parimap::detail::no_item));
        REQUIRE_FALSE(working.pop(5, block));
        REQUIRE(working.started() == 5);
        REQUIRE_FALSE(c.has_rest(0));
    }
}

TEST_CASE("claims: a gate that closes inside a block cuts it") {
    claims c(1, &always);
    c.raise_limit(20);
    REQUIRE(c.claim(0, 20, 20, parimap::detail::no_item));
    claims::batch working = c.batch_of(0);
    parimap::detail::item_range block;
    REQUIRE(working.pop(4, block));
    c.close_from(6);
    REQUIRE(working.pop(4, block));
    REQUIRE(working.interrupted());
    REQUIRE(c.open_end(block.first, block.end) == 6);
    REQUIRE(c.open_end(0, 4) == 4);
    REQUIRE(c.open_end(8, 12) == 8);
    REQUIRE(c.drop(0) == 12);
}

TEST_CASE("claims: a range that is shorter than what is worth robbing is left alone, and can be claimed still") {
    for (const auto fence : {&always, claims::heavy_fence{nullptr}}) {
        claims c(3, fence);
        c.raise_limit(10);
        std::uint64_t item = 0;
        REQUIRE(c.claim(0, 10, 10, parimap::detail::no_item, 100));  // of what no batch has taken, any number is
        REQUIRE(pop(c, 0, item));
        REQUIRE_FALSE(c.claim(1, 10, 10, parimap::detail::no_item, 10));  // 9 are left
        REQUIRE(c.claimable());
        REQUIRE(c.has_loot());
        REQUIRE(c.claim(1, 10, 10, parimap::detail::no_item, 9));
        REQUIRE(pop(c, 1, item));
        REQUIRE(item == 5);
        REQUIRE_FALSE(c.claim(2, 10, 10, parimap::detail::no_item, 5));  // 4 and 4
        REQUIRE(c.claim(2, 10, 10, parimap::detail::no_item, 4));
        REQUIRE(c.drop(0) + c.drop(1) + c.drop(2) == 8);
    }
}

TEST_CASE("claims: an item that many others have overtaken is taken out of the shortest range") {
    claims c(2);
    c.raise_limit(100);
    std::uint64_t item = 0;
    REQUIRE(c.claim(0, 2, 2, parimap::detail::no_item));
    REQUIRE(pop(c, 0, item));
    REQUIRE(c.claim(1, 20, 20, parimap::detail::no_item));
    c.drop(1);
    REQUIRE(c.claim(1, 20, 20, 10, 1000));
    REQUIRE(pop(c, 1, item));
    REQUIRE(item == 1);
}

TEST_CASE("claims: what no batch has taken and what is in others' batches are told apart") {
    claims c(2);
    REQUIRE_FALSE(c.has_batch());
    REQUIRE_FALSE(c.has_loot());
    c.raise_limit(6);
    REQUIRE(c.has_batch());
    REQUIRE_FALSE(c.has_loot());
    REQUIRE(c.claim(0, 4, 4, parimap::detail::no_item));
    REQUIRE(c.has_batch());
    REQUIRE(c.has_loot());
    REQUIRE(c.claim(1, 4, 4, parimap::detail::no_item));
    REQUIRE_FALSE(c.has_batch());
    REQUIRE(c.has_loot());
    c.drop(1);
    std::uint64_t item = 0;
    for (int i = 0; i < 3; ++i) REQUIRE(pop(c, 0, item));
    REQUIRE(c.has_loot());
    REQUIRE(pop(c, 0, item));
    REQUIRE_FALSE(c.has_loot());
    REQUIRE_FALSE(c.claimable());
    c.raise_limit(20);
    c.close_from(10);
    REQUIRE(c.has_batch());
    REQUIRE(c.claim(0, 4, 4, parimap::detail::no_item));
    REQUIRE_FALSE(c.has_batch());  // the rest is behind the gate
    REQUIRE(c.has_loot());
    c.close_from(6);
    REQUIRE_FALSE(c.has_loot());
    REQUIRE_FALSE(c.claimable());
}

TEST_CASE("claims: some items end where a line of memory does, many where a large node does, and never before their first") {
    using parimap::detail::end_of_some;
    REQUIRE(end_of_some(0, 63) == 63);  // no such end behind the first
    REQUIRE(end_of_some(0, 64) == 64);
    REQUIRE(end_of_some(0, 65) == 64);
    REQUIRE(end_of_some(0, 127) == 64);
    REQUIRE(end_of_some(0, 128) == 128);
    REQUIRE(end_of_some(63, 64) == 64);
    REQUIRE(end_of_some(63, 65) == 64);
    REQUIRE(end_of_some(64, 65) == 65);
    REQUIRE(end_of_some(64, 127) == 127);
    REQUIRE(end_of_some(64, 129) == 128);
    REQUIRE(end_of_some(0, 4095) == 4032);
    REQUIRE(end_of_some(0, 4096) == 4096);
    REQUIRE(end_of_some(1, 4096) == 4096);
    REQUIRE(end_of_some(1, 4161) == 4096);
    REQUIRE(end_of_some(10, 4105) == 4096);
    REQUIRE(end_of_some(500, 4595) == 4544);  // 4095 items
    REQUIRE(end_of_some(500, 4596) == 4096);  // one more
    for (std::uint64_t first = 0; first < 1100; ++first) {
        for (std::uint64_t count = 1; count < 5000; count += 1 + count / 70) {
            const std::uint64_t end = end_of_some(first, first + count);
            if (!(end > first && end <= first + count)) FAIL("from " << first << ", so many: " << count);
            if (end < first + count && end % 64 != 0) FAIL("cut at " << end);
        }
    }
}

TEST_CASE("claims: a batch of the counter's ends where a line of memory does, but for the last one") {
    claims c(1);
    c.raise_limit(150);
    c.close_from(140);
    const auto next_after = [&](std::uint64_t most) {
        REQUIRE(c.claim(0, most, most, parimap::detail::no_item));
        c.drop(0);
        return c.next();
    };
    REQUIRE(next_after(10) == 10);
    REQUIRE(next_after(60) == 64);
    REQUIRE(next_after(70) == 128);
    REQUIRE(next_after(12) == 140);  // all there are, whoever asked for no more
    REQUIRE_FALSE(c.claim(0, 1, 1, parimap::detail::no_item));
}

TEST_CASE("claims: items popped in passing are those that pop gives, and where the end is in doubt pop decides") {
    for (const bool has_fence : {true, false}) {
        CAPTURE(has_fence);
        claims c(2, has_fence ? &always : nullptr);
        c.raise_limit(20);
        REQUIRE(c.claim(0, 20, 20, parimap::detail::no_item));
        claims::batch working = c.batch_of(0);
        std::uint64_t item = 0;
        const auto pop_some = [&](int most) {
            claims::batch copy = working;
            int count = 0;
            while (count < most && copy.pop_in_passing(item)) {
                REQUIRE(item == working.next() + static_cast<std::uint64_t>(count));
                ++count;
            }
            working.follow(copy);
            return count;
        };
        REQUIRE(pop_some(3) == (has_fence ? 3 : 0));
        const std::uint64_t taken = has_fence ? 3 : 0;
        REQUIRE(working.next() == taken);
        REQUIRE(working.started() == taken);
        REQUIRE(working.pop(item));
        REQUIRE(item == taken);
        REQUIRE(working.interrupted() == !has_fence);

        c.watch();  // somebody wants attention: an item is there, and none in passing
        REQUIRE(pop_some(3) == 0);
        REQUIRE(working.pop(item));
        REQUIRE(item == taken + 1);
        REQUIRE(working.interrupted());
        c.unwatch();
        REQUIRE(working.pop(item));

        const std::uint64_t left = 20 - working.next();
        REQUIRE(c.claim(1, 20, 20, parimap::detail::no_item));  // takes half of them
        const std::uint64_t end = 20 - (left + 1) / 2;
        if (has_fence) REQUIRE(pop_some(100) == static_cast<int>(end - taken - 3));
        while (working.next() < end) {
            REQUIRE(working.pop(item));
            REQUIRE(item + 1 == working.next());
        }
        REQUIRE(pop_some(100) == 0);
        REQUIRE_FALSE(working.pop(item));
        REQUIRE_FALSE(c.has_rest(0));
        REQUIRE(working.started() == end);
        REQUIRE(c.drop(1) == 20 - end);
    }
}

TEST_CASE("claims: an item reached for in passing while a thief takes it is the thief's, and the one before it is not") {
    static claims* all = nullptr;
    static claims::batch* owner = nullptr;
    static int taken = 0;
    // Within the theft, when the end is lowered and the thief has not looked at the front yet.
    const auto owner_is_fast = []() noexcept {
        claims::batch copy = *owner;
        for (std::uint64_t item = 0; copy.pop_in_passing(item);) ++taken;
        owner->follow(copy);
        return true;
    };
    claims c(2, owner_is_fast);
    all = &c;
    c.raise_limit(10);
    REQUIRE(all->claim(0, 10, 10, parimap::detail::no_item));
    claims::batch working = c.batch_of(0);
    owner = &working;
    REQUIRE(c.claim(1, 10, 10, parimap::detail::no_item));
    REQUIRE(taken == 5);
    std::uint64_t item = 0;
    const bool has_another = working.pop(item);  // the one that it had reached for, which the thief then left
    REQUIRE(working.started() + c.drop(1) == 10);
    REQUIRE(working.started() == 5U + has_another);
    REQUIRE_FALSE(working.pop(item));
    REQUIRE_FALSE(c.has_rest(0));
}

// run: takes all items of a seat's batch, and counts those that it started.
template <class Run>
void each_item_starts_once(Run run) {
    constexpr std::uint64_t items = 400'000;
    for (const auto fence : {claims::best_fence(), claims::heavy_fence{nullptr}}) {
        claims c(4, fence);
        std::vector<std::atomic<int>> started(items);
        c.raise_limit(items);
        std::vector<std::thread> workers;
        for (std::size_t seat = 0; seat < 4; ++seat) {
            workers.emplace_back([&, seat] {
                while (c.claim(seat, 20'000, 20'000, parimap::detail::no_item)) {
                    do {
                        claims::batch working = c.batch_of(seat);
                        run(working, seat, started);
                    } while (c.has_rest(seat));
                }
            });
        }
        for (std::thread& worker : workers) worker.join();
        REQUIRE(std::all_of(started.begin(), started.end(), [](const std::atomic<int>& times) { return times == 1; }));
    }
}

TEST_CASE("claims: threads that pop in passing and steal start every item exactly once") {
    each_item_starts_once([](claims::batch& working, std::size_t /*seat*/, std::vector<std::atomic<int>>& started) {
        for (std::uint64_t item = 0;;) {
            claims::batch copy = working;
            while (copy.pop_in_passing(item)) ++started[item];
            working.follow(copy);
            if (!working.pop(item)) break;
            ++started[item];
        }
    });
}

TEST_CASE("claims: threads that take blocks and steal start every item exactly once") {
    each_item_starts_once([](claims::batch& working, std::size_t seat, std::vector<std::atomic<int>>& started) {
        parimap::detail::item_range block;
        while (working.pop(1 + (working.started() * 7 + seat) % 50, block)) {
            for (std::uint64_t i = block.first; i < block.end; ++i) ++started[i];
        }
    });
}

TEST_CASE("claims: a gate that closes further on interrupts each item on the way to it and the first behind it") {
    claims c(1, &always);
    c.raise_limit(10);
    REQUIRE(c.claim(0, 10, 10, parimap::detail::no_item));
    claims::batch working = c.batch_of(0);
    std::uint64_t item = 0;
    REQUIRE(working.pop(item));
    c.close_from(5);
    for (std::uint64_t i = 1; i <= 5; ++i) {
        REQUIRE(working.pop(item));
        REQUIRE(working.interrupted());
        REQUIRE(c.is_open(item) == (i < 5));
    }
    REQUIRE_FALSE(c.claimable());  // what is left of the batch lies behind it
    REQUIRE(c.drop(0) == 4);
}

TEST_CASE("claims: who closes a gate that another is just closing starts nothing behind it either") {
    constexpr std::size_t seats = 2000;  // so that it takes a while to reach the last
    int started = 0;
    for (int round = 0; round < 300; ++round) {
        claims c(seats, &always);
        c.raise_limit(10);
        REQUIRE(c.claim(seats - 1, 10, 10, parimap::detail::no_item));
        claims::batch working = c.batch_of(seats - 1);
        std::uint64_t item = 0;
        REQUIRE(working.pop(item));
        std::thread another([&] { c.close_from(0); });
        while (c.is_open(0)) std::this_thread::yield();
        c.close_from(item);  // as an item that failed
        if (working.pop(item) && !(working.interrupted() && !c.is_open(item))) ++started;
        another.join();
    }
    REQUIRE(started == 0);
}

TEST_CASE("claims: a thief whose fence fails has stolen nothing and the owner finds what it seemed to lose") {
    static claims* all = nullptr;
    static std::vector<std::uint64_t> started;
    static bool owner_is_fast = false;
    const auto failing = []() noexcept {
        // Within the theft, as an owner would that sees the lower end at once.
        if (owner_is_fast) {
            claims::batch working = all->batch_of(0);
            for (std::uint64_t item = 0; working.pop(item);) started.push_back(item);
        }
        return false;
    };
    for (const bool is_fast : {false, true}) {
        CAPTURE(is_fast);
        owner_is_fast = is_fast;
        started.clear();
        claims c(2, failing);
        all = &c;
        c.raise_limit(20);
        std::uint64_t item = 0;
        REQUIRE(c.claim(0, 20, 20, parimap::detail::no_item));
        REQUIRE(pop(c, 0, item));
        started.push_back(item);
        REQUIRE_FALSE(c.claim(1, 20, 20, parimap::detail::no_item));
        REQUIRE_FALSE(c.claimable());  // or workers would try in vain for ever
        REQUIRE(c.has_rest(0));
        claims::batch working = c.batch_of(0);
        REQUIRE(working.pop(item));
        started.push_back(item);
        // From here on the owner takes the lock, so others need no fence.
        REQUIRE(c.claimable());
        REQUIRE(c.claim(1, 20, 20, parimap::detail::no_item));
        claims::batch stolen = c.batch_of(1);
        while (stolen.pop(item)) started.push_back(item);
        while (working.pop(item)) started.push_back(item);
        REQUIRE_FALSE(c.has_rest(0));
        REQUIRE_FALSE(c.has_rest(1));
        std::sort(started.begin(), started.end());
        std::vector<std::uint64_t> expected(20);
        std::iota(expected.begin(), expected.end(), std::uint64_t{0});
        REQUIRE(started == expected);
    }
}

TEST_CASE("claims: an owner at the end of its batch waits for a theft that may be undone") {
    static std::atomic<bool> is_robbed{false};
    static std::atomic<bool> has_asked{false};
    is_robbed = has_asked = false;
    claims c(2, []() noexcept {
        is_robbed = true;
        for (int i = 0; i < 1000 && !has_asked; ++i)
            std::this_thread::sleep_for(std::chrono::microseconds{20});  // it must not come back
        return false;
    });
    c.raise_limit(20);
    REQUIRE(c.claim(0, 20, 20, parimap::detail::no_item));
    std::thread thief([&] { static_cast<void>(c.claim(1, 20, 20, parimap::detail::no_item)); });
    while (!is_robbed) std::this_thread::yield();
    claims::batch working = c.batch_of(0);
    std::uint64_t item = 0;
    for (int i = 0; i < 10; ++i) REQUIRE(working.pop(item));
    REQUIRE_FALSE(working.pop(item));  // the other ten seem to be the thief's
    const bool has_rest = c.has_rest(0);
    has_asked = true;
    thief.join();
    REQUIRE(has_rest);
    REQUIRE(c.drop(0) == 10);
}

TEST_CASE("claims: a watcher is told when the fence fails and a batch that began with fences is under way") {
    claims c(1, []() noexcept { return false; });
    c.raise_limit(10);
    REQUIRE(c.watch());  // nobody has an item
    c.unwatch();
    REQUIRE(c.claim(0, 10, 10, parimap::detail::no_item));
    REQUIRE_FALSE(c.watch());
    claims::batch working = c.batch_of(0);
    std::uint64_t item = 0;
    REQUIRE(working.pop(item));
    REQUIRE(working.interrupted());
    REQUIRE(c.watch());  // without fences it is interrupted at each item
}

TEST_CASE("claims: threads whose fences fail in the middle start every item exactly once") {
    static std::atomic<int> good_fences{0};
    constexpr std::size_t seats = 4;
    constexpr std::uint64_t items = 20'000;
    for (int round = 0; round < 30; ++round) {
        good_fences = round;
        const auto fence = []() noexcept { return good_fences.fetch_sub(1) > 0 && parimap::detail::asymmetric_fence::heavy(); };
        claims c(seats, parimap::detail::asymmetric_fence::available() ? claims::heavy_fence(fence) : nullptr);
        const auto started = std::make_unique<std::atomic<int>[]>(items);
        c.raise_limit(items);
        std::vector<std::thread> threads;
        for (std::size_t seat = 0; seat < seats; ++seat) {
            threads.emplace_back([&, seat] {
                while (c.next() < items || c.claimable()) {
                    while (c.claim(seat, 500, 500, parimap::detail::no_item)) {
                        do {
                            claims::batch mine = c.batch_of(seat);
                            for (std::uint64_t item = 0; mine.pop(item);) started[item].fetch_add(1, std::memory_order_relaxed);
                        } while (c.has_rest(seat));
                    }
                }
            });
        }
        for (std::thread& t : threads) t.join();
        std::uint64_t once = 0;
        for (std::uint64_t i = 0; i < items; ++i) once += started[i].load() == 1;
        REQUIRE(once == items);
    }
}

TEST_CASE("claims: a watcher misses no item that is finished while it begins to watch") {
    // The two sides of a sleep: the worker publishes and looks whether to wake, the watcher watches and looks whether to
    // sleep. At least one must see the other. (They seldom meet within the few nanoseconds that matter; the test below
    // is the one that tells a missing fence.)
    for (const bool has_fence : {parimap::detail::asymmetric_fence::available(), false}) {
        constexpr std::uint64_t rounds = 20'000;
        claims c(1, has_fence ? claims::best_fence() : nullptr);
        c.raise_limit(2 * rounds);
        std::atomic<std::uint64_t> turn{0};
        std::atomic<std::uint64_t> published{0};
        std::atomic<bool> worker_saw{false};
        std::uint64_t missed = 0;
        const auto wait_for_turn = [&](std::uint64_t mine) {  // awake, so that the two meet within nanoseconds
            for (int tries = 0; turn.load() != mine; ++tries) {
                if (tries > 1000) std::this_thread::yield();
            }
        };
        std::thread worker([&] {
            c.claim(0, 2 * rounds, 2 * rounds, parimap::detail::no_item);
            claims::batch working = c.batch_of(0);
            std::uint64_t item = 0;
            for (std::uint64_t round = 1; round <= rounds; ++round) {
                wait_for_turn(2 * round - 1);
                working.pop(item);
                static_cast<void>(working.interrupted());
                published.store(round, std::memory_order_release);
                working.pop(item);
                worker_saw.store(working.interrupted(), std::memory_order_relaxed);
                turn.store(2 * round);
            }
        });
        for (std::uint64_t round = 1; round <= rounds; ++round) {
            turn.store(2 * round - 1);
            for (std::uint64_t wait = round % 500; wait > 0; --wait) std::atomic_signal_fence(std::memory_order_seq_cst);
            c.watch();
            const bool watcher_saw = published.load(std::memory_order_acquire) == round;
            wait_for_turn(2 * round);
            c.unwatch();
            missed += !watcher_saw && !worker_saw.load(std::memory_order_relaxed);
        }
        worker.join();
        REQUIRE(missed == 0);
    }
}

TEST_CASE("claims: threads that claim and steal start every item exactly once") {
    constexpr std::size_t seats = 4;
    constexpr std::uint64_t items = 200'000;
    for (const bool has_fence : {parimap::detail::asymmetric_fence::available(), false}) {
        for (const std::uint64_t batch : {std::uint64_t{1}, std::uint64_t{7}, std::uint64_t{5000}}) {
            CAPTURE(has_fence, batch);
            claims c(seats, has_fence ? claims::best_fence() : nullptr);
            const auto started = std::make_unique<std::atomic<int>[]>(items);
            std::vector<std::thread> threads;
            for (std::size_t seat = 0; seat < seats; ++seat) {
                threads.emplace_back([&, seat] {
                    // Seat 0 supplies in steps, so that the others often find nothing but each other's batches.
                    while (c.next() < items || c.claimable()) {
                        if (seat == 0 && c.limit() < items) c.raise_limit(std::min<std::uint64_t>(items, c.limit() + 3000));
                        while (c.claim(seat, batch, batch, 1000)) {
                            claims::batch mine = c.batch_of(seat);
                            for (std::uint64_t item = 0; mine.pop(item);) {
                                started[item].fetch_add(1, std::memory_order_relaxed);
                            }
                        }
                    }
                });
            }
            for (std::thread& t : threads) t.join();
            std::uint64_t once = 0;
            for (std::uint64_t i = 0; i < items; ++i) once += started[i].load() == 1;
            REQUIRE(once == items);
        }
    }
}

TEST_CASE("outbox: what one thread puts in comes out in order and whole") {
    struct entry {
        std::uint64_t number;
        std::unique_ptr<std::uint64_t> copy;
    };
    parimap::detail::outbox<entry> box;
    constexpr std::uint64_t entries = 200'000;
    std::thread writer([&] {
        for (std::uint64_t i = 0; i < entries; ++i) {
            ::new (box.room()) entry{i, std::make_unique<std::uint64_t>(i)};
            box.push();
        }
    });
    std::uint64_t wrong = 0;
    for (std::uint64_t expected = 0; expected < entries - 10;) {  // the last ones stay for the destructor
        entry* e = box.front();
        if (!e) {
            std::this_thread::yield();
            continue;
        }
        wrong += e->number != expected || *e->copy != expected;
        box.pop();
        ++expected;
    }
    writer.join();
    REQUIRE(wrong == 0);
}

TEST_CASE("outbox: room for an entry is no entry yet, also in a block that was used before") {
    using outbox = parimap::detail::outbox<std::uint64_t>;
    outbox box;
    for (std::uint64_t i = 0; i < 4 * outbox::block_size; ++i) {
        void* const room = box.room();
        REQUIRE_FALSE(box.front());  // an item may run for long before it is there
        ::new (room) std::uint64_t(i);
        box.push();
        REQUIRE(box.front());
        REQUIRE(*box.front() == i);
        box.pop();
    }
}
