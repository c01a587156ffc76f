// SPDX-License-Identifier: MIT
// pace: batch and window follow the measured cost, within what the caller fixed.

#include "support/catch.hpp"

#include <parimap/detail/engine/pace.hpp>

#include <cfenv>
#include <chrono>
#include <cstdint>

using namespace std::chrono_literals;
using parimap::detail::pace;

TEST_CASE("pace: batches are single items until the cost is known and where it is high") {
    pace p(2, 0);
    REQUIRE(p.batch(1'000'000) == 1);
    p.measured(1ms, 1);
    REQUIRE(p.batch(1'000'000) == 1);
    REQUIRE_FALSE(p.batched());
}

TEST_CASE("pace: a batch of cheap items takes about the batch time") {
    pace p(2, 0);
    p.measured(100us, 1000);
    REQUIRE(p.ideal_batch() == 2500);
    REQUIRE(p.batch(1'000'000) == 2500);
    REQUIRE(p.batch(400) == 100);  // all seats get some of the rest
}

TEST_CASE("pace: a block is one item until the cost is known, then what takes a microsecond or two, within the chunk") {
    pace p(2, 0);
    REQUIRE(p.block() == 1);
    p.measured(1us, 10);
    REQUIRE(p.block() == 15);
    pace slow(2, 0);
    slow.measured(2us, 1);
    REQUIRE(slow.block() == 1);
    pace in_chunks(2, 4);
    in_chunks.measured(1us, 10);
    REQUIRE(in_chunks.block() == 4);
}

TEST_CASE("pace: what is hardly worth sharing is one batch") {
    pace p(2, 0);
    p.measured(1us, 10);
    REQUIRE(p.batch(20) == 20);
    REQUIRE(p.batch(21) == 20);
    REQUIRE(p.batch(80) == 20);
    REQUIRE(p.batch(84) == 21);
}

TEST_CASE("pace: an explicit chunk bounds the batch") {
    pace p(2, 10);
    p.measured(1us, 1000);
    REQUIRE(p.batch(1'000'000) == 10);
}

TEST_CASE("pace: a second worker is worth it when the cost is known and what is left is dear") {
    pace p(2, 0);
    REQUIRE_FALSE(p.is_worth_help(0, 1'000'000));
    p.measured(100ns, 1);
    REQUIRE_FALSE(p.is_worth_help(0, 1'000'000));
    REQUIRE_FALSE(p.is_worth_help(1, 1'000'000));  // it may be the clock that took so long
    REQUIRE_FALSE(p.is_worth_help(2, 50));
    REQUIRE(p.is_worth_help(2, 51));
    pace dear(2, 0);
    dear.measured(2us, 1);
    REQUIRE_FALSE(dear.is_worth_help(0, 1'000'000));
    REQUIRE_FALSE(dear.is_worth_help(1, 2));
    REQUIRE(dear.is_worth_help(1, 3));
    dear.measured(10ns, 1);  // the latest counts, not what is believed of it
    REQUIRE_FALSE(dear.is_worth_help(2, 500));
    REQUIRE(dear.is_worth_help(2, 501));
}

TEST_CASE("pace: what is worth robbing takes longer than to rob it") {
    pace p(2, 0);
    REQUIRE(p.least_robbed() == 1);
    p.measured(1us, 10);
    REQUIRE(p.least_robbed() == 500);
    pace dear(2, 0);
    dear.measured(50us, 1);
    REQUIRE(dear.least_robbed() == 1);
    pace in_chunks(2, 4);
    in_chunks.measured(1us, 10);
    REQUIRE(in_chunks.least_robbed() == 4);  // or a batch of a chunk would never be
}

