// SPDX-License-Identifier: MIT
// P4 and P5 where whatever a program gives to a call throws: every operation in turn, also while another failure is under way.
#include "support/backend_under_test.hpp"
#include "support/catch.hpp"
#include "support/fragile.hpp"
#include "support/gate.hpp"
#include "support/items.hpp"
#include "support/recorded_range.hpp"
#include "support/sanitizers.hpp"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <functional>
#include <iterator>
#include <list>
#include <utility>
#include <vector>

#include <range/v3/view/transform.hpp>

using namespace parimap_test;
using parimap::map_options;

namespace {

// What came of a call: how many of the items, and whether it threw.
struct outcome {
    bool complete = false;  // everything that was to come came
    int thrown = 0;
};

std::vector<int> values_of(const std::vector<fragile>& all) {
    std::vector<int> values;
    for (const fragile& one : all) values.push_back(one.value);
    return values;
}

std::vector<int> doubled(int count) {
    std::vector<int> all;
    for (int i = 0; i < count; ++i) all.push_back(2 * i);
    return all;
}

// Reads a stream to its end. Whatever is missing must have been told by an exception; nothing comes twice.
template <class Make>
outcome read_stream(Make make, const std::vector<int>& expected) {
    outcome out;
    std::vector<int> values;
    try {
        auto stream = make();
        for (bool more = true; more && out.thrown < 10;) {
            try {
                const auto result = stream.next();
                more = result.has_value();
                if (more) values.push_back(result->value);
            } catch (const planned_fault&) {
                ++out.thrown;
            }
        }
    } catch (const planned_fault&) {
        ++out.thrown;
    }
    fault_plan::end();
    std::sort(values.begin(), values.end());
    const bool is_part = std::includes(expected.begin(), expected.end(), values.begin(), values.end()) &&
                         std::adjacent_find(values.begin(), values.end()) == values.end();
    CAPTURE(values);
    REQUIRE(is_part);
    REQUIRE(out.thrown < 10);
    out.complete = values == expected;
    return out;
}

// The same with a loop over iterators, which an exception ends.
template <class Make>
outcome loop_over(Make make, const std::vector<int>& expected) {
    outcome out;
    std::vector<int> values;
    try {
        for (const fragile& result : make()) values.push_back(result.value);
    } catch (const planned_fault&) {
        ++out.thrown;
    }
    out.complete = values == expected;
    return out;
}

template <class Call>
outcome run(Call call) {
    outcome out;
    try {
        out.complete = call();
    } catch (const planned_fault&) {
        ++out.thrown;
    }
    return out;
}

// Lets the first, second, third ... operation of a call throw, alone and with another one soon after, until a call does not get
// so far.
template <class Call>
void with_each_fault(const char* frontend, Call call) {
    CAPTURE(frontend);
    const long live = fragile::live;
    for (const long gap : {fault_plan::none, 0L, 1L, 3L}) {
        int planned = 1;
        for (long first = 0; planned > 0; first += under_tsan ? 7 : 1) {
            CAPTURE(first, gap);
            fault_plan::set(first, gap);
            const outcome out = call();
            planned = fault_plan::end();
            REQUIRE((out.thrown > 0) == (planned > 0));                     // no failure is lost
            REQUIRE((out.thrown > 0 || out.complete));                      // and no result
            REQUIRE(eventually([live] { return fragile::live == live; }));  // a job is destroyed behind its future
            REQUIRE(first < 5000);
        }
    }
}

template <class Category, class Reference>
void with_each_frontend(std::size_t workers) {
    constexpr int count = 5;
    CAPTURE(workers);
    pool p{workers};
    const fragile_function f;
    const fragile_range<Category, Reference> input{count};
    const std::vector<int> expected = doubled(count);
    with_each_fault("parallel_map", [&] { return run([&] { return values_of(parimap::parallel_map(p, f, input)) == expected; }); });
    with_each_fault("parallel_for_each", [&] {
        return run([&] {
            parimap::parallel_for_each(p, f, input);
            return true;
        });
    });
    with_each_fault("map_async",
                    [&] { return run([&] { return values_of(parimap::map_async(p, f, std::cref(input)).get()) == expected; }); });
    with_each_fault("ordered_imap", [&] { return read_stream([&] { return parimap::ordered_imap(p, f, input); }, expected); });
    with_each_fault("unordered_imap", [&] { return read_stream([&] { return parimap::unordered_imap(p, f, input); }, expected); });
    with_each_fault("a loop", [&] { return loop_over([&] { return parimap::ordered_imap(p, f, input); }, expected); });
}

}  // namespace

