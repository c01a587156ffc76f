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
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

using namespace parimap_test;
using parimap::detail::failure_of;
using parimap::detail::reduction;

namespace {

constexpr std::uint64_t fan = 8;
constexpr std::size_t seats = 3;

struct grouping {
    std::string operator()(const std::string& left, const std::string& right) const { return '(' + left + ' ' + right + ')'; }
};

std::string node(unsigned level, std::uint64_t number, std::uint64_t children = fan) {
    if (level == 0) return std::to_string(number);
    std::string all = node(level - 1, number * fan);
    for (std::uint64_t child = 1; child < children; ++child) all = grouping{}(all, node(level - 1, number * fan + child));
    return all;
}

// As the header says it: nodes of eight, and at the right end one on each level that has what is left over, with that below as its last.
std::optional<std::string> expected(std::uint64_t items) {
    std::optional<std::string> all;
    for (unsigned level = 1; items > 0; ++level, items /= fan) {
        if (items % fan == 0) continue;
        const std::string left = node(level, items / fan, items % fan);
        all = all ? grouping{}(left, *all) : left;
    }
    return all;
}

// What the engine does with a batch, of which it may start all items together.
template <class R, class Op, class Make>
void run(reduction<R, Op>& r, std::size_t seat, std::uint64_t first, std::uint64_t count, Make make) {
    std::uint64_t item = first;
    try {
        r.with_writer(seat, [&](auto put) {
            while (item < first + count) {
                if constexpr (requires { put.can_add_run(item, item); }) {
                    while (put.can_add_run(item, first + count)) put.add_run(item, make);
                    if (item == first + count) break;
                }
                put(item, [&] { return make(item); });
                ++item;
            }
            put.finish();
            return 0;
        });
    } catch (...) {
        r.fail(seat, std::min(item, first + count - 1), std::current_exception(), failure_of::item);
    }
}

struct batch {
    std::uint64_t first;
    std::uint64_t count;
};

// The items in batches of up to `most`, in any order.
std::vector<batch> shuffled(std::uint64_t items, std::uint64_t most, std::mt19937& random) {
    std::vector<batch> order;
    for (std::uint64_t first = 0; first < items;) {
        const std::uint64_t count = std::min(items - first, 1 + random() % most);
        order.push_back({first, count});
        first += count;
    }
    std::shuffle(order.begin(), order.end(), random);
    return order;
}

}  // namespace

TEST_CASE("reduction: the tree is the same in whatever batches and order the items finish") {
    std::mt19937 random{5};
    const grouping op;
    for (const std::uint64_t items : {0U, 1U, 2U, 7U, 8U, 9U, 63U, 64U, 65U, 96U, 127U, 128U, 511U, 512U, 513U, 1000U}) {
        CAPTURE(items);
        const std::optional<std::string> tree = expected(items);
        for (const std::uint64_t most : {1U, 5U, 100U, 1000U}) {
            for (int round = 0; round < 3; ++round) {
                reduction<std::string, grouping> r(seats, op);
                auto order = shuffled(items, most, random);
                if (round == 0) std::sort(order.begin(), order.end(), [](batch a, batch b) { return a.first < b.first; });
                if (round == 1) std::sort(order.begin(), order.end(), [](batch a, batch b) { return a.first > b.first; });
                for (const batch b : order) {
                    run(r, random() % seats, b.first, b.count, [](std::uint64_t item) { return std::to_string(item); });
                }
                REQUIRE(r.failed_item() == parimap::detail::no_item);
                std::uint64_t combining = 0;
                auto all = r.take(items, combining);
                REQUIRE(all.has_value() == tree.has_value());
                if (tree) REQUIRE(all->get() == *tree);
            }
        }
    }
}

TEST_CASE("reduction: whichever combination throws, the first item of its right operand has failed") {
    struct plain {
        std::uint64_t first, second;
    };
    struct owning {
        std::uint64_t first, second;
        std::string filling{};
    };
    std::mt19937 random{8};
    const auto check = [&]<class Part>(Part) {
        struct fragile {  // adds up ranges of items that touch each other, until one begins with the item that it does not take
            std::uint64_t bad;
            Part operator()(Part left, Part right) const {
                if (right.first == bad) throw std::runtime_error("fragile");
                if (left.second != right.first) throw std::logic_error("not neighbours");
                return {left.first, right.second};
            }
        };
        constexpr std::uint64_t items = 205;
        for (std::uint64_t bad = 1; bad < items; ++bad) {
            for (const std::uint64_t most : {3U, 100U, 10'000U}) {
                CAPTURE(bad, most);
                const fragile op{bad};
                reduction<Part, fragile> r(seats, op);
                for (const batch b : shuffled(items, most, random)) {
                    run(r, random() % seats, b.first, b.count, [](std::uint64_t item) { return Part{item, item + 1}; });
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
    };
    check(owning());
    check(plain());  // whole nodes of which are added at once
}

TEST_CASE("reduction: an item that fails after a combination on its seat fails by its own number") {
    const grouping op;
    reduction<std::string, grouping> r(1, op);
    for (std::uint64_t item = 0; item < 64; ++item) run(r, 0, item, 1, [](auto) { return std::string("x"); });
    run(r, 0, 70, 1, [](auto) -> std::string { throw std::runtime_error("item"); });
    REQUIRE(r.failed_item() == 70);
    run(r, 0, 75, 1, [](auto) -> std::string { throw std::logic_error("later"); });
    REQUIRE(r.failed_item() == 70);
    run(r, 0, 68, 1, [](auto) -> std::string { throw std::range_error("earlier"); });
    REQUIRE(r.failed_item() == 68);
    REQUIRE_THROWS_AS(std::rethrow_exception(r.take_failure()), std::range_error);
}

TEST_CASE("reduction: so does an element that cannot be read, whose item never runs") {
    const auto error = std::make_exception_ptr(std::runtime_error("element"));
    const grouping op;
    for (const std::uint64_t items : {8U, 64U, 72U}) {
        CAPTURE(items);
        reduction<std::string, grouping> r(1, op);
        run(r, 0, 0, items, [](auto) { return std::string("x"); });
        r.fail(0, 170, error, failure_of::input);
        REQUIRE(r.failed_item() == 170);
    }
    struct throwing {
        std::string operator()(const std::string&, const std::string&) const { throw std::runtime_error("combination"); }
    };
    const throwing never;
    reduction<std::string, throwing> r(1, never);
    for (std::uint64_t item = 64; item < 72; ++item) run(r, 0, item, 1, [](auto) { return std::string("x"); });
    REQUIRE(r.failed_item() == 65);
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
                run(r, 0, item, 1, [&](auto) { return make(); });
                most = std::max(most, counts.live.load());
            }
            REQUIRE(most < 20);  // one on each of five levels, and what is combined
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
