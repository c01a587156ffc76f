// SPDX-License-Identifier: MIT
// Functions, items and results that are written in unusual ways, through every frontend and wrapper.
#include "support/catch.hpp"
#include "support/generator.hpp"

#include <parimap/detail/system/trivially_copyable.hpp>
#include <parimap/parimap.hpp>

#include <range/v3/view/iota.hpp>

#include <functional>
#include <list>
#include <numeric>
#include <ranges>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

// It can be called with anything, as far as its declaration says; with a std::stop_token its body does not compile.
constexpr auto sum_of_all = [](auto... numbers) { return (numbers + ...); };

/// Its address is none of anybody's business.
struct no_address {
    int n = 0;
    void operator&() const = delete;
    template <class T>
    void operator,(T&&) const = delete;
};

/// It has a begin() only where it may be changed.
class changeable {
  public:
    explicit changeable(std::vector<int> numbers) : numbers_(std::move(numbers)) {}
    auto begin() { return numbers_.begin(); }
    auto end() { return numbers_.end(); }

  private:
    std::vector<int> numbers_;
};

template <class Imap>
int sum_of(Imap stream) {
    int sum = 0;
    while (auto result = stream.next()) sum += *result;
    return sum;
}

}  // namespace

TEST_CASE("A generic function that takes no stop token compiles in every frontend and wrapper") {
    parimap::pool pool{2};
    const std::vector<int> a{1, 2, 3}, b{10, 20, 30};
    const std::list<std::pair<int, int>> pairs{{1, 10}, {2, 20}};
    const auto& f = sum_of_all;
    REQUIRE(parimap::parallel_map(pool, f, a, b) == std::vector{11, 22, 33});
    REQUIRE(parimap::map_async(pool, f, a, b).get() == std::vector{11, 22, 33});
    REQUIRE(parimap::parallel_map_reduce(pool, f, f, 0, a, b) == 66);
    parimap::parallel_for_each(pool, f, a, b);
    std::vector<int> out(3);
    parimap::parallel_map_into(pool, out, f, a, b);
    REQUIRE(out == std::vector{11, 22, 33});
    REQUIRE(sum_of(parimap::ordered_imap(pool, f, a, b)) == 66);
    REQUIRE(sum_of(parimap::unordered_imap(pool, f, a, b)) == 66);
    REQUIRE(sum_of(a | parimap::ordered_imap(pool, f) | parimap::unordered_imap(pool, f)) == 6);
    REQUIRE(pool.submit(f, 1, 2).get() == 3);

    const auto add_state = parimap::per_worker([] { return 100; }, [](auto... numbers) { return (numbers + ...); });
    REQUIRE(parimap::parallel_map(pool, add_state, a, b) == std::vector{111, 122, 133});
    REQUIRE(*parimap::parallel_map(pool, parimap::catching(f), a, b)[2] == 33);
    REQUIRE(parimap::parallel_map(pool, parimap::unpacked(f), pairs) == std::vector{11, 22});
    REQUIRE(*parimap::parallel_map(pool, parimap::catching(parimap::unpacked(f)), pairs)[1] == 22);
    const auto all = parimap::catching(parimap::per_worker([] { return 100; }, parimap::unpacked(f)));
    STATIC_REQUIRE_FALSE(std::is_invocable_v<decltype(all), std::pair<int, int>>);  // the state is no part of the tuple
    const auto inside = parimap::per_worker(
        [] { return 100; },
        [](int& state, auto&&... item) { return parimap::unpacked(sum_of_all)(std::forward<decltype(item)>(item)...) + state; });
    REQUIRE(*parimap::parallel_map(pool, parimap::catching(inside), pairs)[1] == 122);
}

