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
