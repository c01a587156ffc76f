// SPDX-License-Identifier: MIT
// The tree of a reduction, filled by hand in any order: its shape follows from the number of items alone.
#include "support/catch.hpp"
#include "support/counted.hpp"

#include <parimap/detail/results/failures.hpp>
#include <parimap/detail/results/reduction.hpp>
#include <parimap/detail/system/item_number.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
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

// What the engine does where something throws on a seat that is at this item.
template <class R, class Op>
void fail(reduction<R, Op>& r, std::size_t seat, std::uint64_t item, std::exception_ptr exception,
          failure_of whose = failure_of::item) {
    r.fail(seat, r.blamed(seat, item), std::move(exception), whose);
}

// What it does with a batch, of which it may start all items together, and after which the worker leaves or goes on.
template <class R, class Op, class Make>
void run(reduction<R, Op>& r, std::size_t seat, std::uint64_t first, std::uint64_t count, Make make, bool leaves = true) {
    std::uint64_t item = first;
    const auto attempt = [&](auto f) {
        try {
            f();
        } catch (...) {
            fail(r, seat, std::min(item, first + count - 1), std::current_exception());
            leaves = true;  // no item behind it starts
        }
    };
    r.with_writer(seat, [&](auto put) {
        attempt([&] { put.begin(first); });
        attempt([&] {
            while (item < first + count) {
                if constexpr (requires { put.can_add_run(item, item); }) {
                    while (put.can_add_run(item, first + count)) put.add_run(item, make);
                    if (item == first + count) break;
                }
                put(item, [&] { return make(item); });
                ++item;
            }
        });
        put.pause(std::min(item + 1, first + count));
        return 0;
    });
    if (leaves) attempt([&] { r.flush(seat); });
}

// The same where items that are in step are added in a loop, which is interrupted wherever is_interrupted(item) says so.
template <class R, class Op, class Make, class IsInterrupted>
void run_in_step(reduction<R, Op>& r, std::size_t seat, std::uint64_t first, std::uint64_t count, Make make,
                 IsInterrupted is_interrupted) {
    std::uint64_t item = first;
    std::uint64_t next = first;
    const auto attempt = [&](auto f) {
        try {
            f();
        } catch (...) {
            fail(r, seat, item, std::current_exception());
        }
    };
    r.with_writer(seat, [&](auto put) {
        put.begin(first);
        const auto pop = [&](std::uint64_t& i) {
            if (next == first + count || is_interrupted(next)) return false;
            i = next++;
            return true;
        };
        attempt([&] {
            while (next < first + count) {
                while (put.is_in_step(next) && put.add_in_step(item, pop, [&] { return make(item); })) put.complete(next);
                if (next == first + count) break;
                item = next++;
                put(item, [&] { return make(item); });
            }
        });
        put.pause(next);
        return 0;
    });
    attempt([&] { r.flush(seat); });
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
                    run(
                        r, random() % seats, b.first, b.count, [](std::uint64_t item) { return std::to_string(item); },
                        random() % 2 == 0);
                }
                for (std::size_t seat = 0; seat < seats; ++seat) r.flush(seat);
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

TEST_CASE("reduction: what two of them have combined of the same items comes together in one") {
    std::mt19937 random{11};
    const auto make = [](std::uint64_t item) { return std::to_string(item); };
    for (const std::uint64_t items : {1U, 8U, 65U, 512U, 1000U}) {
        for (const std::uint64_t most : {1U, 20U, 300U}) {
            CAPTURE(items, most);
            const grouping op;
            reduction<std::string, grouping> here(seats, op);
            reduction<std::string, grouping> there(seats, op);
            for (const batch b : shuffled(items, most, random))
                run(random() % 2 == 0 ? here : there, random() % seats, b.first, b.count, make);
            auto parts = there.take_parts();
            REQUIRE(there.take_parts().empty());
            if (most > 100) REQUIRE(parts.size() <= fan + items / 4);
            std::shuffle(parts.begin(), parts.end(), random);
            for (auto& [part, value] : parts) here.put_part(0, part, std::move(value));
            std::uint64_t combining = 0;
            REQUIRE(here.take(items, combining)->get() == *expected(items));
        }
    }
}