TEST_CASE("Items and results may hide their address and overload the comma") {
    parimap::pool pool{2};
    const std::vector<no_address> vector(40, no_address{1});
    const std::list<no_address> list(40, no_address{2});
    const auto next = [](const no_address& x) { return no_address{x.n + 1}; };
    const auto add = [](const no_address& x, const no_address& y) { return no_address{x.n + y.n}; };
    const auto number = [](const no_address& x) { return x.n; };
    const auto sum = [](const auto& results) {
        int all = 0;
        for (const no_address& x : results) all += x.n;
        return all;
    };
    REQUIRE(sum(parimap::parallel_map(pool, next, vector)) == 80);
    REQUIRE(sum(parimap::parallel_map(pool, next, list)) == 120);
    REQUIRE(sum(parimap::parallel_map(pool, add, vector, list)) == 120);
    REQUIRE(sum(parimap::map_async(pool, next, vector).get()) == 80);
    REQUIRE(sum(parimap::ordered_imap(pool, next, vector)) == 80);
    REQUIRE(sum(list | parimap::unordered_imap(pool, next) | parimap::ordered_imap(pool, next)) == 160);
    auto stream = parimap::unordered_imap(pool, next, list);
    REQUIRE(stream.next()->n == 3);
    REQUIRE(stream.begin()->n == 3);
    REQUIRE(parimap::parallel_map_reduce(pool, next, add, no_address{1}, vector).n == 81);
    std::vector<no_address> out(40);
    parimap::parallel_map_into(pool, out, next, list);
    parimap::parallel_for_each(
        pool, [](no_address& x) { ++x.n; }, out);
    REQUIRE(sum(out) == 160);
    REQUIRE((*parimap::parallel_map(pool, parimap::catching(next), vector)[0]).n == 2);
    const auto counted = parimap::per_worker([] { return no_address{}; }, [](no_address&, const no_address& x) { return x.n; });
    REQUIRE(parimap::parallel_map(pool, counted, list)[39] == 2);
    const std::vector<std::tuple<no_address, no_address>> pairs(3);
    REQUIRE(sum(parimap::parallel_map(pool, parimap::unpacked(add), pairs)) == 0);
    int sum_of_numbers = 0;
    for (const no_address& x : parimap::progress(list, {.output = -1})) sum_of_numbers += number(x);
    REQUIRE(sum_of_numbers == 80);
}

TEST_CASE("A named view that cannot be copied is referred to by calls that wait, and moved into the others") {
    parimap::pool pool{2};
    const auto count = [](int to) -> parimap_test::generator<int> {
        for (int i = 0; i < to; ++i) co_yield int{i};
    };
    const auto same = [](int i) { return i; };
    auto once = count(10);
    REQUIRE(parimap::parallel_map(pool, same, once).size() == 10);
    auto again = count(10);
    REQUIRE(parimap::parallel_map_reduce(pool, same, std::plus<>{}, 0, again) == 45);
    auto moved = count(10);
    REQUIRE(sum_of(parimap::ordered_imap(pool, same, std::move(moved))) == 45);
    REQUIRE(parimap::map_async(pool, same, count(3)).get().size() == 3);

    auto owning = std::ranges::owning_view(std::vector<int>{1, 2, 3});
    parimap::parallel_for_each(
        pool, [](int& i) { i *= 2; }, owning);
    REQUIRE(owning[2] == 6);
    const auto all = std::ranges::owning_view(std::vector<int>{1, 2, 3});
    const auto add_both = [](int a, int b) { return a + b; };
    REQUIRE(parimap::parallel_map(pool, add_both, all, owning)[2] == 9);
}

TEST_CASE("A range that can be iterated only where it may be changed is an input and an output of every frontend") {
    parimap::pool pool{2};
    const auto same = [](int i) { return i; };
    const auto add_both = [](int a, int b) { return a + b; };
    changeable range({1, 2, 3});
    changeable out({0, 0, 0});
    REQUIRE(parimap::parallel_map_into(pool, out, same, range) == 3);
    REQUIRE(parimap::parallel_map(pool, add_both, range, out) == std::vector{2, 4, 6});
    REQUIRE(parimap::parallel_map_reduce(pool, same, std::plus<>{}, 0, out) == 6);
    REQUIRE(sum_of(parimap::ordered_imap(pool, same, range)) == 6);
    REQUIRE(sum_of(parimap::unordered_imap(pool, add_both, changeable({1, 2}), range)) == 6);
    REQUIRE(parimap::map_async(pool, same, changeable({1, 2})).get().size() == 2);
    parimap::parallel_for_each(
        pool, [](int& i) { i *= 2; }, range);
    REQUIRE(*range.begin() == 2);
}

TEST_CASE("A function of captured numbers is its bytes, whatever was asked of its type before") {
    int k = 3;
    const std::string text = "three";
    auto by_number = [k](int i) { return i * k; };
    auto by_text = [text](int i) { return i + static_cast<int>(text.size()); };
    auto by_reference = [&k](int i) { return i * k; };
    STATIC_REQUIRE_FALSE(std::is_copy_assignable_v<decltype(by_number)>);
    const auto [kept] = std::tuple(by_number);  // which asks that too
    REQUIRE(kept(2) + by_text(0) + by_reference(1) == 14);
    STATIC_REQUIRE(parimap::detail::trivially_copyable<decltype(by_number)>);
    STATIC_REQUIRE(parimap::detail::can_travel<decltype(by_number)>);
    STATIC_REQUIRE(parimap::detail::trivially_copyable<decltype(by_reference)>);
    STATIC_REQUIRE_FALSE(parimap::detail::trivially_copyable<decltype(by_text)>);
    STATIC_REQUIRE_FALSE(parimap::detail::trivially_copyable<std::string>);
}
