// SPDX-License-Identifier: MIT
// Inputs: which ranges a frontend takes, one or several, and what it does to them.
#include "support/backend_under_test.hpp"
#include "support/catch.hpp"
#include "support/counted.hpp"
#include "support/generator.hpp"
#include "support/items.hpp"
#include "support/recorded_range.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <forward_list>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <ranges>
#include <set>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <range/v3/numeric/accumulate.hpp>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/chunk.hpp>
#include <range/v3/view/cycle.hpp>
#include <range/v3/view/enumerate.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/generate.hpp>
#include <range/v3/view/iota.hpp>
#include <range/v3/view/istream.hpp>
#include <range/v3/view/reverse.hpp>
#include <range/v3/view/take.hpp>
#include <range/v3/view/zip.hpp>

using namespace parimap_test;
using namespace std::string_literals;
using parimap::map_options;

namespace {

// The same range through a blocking frontend and through a stream.
template <class MakeInput>
void require_doubled(MakeInput make_input, const std::vector<int>& expected) {
    for (const std::size_t workers : sizes{1, 3}) {
        for (const std::size_t window : sizes{0, 1, 5}) {
            CAPTURE(workers, window);
            pool p{workers};
            const map_options options{.window = window};
            REQUIRE(parimap::parallel_map(p, options, twice, make_input()) == expected);
            REQUIRE(drain(parimap::ordered_imap(p, options, twice, make_input())) == expected);
        }
    }
}

// Tells with which value category an item arrives.
struct category {
    char operator()(std::string&) const { return 'l'; }
    char operator()(const std::string&) const { return 'c'; }
    char operator()(std::string&&) const { return 'r'; }
};

generator<int> count_up(int end) {
    for (int i = 0; i != end; ++i) co_yield int{i};
}

generator<std::unique_ptr<int>> count_up_boxed(int end) {
    for (int i = 0; i != end; ++i) co_yield std::make_unique<int>(i);
}

}  // namespace

// ---- one input range ----------------------------------------------------------------------------

TEST_CASE("Ranges: containers and arrays and spans are inputs") {
    std::vector<int> vector{1, 2, 3, 4};
    const std::deque<int> deque{1, 2, 3, 4};
    int c_array[] = {1, 2, 3, 4};
    std::list<int> list{1, 2, 3, 4};
    const std::forward_list<int> forward{1, 2, 3, 4};
    const std::set<int> set{4, 2, 1, 3};
    const std::vector<int> expected{2, 4, 6, 8};
    require_doubled([&]() -> auto& { return vector; }, expected);
    require_doubled([&]() -> auto& { return c_array; }, expected);
    require_doubled([&]() -> auto& { return list; }, expected);
    require_doubled([&]() -> auto& { return forward; }, expected);
    require_doubled([&] { return std::span{vector}; }, expected);
    require_doubled([&] { return std::array{1, 2, 3, 4}; }, expected);
    require_doubled([&] { return std::list{1, 2, 3, 4}; }, expected);
    pool p{2};
    REQUIRE(parimap::parallel_map(p, twice, deque) == expected);
    REQUIRE(parimap::parallel_map(p, twice, set) == expected);
    REQUIRE(parimap::parallel_map(
                p, [](char c) { return c - 'a'; }, std::string_view{"abc"}) == std::vector<int>{0, 1, 2});
}

TEST_CASE("Ranges: the elements of a C array that is given away are moved in") {
    pool p{2};
    std::unique_ptr<int> array[] = {std::make_unique<int>(1), std::make_unique<int>(2)};
    auto imap = parimap::ordered_imap(
        p, [](const std::unique_ptr<int>& n) { return *n; }, std::move(array));
    REQUIRE(array[0] == nullptr);
    REQUIRE(drain(imap) == std::vector<int>{1, 2});
    const int constants[] = {1, 2, 3};
    REQUIRE(parimap::parallel_map(p, twice, std::move(constants)) == std::vector<int>{2, 4, 6});
}