TEST_CASE("reduction: where combinations fail as two of them come together, the lowest item has failed") {
    using item_range = std::pair<std::uint64_t, std::uint64_t>;
    const auto op = [](item_range left, item_range right) {
        if (right.first % 50 == 49) throw std::out_of_range(std::to_string(right.first));
        return item_range(left.first, right.second);
    };
    std::mt19937 random{12};
    for (int round = 0; round < 20; ++round) {
        reduction<item_range, decltype(op)> here(seats, op);
        reduction<item_range, decltype(op)> there(seats, op);
        std::vector<batch> odd;  // no two of them are neighbours
        for (std::uint64_t item = 0; item < 500; ++item) {
            if (item % 2 == 1) {
                odd.push_back({item, 1});
            } else {
                run(here, 0, item, 1, [](std::uint64_t i) { return item_range(i, i + 1); });
            }
        }
        std::shuffle(odd.begin(), odd.end(), random);
        for (const batch b : odd) run(there, 1, b.first, b.count, [](std::uint64_t i) { return item_range(i, i + 1); });
        for (auto& [part, value] : there.take_parts()) {
            try {
                here.put_part(2, part, std::move(value));
            } catch (...) {
                fail(here, 2, part.first(), std::current_exception());
            }
        }
        REQUIRE(here.failed_item() == 49);
        REQUIRE_THROWS_WITH(std::rethrow_exception(here.take_failure()), "49");
    }
}

TEST_CASE("reduction: a worker keeps what batches that continue each other have made, and puts it into the tree when it leaves") {
    const auto check = [](auto op, auto make, auto tree_of) {
        reduction<decltype(make(0)), decltype(op)> r(1, op);
        std::uint64_t first = 0;
        std::uint64_t combining = 0;
        for (const std::uint64_t count : {3U, 8U, 53U, 1U, 63U, 300U, 212U}) {
            run(r, 0, first, count, make, false);
            first += count;
            for (std::uint64_t items = 1; items <= first; ++items) {
                CAPTURE(items, first);
                REQUIRE_THROWS_AS(r.take(items, combining), std::out_of_range);
            }
        }
        r.flush(0);
        r.flush(0);  // which has nothing any more
        REQUIRE(r.failed_item() == parimap::detail::no_item);
        REQUIRE(r.take(first, combining)->get() == tree_of(first));
    };
    check(
        grouping(), [](std::uint64_t item) { return std::to_string(item); }, [](std::uint64_t items) { return *expected(items); });
    check(
        std::plus<long>(), [](std::uint64_t item) { return static_cast<long>(item); },
        [](std::uint64_t items) { return static_cast<long>(items * (items - 1) / 2); });
}

TEST_CASE("reduction: a worker whose next batch lies elsewhere first puts what it has into the tree") {
    const grouping op;
    const auto make = [](std::uint64_t item) { return std::to_string(item); };
    for (const std::uint64_t next : {4U, 8U, 16U, 64U, 1000U}) {
        CAPTURE(next);
        reduction<std::string, grouping> r(2, op);
        std::uint64_t combining = 0;
        run(r, 0, 0, 3, make, false);
        REQUIRE_THROWS_AS(r.take(3, combining), std::out_of_range);
        run(r, 1, 32, 5, make, false);  // on another seat: that is no batch of seat 0
        REQUIRE_THROWS_AS(r.take(3, combining), std::out_of_range);
        run(r, 0, next, 8, make, false);
        REQUIRE(r.take(3, combining)->get() == "((0 1) 2)");
    }
}

TEST_CASE("reduction: where a combination fails as a worker leaves, nothing of the batch before is in the next") {
    struct add {
        bool* fails;
        counted operator()(counted left, const counted& right) const {
            if (*fails) throw std::runtime_error("add");
            left.value += right.value;
            return left;
        }
    };
    tally counts;
    bool fails = false;
    {
        const add op{&fails};
        reduction<counted, add> r(2, op);
        const auto make = [&](std::uint64_t) { return counted(counts, 1); };
        constexpr std::uint64_t items = 512 + 64 + 8 + 3;  // something on each level
        run(r, 0, 0, items, make, false);
        REQUIRE(counts.live == 4);
        run(r, 1, items, 1, make);
        REQUIRE(counts.live == 5);
        fails = true;
        REQUIRE_THROWS_AS(r.flush(0), std::runtime_error);
        fail(r, 0, 5, std::make_exception_ptr(std::runtime_error("add")));
        REQUIRE(r.failed_item() == items);
        REQUIRE(counts.live == 0);
        r.flush(0);
        fails = false;
        run(r, 0, items + 5, 8, make, false);  // a whole node
        REQUIRE(counts.live == 1);
        r.flush(0);
        REQUIRE(counts.live == 1);
        run(r, 0, 1024, 3, make, false);
        REQUIRE(counts.live == 2);
        REQUIRE(r.failed_item() == items);
    }
    REQUIRE(counts.live == 0);
}

