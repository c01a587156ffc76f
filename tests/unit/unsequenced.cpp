// SPDX-License-Identifier: MIT
// Which functions are seen to allow that neighbouring items start together.
#include "support/catch.hpp"

#include <parimap/parimap.hpp>

#include <cstddef>
#include <deque>
#include <list>
#include <memory>
#include <ranges>
#include <string>
#include <type_traits>
#include <vector>

namespace {

template <class F, class... Ranges>
constexpr bool may_interleave(const F&, const Ranges&...) {
    return parimap::detail::call_types<F, const Ranges&...>::invocation_type::may_interleave;
}

struct pair_of_numbers {
    double x;
    int n;
};

struct large_array {
    double values[9];
};

}  // namespace

TEST_CASE("unseq: a function without exceptions over numbers in memory has given permission, and no other that did not say so") {
    const std::vector<int> ints;
    const std::vector<double> doubles;
    const auto may_throw = [](int i) { return i; };
    const auto by_value = [](int i) noexcept { return i; };
    const auto by_reference = [](const int& i) noexcept { return i; };
    const auto nothing = [](const int&) noexcept {};
    const auto of_two = [](double a, const int& b) noexcept { return a * b; };
    REQUIRE_FALSE(may_interleave(may_throw, ints));
    REQUIRE(may_interleave(by_value, ints));
    REQUIRE(may_interleave(by_reference, ints));
    REQUIRE(may_interleave(nothing, ints));
    REQUIRE(may_interleave(of_two, doubles, ints));
    REQUIRE(may_interleave(by_value, std::deque<int>()));
    REQUIRE(may_interleave(by_value, std::views::iota(0, 5)));
    REQUIRE(may_interleave([](const pair_of_numbers& p) noexcept { return p; }, std::vector<pair_of_numbers>()));
    REQUIRE_FALSE(may_interleave([](const large_array&) noexcept {}, std::vector<large_array>()));
    // Somebody's code runs when these are read, or what it is given or gives is more than a number.
    REQUIRE_FALSE(may_interleave(by_value, std::views::transform(std::views::iota(0, 5), may_throw)));
    REQUIRE_FALSE(may_interleave([](int* p) noexcept { return *p; }, std::vector<int*>()));
    REQUIRE_FALSE(may_interleave([](const std::string& s) noexcept { return s.size(); }, std::vector<std::string>()));
    REQUIRE_FALSE(may_interleave([](int) noexcept { return std::string(); }, ints));
}

TEST_CASE("unseq: permission that is said goes through wrappers, whatever the items") {
    const auto f = [](const auto& x) { return x; };
    const std::list<std::string> strings;
    const auto with_state = [](int&, const auto& x) { return x; };
    const auto state = [] { return 0; };
    REQUIRE(may_interleave(parimap::unseq(f), strings));
    REQUIRE(may_interleave(parimap::catching(parimap::unseq(f)), strings));
    REQUIRE(may_interleave(parimap::unseq(parimap::catching(f)), strings));
    REQUIRE(may_interleave(parimap::per_worker(state, parimap::unseq(with_state)), strings));
    REQUIRE_FALSE(may_interleave(parimap::catching(f), strings));
    REQUIRE_FALSE(may_interleave(parimap::per_worker(state, with_state), strings));
}