TEST_CASE("Ranges: views of the standard library are inputs") {
    const auto items = numbers(20);
    const auto even = [](int i) { return i % 2 == 0; };
    std::vector<int> evens;
    for (int i = 0; i < 20; i += 2) evens.push_back(2 * i);
    require_doubled([&] { return std::views::iota(0, 4); }, {0, 2, 4, 6});
    require_doubled([&] { return items | std::views::transform(twice) | std::views::take(3); }, {0, 4, 8});
    require_doubled([&] { return items | std::views::take_while([](int i) { return i < 3; }); }, {0, 2, 4});
    auto filtered = items | std::views::filter(even);
    require_doubled([&]() -> auto& { return filtered; }, evens);
#if defined(__cpp_lib_ranges) && __cpp_lib_ranges >= 202110L
    require_doubled([&] { return numbers(20) | std::views::filter(even); }, evens);  // owns its vector: move-only
#endif
    pool p{2};
    REQUIRE(parimap::parallel_map(p, twice, items | std::views::drop(17) | std::views::reverse) == std::vector<int>{38, 36, 34});
    REQUIRE(parimap::parallel_map(p, twice, std::views::single(21)) == std::vector<int>{42});
    REQUIRE(parimap::parallel_map(p, twice, std::views::empty<int>).empty());
}

TEST_CASE("Ranges: views of range-v3 are inputs") {
    const auto items = numbers(20);
    const auto even = [](int i) { return i % 2 == 0; };
    std::vector<int> evens;
    for (int i = 0; i < 20; i += 2) evens.push_back(2 * i);
    require_doubled([&] { return ranges::views::iota(0, 4); }, {0, 2, 4, 6});
    require_doubled([&] { return items | ranges::views::reverse | ranges::views::take(3); }, {38, 36, 34});
    auto filtered = items | ranges::views::filter(even);
    require_doubled([&]() -> auto& { return filtered; }, evens);
    int calls = 0;
    pool p{2};
    auto generated = ranges::views::generate([&calls] { return calls++; }) | ranges::views::take(5);
    REQUIRE(parimap::parallel_map(p, twice, generated) == std::vector<int>{0, 2, 4, 6, 8});
    const auto sum = [](auto&& part) { return ranges::accumulate(part, 0); };
    REQUIRE(parimap::parallel_map(p, sum, items | ranges::views::chunk(8)) == std::vector<int>{28, 92, 70});
}

TEST_CASE("Ranges: blocks of indices have each index once") {
    pool p{2};
    const auto indices_in = [&](std::size_t count, std::size_t size) {
        const auto indices = [](auto block) { return std::vector<std::size_t>(block.begin(), block.end()); };
        std::vector<std::size_t> all;
        for (const std::vector<std::size_t>& block : parimap::ordered_imap(p, indices, parimap::blocks(count, size))) {
            REQUIRE(!block.empty());
            REQUIRE(block.size() <= size);
            all.insert(all.end(), block.begin(), block.end());
        }
        return all;
    };
    for (const std::size_t count : {0U, 1U, 7U, 8U, 9U, 16U, 100U}) {
        for (const std::size_t size : {1U, 8U, 1000U}) {
            CAPTURE(count, size);
            std::vector<std::size_t> each_once(count);
            std::iota(each_once.begin(), each_once.end(), std::size_t{0});
            REQUIRE(indices_in(count, size) == each_once);
        }
    }
    STATIC_REQUIRE(std::ranges::forward_range<parimap::index_block>);
    constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
    const auto last = *(parimap::blocks(all, 10).end() - 1);
    REQUIRE(last.first == all - all % 10);
    REQUIRE(last.last == all);
    REQUIRE(parimap::blocks(all, all).size() == 1);
    REQUIRE_THROWS_AS(parimap::blocks(10, 0), parimap::error);

    std::vector<double> y(5000, 1);
    parimap::parallel_for_each(
        p,
        [&y](auto block) {
            for (const std::size_t i : block) y[i] += static_cast<double>(i);
        },
        parimap::blocks(y.size()));
    for (std::size_t i = 0; i < y.size(); ++i) REQUIRE(y[i] == static_cast<double>(1 + i));
}

