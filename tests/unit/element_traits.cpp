// SPDX-License-Identifier: MIT
// What the types of a range's elements tell, without a pool: who may be written side by side, and who owns what it shows.
#include "support/catch.hpp"
#include "support/generator.hpp"

#include <parimap/detail/ranges/source.hpp>
#include <parimap/parimap.hpp>

#include <range/v3/view/any_view.hpp>
#include <range/v3/view/chunk.hpp>
#include <range/v3/view/const.hpp>
#include <range/v3/view/enumerate.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/getlines.hpp>
#include <range/v3/view/iota.hpp>
#include <range/v3/view/reverse.hpp>
#include <range/v3/view/subrange.hpp>
#include <range/v3/view/transform.hpp>
#include <range/v3/view/zip.hpp>

#include <atomic>
#include <deque>
#include <filesystem>
#include <functional>
#include <iterator>
#include <list>
#include <map>
#include <optional>
#include <ranges>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

using parimap::detail::could_write_proxies;
using parimap::detail::is_proxy;
using parimap::detail::item_of;
using parimap::detail::shows_proxies;
using parimap::detail::shows_state_of_input;

namespace {

template <class... Ranges>
using view_of_all = decltype(parimap::detail::make_view(std::declval<Ranges>()...));

// Two numbers of a particle that stand in two arrays; and a number of three bits. Written in today's way and in the old one.
struct particle {
    double x, m;
};
struct particle_reference {
    double& x;
    double& m;
    operator particle() const { return {x, m}; }
    const particle_reference& operator=(const particle& p) const {
        x = p.x;
        m = p.m;
        return *this;
    }
};
struct bits_reference {
    unsigned char* word;
    operator int() const { return *word & 7; }
    bits_reference& operator=(int n) {
        *word = static_cast<unsigned char>((*word & ~7) | n);
        return *this;
    }
};

constexpr auto identity = [](int x) { return x; };

}  // namespace

TEST_CASE("An element that is written through an object is a proxy") {
    STATIC_REQUIRE(is_proxy<std::vector<bool>::reference, bool>());
    STATIC_REQUIRE(is_proxy<std::vector<bool>::reference, std::vector<bool>::reference>());
    STATIC_REQUIRE(is_proxy<bits_reference, int>());
    STATIC_REQUIRE(is_proxy<particle_reference, particle>());
    STATIC_REQUIRE(is_proxy<const particle_reference, particle>());
}

TEST_CASE("References, values, and views of what lies elsewhere are no proxies") {
    STATIC_REQUIRE_FALSE(is_proxy<int&, int>());
    STATIC_REQUIRE_FALSE(is_proxy<bool, bool>());
    STATIC_REQUIRE_FALSE(is_proxy<std::string, std::string>());
    STATIC_REQUIRE_FALSE(is_proxy<std::string_view, std::string>());
    STATIC_REQUIRE_FALSE(is_proxy<std::span<int>, std::vector<int>>());
    STATIC_REQUIRE_FALSE(is_proxy<std::optional<int>, int>());
    STATIC_REQUIRE_FALSE(is_proxy<std::atomic_ref<int>, int>());
}

TEST_CASE("Proxies are found in views, and among zipped elements") {
    using bits = std::vector<bool>&;
    using numbers = std::vector<int>&;
    STATIC_REQUIRE(shows_proxies<view_of_all<bits>>);
    STATIC_REQUIRE(shows_proxies<decltype(ranges::views::reverse(std::declval<bits>()))>);
    STATIC_REQUIRE(shows_proxies<view_of_all<numbers, bits>>);
    STATIC_REQUIRE(shows_proxies<decltype(ranges::views::enumerate(std::declval<bits>()))>);
    STATIC_REQUIRE(
        shows_proxies<view_of_all<numbers, decltype(ranges::views::zip(std::declval<numbers>(), std::declval<bits>()))>>);

    STATIC_REQUIRE_FALSE(shows_proxies<view_of_all<const std::vector<bool>&>>);
    STATIC_REQUIRE_FALSE(shows_proxies<decltype(ranges::views::const_(std::declval<bits>()))>);
    STATIC_REQUIRE_FALSE(shows_proxies<view_of_all<numbers, std::deque<std::string>&>>);
    STATIC_REQUIRE_FALSE(shows_proxies<view_of_all<std::map<int, int>&>>);
    STATIC_REQUIRE_FALSE(shows_proxies<decltype(ranges::views::enumerate(std::declval<numbers>()))>);
    STATIC_REQUIRE_FALSE(shows_proxies<decltype(ranges::views::chunk(std::declval<numbers>(), 2))>);
    STATIC_REQUIRE_FALSE(shows_proxies<decltype(ranges::views::iota(0, 3))>);
    STATIC_REQUIRE_FALSE(
        shows_proxies<decltype(ranges::views::transform(std::declval<numbers>(), std::declval<std::string (*)(int)>()))>);
}

