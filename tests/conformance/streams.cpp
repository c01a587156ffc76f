// SPDX-License-Identifier: MIT
// An imap as a range: its iterators and its size, pipes and chained stages, and what results may be.
#include "support/backend_under_test.hpp"
#include "support/catch.hpp"
#include "support/counted.hpp"
#include "support/generator.hpp"
#include "support/items.hpp"

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <forward_list>
#include <functional>
#include <iterator>
#include <list>
#include <memory>
#include <optional>
#include <ranges>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <range/v3/algorithm/equal.hpp>
#include <range/v3/numeric/accumulate.hpp>
#include <range/v3/range/concepts.hpp>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/iota.hpp>
#include <range/v3/view/istream.hpp>
#include <range/v3/view/take.hpp>
#include <range/v3/view/transform.hpp>

using namespace parimap_test;
using parimap::map_options;

namespace {

template <class Imap>
concept has_size = requires(const Imap& imap) { imap.size(); };

generator<int> count_up(int end) {
    for (int i = 0; i != end; ++i) co_yield int{i};
}

// As a result: no default constructor, no copy, no assignment.
struct sealed {
    explicit sealed(int v) : value{v} {}
    sealed(sealed&&) = default;
    sealed& operator=(sealed&&) = delete;
    int value;
};

}  // namespace

// ---- an imap as a range -------------------------------------------------------------------------

TEST_CASE("Ranges: an imap is a single-pass view for the standard library and for range-v3") {
    pool p{1};
    const auto check = [](auto imap) {
        using stream = decltype(imap);
        STATIC_REQUIRE(std::ranges::view<stream>);
        STATIC_REQUIRE(std::ranges::input_range<stream>);
        STATIC_REQUIRE_FALSE(std::ranges::forward_range<stream>);
        STATIC_REQUIRE(ranges::view_<stream>);
        STATIC_REQUIRE(ranges::input_range<stream>);
        STATIC_REQUIRE_FALSE(ranges::forward_range<stream>);
        STATIC_REQUIRE(std::copyable<stream>);
        STATIC_REQUIRE(std::default_initializable<stream>);
    };
    check(parimap::ordered_imap(p, twice, numbers(3)));
    check(parimap::unordered_imap(p, twice, numbers(3)));
    check(parimap::ordered_imap(
        p, [](int) {}, std::list<int>{1}));
    check(parimap::ordered_imap(
        p, [](int i) { return std::make_unique<int>(i); }, std::views::iota(0)));
}

TEST_CASE("Ranges: dereferencing an iterator of an imap gives the same modifiable result each time") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        auto imap = parimap::ordered_imap(
            p, [](int i) { return std::make_unique<int>(i); }, numbers(5));
        auto it = imap.begin();
        STATIC_REQUIRE(std::is_same_v<decltype(*it), std::unique_ptr<int>&>);
        REQUIRE(&*it == &*it);
        REQUIRE(**it == 0);
        const std::unique_ptr<int> mine = std::move(*it);
        REQUIRE(*mine == 0);
        ++it;
        REQUIRE(**it == 1);
        it++;
        REQUIRE(it != imap.end());
        REQUIRE(**it == 2);
        REQUIRE(*imap.next().value() == 3);  // the one after the one the iterator holds
        REQUIRE(*imap.next().value() == 4);
        REQUIRE_FALSE(imap.next());
    }
}

TEST_CASE("Ranges: take of three consumes three results and no more") {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t window : limits) {
            CAPTURE(workers, window);
            pool p{workers};
            auto imap = parimap::ordered_imap(p, map_options{.window = window}, same, numbers(20));
            REQUIRE((imap | ranges::views::take(3) | ranges::to<std::vector>()) == std::vector<int>{0, 1, 2});
            REQUIRE(imap.next() == 3);
            std::vector<int> more;
            for (const int r : imap | std::views::take(3)) more.push_back(r);
            REQUIRE(more == std::vector<int>{4, 5, 6});
            REQUIRE(imap.next() == 7);
            std::ranges::copy(std::views::counted(imap.begin(), 2), std::back_inserter(more));
            REQUIRE(more == std::vector<int>{4, 5, 6, 8, 9});
            // A loop that ends behind an increment leaves the next result for begin().
            int seen = 0;
            for (auto it = imap.begin(); seen != 3; ++it, ++seen) REQUIRE(*it == 10 + seen);
            REQUIRE(*imap.begin() == 13);
        }
    }
}