TEST_CASE("Ranges: streams and generators are inputs") {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t window : limits) {
            CAPTURE(workers, window);
            pool p{workers};
            const map_options options{.window = window};
            std::istringstream first{"1 2 3"};
            REQUIRE(parimap::parallel_map(p, options, twice, std::ranges::basic_istream_view<int, char>{first}) ==
                    std::vector<int>{2, 4, 6});
            std::istringstream second{"1 2 3"};
            REQUIRE(parimap::parallel_map(p, options, twice, ranges::istream<int>(second)) == std::vector<int>{2, 4, 6});
            std::istringstream third{"1 2 3"};
            REQUIRE(drain(parimap::ordered_imap(p, options, twice, std::ranges::basic_istream_view<int, char>{third})) ==
                    std::vector<int>{2, 4, 6});
            std::istringstream fourth{"1 2 3"};
            auto words = ranges::istream<std::string>(fourth);
            REQUIRE(drain(parimap::ordered_imap(
                        p, options, [](std::string s) { return s + "!"; }, words)) == std::vector<std::string>{"1!", "2!", "3!"});
            REQUIRE(parimap::parallel_map(p, options, same, count_up(50)) == numbers(50));
            REQUIRE(drain(parimap::ordered_imap(p, options, same, count_up(50))) == numbers(50));
            REQUIRE(drain(count_up(50) | parimap::ordered_imap(p, options, same)) == numbers(50));
            auto held = count_up(50);
            REQUIRE(parimap::parallel_map(p, options, same, held) == numbers(50));
        }
    }
}

TEST_CASE("Ranges: an item of a single-pass input arrives as an rvalue and may be move-only") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto unbox = [](std::unique_ptr<int> box) { return *box; };
        REQUIRE(parimap::parallel_map(p, unbox, count_up_boxed(100)) == numbers(100));
        REQUIRE(drain(parimap::ordered_imap(p, unbox, count_up_boxed(100))) == numbers(100));
        std::istringstream words{"a b c"};
        REQUIRE(parimap::parallel_map(p, category{}, ranges::istream<std::string>(words)) == std::vector<char>(3, 'r'));
    }
}

TEST_CASE("Ranges: an initializer list is an input as an object and as braces in the call") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto list = {1, 2, 3};
        const std::vector<int> expected{2, 4, 6};
        const map_options options{.chunk = 2};
        REQUIRE(parimap::parallel_map(p, twice, list) == expected);
        REQUIRE(parimap::parallel_map(p, twice, {1, 2, 3}) == expected);
        REQUIRE(parimap::parallel_map(p, options, twice, {1, 2, 3}) == expected);
        REQUIRE(parimap::parallel_map(twice, {1, 2, 3}) == expected);
        REQUIRE(parimap::parallel_map_reduce(p, twice, std::plus<>{}, 0, {1, 2, 3}) == 12);
        REQUIRE(parimap::map_async(p, twice, {1, 2, 3}).get() == expected);
        std::vector<int> out(3);
        REQUIRE(parimap::parallel_map_into(p, out, twice, {1, 2, 3}) == 3);
        REQUIRE(out == expected);
        std::atomic<int> sum{0};
        parimap::parallel_for_each(p, [&](int i) { sum += i; }, {1, 2, 3});
        REQUIRE(sum == 6);
        // The list is copied, so the stream may outlive it.
        auto ordered = parimap::ordered_imap(p, map_options{.window = 1}, twice, {1, 2, 3});
        auto unordered = parimap::unordered_imap(p, map_options{.window = 1}, twice, list);
        REQUIRE(drain(ordered) == expected);
        auto results = drain(unordered);
        std::sort(results.begin(), results.end());
        REQUIRE(results == expected);
        REQUIRE(parimap::parallel_map(p, [](const std::string& s) { return s.size(); }, {"a"s, "bc"s}) ==
                std::vector<std::size_t>{1, 2});
    }
}

