// SPDX-License-Identifier: MIT
// Many calls on one session: none leaves anything behind, on any rank.
#include "ranks.hpp"

#include <cstddef>
#include <map>
#include <ranges>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../memory.hpp"

using namespace parimap_test;
using parimap::map_options;

TEST_CASE("thousands of calls leave no memory behind on any rank") {
    const int calls = calls_to_make();
    pool p(1);
    std::map<int, std::size_t> latest;  // by rank
    const auto look = [](int i) {
        pass_time(200);
        return std::pair(this_rank, i % 4 == 0 ? memory_in_use() : 0);
    };
    const auto text = [](int i) {
        pass_time(200);
        if (i == 5) throw std::domain_error("item");
        return std::string(200, static_cast<char>(i));
    };
    const auto note = [&](const std::pair<int, std::size_t>& seen) {
        if (seen.second > 0) latest[seen.first] = seen.second;
    };
    int elsewhere = 0;
    const auto make_calls = [&](int count) {
        for (int i = 0; i < count; ++i) {
            switch (i % 8) {
                case 0:
                    for (const auto& seen : parimap::parallel_map(p, look, std::views::iota(0, 40))) {
                        note(seen);
                        elsewhere += seen.first > 0;
                    }
                    break;
                case 1:
                    for (const auto& seen : parimap::ordered_imap(p, look, std::views::iota(0, 40))) note(seen);
                    break;
                case 2:
                    for (const std::string& one : parimap::unordered_imap(p, text, std::views::iota(0, 4))) {
                        if (one.size() > 0) break;
                    }
                    break;
                case 3: REQUIRE_THROWS_AS(parimap::parallel_map(p, text, std::views::iota(0, 20)), std::domain_error); break;
                case 4: {
                    pool with_value(1);  // which lasts as long as its pool
                    REQUIRE(*parimap::share(with_value, std::vector<int>(1000, i)) == std::vector<int>(1000, i));
                    break;
                }
                default:
                    REQUIRE(parimap::parallel_map(
                                p, [](int x) { return x; }, std::views::iota(0, 2))
                                .size() == 2);
            }
        }
    };
    make_calls(600);
    REQUIRE(latest.size() == static_cast<std::size_t>(ranks));
    const std::map<int, std::size_t> before = latest;
    elsewhere = 0;
    make_calls(calls);
    REQUIRE(elsewhere > calls / 10);
    for (const auto& [rank, memory] : latest) {
        CAPTURE(rank, before.at(rank), memory);
        REQUIRE(memory <= before.at(rank) + growth_allowed);
    }
}
