// SPDX-License-Identifier: MIT
// P1, P2, P3, P8: order, window, and what comes back.
#include "ranks.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <set>
#include <string>
#include <utility>

#include <pthread.h>

using namespace parimap_test;
using parimap::map_options;

namespace {

struct cell {
    int column = 0;
    std::string name;
    std::vector<std::vector<double>> rows;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(column, name, rows);
    }
};

}  // namespace

TEST_CASE("P9 a pool has the workers of all ranks") {
    REQUIRE(pool(2).size() == 2 * static_cast<std::size_t>(ranks));
    REQUIRE_THROWS_AS(pool(std::size_t{0}), std::invalid_argument);
    pool p(2);
    std::set<std::pair<pid_t, std::size_t>> workers;
    std::set<std::size_t> indices;
    const auto who = [](int) {
        pass_time(5000);
        return std::pair(getpid(), parimap::this_worker_index());
    };
    for (const auto& one : parimap::unordered_imap(p, who, std::views::iota(0, 40 * ranks))) {
        workers.insert(one);
        indices.insert(one.second);
    }
    REQUIRE(workers.size() == p.size());
    REQUIRE(indices.size() == p.size());
    REQUIRE(*indices.rbegin() == p.size() - 1);
}

TEST_CASE("P9 the workers of all ranks have the stacks that the pool was told") {
    constexpr std::size_t size = std::size_t{64} << 20U;
    pool p({.workers = 2, .stack_size = size});
    REQUIRE(p.size() == 2 * static_cast<std::size_t>(ranks));
    const auto stack = [](int) {
        pass_time(2000);
        pthread_attr_t attributes;
        std::size_t bytes = 0;
        if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
            pthread_attr_getstacksize(&attributes, &bytes);
            pthread_attr_destroy(&attributes);
        }
        return std::pair(getpid(), bytes);
    };
    std::set<pid_t> processes;
    for (const auto& [process, bytes] : parimap::unordered_imap(p, stack, std::views::iota(0, 40 * ranks))) {
        processes.insert(process);
        REQUIRE(bytes >= size);
    }
    REQUIRE(processes.size() == static_cast<std::size_t>(ranks));
}

TEST_CASE("P1 results of all ranks come in the order of their items, whatever chunk and window") {
    for (const std::size_t workers : {1U, 2U, 5U}) {
        pool p(workers);
        for (const std::size_t chunk : {0U, 1U, 7U}) {
            for (const std::size_t window : {0U, 1U, 3U, 64U}) {
                CAPTURE(workers, chunk, window);
                const map_options options{.chunk = chunk, .window = window};
                const auto xs = numbers(500);
                double expected = 0;
                for (const double r : parimap::ordered_imap(
                         p, options, [](double x) { return x + 0.5; }, xs)) {
                    REQUIRE(r == expected + 0.5);
                    ++expected;
                }
                REQUIRE(expected == 500);
                std::vector<bool> seen(500);
                for (const int r : parimap::unordered_imap(
                         p, options, [](int i) { return i; }, std::views::iota(0, 500))) {
                    REQUIRE_FALSE(seen[static_cast<std::size_t>(r)]);
                    seen[static_cast<std::size_t>(r)] = true;
                }
                REQUIRE(std::ranges::count(seen, true) == 500);
                const auto all = parimap::parallel_map(
                    p, options, [](double x) { return 2 * x; }, xs);
                for (std::size_t i = 0; i < all.size(); ++i) REQUIRE(all[i] == 2.0 * static_cast<double>(i));
            }
        }
    }
}

TEST_CASE("P6 every rank takes part, and slow items do not wait for each other") {
    pool p(1);
    std::set<pid_t> processes;
    const auto slow = [](int) {
        pass_time(2000);
        return getpid();
    };
    for (const pid_t process : parimap::unordered_imap(p, slow, std::views::iota(0, 60 * ranks))) processes.insert(process);
    REQUIRE(processes.size() == static_cast<std::size_t>(ranks));
}

