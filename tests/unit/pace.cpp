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
    REQUIRE(p.batch(160) == 160);
    REQUIRE(p.batch(161) < 161);
}

TEST_CASE("pace: an explicit chunk bounds the batch") {
    pace p(2, 10);
    p.measured(1us, 1000);
    REQUIRE(p.batch(1'000'000) == 10);
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
