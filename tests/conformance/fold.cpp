// SPDX-License-Identifier: MIT
// parallel_fold: P8 and P1 for its results, P4 and P5 where it ends before its input.
#include "support/backend_under_test.hpp"
#include "support/catch.hpp"
#include "support/items.hpp"

#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <list>
#include <memory>
#include <ranges>
#include <sstream>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <range/v3/view/concat.hpp>

using namespace parimap_test;
using parimap::map_options;

namespace {

std::uint64_t bits(double value) { return std::bit_cast<std::uint64_t>(value); }

double awkward(int i) { return (i % 2 == 0 ? 1.0 : -1.0) * (0.1 * i + 1e9 / (1.0 + i % 7)) + 1e-7 * i; }

// The numbers below `count`.
std::string words(std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += std::to_string(i) + ' ';
    return all;
}

constexpr auto nothing_yet = [] { return std::string(); };
constexpr auto append = [](std::string& all, int i) { all += std::to_string(i) + ' '; };
constexpr auto join = [](std::string& left, std::string&& right) { left += right; };

}  // namespace

TEST_CASE("P8 a fold is that of a loop in its order, for every number of workers, block and kind of input") {
    for (const std::size_t size : {0U, 1U, 2U, 127U, 128U, 129U, 5000U}) {
        const auto items = numbers(size);
        const std::list<int> linked(items.begin(), items.end());
        for (const std::size_t workers : {1U, 2U, 8U}) {
            pool p{workers};
            CAPTURE(size, workers);
            REQUIRE(parimap::parallel_fold(p, nothing_yet, append, join, items) == words(size));
            REQUIRE(parimap::parallel_fold(p, nothing_yet, append, join, linked) == words(size));
            REQUIRE(parimap::parallel_fold(p, map_options{.block = 3}, nothing_yet, append, join, items) == words(size));
            REQUIRE(parimap::parallel_fold(p, map_options{.chunk = 1, .window = 64, .block = 30}, nothing_yet, append, join,
                                           linked) == words(size));
            std::istringstream text(words(size));
            REQUIRE(parimap::parallel_fold(p, nothing_yet, append, join, std::views::istream<int>(text)) == words(size));
        }
    }
}

