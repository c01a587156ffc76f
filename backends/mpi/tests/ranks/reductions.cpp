// SPDX-License-Identifier: MIT
// P8: reductions over ranks, and what of them travels.
#include "ranks.hpp"

#include <atomic>
#include <functional>
#include <list>
#include <ranges>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <tuple>

using namespace parimap_test;
using parimap::map_options;

namespace {

// The longest text of those that were combined; rank 0 counts which came from others.
struct counted_text {
    std::string text;
};
std::atomic<int> texts_read{0};

const auto join = [](std::string left, const std::string& right) { return std::move(left += right); };

// Each number in its place.
std::string text_of(int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all += std::to_string(i) + ' ';
    return all;
}

auto slow_text(int microseconds) {
    return [=](int i) {
        if (i % 8 == 0) pass_time(8 * microseconds);
        return std::to_string(i) + ' ';
    };
}

}  // namespace

template <>
struct parimap::codec<counted_text> {
    static void write(parimap::byte_writer& out, const counted_text& t) { out.text(t.text); }
    static counted_text read(parimap::byte_reader& in) {
        ++texts_read;
        return {in.text()};
    }
};

TEST_CASE("P8 a sum has the same bits as on one worker of one rank") {
    const parimap::basic_pool<parimap::backends::threads> alone(1);
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{63}, std::size_t{1000}, std::size_t{100'000}}) {
        for (const int cost : {0, 20}) {
            if (cost > 0 && count > 1000) continue;
            CAPTURE(count, cost);
            std::vector<double> xs = numbers(count);
            const auto f = [cost](double x) {
                if (cost > 0) pass_time(cost);
                return 1 / (1 + x);
            };
            const double expected = parimap::parallel_map_reduce(alone, f, std::plus<>{}, 0.5, xs);
            for (const std::size_t workers : {1U, 3U}) {
                pool p(workers);
                REQUIRE(parimap::parallel_map_reduce(p, f, std::plus<>{}, 0.5, xs) == expected);
                const map_options narrow{.chunk = 5, .window = 40};
                REQUIRE(parimap::parallel_map_reduce(p, narrow, f, std::plus<>{}, 0.5, xs) == expected);
                const std::list<double> one_by_one(xs.begin(), xs.end());
                REQUIRE(parimap::parallel_map_reduce(p, f, std::plus<>{}, 0.5, one_by_one) == expected);
                REQUIRE(parimap::parallel_map_reduce(p, parimap::unseq(f), std::plus<>{}, 0.5, xs) == expected);
            }
        }
    }
}

TEST_CASE("P8 results are combined in the order of the items, wherever they were made") {
    pool p(2);
    for (const int cost : {0, 30, 300}) {
        CAPTURE(cost);
        for (int repeat = 0; repeat < 5; ++repeat) {
            REQUIRE(parimap::parallel_map_reduce(p, slow_text(cost), join, std::string("> "), std::views::iota(0, 2000)) ==
                    "> " + text_of(2000));
        }
    }
}

TEST_CASE("P8 what items were combined to travels, not each result") {
    pool p(1);
    texts_read = 0;
    const auto f = [rank_of_caller = ::getpid()](int i) {
        pass_time(50);
        return counted_text{::getpid() == rank_of_caller ? "" : std::to_string(i)};
    };
    const auto longer = [](counted_text a, counted_text b) { return a.text.size() < b.text.size() ? b : a; };
    const counted_text last = parimap::parallel_map_reduce(p, f, longer, counted_text{}, std::views::iota(0, 20'000));
    REQUIRE(last.text.size() >= 4);  // other ranks took part
    REQUIRE(texts_read > 0);
    REQUIRE(texts_read < 5000);
}

TEST_CASE("P4 a reduction throws the failure with the lowest index, of f or op") {
    pool p(2);
    for (int repeat = 0; repeat < 10; ++repeat) {
        std::size_t failed = 0;
        const map_options options{.failed_index = &failed};
        const auto f = [](int i) {
            pass_time(50);
            if (i >= 777) throw std::out_of_range("item");
            return i;
        };
        REQUIRE_THROWS_AS(parimap::parallel_map_reduce(p, options, f, std::plus<>{}, 0, std::views::iota(0, 3000)),
                          std::out_of_range);
        REQUIRE(failed == 777);
        const auto op = [](int a, int b) { return b == 1003 ? throw std::domain_error("combined") : a > b ? a : b; };
        const auto itself = [](int i) {
            pass_time(50);
            return i;
        };
        REQUIRE_THROWS_AS(parimap::parallel_map_reduce(p, options, itself, op, 0, std::views::iota(0, 3000)), std::domain_error);
        REQUIRE(failed == 1003);
    }
    REQUIRE(parimap::parallel_map_reduce(p, slow_text(0), join, std::string(), std::views::iota(0, 100)) == text_of(100));
}

TEST_CASE("P5 a reduction that is stopped ends, and the pool goes on") {
    pool p(2);
    for (int repeat = 0; repeat < 5; ++repeat) {
        std::stop_source source;
        std::thread stopper([&] {
            pass_time(30'000);
            source.request_stop();
        });
        REQUIRE_THROWS_AS(parimap::parallel_map_reduce(p, map_options{.stop = source.get_token()}, slow_text(1000), join,
                                                       std::string(), std::views::iota(0, 100'000)),
                          parimap::cancelled);
        stopper.join();
    }
    REQUIRE(parimap::parallel_map_reduce(p, slow_text(0), join, std::string(), std::views::iota(0, 100)) == text_of(100));
}

TEST_CASE("An op that cannot travel is told before anything runs") {
    pool p(1);
    std::atomic<int> combined{0};
    const auto f = [](int i) { return i; };
    const auto op = [&combined](int a, int b) { return ++combined, a + b; };
    REQUIRE_THROWS_WITH(parimap::parallel_map_reduce(p, f, op, 0, std::views::iota(0, 100)),
                        Catch::Matchers::Contains("op cannot travel"));
    REQUIRE(combined == 0);
}

TEST_CASE("A function travels whatever has been asked of its type before") {
    pool p(1);
    int k = 3;
    const auto f = [k](int i) {
        pass_time(100);
        return i * k;
    };
    static_assert(!std::is_copy_assignable_v<decltype(f)>);
    const auto [same] = std::tuple(f);
    const std::vector<int> all = parimap::parallel_map(p, same, std::views::iota(0, 300));
    for (int i = 0; i < 300; ++i) REQUIRE(all[static_cast<std::size_t>(i)] == i * k);
}
