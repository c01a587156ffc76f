// SPDX-License-Identifier: MIT
// The tree of a reduction, filled by hand in any order: its shape follows from the number of items alone.
#include "support/catch.hpp"
#include "support/counted.hpp"

#include <parimap/detail/results/failures.hpp>
#include <parimap/detail/results/reduction.hpp>
#include <parimap/detail/system/item_number.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <numeric>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace parimap_test;
using parimap::detail::failure_of;
using parimap::detail::reduction;

namespace {

constexpr std::uint64_t leaf = 32;
constexpr std::size_t seats = 3;

struct grouping {
    std::string operator()(const std::string& left, const std::string& right) const { return '(' + left + ' ' + right + ')'; }
};

std::string leaf_of(std::uint64_t first, std::uint64_t count) {
    std::string all = std::to_string(first);
    for (std::uint64_t i = first + 1; i < first + count; ++i) all = grouping{}(all, std::to_string(i));
    return all;
}

std::string tree_of(std::uint64_t first, std::uint64_t leaves) {
    if (leaves == 1) return leaf_of(first, leaf);
    return grouping{}(tree_of(first, leaves / 2), tree_of(first + leaves / 2 * leaf, leaves / 2));
}

// As the header says it: full trees of the leaves, the largest first, folded from the right with what is left over.
std::optional<std::string> expected(std::uint64_t items) {
    std::optional<std::string> all;
    std::uint64_t end = items - items % leaf;
    if (items > end) all = leaf_of(end, items - end);
    for (std::uint64_t width = 1; end > 0; width *= 2) {
        if ((end / leaf & width) == 0) continue;
        end -= width * leaf;
        const std::string tree = tree_of(end, width);
        all = all ? grouping{}(tree, *all) : tree;
    }
    return all;
}

// What the engine does with an item.
template <class R, class Op, class Make>
void run(reduction<R, Op>& r, std::size_t seat, std::uint64_t item, Make make) {
    try {
        r.with_writer(seat, [&](auto put) {
            put(item, make);
            return 0;
        });
    } catch (...) {
        r.fail(seat, item, std::current_exception(), failure_of::item);
    }
}

std::vector<std::uint64_t> shuffled(std::uint64_t items, std::mt19937& random) {
    std::vector<std::uint64_t> order(static_cast<std::size_t>(items));
    std::iota(order.begin(), order.end(), std::uint64_t{0});
    std::shuffle(order.begin(), order.end(), random);
    return order;
}

}  // namespace

TEST_CASE("reduction: the tree is the same in whatever order the items finish") {
    std::mt19937 random{5};
    const grouping op;
    for (const std::uint64_t items : {0U, 1U, 2U, 31U, 32U, 33U, 63U, 64U, 65U, 96U, 127U, 128U, 224U, 225U, 500U}) {
        CAPTURE(items);
        const std::optional<std::string> tree = expected(items);
        for (int round = 0; round < 4; ++round) {
            reduction<std::string, grouping> r(seats, op);
            auto order = shuffled(items, random);
            if (round == 0) std::sort(order.begin(), order.end());
            if (round == 1) std::sort(order.begin(), order.end(), std::greater<>{});
            for (const std::uint64_t item : order) run(r, random() % seats, item, [item] { return std::to_string(item); });
            REQUIRE(r.failed_item() == parimap::detail::no_item);
            std::uint64_t combining = 0;
            auto all = r.take(items, combining);
            REQUIRE(all.has_value() == tree.has_value());
            if (tree) REQUIRE(all->get() == *tree);
        }
    }
}

TEST_CASE("reduction: whichever combination throws, the first item of its right operand has failed") {
    struct fragile {  // adds up ranges of items that touch each other, until one begins with the item that it does not take
        std::uint64_t bad;
        std::pair<std::uint64_t, std::uint64_t> operator()(std::pair<std::uint64_t, std::uint64_t> left,
                                                           std::pair<std::uint64_t, std::uint64_t> right) const {
            if (right.first == bad) throw std::runtime_error("fragile");
            if (left.second != right.first) throw std::logic_error("not neighbours");
            return {left.first, right.second};
        }
    };
    std::mt19937 random{8};
    constexpr std::uint64_t items = 205;
    for (std::uint64_t bad = 1; bad < items; ++bad) {
        CAPTURE(bad);
        const fragile op{bad};
        reduction<std::pair<std::uint64_t, std::uint64_t>, fragile> r(seats, op);
        for (const std::uint64_t item : shuffled(items, random)) {
            run(r, random() % seats, item, [item] { return std::pair(item, item + 1); });
        }
        std::uint64_t failed = r.failed_item();
        if (failed == parimap::detail::no_item) {  // what is left over is combined at the end
            REQUIRE_THROWS_AS(r.take(items, failed), std::runtime_error);
        } else {
            REQUIRE_THROWS_AS(std::rethrow_exception(r.take_failure()), std::runtime_error);
        }
        REQUIRE(failed == bad);
    }
}

