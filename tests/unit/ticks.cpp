// SPDX-License-Identifier: MIT
// ticks: what happens later in another thread has the later tick.

#include "support/catch.hpp"

#include <parimap/detail/system/ticks.hpp>

#include <atomic>
#include <cstdint>
#include <thread>

TEST_CASE("ticks: two threads that take turns see the clock go forward") {
    constexpr int turns = 20'000;
    const parimap::detail::ticks clock;
    std::atomic<int> turn{0};
    std::uint64_t latest = 0;  // passes from one thread to the other with the turn
    std::atomic<int> backwards{0};
    const auto play = [&](int me) {
        for (int i = me; i < turns; i += 2) {
            while (turn.load(std::memory_order_acquire) != i) std::this_thread::yield();
            std::this_thread::yield();  // later by more than a CPU looks ahead
            const std::uint64_t now = clock.now();
            if (now < latest) ++backwards;
            latest = now;
            turn.store(i + 1, std::memory_order_release);
        }
    };
    std::thread other(play, 1);
    play(0);
    other.join();
    REQUIRE(backwards == 0);
    REQUIRE(latest > 0);
}