TEST_CASE("Ranges: an unsized imap gives exactly what is taken from it too") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        auto imap = parimap::ordered_imap(p, same, count_up(-1));
        REQUIRE((imap | ranges::views::take(3) | ranges::to<std::vector>()) == std::vector<int>{0, 1, 2});
        std::vector<int> more;
        for (const int r : imap | std::views::take(3)) more.push_back(r);
        REQUIRE(more == std::vector<int>{3, 4, 5});
        REQUIRE(imap.next() == 6);
    }
}

TEST_CASE("Ranges: results flow through views and algorithms of both libraries") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto items = numbers(30);
        const auto odd = [](int i) { return i % 2 == 1; };
        REQUIRE((parimap::ordered_imap(p, twice, items) | ranges::views::take(10) | ranges::to<std::vector>()) ==
                (items | ranges::views::take(10) | ranges::views::transform(twice) | ranges::to<std::vector>()));
        REQUIRE((items | parimap::ordered_imap(p, same) | ranges::views::filter(odd) | ranges::views::transform(twice) |
                 ranges::views::take(3) | ranges::to<std::vector>()) == std::vector<int>{2, 6, 10});
        std::vector<int> out;
        for (const int r :
             items | std::views::drop(20) | parimap::ordered_imap(p, same) | std::views::filter(odd) | std::views::transform(twice))
            out.push_back(r);
        REQUIRE(out == std::vector<int>{42, 46, 50, 54, 58});
        REQUIRE(ranges::accumulate(parimap::unordered_imap(p, same, items), 0) == 435);
        REQUIRE(std::ranges::equal(parimap::ordered_imap(p, same, items), items));
        REQUIRE(ranges::equal(parimap::ordered_imap(p, same, items), items));
        out.clear();
        std::ranges::copy(parimap::ordered_imap(p, same, items), std::back_inserter(out));
        REQUIRE(out == items);
        REQUIRE((parimap::ordered_imap(p, same, items) | ranges::to<std::list<int>>()).size() == 30);
    }
}

TEST_CASE("Ranges: a pipe makes the same stream as a call") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto items = numbers(40);
        const map_options options{.chunk = 2, .window = 5};
        std::list<int> linked(items.begin(), items.end());
        int c_array[] = {0, 1, 2};
        REQUIRE(drain(items | parimap::ordered_imap(p, same)) == items);
        REQUIRE(drain(items | parimap::ordered_imap(p, options, same)) == items);
        REQUIRE(drain(items | parimap::ordered_imap(same)) == items);
        REQUIRE(drain(items | parimap::ordered_imap(options, same)) == items);
        REQUIRE(drain(linked | parimap::ordered_imap(p, same)) == items);
        REQUIRE(drain(numbers(40) | parimap::ordered_imap(p, same)) == items);
        REQUIRE(drain(c_array | parimap::ordered_imap(p, same)) == numbers(3));
        REQUIRE(drain(std::views::iota(0, 40) | parimap::ordered_imap(p, same)) == items);
        REQUIRE(drain(ranges::views::iota(0, 40) | parimap::ordered_imap(p, same)) == items);
        REQUIRE(drain(items | parimap::unordered_imap(p, same)).size() == 40);
        REQUIRE(drain(items | parimap::unordered_imap(p, options, same)).size() == 40);
        REQUIRE(drain(items | parimap::unordered_imap(same)).size() == 40);
        REQUIRE(drain(items | parimap::unordered_imap(options, same)).size() == 40);
        REQUIRE(drain(items | parimap::ordered_imap(p, twice) | parimap::ordered_imap(p, twice) | parimap::ordered_imap(p, same)) ==
                parimap::parallel_map(
                    p, [](int i) { return 4 * i; }, items));
    }
}

