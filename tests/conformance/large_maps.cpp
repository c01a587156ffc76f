// SPDX-License-Identifier: MIT
// Maps over more than the caches keep, whose results are stored past them.
#include "support/backend_under_test.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

using namespace parimap_test;
using parimap::map_options;

TEST_CASE("Maps over millions of numbers are right whether or not the output is the input") {
    constexpr std::size_t count = 9'000'000;
    pool p{3};
    std::vector<double> items(count);
    for (std::size_t i = 0; i < count; ++i) items[i] = static_cast<double>(i);
    const auto add = [](double x, double y) { return 2 * x + y; };
    const auto right = [&](const std::vector<double>& results, double slope, double offset) {
        std::size_t good = 0;
        for (std::size_t i = 0; i < results.size(); ++i) good += results[i] == slope * static_cast<double>(i) + offset;
        return good;
    };
    std::vector<double> out(count + 1, -1);
    REQUIRE(parimap::parallel_map_into(p, out, add, items, items) == count);
    REQUIRE(right(out, 3, 0) == count);
    REQUIRE(out[count] == -1);
    REQUIRE(right(parimap::parallel_map(p, add, items, items), 3, 0) == count);
    const map_options small_batches{.chunk = 1001};  // whose ends share a cache line
    std::fill(out.begin(), out.end(), -1);
    REQUIRE(parimap::parallel_map_into(p, small_batches, out, add, items, items) == count);
    REQUIRE(right(out, 3, 0) == count);
    REQUIRE(parimap::parallel_map_into(
                p, items, [](double x) { return x + 1; }, items) == count);
    REQUIRE(right(items, 1, 1) == count);
    const std::span<double> but_one(items.data() + 1, count - 1);
    std::fill(items.begin(), items.end(), 0);
    REQUIRE(parimap::parallel_map_into(
                p, but_one, [&](const double& x) { return static_cast<double>(&x - items.data()); },
                std::span(items.data(), count - 1)) == count - 1);
    REQUIRE(right(items, 1, -1) == count - 1);  // but the first, which nobody wrote
}

TEST_CASE("P4 a failure among millions of numbers leaves its own element as it was and those before it right") {
    constexpr std::size_t count = 17'000'000;
    constexpr std::size_t bad = 4'321'987;
    pool p{3};
    std::vector<std::uint32_t> items(count, 1);
    items[bad] = 0;
    std::vector<std::uint32_t> out(count, 7);
    std::size_t failed = 0;
    const auto f = [](std::uint32_t x) { return x ? x + 1 : throw std::runtime_error("bad"); };
    REQUIRE_THROWS_AS(parimap::parallel_map_into(p, map_options{.failed_index = &failed}, out, f, items), std::runtime_error);
    REQUIRE(failed == bad);
    REQUIRE(std::count(out.begin(), out.begin() + bad, 2U) == bad);
    REQUIRE(out[bad] == 7);
}
