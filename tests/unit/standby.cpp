// SPDX-License-Identifier: MIT
// Workers that spin: how many may, which of them is called, and when each of them returns.
#include "support/catch.hpp"
#include "support/gate.hpp"

#include <parimap/detail/scheduler/standby.hpp>
#include <parimap/detail/system/instant.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <ratio>
#include <thread>

using namespace parimap_test;
using namespace std::chrono_literals;
using parimap::detail::instant;
using parimap::detail::standby;
using parimap::detail::time_span;

TEST_CASE("a time span is made of every duration, and is the longest there is where that is longer") {
    constexpr time_span longest = time_span::nanoseconds(std::numeric_limits<std::int64_t>::max());
    REQUIRE(time_span(std::chrono::duration<double>(0.25)) == time_span(250ms));
    REQUIRE(time_span(std::chrono::duration<float, std::ratio<1, 60>>(3)) == time_span(50ms));
    REQUIRE(time_span(std::chrono::hours(2)) == time_span(7200s));
    REQUIRE(time_span(std::chrono::hours::max()) == longest);
    REQUIRE(time_span(std::chrono::nanoseconds::max()) == longest);
    REQUIRE(time_span(std::chrono::hours::min()) < time_span(-1s));
    REQUIRE(time_span(std::chrono::duration<double>(std::numeric_limits<double>::infinity())) == longest);
    REQUIRE(time_span(std::chrono::duration<double>(-1e300)) < time_span(-1s));
}

TEST_CASE("standby: there is room for as many workers as may spin at once") {
    REQUIRE_FALSE(standby(0, {}).has_room());
    standby waiting(2, {});
    REQUIRE(waiting.has_room());
    waiting.enter();
    REQUIRE(waiting.has_room());
    waiting.enter();
    REQUIRE_FALSE(waiting.has_room());
    REQUIRE_FALSE(waiting.leave());
    REQUIRE(waiting.has_room());
    REQUIRE_FALSE(waiting.leave());
}

TEST_CASE("standby: a worker spins for the usual time unless another is given") {
    REQUIRE(standby(1, {}).time() == standby::usual_time);
    REQUIRE(standby(1, time_span::nanoseconds(-1)).time() == standby::usual_time);
    REQUIRE(standby(1, 1s).time() == time_span(1s));
    REQUIRE(standby(1, time_span::nanoseconds(1)).time() == time_span::nanoseconds(1));
}

TEST_CASE("standby: of n workers as many are called as there are calls, and never one twice") {
    for (std::size_t workers = 0; workers <= 4; ++workers) {
        for (std::size_t calls = 0; calls <= 6; ++calls) {
            CAPTURE(workers, calls);
            standby waiting(4, {});
            for (std::size_t i = 0; i < workers; ++i) waiting.enter();
            REQUIRE_FALSE(waiting.is_called());
            std::size_t called = 0;
            for (std::size_t i = 0; i < calls; ++i) called += waiting.call_one();
            REQUIRE(called == (calls < workers ? calls : workers));
            std::size_t ones = 0;
            for (std::size_t left = workers; left > 0; --left) {
                REQUIRE(waiting.is_called() == (ones < called));
                ones += waiting.leave();
            }
            REQUIRE(ones == called);
            REQUIRE_FALSE(waiting.is_called());  // nothing stays behind for those who come next
            REQUIRE_FALSE(waiting.call_one());
            waiting.enter();
            REQUIRE_FALSE(waiting.leave());
        }
    }
}

TEST_CASE("standby: one who comes after a call may take it, and one call more is for the other") {
    standby waiting(2, {});
    waiting.enter();
    REQUIRE(waiting.call_one());
    REQUIRE_FALSE(waiting.call_one());
    waiting.enter();
    REQUIRE(waiting.call_one());
    REQUIRE_FALSE(waiting.call_one());
    REQUIRE(waiting.leave());
    REQUIRE(waiting.leave());
}

TEST_CASE("standby: who spins returns at once after a hurry that came before, and in the middle") {
    standby waiting(1, {});
    const standby::news before = waiting.seen();
    waiting.hurry();
    REQUIRE(waiting.spin(before, instant()));  // whose end is long over
    REQUIRE(waiting.spin(before, instant::never()));
    std::atomic<bool> has_returned{false};
    std::atomic<bool> was_called{false};
    const standby::news now = waiting.seen();
    std::thread worker([&] {
        was_called = waiting.spin(now, instant::never());
        has_returned = true;
    });
    let_mistakes_happen();
    const bool was_early = has_returned;
    waiting.hurry();
    worker.join();
    REQUIRE_FALSE(was_early);
    REQUIRE(was_called);
}

TEST_CASE("standby: who spins returns a moment after a hint, and not before") {
    standby waiting(1, {});
    for (int round = 0; round < 100; ++round) {
        const standby::news before = waiting.seen();
        waiting.hint();
        const instant begin = instant::now();
        REQUIRE(waiting.spin(before, instant::never()));
        REQUIRE(instant::now() - begin >= standby::moment);
    }
    const standby::news before = waiting.seen();
    std::atomic<bool> was_called{false};
    std::thread worker([&] { was_called = waiting.spin(before, instant::never()); });
    let_mistakes_happen();
    waiting.hint();
    worker.join();
    REQUIRE(was_called);
}

TEST_CASE("standby: a hurry after a hint cuts the moment, and further hints do not put it off") {
    standby waiting(1, {});
    const standby::news before = waiting.seen();
    waiting.hint();
    waiting.hurry();
    REQUIRE(waiting.spin(before, instant()));
    // Hints without end: it returns all the same.
    std::atomic<bool> is_over{false};
    std::thread caller([&] {
        while (!is_over) waiting.hint();
    });
    std::atomic<bool> was_called{false};
    std::thread worker([&] { was_called = waiting.spin(waiting.seen(), instant::never()); });
    const bool has_returned = eventually([&] { return was_called.load(); });
    is_over = true;
    if (!has_returned) waiting.hurry();
    worker.join();
    caller.join();
    REQUIRE(has_returned);
}

TEST_CASE("standby: who spins without news returns at the end, and not before") {
    standby waiting(1, {});
    waiting.hurry();
    waiting.hint();
    REQUIRE_FALSE(waiting.spin(waiting.seen(), instant()));
    for (int round = 0; round < 20; ++round) {
        const instant end = instant::now() + time_span(200us);
        REQUIRE_FALSE(waiting.spin(waiting.seen(), end));
        REQUIRE(instant::now() >= end);
    }
}

TEST_CASE("standby: where nobody may spin, nobody waits for a worker that may be done in a moment") {
    const standby nobody(0, {});
    int looks = 0;
    nobody.spin_until([&] { return ++looks, false; });
    REQUIRE(looks == 0);
}

TEST_CASE("standby: who waits for a worker looks until it is done, or for the usual time") {
    const standby waiting(1, 1h);  // what workers spin for is another matter
    int looks = 0;
    waiting.spin_until([&] { return ++looks, true; });
    REQUIRE(looks == 1);
    looks = 0;
    const instant begin = instant::now();
    waiting.spin_until([&] { return ++looks, false; });
    REQUIRE(instant::now() - begin >= standby::usual_time);
    REQUIRE(looks >= 1);
}