TEST_CASE("Ranges: stages are joined before there is a range, with adaptors before them and after") {
    const auto is_even = [](int i) { return i % 2 == 0; };
    const std::vector<int> evens{0, 2, 4, 6, 8};
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto four_times = parimap::ordered_imap(p, twice) | parimap::ordered_imap(p, twice);
        REQUIRE(drain(numbers(3) | four_times) == std::vector<int>{0, 4, 8});
        REQUIRE(drain(numbers(3) | four_times) == std::vector<int>{0, 4, 8});  // it can be used again
        REQUIRE(drain(numbers(2) | (four_times | parimap::ordered_imap(p, twice) | four_times)) == std::vector<int>{0, 32});
        REQUIRE(drain(numbers(2) | (parimap::ordered_imap(p, twice) | (four_times | four_times))) == std::vector<int>{0, 32});

        const auto items = numbers(10);
        const auto of_range_v3 = ranges::views::filter(is_even) | parimap::ordered_imap(p, same);
        REQUIRE(drain(items | of_range_v3) == evens);
        const auto of_std = std::views::filter(is_even) | parimap::ordered_imap(p, same);
        REQUIRE(drain(items | of_std) == evens);
        const auto several = ranges::views::take(6) | (ranges::views::filter(is_even) | parimap::unordered_imap(p, twice));
        int sum = 0;
        for (const int i : items | several | ranges::views::transform(twice)) sum += i;
        REQUIRE(sum == 24);
    }
}

TEST_CASE("Ranges: an imap is the input of another stage on the same pool") {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t window : limits) {
            CAPTURE(workers, window);
            pool p{workers};
            const map_options options{.window = window};
            const auto box = [](int i) { return std::make_unique<int>(i); };
            const auto unbox = [](std::unique_ptr<int> boxed) { return *boxed; };
            const auto items = numbers(60);
            REQUIRE(drain(parimap::ordered_imap(p, options, unbox, parimap::ordered_imap(p, options, box, items))) == items);
            REQUIRE(parimap::parallel_map(p, options, unbox, parimap::ordered_imap(p, options, box, items)) == items);
            auto sum =
                parimap::parallel_map_reduce(p, options, same, std::plus<>{}, 0, parimap::unordered_imap(p, options, same, items));
            REQUIRE(sum == 1770);
            const auto add = [](int a, int b) { return a + b; };
            REQUIRE(parimap::parallel_map(p, options, add, parimap::ordered_imap(p, options, same, items), items) ==
                    parimap::parallel_map(p, twice, items));
        }
    }
}

TEST_CASE("Ranges: a stage takes from the stage before it no more than it was given") {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t window : limits) {
            CAPTURE(workers, window);
            pool p{workers};
            auto source = parimap::ordered_imap(p, same, numbers(30));
            REQUIRE(parimap::parallel_map(p, map_options{.window = window}, twice, source | ranges::views::take(4)) ==
                    std::vector<int>{0, 2, 4, 6});
            REQUIRE(source.next() == 4);
            REQUIRE(drain(parimap::ordered_imap(p, map_options{.window = window}, twice, source | std::views::take(2))) ==
                    std::vector<int>{10, 12});
            REQUIRE(source.next() == 7);
            REQUIRE(parimap::parallel_map(p, same, source).size() == 22);  // a copy shares the stream
            REQUIRE_FALSE(source.next());
        }
    }
}

TEST_CASE("Ranges: size tells how many results are still to be handed over and only where the input is sized") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto items = numbers(10);
        const std::list<int> linked(items.begin(), items.end());
        std::istringstream stream;
        auto imap = parimap::ordered_imap(p, same, items);
        STATIC_REQUIRE(has_size<decltype(imap)>);
        STATIC_REQUIRE(has_size<decltype(parimap::unordered_imap(p, same, linked))>);
        STATIC_REQUIRE(has_size<decltype(parimap::ordered_imap(p, std::plus<>{}, items, linked))>);
        STATIC_REQUIRE_FALSE(has_size<decltype(parimap::ordered_imap(p, same, std::forward_list<int>{}))>);
        STATIC_REQUIRE_FALSE(has_size<decltype(parimap::ordered_imap(p, same, ranges::istream<int>(stream)))>);
        STATIC_REQUIRE_FALSE(has_size<decltype(parimap::ordered_imap(p, same, std::views::iota(0)))>);
        STATIC_REQUIRE_FALSE(
            has_size<decltype(parimap::ordered_imap(p, same, items | std::views::filter([](int) { return true; })))>);
        REQUIRE(imap.size() == 10);
        REQUIRE(imap.next());
        REQUIRE(imap.size() == 9);
        REQUIRE(std::ranges::size(imap) == 9);
        auto it = imap.begin();
        REQUIRE(*it == 1);
        REQUIRE(imap.size() == 8);
        ++it;
        REQUIRE(imap.size() == 8);
        REQUIRE(drain(imap).size() == 8);
        REQUIRE(imap.size() == 0);
        REQUIRE(parimap::ordered_imap(p, std::plus<>{}, items, numbers(4)).size() == 4);
        REQUIRE(parimap::unordered_imap(p, same, linked).size() == 10);
        REQUIRE(parimap::unordered_imap(p, same, {1, 2, 3}).size() == 3);
        REQUIRE(parimap::ordered_imap(p, same, parimap::ordered_imap(p, same, items)).size() == 10);
        auto failing = parimap::ordered_imap(
            p, [](int) -> int { throw 1; }, items);
        REQUIRE_THROWS_AS(failing.next(), int);
        REQUIRE(failing.size() == 9);
    }
}

