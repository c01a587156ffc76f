// SPDX-License-Identifier: MIT
// Searches over ranks: what a serial loop finds, wherever it lies.
#include "ranks.hpp"

#include <unistd.h>
#include <atomic>
#include <cstddef>
#include <list>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

using namespace parimap_test;
using parimap::map_options;

namespace {

auto slow_from(int bound) {
    return [=](int i) {
        pass_time(100);
        return i >= bound;
    };
}

// A predicate that holds more than plain bytes.
struct is_word {
    std::string word;

    bool operator()(const std::string& s) const {
        pass_time(100);
        return s == word;
    }
    template <class Archive>
    void serialize(Archive& archive) {
        archive(word);
    }
};

}  // namespace

TEST_CASE("find_if finds the lowest index of all, whichever rank comes to which item first") {
    for (const std::size_t workers : {1U, 2U}) {
        pool p(workers);
        for (const int bound : {0, 1, 777, 1999}) {
            CAPTURE(workers, bound);
            REQUIRE(parimap::parallel_find_if(p, slow_from(bound), std::views::iota(0, 2000)) == static_cast<std::size_t>(bound));
        }
        REQUIRE_FALSE(parimap::parallel_find_if(p, slow_from(2000), std::views::iota(0, 2000)));
        const std::list<int> one_by_one{5, 1, 4, 8, 9};
        REQUIRE(parimap::parallel_find_if(p, slow_from(8), one_by_one) == 3U);
        // The first that satisfies takes longer than those behind it.
        const auto slow_first = [](int i) {
            pass_time(i == 300 ? 30'000 : 100);
            return i >= 300;
        };
        REQUIRE(parimap::parallel_find_if(p, slow_first, std::views::iota(0, 2000)) == 300U);
        REQUIRE(parimap::parallel_find_if(
                    p, [](int a, int b) { return pass_time(100), a * b == 30'624; }, std::views::iota(0, 1000),
                    std::views::iota(100, 1100)) == 132U);
    }
}

TEST_CASE("A search runs on other ranks too, and ends there when it is found") {
    pool p(1);
    const auto is_elsewhere = [here = ::getpid()](int) {
        pass_time(200);
        return ::getpid() != here;
    };
    REQUIRE(parimap::parallel_any_of(p, is_elsewhere, std::views::iota(0, 1000)));
    // Not all million, which would take minutes.
    REQUIRE(parimap::parallel_find_if(p, slow_from(500), std::views::iota(0, 1'000'000)) == 500U);
}

TEST_CASE("any_of, all_of and none_of hold over ranks") {
    pool p(2);
    const auto all = std::views::iota(0, 1000);
    const auto below = [](int i) { return pass_time(100), i < 700; };
    REQUIRE(parimap::parallel_any_of(p, slow_from(999), all));
    REQUIRE_FALSE(parimap::parallel_any_of(p, slow_from(1000), all));
    REQUIRE(parimap::parallel_none_of(p, slow_from(1000), all));
    REQUIRE_FALSE(parimap::parallel_none_of(p, slow_from(999), all));
    REQUIRE_FALSE(parimap::parallel_all_of(p, below, all));
    REQUIRE(parimap::parallel_all_of(p, below, std::views::iota(0, 700)));
}

TEST_CASE("P4 a search throws what a serial loop throws, and nothing from behind what it finds") {
    pool p(2);
    const auto fails = [](int i) {
        pass_time(100);
        if (i == 600) throw std::out_of_range("item 600");
        return i == 700;
    };
    for (int repeat = 0; repeat < 5; ++repeat) {
        std::size_t failed = 0;
        REQUIRE_THROWS_AS(parimap::parallel_find_if(p, map_options{.failed_index = &failed}, fails, std::views::iota(0, 2000)),
                          std::out_of_range);
        REQUIRE(failed == 600);
        const auto found_before = [fails](int i) { return i == 599 || fails(i); };
        REQUIRE(parimap::parallel_find_if(p, found_before, std::views::iota(0, 2000)) == 599U);
    }
    std::stop_source source;
    source.request_stop();
    REQUIRE_THROWS_AS(
        parimap::parallel_find_if(p, map_options{.stop = source.get_token()}, slow_from(500), std::views::iota(0, 1000)),
        parimap::cancelled);
}

TEST_CASE("A predicate travels as f does, or is told before anything runs") {
    pool p(1);
    std::vector<std::string> words;
    for (int i = 0; i < 500; ++i) words.push_back(std::to_string(i));
    REQUIRE(parimap::parallel_find_if(p, is_word{"432"}, words) == 432U);
    REQUIRE(parimap::parallel_find_if(p, parimap::unseq(slow_from(321)), std::views::iota(0, 500)) == 321U);
    std::atomic<int> calls{0};
    REQUIRE_THROWS_WITH(parimap::parallel_find_if(
                            p, [&calls](int i) { return ++calls, i == 5; }, std::views::iota(0, 100)),
                        Catch::Matchers::Contains("f cannot travel"));
    REQUIRE(calls == 0);
}