TEST_CASE("reduction: an item that fails after a combination on its seat fails by its own number") {
    const grouping op;
    reduction<std::string, grouping> r(1, op);
    for (std::uint64_t item = 0; item < 2 * leaf; ++item) run(r, 0, item, [] { return std::string("x"); });
    run(r, 0, 70, []() -> std::string { throw std::runtime_error("item"); });
    REQUIRE(r.failed_item() == 70);
    run(r, 0, 75, []() -> std::string { throw std::logic_error("later"); });
    REQUIRE(r.failed_item() == 70);
    run(r, 0, 68, []() -> std::string { throw std::range_error("earlier"); });
    REQUIRE(r.failed_item() == 68);
    REQUIRE_THROWS_AS(std::rethrow_exception(r.take_failure()), std::range_error);
}

TEST_CASE("reduction: so does an element that cannot be read, whose item never runs") {
    const auto error = std::make_exception_ptr(std::runtime_error("element"));
    const grouping op;
    for (const std::uint64_t leaves : {1U, 2U, 3U}) {
        CAPTURE(leaves);
        reduction<std::string, grouping> r(1, op);
        for (std::uint64_t item = 0; item < leaves * leaf; ++item) run(r, 0, item, [] { return std::string("x"); });
        r.fail(0, 170, error, failure_of::input);
        REQUIRE(r.failed_item() == 170);
    }
    struct throwing {
        std::string operator()(const std::string&, const std::string&) const { throw std::runtime_error("combination"); }
    };
    const throwing never;
    reduction<std::string, throwing> r(1, never);
    for (std::uint64_t item = 2 * leaf; item < 3 * leaf; ++item) run(r, 0, item, [] { return std::string("x"); });
    REQUIRE(r.failed_item() == 2 * leaf + 1);
    r.fail(0, 10, error, failure_of::input);
    REQUIRE(r.failed_item() == 10);
}

TEST_CASE("reduction: few results are alive at once, however many items there are, and none in the end") {
    struct add {
        counted operator()(counted left, const counted& right) const {
            left.value += right.value;
            return left;
        }
    };
    struct large {  // on the heap while it is combined
        large(tally& counts, long v) : inside(counts, v) { filling.fill(0); }
        counted inside;
        std::array<char, 2000> filling;
    };
    struct add_large {
        large operator()(large left, const large& right) const {
            left.inside.value += right.inside.value;
            return left;
        }
    };
    constexpr std::uint64_t items = 20'000;
    const auto check = [](auto op, auto make, auto number_of) {
        using result = decltype(make());
        tally& counts = *make.counts;
        {
            reduction<result, decltype(op)> r(1, op);
            long most = 0;
            for (std::uint64_t item = 0; item < items; ++item) {
                run(r, 0, item, make);
                most = std::max(most, counts.live.load());
            }
            REQUIRE(most < 60);  // a leaf of 32, and a node for each bit of the number
            std::uint64_t combining = 0;
            auto all = r.take(items, combining);
            REQUIRE(all.has_value());
            REQUIRE(number_of(all->get()) == static_cast<long>(items));
        }
        REQUIRE(counts.live == 0);
    };
    struct make_small {
        tally* counts;
        counted operator()() const { return counted{*counts, 1}; }
    };
    struct make_large {
        tally* counts;
        large operator()() const { return large{*counts, 1}; }
    };
    tally small_counts;
    check(add{}, make_small{&small_counts}, [](const counted& c) { return c.value; });
    tally large_counts;
    check(add_large{}, make_large{&large_counts}, [](const large& l) { return l.inside.value; });
}