TEST_CASE("pace: after a first cheap item a sample shows what items cost, after a dear one no more is needed") {
    pace p(4, 0);
    p.set_total(1'000'000);
    REQUIRE(p.batch(1'000'000) == 1);
    p.measured(999ns, 1);
    REQUIRE(p.batch(999'999) == pace::sample);
    REQUIRE(p.batch(10) == 10);
    p.measured(999ns, 1);  // by another worker
    REQUIRE(p.batch(999'998) == pace::sample);
    p.measured(640ns, pace::sample);
    REQUIRE(p.batch(999'000) > pace::sample);
    pace dear(4, 0);
    dear.set_total(1'000'000);
    dear.measured(1us, 1);
    REQUIRE(dear.batch(999'999) == 250);
}

TEST_CASE("pace: a short call is divided equally, and in the same way each time") {
    for (const std::uint64_t seats : {1U, 2U, 3U, 4U, 16U}) {
        for (const std::uint64_t total : {1000U, 4096U, 10'000U}) {
            for (const std::int64_t cost : {9, 10, 13, 19}) {  // as one call after the other measures it
                CAPTURE(seats, total, cost);
                pace p(seats, 0);
                p.set_total(total);
                p.measured(500ns, 1);
                p.measured(parimap::detail::time_span::nanoseconds(64 * cost), 64);
                const std::uint64_t least = 2000 / 62;  // of 62.5 ns, as far as the fall is believed
                const std::uint64_t part = total / seats + 1;
                for (std::uint64_t left = total; left > 0;) {
                    const std::uint64_t batch = p.batch(left);
                    REQUIRE(batch == (left < part ? left : part));
                    REQUIRE(batch >= (left < least ? left : least));
                    left -= batch;
                }
            }
        }
    }
}

TEST_CASE("pace: a long call is not divided at once, nor is a stream, of which nobody knows how long it is") {
    pace p(2, 0);
    p.set_total(100'000);
    p.measured(640ns, 64);  // 1 ms in all
    REQUIRE(p.batch(100'000) == 25'000);
    pace shorter(2, 0);
    shorter.set_total(99'999);
    shorter.measured(640ns, 64);
    REQUIRE(shorter.batch(99'999) == 50'000);
    pace stream(2, 0);
    stream.measured(500ns, 1);
    REQUIRE(stream.batch(1000) == 250);
    stream.measured(640ns, 64);
    REQUIRE(stream.batch(10'000) == 2500);
}

TEST_CASE("pace: an explicit chunk bounds every batch, before and after the cost is known and of short calls too") {
    for (const std::uint64_t total : {0U, 1000U, 10'000'000U}) {
        pace p(2, 10);
        CAPTURE(total);
        p.set_total(total);
        REQUIRE(p.batch(1000) == 1);
        p.measured(20ns, 1);
        REQUIRE(p.batch(1000) <= 10);
        REQUIRE(p.batch(3) <= 3);
        p.measured(640ns, 64);
        REQUIRE(p.batch(1000) == 10);
        REQUIRE(p.ideal_batch() == 10);
        REQUIRE(p.block() == 10);
        REQUIRE(p.least_robbed() == 10);
    }
}

TEST_CASE("pace: a rise of the cost is believed when it is confirmed and a fall step by step") {
    pace p(1, 0);
    p.measured(1us, 1);
    p.measured(10ms, 1);
    REQUIRE(p.ideal_batch() > 100);
    p.measured(9ms, 1);
    REQUIRE(p.ideal_batch() == 1);
    p.measured(1us, 1);
    REQUIRE(p.ideal_batch() == 1);
    for (int i = 0; i < 5; ++i) p.measured(1us, 1);
    REQUIRE(p.ideal_batch() > 100);
}

TEST_CASE("pace: the adaptive window starts at two items a seat and grows only for cheap items") {
    pace p(3, 0);
    p.set_window(0, 1'000'000, 16);
    REQUIRE(p.window(0) == 6);
    p.measured(1ms, 1);
    REQUIRE(p.window(1000) == 6);
    for (int i = 0; i < 30; ++i) p.measured(1us, 10);
    REQUIRE(p.window(2000) == 12);
    REQUIRE(p.window(2001) == 12);  // not before a window was handed over
    REQUIRE(p.window(2012) == 24);
    p.measured(1ms, 1);
    p.measured(1ms, 1);
    REQUIRE(p.window(2013) == 6);
    for (int i = 0; i < 30; ++i) p.measured(1us, 10);
    REQUIRE(p.window(2019) == 12);  // soon again, however large it was
}

TEST_CASE("pace: the adaptive window has room for what is in other processes, as far as the input goes") {
    const auto window_at = [](std::size_t seats_afar, std::chrono::nanoseconds cost, std::uint64_t items) {
        pace p(3, 0, seats_afar);
        p.set_window(0, items, 16);
        p.measured(cost, 1);
        std::uint64_t window = 0;
        for (std::uint64_t handed = 0; handed < 1'000'000; handed += 1000) window = p.window(handed);
        return window;
    };
    REQUIRE(window_at(0, 1ms, 1'000'000) == 6);
    REQUIRE(window_at(1, 1ms, 1'000'000) == 6 + 4 * pace::far_batches);
    REQUIRE(window_at(2, 1ms, 1'000'000) == 6 + 8 * pace::far_batches);
    REQUIRE(window_at(2, 1ms, 20) == 20);
    REQUIRE(window_at(1, 100us, 1'000'000) == 3 * 8 * 2 + 4 * pace::far_batches * 10);
}

TEST_CASE("pace: items are worth a message where they take longer than it, or nothing is known of them") {
    pace p(3, 0, 1);
    REQUIRE(p.is_worth_sending(1));
    p.measured(100ns, 1);
    REQUIRE(!p.is_worth_sending(1));
    REQUIRE(p.is_worth_sending(20'000 / (100 * pace::far_batches)));
    REQUIRE(!p.is_worth_sending(20'000 / (100 * pace::far_batches) - 1));
}

TEST_CASE("pace: no window is larger than the input or the memory for its results") {
    pace p(1, 0);
    REQUIRE(p.set_window(0, 10, 16) == 10);
    REQUIRE(p.set_window(0, 1'000'000, 1024) == pace::max_window_bytes_a_seat / 1024);
    REQUIRE(pace(2, 0).set_window(0, 1'000'000, 1024) == 2 * pace::max_window_bytes_a_seat / 1024);
    REQUIRE(pace(64, 0).set_window(0, 1'000'000, 1024) == pace::max_window_bytes / 1024);
    REQUIRE(p.set_window(5, 1'000'000, 16) == 5);
    REQUIRE(p.set_window(5, 3, 16) == 3);
    p.measured(1us, 1000);
    REQUIRE(p.window(1000) == 3);
}

TEST_CASE("pace: a slow input keeps the window small however cheap the items are") {
    pace p(2, 0);
    p.set_window(0, 1'000'000, 16);
    for (int i = 0; i < 30; ++i) p.measured(1us, 10);
    for (int i = 0; i < 200; ++i) p.input_took(1ms);
    for (std::uint64_t handed = 0; handed < 10'000; ++handed) REQUIRE(p.window(handed) == 4);
    REQUIRE(p.times_input(12'345));
    for (int i = 0; i < 2000; ++i) p.input_took(20ns);
    for (std::uint64_t handed = 10'000; handed < 20'000; ++handed) static_cast<void>(p.window(handed));
    REQUIRE(p.window(20'000) > 1000);  // the pause is over
}

TEST_CASE("pace: the more workers there are, the less of an input fits a batch") {
    const auto window_of = [](std::size_t seats) {
        pace p(seats, 0);
        p.set_window(0, 1'000'000, 16);
        for (int i = 0; i < 30; ++i) p.measured(1us, 50);
        for (int i = 0; i < 200; ++i) p.input_took(1us);
        for (std::uint64_t handed = 0; handed < 100'000; handed += 7) static_cast<void>(p.window(handed));
        return p.window(100'000);
    };
    // What comes in while a batch runs is for all of them: so all together have as much as two.
    REQUIRE(window_of(2) == 2000);
    REQUIRE(window_of(8) <= 2000);
    REQUIRE(window_of(8) >= 1900);
}

TEST_CASE("pace: one pause of a cheap input is no slow input") {
    pace p(2, 0);
    p.set_window(0, 1'000'000, 16);
    for (int i = 0; i < 30; ++i) p.measured(1us, 10);
    for (int i = 0; i < 200; ++i) p.input_took(20ns);
    p.input_took(10s);
    REQUIRE(p.input_may_take() == 10s);  // the next may do so too
    p.input_took(20ns);
    REQUIRE(p.input_may_take() < 100us);
}

TEST_CASE("pace: what items and results own counts for the window") {
    pace p(2, 0);
    p.set_window(0, 1'000'000, 32);
    for (int i = 0; i < 30; ++i) p.measured(1us, 10);
    for (std::uint64_t handed = 0; handed < 10'000; ++handed) static_cast<void>(p.window(handed));
    REQUIRE(p.window(10'000) > 1000);
    p.result_owns(256 << 10);
    REQUIRE(p.window(10'001) <= 2 * pace::max_owned_bytes_a_seat / (32 << 10));  // the first is felt at once
    for (int i = 0; i < 100; ++i) {
        p.result_owns(256 << 10);
        p.item_owns(256 << 10);
    }
    REQUIRE(p.window(10'002) <= 2 * pace::max_owned_bytes_a_seat / (500 << 10));
    for (int i = 0; i < 100; ++i) p.item_owns(std::uint64_t{1} << 40);
    REQUIRE(p.window(10'003) == 4);
}

TEST_CASE("pace: after items that owned much, those that own nothing are counted without numbers too small for a float") {
    pace p(2, 0);
    p.item_owns(std::uint64_t{1} << 40);
    p.result_owns(std::uint64_t{1} << 40);
    std::feclearexcept(FE_ALL_EXCEPT);
    for (int i = 0; i < 2000; ++i) {
        p.item_owns(0);
        p.result_owns(0);
    }
    REQUIRE(std::fetestexcept(FE_UNDERFLOW) == 0);
}

TEST_CASE("pace: an explicit window is bounded by the rings that it needs") {
    pace p(2, 0);
    REQUIRE(p.set_window(~std::uint64_t{0}, ~std::uint64_t{0}, 16, 16) == pace::max_fixed_window);
    REQUIRE(p.set_window(~std::uint64_t{0}, ~std::uint64_t{0}, 4096, 4096) == pace::max_fixed_bytes / 4096);
    REQUIRE(p.set_window(~std::uint64_t{0}, 20, 1 << 20, 16) == 20);
}
