// SPDX-License-Identifier: MIT
// What rings and windows take of memory: no more slots than the window, large values apart, and what values own.

#include "support/catch.hpp"

#include <parimap/detail/ranges/footprint.hpp>
#include <parimap/detail/results/ordered_results.hpp>
#include <parimap/detail/system/slot.hpp>
#include <parimap/detail/system/stopwatch.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using parimap::detail::can_own;
using parimap::detail::owned_bytes;

TEST_CASE("ordered_results: the ring is the window where that is a power of two, and no slot is used while it is full") {
    using results = parimap::detail::ordered_results<std::string>;
    for (const std::uint64_t window : {1U, 2U, 64U}) {
        CAPTURE(window);
        results r(1);
        r.reserve(window);
        const auto put = [&](std::uint64_t item) {
            r.with_writer(0, [&](auto write) {
                write(item, [&] { return std::to_string(item); });
                return 0;
            });
        };
        r.prepare(window);
        for (std::uint64_t i = 0; i < window; ++i) put(i);
        std::vector<const std::string*> places;
        for (std::uint64_t i = 0; i < 3 * window; ++i) {
            results::entry* e = r.front();
            REQUIRE(e);
            REQUIRE(e->get() == std::to_string(i));
            if (i >= window) REQUIRE(&e->get() == places[i - window]);
            places.push_back(&e->get());
            r.pop(*e);
            r.prepare(i + window + 1);
            put(i + window);
        }
    }
}

TEST_CASE("ring_slot: a large value lies apart and a ring of many of them is small") {
    struct large {
        std::array<char, 1 << 20> bytes;
    };
    STATIC_REQUIRE(sizeof(parimap::detail::ring_slot<large>) == sizeof(void*));
    STATIC_REQUIRE(sizeof(parimap::detail::ring_slot<std::array<char, 100>>) == 100);
    STATIC_REQUIRE(parimap::detail::ordered_results<large>::bytes_in_ring < 64);
    STATIC_REQUIRE(parimap::detail::ordered_results<large>::bytes_per_result > sizeof(large));
}

TEST_CASE("owned_bytes: what containers hold beside themselves, and nothing of what they only refer to") {
    REQUIRE(owned_bytes<int>(1) == 0);
    REQUIRE(owned_bytes<std::vector<char>>(std::vector<char>(1000)) == 1000);
    REQUIRE(owned_bytes<std::vector<double>>({}) == 0);
    REQUIRE(owned_bytes<std::string>(std::string(5000, 'x')) == 5000);
    REQUIRE(owned_bytes<std::string>("short") == 0);
    REQUIRE(owned_bytes<std::array<int, 100>>({}) == 0);
    const std::vector<std::vector<float>> matrix(10, std::vector<float>(100));
    REQUIRE(owned_bytes<std::vector<std::vector<float>>>(matrix) == 10 * (sizeof(std::vector<float>) + 400));
    const std::pair<int, std::vector<char>> pair(1, std::vector<char>(77));
    REQUIRE(owned_bytes<std::pair<int, std::vector<char>>>(pair) == 77);
    REQUIRE(owned_bytes<std::optional<std::vector<char>>>(std::vector<char>(9)) == 9);
    REQUIRE(owned_bytes<std::optional<std::vector<char>>>(std::nullopt) == 0);
    REQUIRE(owned_bytes<std::unique_ptr<std::array<int, 8>>>(std::make_unique<std::array<int, 8>>()) == 32);
    REQUIRE(owned_bytes<std::unique_ptr<int>>(nullptr) == 0);
    STATIC_REQUIRE_FALSE(can_own<double>());
    STATIC_REQUIRE_FALSE(can_own<std::string_view>());
    STATIC_REQUIRE_FALSE(can_own<std::span<int>>());
    STATIC_REQUIRE_FALSE(can_own<std::tuple<int&, std::string&>>());
    STATIC_REQUIRE_FALSE(can_own<std::unique_ptr<struct unknown>>());
}

TEST_CASE("stopwatch: a lap is over when its time has passed, and does not seem so for ever before") {
    using parimap::detail::stopwatch;
    stopwatch watch;
    watch.start();
    std::chrono::nanoseconds passed{0};
    std::size_t looks = 0;
    const auto begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - begin < 20ms) {
        if (!watch.lap_is_over()) continue;
        passed += std::chrono::nanoseconds(watch.lap().count());
        ++looks;
    }
    REQUIRE(looks > 0);
    REQUIRE(looks < 2000);                                                    // about 200
    REQUIRE(passed + std::chrono::nanoseconds(watch.lap().count()) >= 20ms);  // all of it is in one lap or another
    std::this_thread::sleep_for(2ms);
    REQUIRE(watch.lap_is_over());
    REQUIRE(watch.lap() >= 2ms);
}
