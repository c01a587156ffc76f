// SPDX-License-Identifier: MIT
// pace: batch and window follow the measured cost, within what the caller fixed.

#include "support/catch.hpp"

#include <parimap/detail/pace.hpp>

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