TEST_CASE(
    "P1 what travels: strings, nested vectors, optionals, maps, pointers that own, types of one's own, large and empty ones") {
    pool p(2);
    const auto echo = [](const auto& values) {
        return [&values](auto& stream) {
            std::size_t i = 0;
            for (auto& r : stream) REQUIRE(r == values[i++]);
            REQUIRE(i == values.size());
        };
    };
    const std::vector<std::string> words{"", "one", std::string(100'000, 'x'), "four"};
    auto same_words = parimap::ordered_imap(
        p, [](const std::string& s) { return s; }, words);
    echo(words)(same_words);
    const std::vector<std::optional<std::map<std::string, std::vector<int>>>> trees{std::nullopt, {{{"a", {1, 2}}, {"b", {}}}}};
    auto same_trees = parimap::ordered_imap(
        p, [](const auto& tree) { return tree; }, trees);
    echo(trees)(same_trees);

    int n = 0;
    for (const std::unique_ptr<int>& r : parimap::ordered_imap(
             p, [](int i) { return std::make_unique<int>(i); }, std::views::iota(0, 100)))
        REQUIRE(*r == n++);
    std::vector<cell> cells(20);
    for (int i = 0; i < 20; ++i) cells[static_cast<std::size_t>(i)] = {i, std::to_string(i), {{1.0, 2.0}, {double(i)}}};
    const auto results = parimap::parallel_map(
        p,
        [](cell c) {
            c.name += "!";
            return c;
        },
        cells);
    for (int i = 0; i < 20; ++i) {
        const cell& c = results[static_cast<std::size_t>(i)];
        REQUIRE(c.column == i);
        REQUIRE(c.name == std::to_string(i) + "!");
        REQUIRE(c.rows == cells[static_cast<std::size_t>(i)].rows);
    }
    int blocks = 0;
    for (const std::vector<char>& r : parimap::unordered_imap(
             p, [](char c) { return std::vector<char>(10'000'000, c); }, std::string("abcdefgh"))) {
        REQUIRE(r.size() == 10'000'000);
        REQUIRE(r.front() == r.back());
        ++blocks;
    }
    REQUIRE(blocks == 8);
    parimap::parallel_for_each(
        p, [](int) {}, std::views::iota(0, 1000));
    REQUIRE(parimap::parallel_map(
                p, [](int i) { return i; }, std::vector<int>())
                .empty());
}

TEST_CASE("P1 several ranges, single-pass inputs, captured values") {
    pool p(2);
    const std::vector<int> a{1, 2, 3, 4, 5};
    const std::vector<std::string> b{"a", "b", "c", "d"};
    const auto joined = parimap::parallel_map(
        p, [](int i, const std::string& s) { return s + std::to_string(i); }, a, b);
    REQUIRE(joined == std::vector<std::string>{"a1", "b2", "c3", "d4"});
    const double factor = 3;
    int n = 0;
    auto input = std::views::iota(0, 300) | std::views::transform([](int i) { return std::to_string(i); }) |
                 std::views::filter([](const std::string&) { return true; });
    for (const double r : parimap::ordered_imap(
             p, [factor](const std::string& s) { return factor * std::stod(s); }, input))
        REQUIRE(r == 3.0 * n++);
    REQUIRE(n == 300);
    std::vector<double> out(1000);
    REQUIRE(parimap::parallel_map_into(
                p, out, [factor](double x) { return factor * x; }, numbers(1000)) == 1000);
    for (std::size_t i = 0; i < out.size(); ++i) REQUIRE(out[i] == 3.0 * static_cast<double>(i));
}

TEST_CASE("P2 no more than a window of items is anywhere, behind a slow rank too") {
    pool p(2);
    std::size_t taken = 0;
    std::size_t handed = 0;
    std::size_t most = 0;
    auto input = std::views::iota(0, 200) | std::views::filter([&](int) {
                     most = std::max(most, ++taken - handed);
                     return true;
                 });
    const auto slow_here_and_there = [](int i) {
        if (i % 50 == 0) pass_time(50'000);
        return i;
    };
    auto stream = parimap::unordered_imap(p, map_options{.window = 9}, slow_here_and_there, input);
    while (stream.next()) ++handed;
    REQUIRE(handed == 200);
    REQUIRE(most <= 10);  // the item that is being handed back is counted here only afterwards
}

TEST_CASE("P8 reductions have the same bits as on one worker") {
    const auto f = [](double x) { return 1 / (x + 1); };
    const double alone =
        parimap::parallel_map_reduce(parimap::basic_pool<parimap::backends::threads>(1), f, std::plus<>{}, 0.0, numbers(5000));
    pool p(2);
    REQUIRE(parimap::parallel_map_reduce(p, f, std::plus<>{}, 0.0, numbers(5000)) == alone);
}

TEST_CASE("a million items, and thousands of calls on one pool") {
    pool p(1);
    std::int64_t sum = 0;
    for (const int r : parimap::unordered_imap(
             p, [](int i) { return i; }, std::views::iota(0, 1'000'000)))
        sum += r;
    REQUIRE(sum == 499'999'500'000);
    for (int call = 0; call < 2000; ++call)
        REQUIRE(parimap::parallel_map(
                    p, [call](int i) { return i + call; }, std::vector<int>{1, 2}) == std::vector<int>{1 + call, 2 + call});
}

TEST_CASE("a shared value is on every rank until its pool ends") {
    for (int repeat = 0; repeat < 3; ++repeat) {
        pool p(1);
        const auto table = parimap::share(p, std::vector<std::string>{"zero", "one", "two"});
        const auto factor = parimap::share(p, 3.0);
        REQUIRE(table->size() == 3);
        int n = 0;
        for (const auto& r : parimap::ordered_imap(
                 p, [table, factor](int i) { return std::pair(table->at(static_cast<std::size_t>(i % 3)), *factor * i); },
                 std::views::iota(0, 300))) {
            REQUIRE(r.first == std::vector<std::string>{"zero", "one", "two"}[static_cast<std::size_t>(n % 3)]);
            REQUIRE(r.second == 3.0 * n++);
        }
        REQUIRE(n == 300);
    }
}

TEST_CASE("P6 items that wait behind a slow one are asked back for whoever has nothing to do") {
    pool p(1);
    for (int repeat = 0; repeat < 3; ++repeat) {
        const auto f = [](int i) {
            pass_time(i == 40 ? 1'000'000 : 300);
            return i;
        };
        std::vector<int> order;
        for (const int r : parimap::unordered_imap(p, f, std::views::iota(0, 200))) order.push_back(r);
        REQUIRE(order.size() == 200);
        REQUIRE(order.back() == 40);
        order.clear();
        auto input = std::views::iota(0, 200) | std::views::filter([](int) { return true; });
        for (const int r : parimap::unordered_imap(p, map_options{.window = 64}, f, input)) order.push_back(r);
        std::ranges::sort(order);
        REQUIRE(order.size() == 200);
        for (int i = 0; i < 200; ++i) REQUIRE(order[static_cast<std::size_t>(i)] == i);
    }
}

TEST_CASE("per_worker: each worker of each rank makes a state of its own") {
    pool p(2);
    struct state {
        std::size_t worker;
        int calls = 0;
    };
    const auto make = [] { return state{parimap::this_worker_index()}; };
    const auto f = [](state& my, int) {
        pass_time(200);
        return std::array{my.worker, parimap::this_worker_index(), static_cast<std::size_t>(++my.calls)};
    };
    std::map<std::size_t, std::size_t> calls;  // by worker
    for (const auto [made_by, run_by, call] : parimap::unordered_imap(p, parimap::per_worker(make, f), std::views::iota(0, 2000))) {
        REQUIRE(made_by == run_by);
        calls[run_by] = std::max(calls[run_by], call);
    }
    std::size_t all = 0;
    for (const auto& [worker, of_worker] : calls) all += of_worker;
    REQUIRE(all == 2000);
    REQUIRE(calls.size() > 2);
    const auto safe = parimap::catching(parimap::per_worker(make, f));
    REQUIRE(parimap::parallel_map(p, safe, std::views::iota(0, 100)).back().has_value());
}
