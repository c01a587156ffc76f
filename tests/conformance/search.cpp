// SPDX-License-Identifier: MIT
// Searches: parallel_find_if and its kin find what a serial loop finds, throw what it throws, and start nothing behind it.
#include "support/backend_under_test.hpp"
#include "support/catch.hpp"
#include "support/gate.hpp"
#include "support/items.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <limits>
#include <list>
#include <optional>
#include <ranges>
#include <sstream>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

using namespace parimap_test;
using namespace std::chrono_literals;
using parimap::map_options;
using parimap::parallel_all_of;
using parimap::parallel_any_of;
using parimap::parallel_find_if;
using parimap::parallel_none_of;

using index_of_item = std::optional<std::size_t>;

namespace {

constexpr auto at_least(int bound) {
    return [bound](int i) { return i >= bound; };
}

}  // namespace

TEST_CASE("find_if finds the lowest index of all, whichever worker comes to which item first") {
    for (const std::size_t workers : worker_counts) {
        pool p{workers};
        for (const std::size_t chunk : limits) {
            CAPTURE(workers, chunk);
            const map_options options{.chunk = chunk};
            const std::vector<int> items = numbers(1000);
            for (const int bound : {0, 1, 499, 998, 999}) {
                REQUIRE(parallel_find_if(p, options, at_least(bound), items) == static_cast<std::size_t>(bound));
            }
            REQUIRE_FALSE(parallel_find_if(p, options, at_least(1000), items));
            // The first takes longer than those behind it.
            const auto slow_first = [](int i) {
                if (i == 300) std::this_thread::sleep_for(2ms);
                return i >= 300;
            };
            REQUIRE(parallel_find_if(p, options, slow_first, items) == 300U);
        }
    }
}

TEST_CASE("find_if takes every input, several ranges, options and the default pool") {
    pool p{3};
    REQUIRE_FALSE(parallel_find_if(p, at_least(0), std::vector<int>{}));
    REQUIRE(parallel_find_if(p, at_least(4), {5, 1, 4}) == 0U);
    REQUIRE(parallel_find_if(p, at_least(2), std::list<int>{0, 1, 2, 3}) == 2U);
    std::istringstream words("1 2 30 4 50");
    REQUIRE(parallel_find_if(p, at_least(30), std::views::istream<int>(words)) == 2U);
    REQUIRE(parallel_find_if(
                p, [](int a, int b) { return a * b == 42; }, std::vector<int>{1, 6, 2}, std::vector<int>{42, 7, 21}) == 0U);
    REQUIRE(parallel_find_if(at_least(17), std::views::iota(0, 100)) == 17U);
    REQUIRE(parallel_find_if(p, parimap::unseq(at_least(17)), std::views::iota(0, 100)) == 17U);
    const std::vector<bool> flags{false, false, true};
    REQUIRE(parallel_find_if(
                p, [](bool b) { return b; }, flags) == 2U);
    struct point {
        bool is_origin;
    };
    REQUIRE(parallel_find_if(p, &point::is_origin, std::vector<point>{{false}, {true}}) == 1U);
    const auto per_worker = parimap::per_worker([] { return 0; }, [](int& calls, int i) { return ++calls > 0 && i == 55; });
    REQUIRE(parallel_find_if(p, per_worker, numbers(100)) == 55U);
}

TEST_CASE("any_of, all_of and none_of say what the standard's say") {
    pool p{2};
    const std::vector<int> none;
    for (const int bound : {0, 1, 50, 99, 100}) {
        CAPTURE(bound);
        const std::vector<int> items = numbers(100);
        const auto predicate = at_least(bound);
        REQUIRE(parallel_any_of(p, predicate, items) == (bound < 100));
        REQUIRE(parallel_all_of(p, predicate, items) == (bound == 0));
        REQUIRE(parallel_none_of(p, predicate, items) == (bound == 100));
        REQUIRE_FALSE(parallel_any_of(p, predicate, none));
        REQUIRE(parallel_all_of(p, predicate, none));
        REQUIRE(parallel_none_of(p, predicate, none));
    }
}

TEST_CASE("find_if throws what a serial loop throws, and only that") {
    for (const std::size_t workers : worker_counts) {
        pool p{workers};
        const auto finds_and_throws = [](int found, int thrown) {
            return [=](int i) {
                if (i == thrown) throw std::runtime_error("item " + std::to_string(i));
                return i == found;
            };
        };
        std::size_t failed = 77;
        REQUIRE_THROWS_WITH(
            parallel_find_if(p, map_options{.chunk = 1, .failed_index = &failed}, finds_and_throws(9, 5), numbers(100)), "item 5");
        REQUIRE(failed == 5);
        failed = 77;
        REQUIRE(parallel_find_if(p, map_options{.chunk = 1, .failed_index = &failed}, finds_and_throws(5, 9), numbers(100)) == 5U);
        REQUIRE(failed == 77);
        REQUIRE_THROWS_WITH(parallel_all_of(p, finds_and_throws(-1, 0), numbers(10)), "item 0");
    }
    pool p{2};
    std::stop_source stopped;
    stopped.request_stop();
    REQUIRE_THROWS_AS(parallel_find_if(p, map_options{.stop = stopped.get_token()}, at_least(3), numbers(10)), parimap::cancelled);
    REQUIRE_THROWS_AS(parallel_any_of(
                          p, [](int) -> bool { throw parimap::cancelled("mine"); }, numbers(10)),
                      parimap::cancelled);
    p.close();
    REQUIRE_THROWS_AS(parallel_find_if(p, at_least(3), numbers(10)), parimap::pool_closed);
}

TEST_CASE("find_if starts no item behind the one found, and stops those that run") {
    pool p{2};
    if (p.size() < 2 || is_serial) return;
    std::atomic<int> begun{0};
    const auto counting = [&](int i) {
        ++begun;
        return i == 3;
    };
    REQUIRE(parallel_find_if(p, map_options{.chunk = 1}, counting, std::views::iota(0, 1'000'000)) == 3U);
    REQUIRE(begun < 500'000);  // a handful, but for a worker that is kept from its CPU

    // An item behind it runs until its token is stopped.
    gate running;
    std::atomic<bool> was_stopped{false};
    const auto found_while_another_runs = [&](std::stop_token stop, int i) {
        if (i == 1) {
            running.open();
            was_stopped = eventually([&] { return stop.stop_requested(); });
        }
        return i == 0 && running.wait();
    };
    REQUIRE(parallel_find_if(p, map_options{.chunk = 1}, found_while_another_runs, numbers(2)) == 0U);
    REQUIRE(was_stopped);
}

TEST_CASE("find_if in the predicate of another is its own search") {
    pool p{2};
    const auto inner = [&](int i) {
        return parallel_find_if(
                   p, [i](int j) { return i * j == 391; }, numbers(100))
            .has_value();
    };
    REQUIRE(parallel_find_if(p, inner, numbers(50)) == 17U);
}