TEST_CASE("P8 a fold has the same bits for every number of workers, and for a list as for a vector") {
    const auto add = [](double& sum, int a, int b) { sum += awkward(a) * awkward(b); };
    const auto add_up = [](double& left, double right) { left += right; };
    for (const std::size_t size : {1000U, 100'003U}) {
        const auto items = numbers(size);
        const std::list<int> linked(items.begin(), items.end());
        pool one{1};
        const auto reference = bits(parimap::parallel_fold(
            one, [] { return 0.25; }, add, add_up, items, items));
        for (const std::size_t workers : {2U, 3U, 8U}) {
            pool p{workers};
            CAPTURE(size, workers);
            REQUIRE(bits(parimap::parallel_fold(
                        p, [] { return 0.25; }, add, add_up, items, items)) == reference);
            REQUIRE(bits(parimap::parallel_fold(
                        p, map_options{.chunk = 1}, [] { return 0.25; }, add, add_up, linked, items)) == reference);
        }
    }
}

TEST_CASE("P8 a fold keeps few of what it folds into, which need to be movable only") {
    static std::atomic<int> alive{0};
    static std::atomic<int> most{0};
    struct large {
        std::unique_ptr<long> sum;
        large() : sum(std::make_unique<long>(0)) {
            const int now = ++alive;
            for (int old = most; now > old && !most.compare_exchange_weak(old, now);) {
            }
        }
        large(large&& other) noexcept : sum(std::move(other.sum)) {}
        large& operator=(large&&) = delete;
        ~large() { alive -= sum != nullptr; }
    };
    const auto items = numbers(100'000);
    for (const int workers : {1, 2, 4}) {
        pool p{static_cast<std::size_t>(workers)};
        CAPTURE(workers);
        most = 0;
        const large all = parimap::parallel_fold(
            p, [] { return large(); }, [](large& l, int i) { *l.sum += i; },
            [](large& left, large&& right) { *left.sum += *std::exchange(right.sum, nullptr), --alive; }, items);
        REQUIRE(*all.sum == 4'999'950'000);
        REQUIRE(alive == 1);
        REQUIRE(most <= workers * (2 + 8 * 3));  // what is folded, and eight on each of three levels around each late block
    }
    REQUIRE(alive == 0);
}

TEST_CASE("P4 what step, merge, make and the input of a fold throw leaves it, with the index of a loop") {
    pool p{3};
    const auto items = numbers(10'000);
    const std::list<int> linked(items.begin(), items.end());
    std::size_t failed_index = 0;
    const map_options options{.failed_index = &failed_index, .block = 100};
    const auto none = [] { return 0L; };
    const auto add = [](long& sum, int i) { sum += i; };
    const auto add_up = [](long& left, long right) { left += right; };
    const auto fails_from = [](int first) {
        return [first](long&, int i) {
            if (i >= first) throw i;
        };
    };
    for (const int first : {0, 1, 99, 100, 5432, 9999}) {
        const auto check = [&](const auto& input) {
            int thrown = -1;
            try {
                (void)parimap::parallel_fold(p, options, none, fails_from(first), add_up, input);
            } catch (int i) {
                thrown = i;
            }
            REQUIRE(thrown == first);
            REQUIRE(failed_index == static_cast<std::size_t>(first));
        };
        check(items);
        check(linked);
    }
    const auto cannot_merge = [](long&, long) { throw std::runtime_error("merge"); };
    REQUIRE_THROWS_AS(parimap::parallel_fold(p, options, none, add, cannot_merge, items), std::runtime_error);
    REQUIRE(failed_index % 100 == 0);
    REQUIRE_THROWS_AS(parimap::parallel_fold(
                          p, options, []() -> long { throw std::logic_error("make"); }, add, add_up, items),
                      std::logic_error);
    REQUIRE(failed_index == 0);
    for (const int end : {0, 99, 100, 101, 250}) {
        CAPTURE(end);
        const auto fails_there =
            linked | std::views::transform([end](int i) { return i == end ? throw std::out_of_range("input") : i; });
        REQUIRE_THROWS_AS(parimap::parallel_fold(p, options, none, add, add_up, fails_there), std::out_of_range);
        REQUIRE(failed_index == static_cast<std::size_t>(end));
    }
    // Of the call's own exceptions too.
    const auto cancels = [](long&, int i) {
        if (i == 4321) throw parimap::cancelled("by step");
    };
    for (const auto& options_of_blocks : {options, map_options{.failed_index = &failed_index, .block = 1'000'000}}) {
        REQUIRE_THROWS_AS(parimap::parallel_fold(p, options_of_blocks, none, cancels, add_up, items), parimap::cancelled);
        REQUIRE(std::exchange(failed_index, 77) == 4321);
    }
    struct cannot_begin : std::ranges::view_base {
        static std::istream_iterator<int> begin() { throw std::out_of_range("begin"); }
        static std::istream_iterator<int> end() { return {}; }
    };
    REQUIRE_THROWS_AS(parimap::parallel_fold(p, options, none, add, add_up, cannot_begin()), std::out_of_range);
    REQUIRE(failed_index == 0);
    REQUIRE_THROWS_AS(parimap::parallel_fold(p, map_options{.window = 50, .block = 100}, none, add, add_up, linked),
                      std::invalid_argument);
    REQUIRE(parimap::parallel_fold(p, options, none, add, add_up, items) == 49'995'000);
}

TEST_CASE("P5 a fold that is stopped ends inside a block") {
    pool p{2};
    std::stop_source source;
    std::atomic<int> ran{0};
    std::size_t failed_index = 77;
    const auto step = [&](int&, int) {
        if (++ran >= 1000) source.request_stop();  // each worker by itself: another may be kept from it
    };
    const map_options options{.stop = source.get_token(), .failed_index = &failed_index, .block = 1'000'000};
    REQUIRE_THROWS_AS(parimap::parallel_fold(
                          p, options, [] { return 0; }, step, [](int&, int) {}, std::views::iota(0, 2'000'000)),
                      parimap::cancelled);
    REQUIRE(ran < 10'000);
    REQUIRE(failed_index == 77);
}

TEST_CASE("P5 a fold reads no further once it is stopped or has failed") {
    pool p{2};
    std::stop_source source;
    std::atomic<bool> has_failed{false};
    std::size_t failed_index = 77;
    int end_at = 0;
    std::string how;
    const auto reads = [&](int i) {
        if (i == 1500) {
            if (how == "stop") source.request_stop();
            if (how == "terminate") p.terminate();
            if (how == "fail") {
                while (!has_failed) std::this_thread::yield();
                std::this_thread::sleep_for(std::chrono::milliseconds(50));
            }
        }
        end_at = i;
        return i;
    };
    const auto step = [&](long& sum, int i) {
        sum += i;
        if (how == "fail" && i == 7) {
            has_failed = true;
            throw std::out_of_range("7");
        }
    };
    const auto fold = [&](const char* name) {
        how = name;
        auto numbers = std::views::iota(0, 1'000'000) | std::views::filter([](int) { return true; }) | std::views::transform(reads);
        return parimap::parallel_fold(
            p, map_options{.stop = source.get_token(), .failed_index = &failed_index, .block = 1000}, [] { return 0L; }, step,
            [](long& left, long right) { left += right; }, numbers);
    };
    REQUIRE_THROWS_AS(fold("fail"), std::out_of_range);
    REQUIRE(failed_index == 7);
    REQUIRE(end_at <= 1501);
    failed_index = 77;
    REQUIRE_THROWS_AS(fold("stop"), parimap::cancelled);
    REQUIRE(failed_index == 77);
    REQUIRE(end_at <= 1501);
    source = {};
    REQUIRE_THROWS_AS(fold("terminate"), parimap::cancelled);
    REQUIRE(failed_index == 77);
    REQUIRE(end_at <= 1501);
}

namespace {

const auto zero = [] { return 0L; };
const auto add_item = [](long& sum, int i) { sum += i; };
const auto add_sum = [](long& left, long right) { left += right; };

}  // namespace

TEST_CASE("P1 a fold takes views whose iterators may throw when they are copied") {
    const std::vector<int> some(500, 1);
    const std::deque<int> others(500, 2);
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        REQUIRE(parimap::parallel_fold(p, zero, add_item, add_sum, ranges::views::concat(some, others)) == 1500);
    }
}

TEST_CASE("P1 a fold takes a block as large as there are numbers") {
    pool p{2};
    const auto items = numbers(1000);
    const std::list<int> linked(items.begin(), items.end());
    for (const std::size_t block : {std::size_t{1000}, std::size_t{1} << 40U, ~std::size_t{0} / 2 + 1, ~std::size_t{0}}) {
        CAPTURE(block);
        const map_options options{.block = block};
        REQUIRE(parimap::parallel_fold(p, options, zero, add_item, add_sum, items) == 499'500);
        REQUIRE(parimap::parallel_fold(p, options, zero, add_item, add_sum, linked) == 499'500);
    }
}

TEST_CASE("P4 a fold over a range that lies about its size or cannot begin fails at its first item") {
    const auto items = numbers(1000);
    struct no_begin {
        const int* begin() const { throw std::out_of_range("begin"); }
        const int* end() const { return nullptr; }
        std::size_t size() const { return 10; }
    };
    struct no_size {
        const int* begin() const { return nullptr; }
        const int* end() const { return nullptr; }
        std::size_t size() const { throw std::out_of_range("size"); }
    };
    pool p{2};
    const auto index_of = [&](auto error, const auto& input) {
        std::size_t failed_index = 77;
        REQUIRE_THROWS_AS(parimap::parallel_fold(p, map_options{.failed_index = &failed_index}, zero, add_item, add_sum, input),
                          decltype(error));
        return failed_index;
    };
    const std::ranges::subrange backwards(items.begin() + 500, items.begin() + 400);
    REQUIRE(index_of(std::length_error(""), backwards) == 0);
    REQUIRE(index_of(std::out_of_range(""), no_begin()) == 0);
    REQUIRE(index_of(std::out_of_range(""), no_size()) == 0);
    p.close();
    REQUIRE(index_of(parimap::pool_closed(""), no_begin()) == 77);  // and is not asked for anything
}

TEST_CASE("P4 a cancelled that a step or merge throws itself is its failure") {
    pool p{2};
    const auto items = numbers(1000);
    std::size_t failed_index = 77;
    const map_options options{.failed_index = &failed_index, .block = 100};
    const auto step = [](long&, int i) {
        if (i == 543) throw parimap::cancelled("of another call");
    };
    REQUIRE_THROWS_AS(parimap::parallel_fold(p, options, zero, step, add_sum, items), parimap::cancelled);
    REQUIRE(failed_index == 543);
    failed_index = 77;
    const auto merge = [](long&, long) { throw parimap::cancelled("of another call"); };
    REQUIRE_THROWS_AS(parimap::parallel_fold(p, options, zero, add_item, merge, items), parimap::cancelled);
    REQUIRE(failed_index % 100 == 0);
}
