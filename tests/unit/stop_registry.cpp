// SPDX-License-Identifier: MIT
// The stop tokens of running items: exactly those whose results are unwanted are stopped, and no item that comes after them.
#include "support/catch.hpp"

#include <parimap/detail/engine/stop_registry.hpp>

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <vector>

using parimap::detail::stop_registry;

TEST_CASE("stop_registry: the running items from one on are stopped, and those before it are not") {
    for (const std::uint64_t first : {10U, 11U, 12U, 13U}) {
        CAPTURE(first);
        stop_registry tokens(4);
        std::vector<std::stop_token> of;
        for (std::size_t seat = 0; seat < 3; ++seat) of.push_back(tokens.start(seat, 12 - seat));  // and one seat is free
        for (const std::stop_token& token : of) REQUIRE_FALSE(token.stop_requested());
        tokens.stop_from(first);
        for (std::size_t seat = 0; seat < 3; ++seat) REQUIRE(of[seat].stop_requested() == (12 - seat >= first));
    }
}

TEST_CASE("stop_registry: an item that begins behind a stop is stopped, and one before it is not, also on a seat that was hit") {
    stop_registry tokens(2);
    const std::stop_token hit = tokens.start(0, 20);
    tokens.stop_from(15);
    REQUIRE(hit.stop_requested());
    tokens.finish(0);
    const std::stop_token before = tokens.start(0, 14);
    REQUIRE(before.stop_possible());
    REQUIRE_FALSE(before.stop_requested());
    REQUIRE(tokens.start(1, 15).stop_requested());
    tokens.finish(1);
    REQUIRE(tokens.start(1, 16).stop_requested());
    tokens.finish(1);
    REQUIRE_FALSE(tokens.start(1, 13).stop_requested());  // on a seat whose token was stopped from the begin
    tokens.finish(1);
    tokens.stop_from(18);  // a later one takes nothing back
    REQUIRE(tokens.start(1, 15).stop_requested());
    tokens.finish(1);
    REQUIRE_FALSE(before.stop_requested());
    tokens.stop_from(14);
    REQUIRE(before.stop_requested());
}

TEST_CASE("stop_registry: a stop for an item that has ended does not reach the next one on its seat") {
    stop_registry tokens(1);
    static_cast<void>(tokens.start(0, 5));
    tokens.finish(0);
    tokens.stop_from(5);
    const std::stop_token next = tokens.start(0, 4);
    REQUIRE_FALSE(next.stop_requested());
    tokens.stop_from(5);
    REQUIRE_FALSE(next.stop_requested());
}

TEST_CASE("stop_registry: callbacks run without the lock, so they may stop more") {
    stop_registry tokens(2);
    const std::stop_token outer = tokens.start(0, 7);
    const std::stop_token inner = tokens.start(1, 3);
    const std::stop_callback more(outer, [&] { tokens.stop_from(3); });
    tokens.stop_from(7);
    REQUIRE(outer.stop_requested());
    REQUIRE(inner.stop_requested());
}
