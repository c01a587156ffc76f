// SPDX-License-Identifier: MIT
// monitor: who waits is woken, also where the fence fails, and leaves no trace behind.
#include "support/catch.hpp"
#include "support/fences.hpp"
#include "support/gate.hpp"

#include <parimap/detail/engine/claims.hpp>
#include <parimap/detail/engine/monitor.hpp>
#include <parimap/detail/system/instant.hpp>

#include <atomic>
#include <cstdint>
#include <thread>

using namespace parimap_test;
using parimap::detail::claims;
using parimap::detail::instant;
using parimap::detail::monitor;

namespace {

constexpr auto nothing = [] { return false; };

}  // namespace

TEST_CASE("monitor: who watches without a fence looks again soon, for nobody may tell him") {
    claims c(1, &fails);
    c.raise_limit(10);
    REQUIRE(c.claim(0, 10, 10, parimap::detail::no_item));
    monitor m(1);
    std::atomic<bool> returned{false};
    std::thread consumer([&] {
        m.wait_urgently(parimap::detail::no_item, c, instant::never(), nothing);
        returned = true;
    });
    const bool has_returned = eventually([&] { return returned.load(); });
    m.signal();
    consumer.join();
    REQUIRE(has_returned);
}

TEST_CASE("monitor: workers are interrupted as long as somebody watches, and no longer") {
    claims c(1, &always);
    c.raise_limit(10);
    REQUIRE(c.claim(0, 10, 10, parimap::detail::no_item));
    claims::batch working = c.batch_of(0);
    std::uint64_t item = 0;
    monitor m(1);
    int interruptions = 0;
    m.wait_urgently(parimap::detail::no_item, c, instant::now(), [&] {
        for (int i = 0; i < 3; ++i) {
            REQUIRE(working.pop(item));
            interruptions += working.interrupted();
        }
        return true;
    });
    REQUIRE(interruptions == 3);
    REQUIRE(working.pop(item));
    REQUIRE(working.interrupted());  // which notices that nobody does
    REQUIRE(working.pop(item));
    REQUIRE_FALSE(working.interrupted());
}

TEST_CASE("monitor: who was woken once sleeps again the next time") {
    claims c(1, &always);
    monitor m(1);
    m.signal();
    for (const bool patient : {false, true}) {
        CAPTURE(patient);
        const instant end = instant::now() + parimap::detail::time_span::microseconds(500);
        if (patient) {
            m.wait_patiently(1, end, nothing);
        } else {
            m.wait_urgently(parimap::detail::no_item, c, end, nothing);
        }
        REQUIRE(instant::now() >= end);
        m.signal();
    }
}

TEST_CASE("monitor: an item in the middle of those that are told of wakes who waits for it, and no other does") {
    claims c(1, &always);
    monitor m(1);
    for (const bool batch_ends : {false, true}) {
        for (const std::uint64_t due : {4U, 5U, 7U, 8U}) {
            CAPTURE(batch_ends, due);
            const bool is_told = due >= 5 && due < 8;
            std::atomic<bool> waits{false};
            const instant begin = instant::now();
            const instant end = begin + parimap::detail::time_span::microseconds(is_told ? 10'000'000 : 2'000);
            std::thread worker([&] {
                while (!waits) std::this_thread::yield();
                batch_ends ? m.after_batch(5, 8) : m.after_items(5, 8);
            });
            const auto looks = [&] { return waits = true, false; };
            m.wait_urgently(due, c, end, looks);
            const bool has_slept = instant::now() >= end;
            worker.join();
            REQUIRE(has_slept == !is_told);
        }
    }
}

TEST_CASE("monitor: no batch that ends while somebody begins to wait goes unseen") {
    // Whoever waits sees that the batch has ended, or its worker sees that somebody waits: else it sleeps to the deadline.
    constexpr std::uint64_t rounds = 100'000;
    claims c(1, &always);
    monitor m(1);
    std::atomic<std::uint64_t> round{0};
    std::thread worker([&] {
        monitor::tally finished = m.tally_of(0);
        for (std::uint64_t mine = 1; mine <= rounds; ++mine) {
            for (int tries = 0; round.load() < mine; ++tries) {  // awake, so that the two meet within nanoseconds
                if (tries > 1000) std::this_thread::yield();
            }
            for (std::uint64_t wait = mine % 300; wait > 0; --wait) std::atomic_signal_fence(std::memory_order_seq_cst);
            finished.add(1);
            m.after_batch(mine - 1, mine);
        }
    });
    std::uint64_t missed = 0;
    for (std::uint64_t mine = 1; mine <= rounds; ++mine) {
        round.store(mine);
        const instant end = instant::now() + parimap::detail::time_span::microseconds(10'000'000);
        const auto has_ended = [&] { return m.finished() >= mine; };
        m.wait_urgently(parimap::detail::no_item, c, missed > 0 ? instant::now() : end, has_ended);
        missed += instant::now() >= end;
        while (!has_ended()) std::this_thread::yield();  // it may return early
    }
    worker.join();
    REQUIRE(missed == 0);
}