TEST_CASE("Ranges: lvalue containers are referred to and never copied") {
    tally counts;
    std::vector<counted> vector;
    std::list<counted> list;
    for (int i = 0; i < 100; ++i) list.emplace_back(counts, i);
    vector.reserve(100);
    for (int i = 0; i < 100; ++i) vector.emplace_back(counts, i);
    const auto address = [](const counted& c) { return &c; };
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto check = [&](auto& container) {
            std::vector<const counted*> expected;
            for (const counted& c : container) expected.push_back(&c);
            REQUIRE(parimap::parallel_map(p, address, container) == expected);
            REQUIRE(drain(parimap::ordered_imap(p, address, container)) == expected);
            REQUIRE(drain(container | parimap::ordered_imap(p, address)) == expected);
            REQUIRE(parimap::parallel_map(
                        p, [](const counted& a, const counted&) { return &a; }, container, container) == expected);
        };
        check(vector);
        check(std::as_const(list));
        REQUIRE(counts.copies == 0);
        REQUIRE(counts.moves == 0);
    }
}

TEST_CASE("Ranges: rvalue containers are moved into the imap and no element is copied") {
    tally counts;
    const auto value = [](const counted& c) { return c.value; };
    const auto make = [&] {
        std::vector<counted> items;
        items.reserve(60);
        for (int i = 0; i < 60; ++i) items.emplace_back(counts, i);
        return items;
    };
    const auto make_list = [&] {
        std::list<counted> items;
        for (int i = 0; i < 60; ++i) items.emplace_back(counts, i);
        return items;
    };
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        {
            pool p{workers};
            auto ordered = parimap::ordered_imap(p, value, make());
            auto unordered = parimap::unordered_imap(p, value, make_list());
            auto piped = make() | parimap::ordered_imap(p, map_options{.window = 3}, value);
            auto zipped = parimap::ordered_imap(
                p, [](const counted& a, const counted& b) { return a.value - b.value; }, make(), make_list());
            auto future = parimap::map_async(p, value, make());
            for (long i = 0; i < 60; ++i) REQUIRE(ordered.next() == i);
            REQUIRE(unordered.next());
            for (long i = 0; i < 60; ++i) REQUIRE(piped.next() == i);
            for (long i = 0; i < 60; ++i) REQUIRE(zipped.next() == 0);
            REQUIRE(future.get().size() == 60);
            REQUIRE(parimap::parallel_map(p, value, make()).size() == 60);
        }
        REQUIRE(counts.copies == 0);
        REQUIRE(counts.moves == 0);
        REQUIRE(counts.live == 0);
    }
}

TEST_CASE("Ranges: an item keeps the value category of its range and nothing is moved out of a container") {
    pool p{3};
    std::vector<std::string> words(50, "a word that does not fit into a small string");
    const auto before = words;
    std::list<std::string> linked(words.begin(), words.end());
    const auto size = [](std::string s) { return s.size(); };  // by value: takes whatever it can get
    REQUIRE(parimap::parallel_map(p, category{}, words) == std::vector<char>(50, 'l'));
    REQUIRE(parimap::parallel_map(p, category{}, std::as_const(words)) == std::vector<char>(50, 'c'));
    REQUIRE(parimap::parallel_map(p, category{}, linked) == std::vector<char>(50, 'l'));
    REQUIRE(drain(parimap::ordered_imap(p, category{}, words)) == std::vector<char>(50, 'l'));
    REQUIRE(drain(parimap::ordered_imap(p, category{}, std::as_const(linked))) == std::vector<char>(50, 'c'));
    (void)parimap::parallel_map(p, size, words);
    (void)parimap::parallel_map(p, size, linked);
    (void)drain(parimap::unordered_imap(p, size, words));
    (void)parimap::parallel_map(
        p, [](std::string a, std::string b) { return a + b; }, words, linked);
    std::istringstream stream{"1 2 3"};
    const auto lengths = parimap::parallel_map(
        p, [](int i, std::string s) { return s.size() + static_cast<std::size_t>(i); }, ranges::istream<int>(stream), words);
    REQUIRE(lengths == std::vector<std::size_t>{words[0].size() + 1, words[1].size() + 2, words[2].size() + 3});
    REQUIRE(words == before);
    REQUIRE(std::equal(linked.begin(), linked.end(), before.begin(), before.end()));
}

