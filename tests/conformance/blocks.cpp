// SPDX-License-Identifier: MIT
// Blocks of items that start together, by permission: P1, P4, P5 and P8 hold in them as elsewhere.
#include "support/backend_under_test.hpp"
#include "support/catch.hpp"
#include "support/gate.hpp"
#include "support/items.hpp"
#include "support/recording_sink.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <numeric>
#include <ranges>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace parimap_test;
using parimap::map_options;
using parimap::unseq;

namespace {

constexpr std::size_t block_sizes[] = {0, 1, 2, 7, 8, 9, 63, 64, 65, 127, 128, 129, 1000, 20'003};

const auto next_of = unseq([](int i) { return i + 1; });
constexpr auto next_without_exceptions = [](const int& i) noexcept { return i + 1; };

std::vector<int> nexts(std::size_t count) {
    std::vector<int> all(count);
    std::iota(all.begin(), all.end(), 1);
    return all;
}

std::uint64_t bits(double value) { return std::bit_cast<std::uint64_t>(value); }

double awkward(int i) { return (i % 2 == 0 ? 1.0 : -1.0) * (0.1 * i + 1e9 / (1.0 + i % 7)) + 1e-7 * i; }

struct point {
    double x, y;
    bool operator==(const point&) const = default;
};

// The numbers below `count`.
std::string words(std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += std::to_string(i) + ' ';
    return all;
}

}  // namespace

TEST_CASE("P1 every frontend gives the results of all items in order when they start in blocks") {
    for (const std::size_t workers : {1U, 3U}) {
        pool p{workers};
        for (const std::size_t size : block_sizes) {
            CAPTURE(workers, size);
            const auto items = numbers(size);
            const std::list<int> linked(items.begin(), items.end());
            for (const std::size_t chunk : {0U, 1U, 5U}) {
                if (size > 1000 && chunk > 0) continue;  // many batches come of themselves
                const map_options options{.chunk = chunk};
                REQUIRE(parimap::parallel_map(p, options, next_of, items) == nexts(size));
                REQUIRE(parimap::parallel_map(p, options, next_without_exceptions, items) == nexts(size));
                REQUIRE(parimap::parallel_map(p, options, next_of, linked) == nexts(size));
                std::vector<int> out(size);
                REQUIRE(parimap::parallel_map_into(p, options, out, next_of, items) == size);
                REQUIRE(out == nexts(size));
                parimap::parallel_for_each(p, options, unseq([](int& i) { ++i; }), out);
                parimap::parallel_for_each(
                    p, options, [](int& i) noexcept { --i; }, out);
                REQUIRE(out == nexts(size));
                REQUIRE(drain(parimap::ordered_imap(p, options, next_of, items)) == nexts(size));
                REQUIRE(sorted(drain(parimap::unordered_imap(p, options, next_of, linked))) == nexts(size));
                REQUIRE(drain(parimap::ordered_imap(p, map_options{.chunk = chunk, .window = 3}, next_of, linked)) == nexts(size));
            }
        }
    }
}

TEST_CASE("P1 blocks of several ranges, of ranges of other kinds and of small aggregates") {
    pool p{2};
    const std::size_t size = 5000;
    const auto items = numbers(size);
    const std::deque<int> deque(items.begin(), items.end());
    const auto sum = [](const int& a, const int& b) noexcept { return a + b; };
    const auto twice_all = parimap::parallel_map(p, twice, items);
    REQUIRE(parimap::parallel_map(p, sum, items, deque) == twice_all);
    REQUIRE(parimap::parallel_map(p, unseq(sum), items, items) == twice_all);
    REQUIRE(parimap::parallel_map(p, next_of, std::views::iota(0, 5000)) == nexts(size));
    REQUIRE(parimap::parallel_map(
                p, [](int i) noexcept { return i + 1; }, std::views::iota(0, 5000)) == nexts(size));
    std::vector<point> points(size);
    for (std::size_t i = 0; i < size; ++i) points[i] = {double(i), 0.5};
    const auto turned = parimap::parallel_map(
        p,
        [](const point& a) noexcept {
            return point{a.y, -a.x};
        },
        points);
    for (std::size_t i = 0; i < size; ++i) REQUIRE(turned[i] == point{0.5, -double(i)});
    std::array<float, 3> few{1, 2, 3};
    parimap::parallel_for_each(
        p, [](float& x) noexcept { x *= 2; }, few);
    REQUIRE(few == std::array<float, 3>{2, 4, 6});
}

TEST_CASE("P1 permission goes through the other wrappers in either order") {
    pool p{2};
    const auto items = numbers(3000);
    const auto fails_at_100 = [](int i) { return i == 100 ? throw std::runtime_error("100") : i + 1; };
    for (const auto& results : {parimap::parallel_map(p, unseq(parimap::catching(fails_at_100)), items),
                                parimap::parallel_map(p, parimap::catching(unseq(fails_at_100)), items)}) {
        for (std::size_t i = 0; i < results.size(); ++i) {
            REQUIRE(results[i].has_value() == (i != 100));
            if (i != 100) REQUIRE(*results[i] == static_cast<int>(i) + 1);
        }
    }
    const auto count = [](long& calls, int i) {
        ++calls;
        return i + 1;
    };
    REQUIRE(parimap::parallel_map(p, unseq(parimap::per_worker([] { return 0L; }, count)), items) == nexts(3000));
    REQUIRE(parimap::parallel_map(p, parimap::per_worker([] { return 0L; }, unseq(count)), items) == nexts(3000));
    const std::vector<std::pair<int, int>> pairs(1000, {1, 2});
    const auto sum = [](int a, int b) { return a + b; };
    REQUIRE(parimap::parallel_map(p, unseq(parimap::unpacked(sum)), pairs) == std::vector<int>(1000, 3));
    REQUIRE(parimap::parallel_map(p, parimap::unpacked(unseq(sum)), pairs) == std::vector<int>(1000, 3));
}

TEST_CASE("P4 an item that throws inside a block fails at its index, all before it finish and none behind it starts there") {
    pool one{1};
    pool three{3};
    const std::size_t size = 30'000;
    const auto items = numbers(size);
    for (pool* p : {&one, &three}) {
        for (const int first : {0, 1, 63, 5000, 29'999}) {
            CAPTURE(p == &one, first);
            std::vector<std::atomic<char>> ran(size);
            std::size_t failed_index = size;
            const auto f = unseq([&](int i) {
                ran[static_cast<std::size_t>(i)] = 1;
                if (i >= first && (i - first) % 7 == 0) throw i;
                return i;
            });
            int thrown = -1;
            try {
                (void)parimap::parallel_map(*p, map_options{.failed_index = &failed_index}, f, items);
            } catch (int i) {
                thrown = i;
            }
            REQUIRE(thrown == first);
            REQUIRE(failed_index == static_cast<std::size_t>(first));
            const auto started = static_cast<std::size_t>(std::count(ran.begin(), ran.end(), 1));
            REQUIRE(started > static_cast<std::size_t>(first));
            REQUIRE(std::count(ran.begin(), ran.begin() + first + 1, 1) == first + 1);
            if (p == &one) REQUIRE(started == static_cast<std::size_t>(first) + 1);
        }
    }
}

TEST_CASE("P4 what f or op throws inside a block of a reduction fails at its index") {
    pool one{1};
    pool three{3};
    const auto items = numbers(200'000);
    for (pool* p : {&one, &three}) {
        for (const int first : {0, 1, 7, 64, 77, 4096, 100'037, 120'000, 140'001, 199'999}) {
            CAPTURE(p == &one, first);
            std::vector<std::atomic<int>> ran(items.size());
            std::size_t failed_index = 77'777;
            const auto f = unseq([&](int i) {
                ++ran[static_cast<std::size_t>(i)];
                return i >= first ? throw i : 1L;
            });
            int thrown = -1;
            try {
                (void)parimap::parallel_map_reduce(*p, map_options{.failed_index = &failed_index}, f, std::plus<>{}, 0L, items);
            } catch (int i) {
                thrown = i;
            }
            REQUIRE(thrown == first);
            REQUIRE(failed_index == static_cast<std::size_t>(first));
            const auto once = [](int times) { return times == 1; };
            REQUIRE(std::all_of(ran.begin(), ran.begin() + first + 1, once));
            REQUIRE(std::all_of(ran.begin() + first + 1, ran.end(), [&](int times) { return times <= (p == &one ? 0 : 1); }));
            // A number that only one item has, so that op meets it on the right where that item is not the first of eight.
            if (first % 8 == 0) continue;
            const auto op = [&](long left, long right) { return right == first ? throw std::domain_error("op") : left + right; };
            REQUIRE_THROWS_AS(
                parimap::parallel_map_reduce(*p, map_options{.failed_index = &failed_index},
                                             unseq([&](int i) { return i == first ? long{i} : 100'000'000L; }), op, 0L, items),
                std::domain_error);
            REQUIRE(failed_index == static_cast<std::size_t>(first));
        }
    }
}

TEST_CASE("P4 in a stream an item that throws inside a block spoils its own result alone") {
    pool p{3};
    const auto items = numbers(20'000);
    const auto f = unseq([](int i) { return i % 1000 == 999 ? throw i : i; });
    auto ordered = parimap::ordered_imap(p, f, items);
    for (int i = 0; i < 20'000; ++i) {
        try {
            const auto result = ordered.next();
            REQUIRE(result == i);
            REQUIRE(i % 1000 != 999);
        } catch (int thrown) {
            REQUIRE(thrown == i);
            REQUIRE(i % 1000 == 999);
        }
    }
    REQUIRE_FALSE(ordered.next());
    auto unordered = parimap::unordered_imap(p, f, items);
    std::vector<int> seen;
    for (bool more = true; more;) {
        try {
            const auto result = unordered.next();
            more = result.has_value();
            if (result) seen.push_back(*result);
        } catch (int thrown) {
            REQUIRE(unordered.failed_index() == static_cast<std::size_t>(thrown));
            seen.push_back(thrown);
        }
    }
    REQUIRE(sorted(seen) == items);
}

TEST_CASE("P4 a stream of blocks ends behind an element that cannot be read however many workers drop what follows") {
    for (int round = 0; round < 100; ++round) {
        const int bad = round * 37;
        const auto elements = std::views::iota(0, 20'000) |
                              std::views::transform([bad](int i) { return i == bad ? throw std::domain_error("element") : i; });
        pool p{3};
        CAPTURE(round);
        auto ordered = parimap::ordered_imap(p, next_of, elements);
        for (int i = 0; i < bad; ++i) REQUIRE(ordered.next() == i + 1);
        REQUIRE_THROWS_AS(ordered.next(), std::domain_error);
        REQUIRE_FALSE(ordered.next());
        auto unordered = parimap::unordered_imap(p, next_of, elements);
        int handed = 0;
        const auto read = [&] {
            while (unordered.next()) ++handed;
        };
        REQUIRE_THROWS_AS(read(), std::domain_error);
        REQUIRE(handed >= bad);
        REQUIRE_FALSE(unordered.next());
    }
}

TEST_CASE("P5 behind a stop no further block starts") {
    pool one{1};
    for (const long stop_at : {1'000'000, 1'234'567, 3'000'000}) {
        CAPTURE(stop_at);
        std::stop_source source;
        std::atomic<long> ran{0};  // by one thread
        const auto f = unseq([&](int i) {
            ran.store(ran.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
            if (i == stop_at) source.request_stop();
        });
        REQUIRE_THROWS_AS(
            parimap::parallel_for_each(one, map_options{.stop = source.get_token()}, f, std::views::iota(0, 20'000'000)),
            parimap::cancelled);
        REQUIRE(ran > stop_at);
        REQUIRE(ran <= stop_at + 15'000);  // the largest block, where a batch is a hundred times as long
    }
}

TEST_CASE("P6 a result reaches who waits for it when its block ends, although the next one runs on") {
    if (is_serial) return;  // the consumer runs the items itself there
    pool one{1};
    constexpr int count = 400'000;
    constexpr int stretch = 40'000;
    std::atomic<int> received{-1};
    std::atomic<bool> broken{false};
    // In each stretch a slow item, so that its result is waited for, and far behind it one that waits for who got that.
    const auto f = unseq([&](int i) {
        if (i % stretch == 1000) std::this_thread::sleep_for(std::chrono::milliseconds(20));
        if (i % stretch == 17'000 && !broken) broken = !eventually([&] { return received >= i - 16'000; });
        return i;
    });
    auto stream = parimap::ordered_imap(one, f, std::views::iota(0, count));
    for (int i = 0; i < count; ++i) {
        if (stream.next() != i) FAIL("out of order");
        received = i;
    }
    REQUIRE_FALSE(broken);
}

TEST_CASE("P5 a stop inside a block is seen behind it, and a block keeps nobody from leaving") {
    pool p{2};
    const std::size_t size = 20'000'000;
    std::stop_source source;
    std::atomic<std::size_t> ran{0};
    const auto f = unseq([&](int i) {
        ran.fetch_add(1, std::memory_order_relaxed);
        if (i == 10'000) source.request_stop();
    });
    REQUIRE_THROWS_AS(
        parimap::parallel_for_each(p, map_options{.stop = source.get_token()}, f, std::views::iota(0, static_cast<int>(size))),
        parimap::cancelled);
    REQUIRE(ran < size);
    std::atomic<std::size_t> read{0};
    {
        auto stream =
            parimap::ordered_imap(p, unseq([&](int i) { return ++read, i; }), std::views::iota(0, static_cast<int>(size)));
        for (int i = 0; i < 10'000; ++i) REQUIRE(stream.next() == i);
    }
    const std::size_t at_the_end = read;
    REQUIRE(at_the_end < size);
    REQUIRE(parimap::parallel_map(p, next_of, numbers(100)) == nexts(100));
    REQUIRE(read == at_the_end);
}

TEST_CASE("P8 a reduction over blocks has the bits of one without") {
    for (const std::size_t size : block_sizes) {
        const auto items = numbers(size);
        pool one{1};
        const auto reference = bits(parimap::parallel_map_reduce(one, awkward, std::plus<>{}, 0.25, items));
        for (const std::size_t workers : {1U, 2U, 3U, 8U}) {
            pool p{workers};
            CAPTURE(size, workers);
            for (int round = 0; round < 3; ++round) {
                REQUIRE(bits(parimap::parallel_map_reduce(p, unseq(awkward), std::plus<>{}, 0.25, items)) == reference);
                REQUIRE(bits(parimap::parallel_map_reduce(p, awkward, std::plus<>{}, 0.25, items)) == reference);
            }
        }
        if (size > 5000) continue;
        const auto word = [](int i) { return std::to_string(i) + ' '; };
        REQUIRE(parimap::parallel_map_reduce(one, unseq(word), std::plus<>{}, std::string(), items) == words(size));
    }
}

TEST_CASE("P1 bars and reports count the items of blocks") {
    pool p{2};
    parimap::run_report report;
    REQUIRE(parimap::parallel_map(p, map_options{.insights = &report}, next_of, numbers(50'000)) == nexts(50'000));
    REQUIRE(report.items == 50'000);
    const auto sink = std::make_shared<recording_sink>();
    REQUIRE(parimap::parallel_map(p, map_options{.progress = told_to(sink)}, next_of, numbers(50'000)) == nexts(50'000));
    REQUIRE(sink->last().n == 50'000);
}
