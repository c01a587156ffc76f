// SPDX-License-Identifier: MIT
// The composing callables by themselves, without a pool: what they accept, return and refuse.
#include "support/catch.hpp"

#include <parimap/parimap.hpp>

#include <array>
#include <exception>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace {

constexpr auto add = [](int a, int b) { return a + b; };

}  // namespace

TEST_CASE("catching is callable with what its function is callable with and nothing else") {
    using catches_add = decltype(parimap::catching(add));
    STATIC_REQUIRE(std::is_invocable_v<const catches_add&, int, int>);
    STATIC_REQUIRE_FALSE(std::is_invocable_v<const catches_add&, int>);
    STATIC_REQUIRE_FALSE(std::is_invocable_v<const catches_add&, std::stop_token, int, int>);
    REQUIRE(*parimap::catching(add)(1, 2) == 3);
}

TEST_CASE("catching keeps any exception whatever its type") {
    const auto f = parimap::catching([](int i) -> int {
        if (i == 0) throw "text";
        if (i == 1) throw std::make_shared<int>(5);
        return i;
    });
    REQUIRE_THROWS_AS(f(0).value(), const char*);
    REQUIRE_THROWS_AS(f(1).value(), std::shared_ptr<int>);
    REQUIRE(f(2).value() == 2);
}

TEST_CASE("A reference that a caught function returns is copied into the result") {
    std::string text = "text";
    const auto f = parimap::catching([&]() -> std::string& { return text; });
    STATIC_REQUIRE(std::is_same_v<decltype(f()), parimap::result<std::string>>);
    auto copy = f();
    text = "changed";
    REQUIRE(*copy == "text");
}

TEST_CASE("A result moves its value out and can be copied where the value can") {
    const auto f = parimap::catching([](int i) { return std::make_unique<int>(i); });
    STATIC_REQUIRE(std::is_move_constructible_v<decltype(f(1))>);
    std::unique_ptr<int> first = *f(1);
    std::unique_ptr<int> second = f(2).value();
    REQUIRE(*first + *second == 3);
    const auto g = parimap::catching(add);
    auto one = g(1, 2);
    auto other = one;
    REQUIRE(*one == *other);
}

TEST_CASE("A result whose assignment threw holds an exception that says so, and not nothing") {
    struct fails_to_move {
        explicit fails_to_move(bool f) : fails{f} {}
        fails_to_move(fails_to_move&& other) : fails{true} {
            if (other.fails) throw std::runtime_error{"move"};
        }
        fails_to_move& operator=(fails_to_move&&) = default;
        bool fails;
    };
    using result = parimap::result<fails_to_move>;
    result one{std::make_exception_ptr(std::logic_error{"before"})};
    REQUIRE_THROWS_AS(one = result(std::in_place, true), std::runtime_error);
    REQUIRE_FALSE(one.has_value());
    REQUIRE(one.error() != nullptr);
    REQUIRE_THROWS_AS(one.value(), std::bad_variant_access);
    REQUIRE_THROWS_AS(std::move(one).value(), std::bad_variant_access);
    one = result(std::in_place, false);
    REQUIRE(one.has_value());
}

TEST_CASE("unpacked takes pairs and tuples and arrays as lvalues and rvalues") {
    const auto f = parimap::unpacked(add);
    const std::pair<int, int> pair{1, 2};
    REQUIRE(f(pair) == 3);
    REQUIRE(f(std::tuple{3, 4}) == 7);
    REQUIRE(f(std::array{5, 6}) == 11);
    const auto take = parimap::unpacked([](std::unique_ptr<int> box, int i) { return *box + i; });
    REQUIRE(take(std::pair{std::make_unique<int>(1), 2}) == 3);
    std::pair<int, int> changed{1, 2};
    parimap::unpacked([](int& a, int& b) { std::swap(a, b); })(changed);
    REQUIRE(changed == std::pair{2, 1});
    STATIC_REQUIRE_FALSE(std::is_invocable_v<decltype(f), int>);
    STATIC_REQUIRE_FALSE(std::is_invocable_v<decltype(f), std::tuple<int, int, int>>);
}

TEST_CASE("unpacked calls member functions too") {
    struct adder {
        int base;
        int plus(int i) const { return base + i; }
    };
    const auto f = parimap::unpacked(&adder::plus);
    REQUIRE(f(std::pair{adder{40}, 2}) == 42);
}