TEST_CASE("reduction: where a result's move throws as a worker leaves, nothing of the batch before is in the next") {
    struct immovable {
        immovable(std::uint64_t f, std::uint64_t s, const bool& b) : first(f), second(s), is_bound(&b) {}
        immovable(immovable&& other) : first(other.first), second(other.second), is_bound(other.is_bound) {
            if (*is_bound) throw std::runtime_error("move");
        }
        std::uint64_t first, second;
        const bool* is_bound;
    };
    struct join {
        immovable operator()(const immovable& left, const immovable& right) const {
            if (left.second != right.first) throw std::logic_error("not neighbours");
            return {left.first, right.second, *left.is_bound};
        }
    };
    bool is_bound = false;
    const join op;
    const auto make = [&](std::uint64_t item) { return immovable(item, item + 1, is_bound); };
    for (const std::uint64_t before : {3U, 24U, 29U}) {  // items, nodes, both
        CAPTURE(before);
        reduction<immovable, join> r(1, op);
        run(r, 0, 0, before, make, false);
        is_bound = true;
        REQUIRE_THROWS_AS(r.flush(0), std::runtime_error);
        is_bound = false;
        run(r, 0, 64 + before, 64 - before, make);  // begins where it would continue what there was
        REQUIRE(r.failed_item() == parimap::detail::no_item);
    }
}

TEST_CASE("reduction: items added in step have the very sum that items one by one have, wherever they begin and end") {
    const std::plus<double> op;
    const auto make = [](std::uint64_t item) { return 1.0 / static_cast<double>(3 + item * item % 1000); };
    const auto plain_sum = [&](std::uint64_t items) {
        reduction<double, std::plus<double>> r(1, op);
        for (std::uint64_t item = 0; item < items; ++item) run(r, 0, item, 1, make);
        std::uint64_t combining = 0;
        return r.take(items, combining)->get();
    };
    constexpr std::uint64_t most = 1200;
    std::vector<double> sums{0};
    for (std::uint64_t items = 1; items <= most; ++items) sums.push_back(plain_sum(items));
    std::mt19937 random{3};
    const auto check = [&](std::uint64_t first, std::uint64_t count, auto is_interrupted) {
        reduction<double, std::plus<double>> r(2, op);
        if (first > 0) run(r, 1, 0, first, make);
        run_in_step(r, 0, first, count, make, is_interrupted);
        std::uint64_t combining = 0;
        const double sum = r.take(first + count, combining)->get();
        if (std::bit_cast<std::uint64_t>(sum) != std::bit_cast<std::uint64_t>(sums[first + count]))
            FAIL("from " << first << ", so many: " << count);
    };
    const auto never = [](std::uint64_t) { return false; };
    const auto now_and_then = [&](std::uint64_t) { return random() % 50 == 0; };
    for (std::uint64_t first = 0; first < 530; first += first == 75 ? 360 : 1) {
        for (std::uint64_t count = 1; count < 580; count += count == 75 ? 360 : 1) {
            if (first > 20 && first < 50) continue;
            check(first, count, never);
            if (count % 5 == 0) check(first, count, now_and_then);
        }
    }
    check(1, most - 1, never);
}

TEST_CASE(
    "reduction: of items added in step the one that throws fails, and the first of the right operand of a combination that does") {
    struct part {
        std::uint64_t first, second;
    };
    struct fragile {
        std::uint64_t bad;
        part operator()(part left, part right) const {
            if (right.first == bad) throw std::runtime_error("combination");
            if (left.second != right.first) throw std::logic_error("not neighbours");
            return {left.first, right.second};
        }
    };
    constexpr std::uint64_t items = 150;
    const auto never = [](std::uint64_t) { return false; };
    for (std::uint64_t bad = 0; bad < items; ++bad) {
        CAPTURE(bad);
        const auto make = [](std::uint64_t item) { return part{item, item + 1}; };
        const auto make_others = [&](std::uint64_t item) {
            if (item == bad) throw std::runtime_error("item");
            return make(item);
        };
        const fragile good{items};
        reduction<part, fragile> with_bad_item(1, good);
        run_in_step(with_bad_item, 0, 0, items, make_others, never);
        REQUIRE(with_bad_item.failed_item() == bad);
        if (bad == 0) continue;
        const fragile op{bad};
        reduction<part, fragile> r(1, op);
        run_in_step(r, 0, 0, items, make, never);
        std::uint64_t failed = r.failed_item();
        if (failed == parimap::detail::no_item) REQUIRE_THROWS_AS(r.take(items, failed), std::runtime_error);
        REQUIRE(failed == bad);
    }
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
        fail(r, 0, 170, error, failure_of::input);
        REQUIRE(r.failed_item() == 170);
    }
    struct throwing {
        std::string operator()(const std::string&, const std::string&) const { throw std::runtime_error("combination"); }
    };
    const throwing never;
    reduction<std::string, throwing> r(1, never);
    for (std::uint64_t item = 64; item < 72; ++item) run(r, 0, item, 1, [](auto) { return std::string("x"); });
    REQUIRE(r.failed_item() == 65);
    fail(r, 0, 10, error, failure_of::input);
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
