// SPDX-License-Identifier: MIT
// Calls in the background: those of map_async and of submitted jobs run on all ranks, those inside items where these run.
#include "ranks.hpp"

#include <unistd.h>
#include <algorithm>
#include <cstddef>
#include <future>
#include <optional>
#include <ranges>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace parimap_test;
using parimap::map_options;

namespace {

const auto process_of_item = [](int) {
    pass_time(500);
    return ::getpid();
};

std::size_t processes(const std::vector<int>& of_items) { return std::set<int>(of_items.begin(), of_items.end()).size(); }

auto slow_square() {
    return [](int i) {
        pass_time(200);
        return i * i;
    };
}

std::vector<int> squares(int count) {
    std::vector<int> all(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) all[static_cast<std::size_t>(i)] = i * i;
    return all;
}

}  // namespace

TEST_CASE("map_async runs on all ranks, several at once, and its future outlives the pool") {
    for (const std::size_t workers : {1U, 2U}) {
        std::future<std::vector<int>> later;
        {
            pool p(workers);
            REQUIRE(processes(parimap::map_async(p, process_of_item, std::views::iota(0, 1000)).get()) > 1);
            std::vector<std::future<std::vector<int>>> all;
            for (int i = 0; i < 8; ++i) all.push_back(parimap::map_async(p, slow_square(), std::views::iota(0, 100 + i)));
            REQUIRE(parimap::parallel_map(p, slow_square(), std::views::iota(0, 300)) == squares(300));
            for (int i = 0; i < 8; ++i) REQUIRE(all[static_cast<std::size_t>(i)].get() == squares(100 + i));
            later = parimap::map_async(p, slow_square(), std::vector<int>{1, 2, 3});
            (void)parimap::map_async(p, slow_square(), std::views::iota(0, 100));  // dropped
        }
        REQUIRE(later.get() == std::vector<int>{1, 4, 9});
    }
}

TEST_CASE("P4, P5 map_async over ranks fails and is terminated as elsewhere") {
    {
        pool p(1);
        std::size_t failed = 0;
        auto later = parimap::map_async(
            p, map_options{.failed_index = &failed},
            [](int i) {
                pass_time(200);
                return i >= 321 ? throw std::out_of_range("item " + std::to_string(i)) : i;
            },
            std::views::iota(0, 1000));
        REQUIRE_THROWS_WITH(later.get(), Catch::Matchers::Equals("item 321"));
        REQUIRE(failed == 321);
    }
    for (int repeat = 0; repeat < 5; ++repeat) {
        pool p(1);
        auto later = parimap::map_async(p, slow_square(), std::views::iota(0, 1'000'000));
        pass_time(20'000 * repeat);
        p.terminate();
        REQUIRE_THROWS_AS(later.get(), parimap::cancelled);
    }
}

TEST_CASE("A submitted job's calls run on all ranks, as those of main() do") {
    pool p(2);
    auto job = p.submit([&p] {
        const std::size_t of_map = processes(parimap::parallel_map(p, process_of_item, std::views::iota(0, 1000)));
        int next = 0;
        for (const int r : parimap::ordered_imap(p, slow_square(), std::views::iota(0, 500))) {
            if (r != next * next) return std::size_t{0};
            ++next;
        }
        const auto inner = parimap::map_async(p, process_of_item, std::views::iota(0, 1000)).get();
        return next == 500 ? std::min(of_map, processes(inner)) : 0;
    });
    REQUIRE(parimap::parallel_map(p, slow_square(), std::views::iota(0, 200)) == squares(200));
    REQUIRE(job.get() > 1);
}

TEST_CASE("P7 calls of an item's stay where it runs, those of its jobs too") {
    pool p(1);
    // Every item maps, and says whether all of that ran in its own process.
    const auto stays = [](int i) {
        const int here = ::getpid();
        pass_time(500);
        const auto is_here = [here](int) { return pass_time(300), ::getpid() == here ? 1 : 0; };
        int all = 0;
        for (const int one : parimap::parallel_map(is_here, std::views::iota(0, 5))) all += one;
        for (const int one : parimap::map_async(is_here, std::views::iota(0, 5)).get()) all += one;
        return i < 0 ? 0 : all;
    };
    for (const int all : parimap::parallel_map(p, stays, std::views::iota(0, 200))) REQUIRE(all == 10);
}