TEST_CASE("Ranges: a function may change the elements of any forward range in place") {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t chunk : limits) {
            CAPTURE(workers, chunk);
            pool p{workers};
            const map_options options{.chunk = chunk};
            const auto add_one = [](int& i) { ++i; };
            std::vector<int> vector(100, 0);
            std::list<int> list(100, 0);
            std::forward_list<int> forward(100, 0);
            int c_array[10] = {};
            std::map<int, int> map{{1, 0}, {2, 0}, {3, 0}};
            parimap::parallel_for_each(p, options, add_one, vector);
            parimap::parallel_for_each(p, options, add_one, list);
            parimap::parallel_for_each(p, options, add_one, forward);
            parimap::parallel_for_each(p, options, add_one, c_array);
            parimap::parallel_for_each(
                p, options, [](auto& entry) { entry.second += entry.first; }, map);
            parimap::parallel_map(p, options, add_one, std::span{vector});
            parimap::parallel_for_each(p, options, add_one, list | ranges::views::take(50));
            parimap::parallel_for_each(p, options, add_one, vector | std::views::drop(50));
            (void)drain(parimap::ordered_imap(p, options, add_one, forward));
            (void)drain(parimap::unordered_imap(p, options, add_one, c_array));
            REQUIRE(std::count(vector.begin(), vector.end(), 2) == 50);
            REQUIRE(std::count(vector.begin(), vector.end(), 3) == 50);
            REQUIRE(std::count(list.begin(), list.end(), 2) == 50);
            REQUIRE(std::count(list.begin(), list.end(), 1) == 50);
            REQUIRE(std::count(forward.begin(), forward.end(), 2) == 100);
            REQUIRE(std::count(std::begin(c_array), std::end(c_array), 2) == 10);
            REQUIRE(map == std::map<int, int>{{1, 1}, {2, 2}, {3, 3}});
        }
    }
}

TEST_CASE("Ranges: infinite inputs stream as far as they are read") {
    const auto cycle_me = std::vector{1, 2, 3};
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t window : limits) {
            CAPTURE(workers, window);
            pool p{workers};
            const map_options options{.window = window};
            const std::vector<int> expected{0, 2, 4, 6, 8};
            const auto five_of = [](auto imap) { return imap | ranges::views::take(5) | ranges::to<std::vector>(); };
            REQUIRE(five_of(parimap::ordered_imap(p, options, twice, std::views::iota(0))) == expected);
            REQUIRE(five_of(parimap::ordered_imap(p, options, twice, ranges::views::iota(0))) == expected);
            REQUIRE(five_of(parimap::ordered_imap(p, options, twice, count_up(-1))) == expected);
            REQUIRE(five_of(parimap::ordered_imap(p, options, same, cycle_me | ranges::views::cycle)) ==
                    std::vector<int>{1, 2, 3, 1, 2});
            REQUIRE(five_of(parimap::unordered_imap(p, options, twice, std::views::iota(0))).size() == 5);
        }
    }
}

TEST_CASE("Ranges: an input may have more elements than 64 bits can count") {
    pool p{3};
    const auto low = [](auto i) { return static_cast<int>(i); };
    const auto stops_at_ten = [](auto i) {
        if (i == 10) throw std::runtime_error("ten");
    };
    const auto check = [&](auto range) {
        const auto first = parimap::ordered_imap(p, low, range) | ranges::views::take(3) | ranges::to<std::vector>();
        REQUIRE(first == std::vector{0, 1, 2});
        REQUIRE(parimap::unordered_imap(p, low, range).next());
        std::array<int, 5> out{};
        REQUIRE_THROWS_AS(parimap::parallel_map_into(p, out, low, range), std::length_error);
        REQUIRE_THROWS_AS(parimap::parallel_for_each(p, stops_at_ten, range), std::runtime_error);
    };
    check(std::views::iota(std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max()));
#if defined(__SIZEOF_INT128__)
    __extension__ using wide = __int128;
    check(std::views::iota(wide{0}, wide{1} << 64));
    check(std::views::iota(wide{0}, wide{1} << 100));
#endif
}