TEST_CASE("P4 whichever operation on a single-pass input throws the call tells it and loses nothing") {
    for (const std::size_t workers : sizes{1, 3}) {
        with_each_frontend<std::input_iterator_tag, const fragile&>(workers);
    }
}

TEST_CASE("P4 whichever operation on a forward input throws the call tells it and loses nothing") {
    for (const std::size_t workers : sizes{1, 3}) {
        with_each_frontend<std::forward_iterator_tag, const fragile&>(workers);
        with_each_frontend<std::forward_iterator_tag, fragile>(workers);
    }
}

TEST_CASE("P4 whichever operation on a random-access input throws the call tells it and loses nothing") {
    for (const std::size_t workers : sizes{1, 3}) {
        with_each_frontend<std::random_access_iterator_tag, const fragile&>(workers);
        with_each_frontend<std::random_access_iterator_tag, fragile>(workers);
    }
}

TEST_CASE("P4 whichever operation on functions, outputs, states and combinations throws the call tells it and loses nothing") {
    constexpr int count = 5;
    const fragile_function f;
    const fragile_range<std::random_access_iterator_tag, const fragile&> input{count};
    const fragile_range<std::random_access_iterator_tag, const fragile&> many{40};  // more than are combined at the end
    const std::vector<int> expected = doubled(count);
    for (const std::size_t workers : sizes{1, 3}) {
        CAPTURE(workers);
        pool p{workers};
        std::vector<fragile> out;
        for (int i = 0; i < count; ++i) out.emplace_back(0);
        with_each_fault("parallel_map_into", [&] {
            return run(
                [&] { return parimap::parallel_map_into(p, out, f, input) == std::size_t{count} && values_of(out) == expected; });
        });
        with_each_fault("parallel_map_reduce", [&] {
            return run(
                [&] { return parimap::parallel_map_reduce(p, f, fragile_operation{}, fragile{1}, many).value == 1 + 39 * 40; });
        });
        // Where a result's move throws, std::promise lets that pass through std::call_once, for which ThreadSanitizer waits for ever.
        if (!under_tsan) {
            with_each_fault("submit",
                            [&] { return run([&] { return p.submit([f] { return f(fragile{21}); }).get().value == 42; }); });
        }
        with_each_fault("per_worker", [&] {
            return run([&] {
                const auto g = parimap::per_worker([] { return fragile{1}; },
                                                   [&f](fragile& state, const fragile& item) {
                                                       state = fragile{state.value};
                                                       return f(item);
                                                   });
                return values_of(parimap::parallel_map(p, g, input)) == expected;
            });
        });
        with_each_fault("catching", [&] {
            return run([&] {
                bool complete = true;
                for (const auto& one : parimap::parallel_map(p, parimap::catching(f), input)) {
                    if (!one) std::rethrow_exception(one.error());
                    complete = complete && one->value % 2 == 0;
                }
                return complete;
            });
        });
        with_each_fault("stages", [&] {
            return read_stream(
                [&] { return parimap::unordered_imap(p, f, input) | parimap::ordered_imap(p, map_options{.window = 2}, f); },
                {0, 4, 8, 12, 16});
        });
        REQUIRE(parimap::parallel_map(p, same, numbers(100)) == numbers(100));
    }
}

TEST_CASE("P4 the failure of an input that has a size is counted until it is told, and reaches the next stage") {
    struct no_begin {
        const int* begin() const { throw input_error{"begin"}; }
        const int* end() const { return nullptr; }
        std::size_t size() const { return 10; }
    };
    const auto check = [](const auto& input, const std::vector<int>& before) {
        for (const std::size_t workers : worker_counts) {
            CAPTURE(workers);
            pool p{workers};
            const map_options options{.window = 5};  // which the failure lies in
            auto one = parimap::ordered_imap(p, options, same, input);
            REQUIRE(one.size() == before.size() + 1);
            for (const int i : before) REQUIRE(one.next() == i);
            REQUIRE(one.size() == 1);
            REQUIRE_THROWS_AS(one.next(), input_error);
            REQUIRE(one.size() == 0);
            auto two = parimap::ordered_imap(p, same, parimap::ordered_imap(p, options, same, input));
            for (const int i : before) REQUIRE(two.next() == i);
            REQUIRE_THROWS_AS(two.next(), input_error);
            REQUIRE_FALSE(two.next());
        }
    };
    check(no_begin{}, {});
    const std::list<int> items{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    check(items | ranges::views::transform([](int i) { return i == 3 ? throw input_error{"read"} : i; }), {0, 1, 2});
}