// ---- results ------------------------------------------------------------------------------------

TEST_CASE("Ranges: results need only be movable") {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t window : limits) {
            CAPTURE(workers, window);
            pool p{workers};
            const map_options options{.window = window};
            const auto f = [](int i) { return sealed{i}; };
            const auto check = [](auto& results) {
                int next = 0;
                for (sealed& s : results) {
                    REQUIRE(s.value == next);
                    ++next;
                }
                REQUIRE(next == 40);
            };
            auto all = parimap::parallel_map(p, options, f, numbers(40));
            STATIC_REQUIRE(std::is_same_v<decltype(all), std::vector<sealed>>);
            check(all);
            auto linked = parimap::parallel_map(p, options, f, count_up(40));
            check(linked);
            auto imap = parimap::ordered_imap(p, options, f, numbers(40));
            check(imap);
            auto later = parimap::map_async(p, options, f, numbers(40)).get();
            check(later);
            REQUIRE(std::ranges::distance(parimap::unordered_imap(p, options, f, numbers(40))) == 40);
            auto boxes = parimap::parallel_map(
                p, options, [](int i) { return std::make_unique<int>(i); }, numbers(40));
            REQUIRE(*boxes[39] == 39);
        }
    }
}

TEST_CASE("Ranges: the results of a void function are monostates in a stream and nothing in a map") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        std::atomic<int> ran{0};
        const auto f = [&](int) { ++ran; };
        pool p{workers};
        auto imap = parimap::ordered_imap(p, f, numbers(30));
        STATIC_REQUIRE(std::is_same_v<decltype(imap.next()), std::optional<std::monostate>>);
        int results = 0;
        for ([[maybe_unused]] std::monostate& r : imap) ++results;
        REQUIRE(results == 30);
        auto unordered = parimap::unordered_imap(p, f, numbers(30));
        while (unordered.next()) ++results;
        REQUIRE(results == 60);
        STATIC_REQUIRE(std::is_void_v<decltype(parimap::parallel_map(p, f, numbers(30)))>);
        STATIC_REQUIRE(std::is_void_v<decltype(parimap::parallel_for_each(p, twice, numbers(30)))>);
        parimap::parallel_map(p, f, numbers(30));
        parimap::map_async(p, f, numbers(30)).get();
        REQUIRE(ran == 120);
    }
}

TEST_CASE("Ranges: results of type bool do not disturb their neighbours") {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t chunk : limits) {
            CAPTURE(workers, chunk);
            pool p{workers};
            const map_options options{.chunk = chunk};
            const auto f = [](int i) { return i % 3 == 0; };
            std::vector<bool> expected;
            for (int i = 0; i < 3000; ++i) expected.push_back(f(i));
            REQUIRE(parimap::parallel_map(p, options, f, numbers(3000)) == expected);
            // A vector<bool> is an input as well; its elements are proxies.
            REQUIRE(parimap::parallel_map(
                        p, options, [](bool b) { return !b; }, expected)
                        .size() == 3000);
        }
    }
}

TEST_CASE("Ranges: a reference result is copied") {
    pool p{2};
    std::vector<std::string> words{"a", "b"};
    auto copies = parimap::parallel_map(
        p, [](std::string& s) -> std::string& { return s; }, words);
    STATIC_REQUIRE(std::is_same_v<decltype(copies), std::vector<std::string>>);
    copies[0] = "changed";
    auto imap = parimap::ordered_imap(
        p, [](const std::string& s) -> const std::string& { return s; }, words);
    STATIC_REQUIRE(std::is_same_v<decltype(*imap.begin()), std::string&>);
    for (std::string& s : imap) s += "!";
    REQUIRE(words == std::vector<std::string>{"a", "b"});
}