TEST_CASE("A function that takes a value cannot write through a proxy") {
    using bits = view_of_all<std::vector<bool>&>;
    using both = view_of_all<std::vector<int>&, std::vector<bool>&>;
    const auto any = [](auto&&) {};
    const auto reference = [](std::vector<bool>::reference) {};
    const auto value = [](bool) {};
    const auto with_token = [](std::stop_token, const bool&) {};
    STATIC_REQUIRE(could_write_proxies<decltype(any), bits, false>());
    STATIC_REQUIRE(could_write_proxies<decltype(reference), bits, false>());
    STATIC_REQUIRE_FALSE(could_write_proxies<decltype(value), bits, false>());
    STATIC_REQUIRE_FALSE(could_write_proxies<decltype(with_token), bits, false>());
    STATIC_REQUIRE_FALSE(could_write_proxies<void (*)(int), bits, false>());
    STATIC_REQUIRE_FALSE(could_write_proxies<void (*)(bool) noexcept, bits, false>());
    STATIC_REQUIRE_FALSE(could_write_proxies<decltype(any), view_of_all<const std::vector<bool>&>, false>());

    const auto second_is_value = [](int&, bool) {};
    const auto first_is_value = [](int, std::vector<bool>::reference) {};
    STATIC_REQUIRE_FALSE(could_write_proxies<decltype(second_is_value), both, true>());
    STATIC_REQUIRE(could_write_proxies<decltype(first_is_value), both, true>());
}

TEST_CASE("A number behind a proxy is given to f as a value that it cannot write") {
    STATIC_REQUIRE(std::is_same_v<item_of<view_of_all<std::vector<bool>&>>, const bool>);
    STATIC_REQUIRE(std::is_same_v<item_of<view_of_all<std::vector<int>&, std::vector<bool>&>>, std::tuple<int&, const bool>>);
    STATIC_REQUIRE(std::is_same_v<item_of<view_of_all<std::vector<int>&>>, int&>);

    parimap::pool pool{2};
    std::vector<bool> bits(100);
    bits[3] = true;
    std::vector<int> numbers(100, 2);
    const auto even = ranges::views::filter([](bool) { return true; });
    const auto copy = [](auto bit) { return bit; };
    REQUIRE(parimap::parallel_map(pool, copy, bits) == bits);         // not a vector of proxies
    REQUIRE(parimap::parallel_map(pool, copy, bits | even) == bits);  // pulled
    REQUIRE(parimap::parallel_map(
                pool, [](int& n, auto&& bit) { return n += bit; }, numbers, bits)[3] == 3);
    REQUIRE(parimap::parallel_map(pool, parimap::unpacked([](int& n, bool bit) { return n + bit; }),
                                  ranges::views::zip(numbers, bits))[3] == 4);
    REQUIRE(parimap::parallel_map_reduce(
                pool, [](bool bit) { return int{bit}; }, std::plus<>{}, 0, bits) == 1);
}

TEST_CASE("parallel_for_each and parallel_map_into write through tuples of references") {
    parimap::pool pool{2};
    std::vector<int> a(100, 1), b(100), c(100);
    parimap::parallel_for_each(pool, parimap::unpacked([](int x, int& y) { y = x; }), ranges::views::zip(a, b));
    const auto both = [](int x) { return std::pair(x + 1, x + 2); };
    parimap::parallel_map_into(pool, ranges::views::zip(b, c), both, a);
    REQUIRE(a == std::vector<int>(100, 1));
    REQUIRE(b == std::vector<int>(100, 2));
    REQUIRE(c == std::vector<int>(100, 3));
    std::vector<std::pair<int, int>> pairs(100);
    parimap::parallel_map_into(pool, pairs | ranges::views::transform(&std::pair<int, int>::second), identity, a);
    REQUIRE(pairs[50] == std::pair(0, 1));
}

TEST_CASE("A view of a single-pass range's state is told from what owns") {
    using lines = ranges::getlines_view;
    using chunks = decltype(ranges::views::chunk(std::declval<lines>(), 2));
    using chunk = ranges::range_value_t<chunks>;
    STATIC_REQUIRE(shows_state_of_input<chunk>());
    STATIC_REQUIRE(
        shows_state_of_input<decltype(ranges::views::transform(std::declval<chunk>(), std::declval<int (*)(std::string)>()))>());
    STATIC_REQUIRE(shows_state_of_input<std::tuple<int, chunk>>());
    STATIC_REQUIRE(shows_state_of_input<std::vector<chunk>>());
    STATIC_REQUIRE(shows_state_of_input<ranges::range_value_t<decltype(ranges::views::enumerate(std::declval<chunks>()))>>());
    STATIC_REQUIRE(shows_state_of_input<ranges::subrange<std::istream_iterator<int>>>());

    STATIC_REQUIRE_FALSE(shows_state_of_input<std::string>());
    STATIC_REQUIRE_FALSE(shows_state_of_input<std::vector<std::string>>());
    STATIC_REQUIRE_FALSE(shows_state_of_input<std::filesystem::path>());  // a container of itself
    STATIC_REQUIRE_FALSE(shows_state_of_input<std::span<int>>());         // of an array, mostly
    STATIC_REQUIRE_FALSE(shows_state_of_input<parimap_test::generator<int>>());
    STATIC_REQUIRE_FALSE(shows_state_of_input<ranges::any_view<int>>());
    STATIC_REQUIRE_FALSE(
        shows_state_of_input<decltype(parimap::ordered_imap(std::declval<int (*)(int)>(), std::declval<std::vector<int>>()))>());
}