TEST_CASE("Ranges: empty inputs give empty results") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const std::vector<int> none;
        std::istringstream stream;
        std::vector<int> out;
        REQUIRE(parimap::parallel_map(p, twice, none).empty());
        REQUIRE(parimap::parallel_map(p, twice, std::list<int>{}).empty());
        REQUIRE(parimap::parallel_map(p, twice, ranges::istream<int>(stream)).empty());
        REQUIRE(parimap::parallel_map(p, std::plus<>{}, none, numbers(5)).empty());
        REQUIRE(parimap::parallel_map(p, twice, std::initializer_list<int>{}).empty());
        REQUIRE(parimap::parallel_map_into(p, out, twice, none) == 0);
        REQUIRE(parimap::parallel_map_reduce(p, twice, std::plus<>{}, 5, none) == 5);
        REQUIRE(parimap::map_async(p, twice, none).get().empty());
        parimap::parallel_for_each(p, twice, none);
        REQUIRE_FALSE(parimap::ordered_imap(p, twice, none).next());
        REQUIRE_FALSE(parimap::unordered_imap(p, twice, none).next());
        for ([[maybe_unused]] int r : parimap::ordered_imap(p, twice, none)) FAIL("no item was there");
    }
}

// ---- several input ranges -----------------------------------------------------------------------

TEST_CASE("Ranges: several inputs are zipped and end with the shortest") {
    const auto add = [](int a, int b) { return a + b; };
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t window : limits) {
            CAPTURE(workers, window);
            pool p{workers};
            const map_options options{.window = window};
            const std::vector<int> ten = numbers(10);
            std::list<int> seven(7, 100);
            int c_array[] = {5, 5, 5, 5};
            std::vector<int> expected{100, 101, 102, 103, 104, 105, 106};
            REQUIRE(parimap::parallel_map(p, options, add, ten, seven) == expected);
            REQUIRE(parimap::parallel_map(p, options, add, seven, ten) == expected);
            REQUIRE(drain(parimap::ordered_imap(p, options, add, ten, seven)) == expected);
            REQUIRE(parimap::parallel_map(p, options, add, ten, c_array) == std::vector<int>{5, 6, 7, 8});
            REQUIRE(parimap::parallel_map(p, options, add, ranges::views::iota(0), c_array) == std::vector<int>{5, 6, 7, 8});
            REQUIRE(parimap::parallel_map(p, options, add, std::span{c_array}, ten) == std::vector<int>{5, 6, 7, 8});
            const auto three = [](int a, int b, int c) { return a * 100 + b * 10 + c; };
            REQUIRE(parimap::parallel_map(p, options, three, ten, std::vector{1, 2}, c_array) == std::vector<int>{15, 125});
            std::istringstream stream{"10 20 30"};
            REQUIRE(parimap::parallel_map(p, options, add, ranges::istream<int>(stream), ten) == std::vector<int>{10, 21, 32});
            REQUIRE(parimap::parallel_map_reduce(p, options, add, std::plus<>{}, 0, ten, seven) == 721);
            REQUIRE(parimap::map_async(p, options, add, ten, seven).get() == expected);
            std::vector<int> out(7);
            REQUIRE(parimap::parallel_map_into(p, options, out, add, ten, seven) == 7);
            REQUIRE(out == expected);
            auto unordered = drain(parimap::unordered_imap(p, options, add, ten, seven));
            std::sort(unordered.begin(), unordered.end());
            REQUIRE(unordered == expected);
        }
    }
}

TEST_CASE("Ranges: zipped elements are the ranges own references") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        std::vector<double> ys(300, 1.0);
        const std::vector<double> xs(300, 2.0);
        std::list<double> zs(300, 4.0);
        parimap::parallel_for_each(
            p, [](double& y, double x) { y += x; }, ys, xs);
        REQUIRE(ys == std::vector<double>(300, 3.0));
        parimap::parallel_for_each(
            p, [](double& z, double& y) { std::swap(z, y); }, zs, ys);
        REQUIRE(ys == std::vector<double>(300, 4.0));
        REQUIRE(std::count(zs.begin(), zs.end(), 3.0) == 300);
        const auto categories = [](auto&& a, auto&& b) {
            return std::is_same_v<decltype(a), double&> && std::is_same_v<decltype(b), const double&>;
        };
        REQUIRE(parimap::parallel_map(p, categories, ys, xs) == std::vector<bool>(300, true));
    }
}

TEST_CASE("Ranges: zipped rvalue containers are owned by the imap even when their elements cannot be copied") {
    const auto boxes = [](int count) {
        std::vector<std::unique_ptr<int>> all;
        for (int i = 0; i < count; ++i) all.push_back(std::make_unique<int>(i));
        return all;
    };
    const auto add = [](const std::unique_ptr<int>& a, int b) { return *a + b; };
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        REQUIRE(drain(parimap::ordered_imap(p, map_options{.window = 2}, add, boxes(5), numbers(5))) ==
                std::vector<int>{0, 2, 4, 6, 8});
        REQUIRE(parimap::parallel_map(p, add, boxes(5), numbers(3)) == std::vector<int>{0, 2, 4});
        REQUIRE(parimap::map_async(p, add, boxes(3), std::list<int>{1, 1, 1}).get() == std::vector<int>{1, 2, 3});
        const auto unbox = [](std::unique_ptr<int>& box) { return *std::exchange(box, nullptr); };
        REQUIRE(drain(parimap::ordered_imap(p, unbox, boxes(4))) == numbers(4));
    }
}

TEST_CASE("Ranges: unpacked calls a function with the elements of a tuple-like item") {
    const auto join = [](int i, const std::string& s) { return std::to_string(i) + s; };
    const std::vector<std::string> expected{"0a", "1b", "2c"};
    pool p{2};
    const std::vector<int> ids{0, 1, 2};
    const std::vector<std::string> names{"a", "b", "c"};
    const std::vector<std::pair<int, std::string>> pairs{{0, "a"}, {1, "b"}, {2, "c"}};
    const std::map<int, std::string> map{{0, "a"}, {1, "b"}, {2, "c"}};
    std::vector<std::tuple<int, std::string>> tuples{{0, "a"}, {1, "b"}, {2, "c"}};
    const std::vector<std::array<int, 2>> arrays{{1, 2}, {3, 4}};
    REQUIRE(parimap::parallel_map(p, parimap::unpacked(join), pairs) == expected);
    REQUIRE(parimap::parallel_map(p, parimap::unpacked(join), map) == expected);
    REQUIRE(parimap::parallel_map(p, parimap::unpacked(join), tuples) == expected);
    REQUIRE(parimap::parallel_map(p, parimap::unpacked(join), ranges::views::zip(ids, names)) == expected);
    REQUIRE(parimap::parallel_map(p, parimap::unpacked([](std::size_t i, const std::string& s) { return std::to_string(i) + s; }),
                                  names | ranges::views::enumerate) == expected);
    REQUIRE(parimap::parallel_map(p, parimap::unpacked(std::plus<>{}), arrays) == std::vector<int>{3, 7});
    parimap::parallel_for_each(p, parimap::unpacked([](int& i, std::string& s) { s += std::to_string(i++); }), tuples);
    REQUIRE(tuples == std::vector<std::tuple<int, std::string>>{{1, "a0"}, {2, "b1"}, {3, "c2"}});
    REQUIRE(drain(pairs | parimap::ordered_imap(p, parimap::unpacked(join))) == expected);
}
