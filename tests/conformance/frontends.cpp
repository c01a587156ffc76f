// SPDX-License-Identifier: MIT
// The names: every way to call a frontend, what may be called, submit, the composing callables, and P10.
#include "support/backend_under_test.hpp"
#include "support/captured_output.hpp"
#include "support/catch.hpp"
#include "support/counted.hpp"
#include "support/cpu_time.hpp"
#include "support/gate.hpp"
#include "support/items.hpp"
#include "support/recorded_range.hpp"
#include "support/throws_on.hpp"
#include "support/use_everything.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <deque>
#include <exception>
#include <forward_list>
#include <functional>
#include <future>
#include <iterator>
#include <list>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <range/v3/view/filter.hpp>

#include <sched.h>

using namespace parimap_test;
using namespace std::chrono_literals;
using parimap::map_options;

namespace {

int triple(int i) { return 3 * i; }

struct person {
    std::string name;
    int age = 0;
    int age_in(int years) const { return age + years; }
    int birthday() { return ++age; }
};

// Has an allocator, and a move that may throw: no container that could be assigned to an empty one.
struct restless {
    using allocator_type = std::allocator<int>;

    restless() noexcept = default;
    explicit restless(int v) : value{v} {}
    restless(const restless&) = delete;
    restless(restless&& other) noexcept(false) : value{other.value} { ++moves; }
    restless& operator=(const restless&) = delete;
    restless& operator=(restless&& other) noexcept(false) {
        value = other.value;
        ++assignments;
        return *this;
    }

    int value = -1;
    static inline std::atomic<int> moves{0};
    static inline std::atomic<int> assignments{0};
};

std::string long_text(int i) { return "a text that is too long to stand in the object itself: " + std::to_string(i); }

}  // namespace

// ---- every way to call --------------------------------------------------------------------------

TEST_CASE("Frontends take a pool or the default pool and options or none") {
    const auto items = numbers(30);
    const std::vector<int> expected = parimap::parallel_map(triple, items);
    REQUIRE(expected[29] == 87);
    const map_options options{.chunk = 4, .window = 9};
    std::vector<int> out(30);
    std::atomic<int> ran{0};
    const auto count = [&](int) { ++ran; };
    pool p{2};

    REQUIRE(parimap::parallel_map(p, triple, items) == expected);
    REQUIRE(parimap::parallel_map(p, options, triple, items) == expected);
    REQUIRE(parimap::parallel_map(options, triple, items) == expected);
    REQUIRE(parimap::parallel_map(map_options{}, triple, items) == expected);
    REQUIRE(parimap::parallel_map(p, map_options{.stop = {}}, triple, items) == expected);

    REQUIRE(parimap::parallel_map_into(out, triple, items) == 30);
    REQUIRE(parimap::parallel_map_into(options, out, triple, items) == 30);
    REQUIRE(parimap::parallel_map_into(p, out, triple, items) == 30);
    REQUIRE(parimap::parallel_map_into(p, options, out, triple, items) == 30);
    REQUIRE(out == expected);

    parimap::parallel_for_each(count, items);
    parimap::parallel_for_each(options, count, items);
    parimap::parallel_for_each(p, count, items);
    parimap::parallel_for_each(p, options, count, items);
    REQUIRE(ran == 120);

    REQUIRE(parimap::parallel_map_reduce(triple, std::plus<>{}, 1, items) == 1306);
    REQUIRE(parimap::parallel_map_reduce(options, triple, std::plus<>{}, 1, items) == 1306);
    REQUIRE(parimap::parallel_map_reduce(p, triple, std::plus<>{}, 1, items) == 1306);
    REQUIRE(parimap::parallel_map_reduce(p, options, triple, std::plus<>{}, 1, items) == 1306);

    REQUIRE(parimap::map_async(triple, items).get() == expected);
    REQUIRE(parimap::map_async(options, triple, items).get() == expected);
    REQUIRE(parimap::map_async(p, triple, items).get() == expected);
    REQUIRE(parimap::map_async(p, options, triple, items).get() == expected);

    REQUIRE(drain(parimap::ordered_imap(triple, items)) == expected);
    REQUIRE(drain(parimap::ordered_imap(options, triple, items)) == expected);
    REQUIRE(drain(parimap::ordered_imap(p, triple, items)) == expected);
    REQUIRE(drain(parimap::ordered_imap(p, options, triple, items)) == expected);

    REQUIRE(sorted(drain(parimap::unordered_imap(triple, items))) == expected);
    REQUIRE(sorted(drain(parimap::unordered_imap(options, triple, items))) == expected);
    REQUIRE(sorted(drain(parimap::unordered_imap(p, triple, items))) == expected);
    REQUIRE(sorted(drain(parimap::unordered_imap(p, options, triple, items))) == expected);
}

TEST_CASE("Frontends take several ranges without a pool as well") {
    const auto a = numbers(5);
    const std::vector<int> b{10, 20, 30};
    const map_options options{.chunk = 1};
    const std::vector<int> expected{10, 21, 32};
    REQUIRE(parimap::parallel_map(std::plus<>{}, a, b) == expected);
    REQUIRE(parimap::parallel_map(options, std::plus<>{}, a, b) == expected);
    REQUIRE(drain(parimap::ordered_imap(std::plus<>{}, a, b)) == expected);
    REQUIRE(sorted(drain(parimap::unordered_imap(options, std::plus<>{}, a, b))) == expected);
    REQUIRE(parimap::parallel_map_reduce(std::plus<>{}, std::plus<>{}, 0, a, b) == 63);
}

TEST_CASE("Frontends are objects and can be handed on") {
    const auto apply = [](auto frontend, auto&&... arguments) { return frontend(arguments...); };
    pool p{2};
    REQUIRE(apply(parimap::parallel_map, p, triple, numbers(3)) == std::vector<int>{0, 3, 6});
    REQUIRE(drain(apply(parimap::ordered_imap, p, triple, numbers(3))) == std::vector<int>{0, 3, 6});
    REQUIRE(apply(parimap::parallel_map_reduce, p, triple, std::plus<>{}, 0, numbers(3)) == 9);
}

TEST_CASE("The program on the first page works with shorter waits") {
    pool p{3};
    const auto wait_and_square = [](int ms) {
        std::this_thread::sleep_for(std::chrono::milliseconds{ms});
        return static_cast<long>(ms) * ms;
    };
    const auto multiply = [](double a, double b) { return a * b; };
    const std::vector<int> waits{10, 50, 30};
    const std::vector<long> all = parimap::parallel_map(p, wait_and_square, waits);
    REQUIRE(all == std::vector<long>{100, 2500, 900});
    REQUIRE(drain(parimap::ordered_imap(p, wait_and_square, waits)) == all);
    REQUIRE(sorted(drain(parimap::unordered_imap(p, wait_and_square, waits))) == std::vector<long>{100, 900, 2500});
    const std::vector<double> a{1, 2, 3, 4};
    const std::vector<double> b{10, 30, 70, 20};
    REQUIRE(parimap::parallel_map(p, multiply, a, b) == std::vector<double>{10, 60, 210, 80});
}

TEST_CASE("Errors derive from error and runtime_error and are made like a runtime_error") {
    STATIC_REQUIRE(std::is_base_of_v<std::runtime_error, parimap::error>);
    STATIC_REQUIRE(std::is_base_of_v<parimap::error, parimap::cancelled>);
    STATIC_REQUIRE(std::is_base_of_v<parimap::error, parimap::pool_closed>);
    STATIC_REQUIRE(std::is_base_of_v<parimap::error, parimap::timed_out>);
    REQUIRE(parimap::error{"why"}.what() == std::string{"why"});
    REQUIRE(parimap::cancelled{std::string{"why"}}.what() == std::string{"why"});
    REQUIRE(parimap::pool_closed{"why"}.what() == std::string{"why"});
    REQUIRE(parimap::timed_out{"why"}.what() == std::string{"why"});
    pool p{1};
    p.close();
    try {
        parimap::parallel_for_each(p, same, numbers(1));
        FAIL("the pool is closed");
    } catch (const parimap::error& e) {
        REQUIRE(std::string_view{e.what()}.size() > 20);
    }
}

// ---- what may be called -------------------------------------------------------------------------

TEST_CASE("A function may be a pointer or a member or a std function or an object") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        std::vector<person> people{{"ada", 36}, {"alan", 41}};
        const std::vector<int> years{10, 20};
        REQUIRE(parimap::parallel_map(p, triple, numbers(3)) == std::vector<int>{0, 3, 6});
        REQUIRE(parimap::parallel_map(p, &triple, numbers(3)) == std::vector<int>{0, 3, 6});
        REQUIRE(parimap::parallel_map(p, std::function<int(int)>{triple}, numbers(3)) == std::vector<int>{0, 3, 6});
        REQUIRE(parimap::parallel_map(p, std::negate<>{}, numbers(3)) == std::vector<int>{0, -1, -2});
        const auto names = parimap::parallel_map(p, &person::name, people);
        STATIC_REQUIRE(std::is_same_v<decltype(names), const std::vector<std::string>>);
        REQUIRE(names == std::vector<std::string>{"ada", "alan"});
        REQUIRE(parimap::parallel_map(p, &person::age_in, people, years) == std::vector<int>{46, 61});
        REQUIRE(parimap::parallel_map(p, &person::birthday, people) == std::vector<int>{37, 42});
        REQUIRE(drain(parimap::ordered_imap(p, &person::age, people)) == std::vector<int>{37, 42});
        REQUIRE(drain(people | parimap::ordered_imap(p, &person::age)) == std::vector<int>{37, 42});
    }
}

TEST_CASE("A function may be move-only and is then moved in") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto adder = [](int n) { return [box = std::make_unique<int>(n)](int i) { return i + *box; }; };
        const std::vector<int> expected{5, 6, 7};
        REQUIRE(parimap::parallel_map(p, adder(5), numbers(3)) == expected);
        REQUIRE(drain(parimap::ordered_imap(p, adder(5), numbers(3))) == expected);
        REQUIRE(drain(numbers(3) | parimap::ordered_imap(p, adder(5))) == expected);
        REQUIRE(parimap::map_async(p, adder(5), numbers(3)).get() == expected);
    }
}

TEST_CASE("A function that takes a stop token first gets one only if it cannot do without") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto with_token = [](std::stop_token token, int i) {
            return token.stop_possible() && !token.stop_requested() ? i : -1;
        };
        REQUIRE(parimap::parallel_map(p, with_token, numbers(50)) == numbers(50));
        REQUIRE(drain(parimap::ordered_imap(p, with_token, numbers(50))) == numbers(50));
        REQUIRE(parimap::map_async(p, with_token, numbers(50)).get() == numbers(50));
        const auto two = [](const std::stop_token& token, int a, int b) { return token.stop_requested() ? -1 : a + b; };
        REQUIRE(parimap::parallel_map(p, two, numbers(3), numbers(3)) == std::vector<int>{0, 2, 4});
        const auto arguments = [](auto&&... all) { return sizeof...(all); };
        REQUIRE(parimap::parallel_map(p, arguments, numbers(3)) == std::vector<std::size_t>{1, 1, 1});
        REQUIRE(parimap::parallel_map(p, parimap::catching(with_token), numbers(3))[2].value() == 2);
    }
}

TEST_CASE("A function is shared by all workers and not copied for each item") {
    tally counts;
    pool p{3};
    const auto f = [c = counted{counts, 5}](int i) { return c.value + i; };
    const long before = counts.copies;
    REQUIRE(parimap::parallel_map(p, f, numbers(1000)).size() == 1000);
    REQUIRE(drain(parimap::ordered_imap(p, f, numbers(1000))).size() == 1000);
    REQUIRE(counts.copies - before <= 8);
}

// ---- parallel_map_into --------------------------------------------------------------------------

TEST_CASE("parallel_map_into writes into any random-access range and returns the count") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        std::vector<double> longer(6, -1.0);
        REQUIRE(parimap::parallel_map_into(p, longer, triple, numbers(4)) == 4);
        REQUIRE(longer == std::vector<double>{0, 3, 6, 9, -1, -1});
        std::deque<int> deque(4);
        REQUIRE(parimap::parallel_map_into(p, deque, triple, std::list<int>{1, 2}) == 2);
        REQUIRE(deque == std::deque<int>{3, 6, 0, 0});
        std::array<long, 3> array{};
        REQUIRE(parimap::parallel_map_into(p, array, triple, numbers(3)) == 3);
        REQUIRE(array == std::array<long, 3>{0, 3, 6});
        int c_array[3] = {};
        REQUIRE(parimap::parallel_map_into(p, c_array, triple, numbers(3)) == 3);
        REQUIRE(c_array[2] == 6);
        REQUIRE(parimap::parallel_map_into(p, std::span{longer}.subspan(4), triple, numbers(2)) == 2);
        REQUIRE(longer[5] == 3.0);
        std::vector<std::unique_ptr<int>> boxes(3);
        REQUIRE(parimap::parallel_map_into(
                    p, boxes, [](int i) { return std::make_unique<int>(i); }, numbers(3)) == 3);
        REQUIRE(*boxes[2] == 2);
        pull_record record;
        REQUIRE(parimap::parallel_map_into(p, longer, triple, recorded_range<>{record, 6}) == 6);
        REQUIRE(longer[5] == 15.0);
    }
}

TEST_CASE("parallel_map_into refuses an output that is shorter than a sized input before any item runs") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        std::atomic<int> ran{0};
        const auto f = [&](int i) {
            ++ran;
            return i + 1;
        };
        std::vector<int> out(3);
        const auto items = numbers(4);
        const std::list<int> linked(items.begin(), items.end());
        REQUIRE_THROWS_AS(parimap::parallel_map_into(p, out, f, items), std::length_error);
        REQUIRE_THROWS_AS(parimap::parallel_map_into(p, out, f, linked), std::length_error);
        REQUIRE_THROWS_AS(parimap::parallel_map_into(p, map_options{.chunk = 1}, out, std::plus<>{}, items, linked),
                          std::length_error);
        REQUIRE(ran == 0);
        REQUIRE(out == std::vector<int>{0, 0, 0});
        REQUIRE(parimap::parallel_map_into(p, out, std::plus<>{}, items, numbers(3)) == 3);  // the zip is short enough
    }
}

TEST_CASE("parallel_map_into never writes past an output that an unsized input turns out to exceed") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        std::vector<int> memory(20, -1);
        const std::span<int> out{memory.data(), 10};
        pull_record record;
        REQUIRE_THROWS_AS(parimap::parallel_map_into(p, out, same, recorded_range<>{record, 20}), std::length_error);
        REQUIRE_THROWS_AS(parimap::parallel_map_into(p, out, same, std::forward_list<int>(20, 7)), std::length_error);
        REQUIRE(std::count(memory.begin() + 10, memory.end(), -1) == 10);
    }
}

// ---- map_async and submit -----------------------------------------------------------------------

TEST_CASE("parallel_map gives strings, vectors and vectors of vectors as the function made them") {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t count : sizes{0, 1, 2, 63, 64, 65, 3000}) {
            CAPTURE(workers, count);
            pool p{workers};
            const auto items = numbers(count);
            const auto texts = parimap::parallel_map(p, long_text, items);
            const auto nested = parimap::parallel_map(
                p, [](int i) { return std::vector<std::vector<int>>(static_cast<std::size_t>(i % 3), std::vector<int>(2, i)); },
                items);
            REQUIRE(texts.size() == count);
            REQUIRE(nested.size() == count);
            for (std::size_t i = 0; i < count; ++i) {
                const auto number = static_cast<int>(i);
                if (texts[i] != long_text(number)) FAIL("text " << i);
                if (nested[i] != std::vector<std::vector<int>>(i % 3, std::vector<int>(2, number))) FAIL("vector " << i);
            }
            // Of an input whose size is not known they come in another way.
            REQUIRE(parimap::parallel_map(p, long_text, items | ranges::views::filter([](int) { return true; })) == texts);
        }
    }
}

TEST_CASE("P4 a failure among strings is thrown, and the pool goes on") {
    for (const std::size_t workers : worker_counts) {
        pool p{workers};
        for (const int bad : {0, 1, 700, 1999}) {
            CAPTURE(workers, bad);
            const auto f = [&](int i) {
                if (i == bad) throw std::runtime_error(long_text(i));
                return long_text(i);
            };
            REQUIRE_THROWS_WITH(parimap::parallel_map(p, f, numbers(2000)), long_text(bad));
        }
        REQUIRE(parimap::parallel_map(p, long_text, numbers(2000)).back() == long_text(1999));
    }
}

TEST_CASE("parallel_map keeps the allocator that a result was made with") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        std::pmr::synchronized_pool_resource memory;
        const auto f = [&](int i) { return std::pmr::string(long_text(i), &memory); };
        const auto texts = parimap::parallel_map(p, f, numbers(2000));
        for (std::size_t i = 0; i < texts.size(); ++i) {
            if (texts[i] != std::string_view(long_text(static_cast<int>(i)))) FAIL("text " << i);
            if (texts[i].get_allocator().resource() != &memory) FAIL("memory of text " << i);
        }
    }
}

TEST_CASE("parallel_map takes a result with an allocator whose move may throw, and assigns to none") {
    restless::assignments = 0;
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto all = parimap::parallel_map(
            p, [](int i) { return restless(i); }, numbers(1000));
        REQUIRE(all.size() == 1000);
        for (std::size_t i = 0; i < all.size(); ++i) REQUIRE(all[i].value == static_cast<int>(i));
    }
    REQUIRE(restless::assignments == 0);
}

TEST_CASE("map_async gives the future of what parallel_map gives") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto items = numbers(500);
        auto values = parimap::map_async(p, same, items);
        auto nothing = parimap::map_async(
            p, [](int) {}, items);
        auto failure = parimap::map_async(p, throws_on{{300, 7}}, items);
        STATIC_REQUIRE(std::is_same_v<decltype(values), std::future<std::vector<int>>>);
        STATIC_REQUIRE(std::is_same_v<decltype(nothing), std::future<void>>);
        REQUIRE(values.get() == items);
        nothing.get();
        try {
            (void)failure.get();
            FAIL("item 7 throws");
        } catch (const item_error& e) {
            REQUIRE(e.item == 7);
        }
    }
}

TEST_CASE("map_async runs beside its caller") {
    if (is_serial) return;  // it runs the map at once there
    for (const std::size_t workers : sizes{1, 2, 8}) {
        CAPTURE(workers);
        gate open;
        pool p{workers};
        auto future = parimap::map_async(
            p, [&](int) { return open.wait(); }, numbers(20));
        REQUIRE(future.wait_for(0s) == std::future_status::timeout);
        open.open();
        REQUIRE(future.get() == std::vector<bool>(20, true));
    }
}

TEST_CASE("map_async keeps rvalue inputs and its function alive") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        std::vector<std::future<std::vector<std::string>>> futures;
        for (int k = 0; k < 10; ++k) {
            futures.push_back(parimap::map_async(
                p, [suffix = std::string(40, 'x')](const std::string& s) { return s + suffix; },
                std::vector<std::string>(50, std::to_string(k) + std::string(40, 'y'))));
        }
        for (auto& future : futures) {
            const auto results = future.get();
            REQUIRE(results.size() == 50);
            REQUIRE(results[49].size() == 81);
        }
    }
}

TEST_CASE("map_async copies ranges that are given by name, and refers to what std::ref and views refer to") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto slow = [](int i) {
            std::this_thread::sleep_for(100us);
            return i;
        };
        std::future<std::vector<int>> of_vector;
        std::future<std::vector<int>> of_array;
        std::future<std::vector<int>> of_two;
        {
            std::vector<int> items = numbers(50);
            int array[] = {1, 2, 3, 4, 5};
            of_vector = parimap::map_async(p, slow, items);
            of_array = parimap::map_async(p, slow, array);
            of_two = parimap::map_async(
                p, [&](int a, int b) { return slow(a + b); }, items, array);
            std::fill(items.begin(), items.end(), -1);  // and then they are gone
            std::fill(std::begin(array), std::end(array), -1);
        }
        REQUIRE(of_vector.get() == numbers(50));
        REQUIRE(of_array.get() == std::vector<int>{1, 2, 3, 4, 5});
        REQUIRE(of_two.get() == std::vector<int>{1, 3, 5, 7, 9});

        std::vector<int> items = numbers(50);
        const auto address = [](const int& i) { return &i; };
        const auto all = parimap::map_async(p, address, std::ref(items)).get();
        REQUIRE(all.front() == items.data());
        REQUIRE(all.back() == &items.back());
        REQUIRE(parimap::map_async(p, address, std::cref(items)).get() == all);
        REQUIRE(parimap::map_async(p, address, std::span(items)).get() == all);
        parimap::map_async(
            p, [](int& i, int by) { i += by; }, std::ref(items), std::vector<int>(50, 3))
            .get();
        REQUIRE(items[49] == 52);
    }
}

TEST_CASE("submit copies its arguments, and takes std::ref as std::async does") {
    pool p{2};
    int number = 1;
    p.submit([](int& n) { ++n; }, std::ref(number)).get();
    REQUIRE(number == 2);
    REQUIRE(p.submit([](const int& n) { return &n; }, std::cref(number)).get() == &number);
    std::vector<int> items = numbers(3);
    p.submit(&std::vector<int>::clear, std::ref(items)).get();
    REQUIRE(items.empty());
    auto counter = [count = 0]() mutable { return ++count; };
    REQUIRE(p.submit(std::ref(counter)).get() == 1);
    REQUIRE(p.submit(std::ref(counter)).get() == 2);
    REQUIRE(p.submit([](std::unique_ptr<int> n) { return *n; }, std::make_unique<int>(5)).get() == 5);
    REQUIRE(p.submit([](const char* text) { return std::string(text); }, "text").get() == "text");
}

TEST_CASE("submit runs one job and returns its future") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        auto sum = p.submit([](int a, int b) { return a + b; }, 1, 2);
        STATIC_REQUIRE(std::is_same_v<decltype(sum), std::future<int>>);
        auto nothing = p.submit([] {});
        STATIC_REQUIRE(std::is_same_v<decltype(nothing), std::future<void>>);
        auto failure = p.submit(throws_on{{4}}, 4);
        auto text = p.submit([](const std::string& s) { return s + "!"; }, "a literal");
        auto moved = p.submit([box = std::make_unique<int>(40)](std::unique_ptr<int> other) { return *box + *other; },
                              std::make_unique<int>(2));
        auto made = p.submit([](int i) { return std::make_unique<int>(i); }, 6);
        auto member = p.submit(&person::age_in, person{"kurt", 71}, 1);
        auto pointer = p.submit(triple, 5);
        REQUIRE(sum.get() == 3);
        nothing.get();
        REQUIRE_THROWS_AS(failure.get(), item_error);
        REQUIRE(text.get() == "a literal!");
        REQUIRE(moved.get() == 42);
        REQUIRE(*made.get() == 6);
        REQUIRE(member.get() == 72);
        REQUIRE(pointer.get() == 15);
    }
}

TEST_CASE("submit runs a thousand jobs exactly once each") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        std::vector<std::atomic<int>> runs(1000);
        std::vector<std::future<void>> futures;
        pool p{workers};
        for (std::size_t k = 0; k < runs.size(); ++k) futures.push_back(p.submit([&runs, k] { ++runs[k]; }));
        for (auto& future : futures) future.get();
        REQUIRE(std::all_of(runs.begin(), runs.end(), [](const auto& n) { return n == 1; }));
    }
}

TEST_CASE("submit has a single worker run the jobs in the order in which they were handed in") {
    pool p{1};
    gate all_handed_in;
    std::vector<int> ran;  // no lock: with one seat each job happens after the one before it
    std::vector<std::future<void>> done;
    if (!is_serial) done.push_back(p.submit([&] { all_handed_in.wait(); }));
    for (int i = 0; i < 20; ++i) done.push_back(p.submit([&ran, i] { ran.push_back(i); }));
    all_handed_in.open();
    for (auto& each : done) each.get();
    REQUIRE(ran == numbers(20));
}

TEST_CASE("submit makes what a job wrote visible to whoever gets its future") {
    for (const std::size_t workers : worker_counts) {
        pool p{workers};
        for (int round = 0; round < 100; ++round) {
            int plain = 0;
            p.submit([&] { plain = round; }).get();
            REQUIRE(plain == round);
        }
    }
}

// ---- the composing callables --------------------------------------------------------------------

TEST_CASE("catching gives a result that holds the value or the exception") {
    const auto f = parimap::catching([](int i) {
        if (i == 1) throw item_error{1};
        return std::string(static_cast<std::size_t>(i), 'x');
    });
    auto good = f(3);
    auto bad = f(1);
    STATIC_REQUIRE(std::is_same_v<decltype(good), parimap::result<std::string>>);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<parimap::result<std::string>, bool>);
    REQUIRE(static_cast<bool>(good));
    REQUIRE(*good == "xxx");
    REQUIRE(good->size() == 3);
    REQUIRE(good.value() == "xxx");
    *good += "y";
    REQUIRE(std::as_const(good).value() == "xxxy");
    REQUIRE(std::as_const(good)->size() == 4);
    REQUIRE_FALSE(static_cast<bool>(bad));
    REQUIRE_THROWS_AS(bad.value(), item_error);
    REQUIRE_THROWS_AS(std::rethrow_exception(bad.error()), item_error);
    REQUIRE_THROWS_AS(std::as_const(bad).value(), item_error);
    REQUIRE(good.has_value());
    REQUIRE_FALSE(bad.has_value());
    REQUIRE(good.value_or("other") == "xxxy");
    REQUIRE(bad.value_or("other") == "other");
    const auto boxed = parimap::catching([](int i) { return std::make_unique<int>(i); });
    REQUIRE(*boxed(7).value_or(nullptr) == 7);
}

TEST_CASE("catching works for functions that return nothing or something that only moves") {
    const auto nothing = parimap::catching([](int i) {
        if (i == 1) throw 1;
    });
    STATIC_REQUIRE(std::is_same_v<decltype(nothing(0)), parimap::result<void>>);
    REQUIRE(nothing(0));
    nothing(0).value();
    REQUIRE_FALSE(nothing(1));
    REQUIRE_THROWS_AS(nothing(1).value(), int);
    REQUIRE(nothing(1).error() != nullptr);
    const auto boxed = parimap::catching([](int i) { return std::make_unique<int>(i); });
    REQUIRE(**boxed(7) == 7);
    const std::unique_ptr<int> box = boxed(8).value();
    REQUIRE(*box == 8);
}

TEST_CASE("catching lets every item of every frontend succeed") {
    const throws_on f{{3, 4, 70}};
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto all = parimap::parallel_map(p, parimap::catching(f), numbers(100));
        REQUIRE(std::count_if(all.begin(), all.end(), [](const auto& r) { return static_cast<bool>(r); }) == 97);
        int good = 0;
        for (const auto& r : parimap::unordered_imap(p, parimap::catching(f), numbers(100))) good += r ? 1 : 0;
        REQUIRE(good == 97);
        const auto pairs =
            parimap::parallel_map(p, parimap::catching(parimap::unpacked([](int a, int b) { return a / (b == 0 ? throw 1 : b); })),
                                  std::vector<std::pair<int, int>>{{6, 3}, {1, 0}});
        REQUIRE(*pairs[0] == 2);
        REQUIRE_FALSE(pairs[1]);
        const auto inside =
            parimap::parallel_map(p, parimap::unpacked(parimap::catching(std::plus<>{})), std::vector<std::pair<int, int>>{{6, 3}});
        REQUIRE(*inside[0] == 9);
    }
}

TEST_CASE("per_worker makes at most one state for each worker and makes it on that worker") {
    struct state {
        std::size_t seat = parimap::this_worker_index();
        std::atomic<bool> busy{false};
        int uses = 0;
    };
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t chunk : limits) {
            CAPTURE(workers, chunk);
            std::atomic<std::size_t> made{0};
            std::atomic<int> faults{0};
            pool p{workers};
            const auto make = [&] {
                ++made;
                return std::make_unique<state>();
            };
            const auto f = [&](std::unique_ptr<state>& mine, int i) {
                faults += mine->seat != parimap::this_worker_index();
                faults += mine->seat >= p.size();
                faults += mine->busy.exchange(true);
                ++mine->uses;
                if (i % 32 == 0) std::this_thread::sleep_for(20us);
                mine->busy = false;
                return i;
            };
            REQUIRE(parimap::parallel_map(p, map_options{.chunk = chunk}, parimap::per_worker(make, f), numbers(300)) ==
                    numbers(300));
            REQUIRE(made >= 1);
            REQUIRE(made <= p.size());
            REQUIRE(faults == 0);
            made = 0;
            REQUIRE(drain(parimap::ordered_imap(p, map_options{.chunk = chunk}, parimap::per_worker(make, f), numbers(300))) ==
                    numbers(300));
            REQUIRE(made >= 1);
            REQUIRE(made <= p.size());
            REQUIRE(faults == 0);
        }
    }
}

TEST_CASE("per_worker makes no state where no item runs and leaves none behind") {
    tally counts;
    std::atomic<int> made{0};
    const auto make = [&] {
        ++made;
        return counted{counts, 1};
    };
    const auto f = [](counted& c, int i) { return static_cast<int>(c.value) * i; };
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        {
            pool p{workers};
            made = 0;
            REQUIRE(parimap::parallel_map(p, parimap::per_worker(make, f), std::vector<int>{}).empty());
            REQUIRE(made == 0);
            REQUIRE(parimap::parallel_map(p, parimap::per_worker(make, f), numbers(1)) == numbers(1));
            REQUIRE(made == 1);
            auto imap = parimap::ordered_imap(p, parimap::per_worker(make, f), numbers(100));
            REQUIRE(imap.next() == 0);
        }
        REQUIRE(counts.live == 0);
    }
}

TEST_CASE("per_worker gives a nested call of the same function a state of its own and each call finds them again") {
    struct state {
        bool in_use = false;
    };
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        std::atomic<int> made{0};
        std::atomic<int> shared{0};
        std::function<int(int)> again;
        const auto make = [&] {
            ++made;
            return state{};
        };
        const auto f = parimap::per_worker(make, [&](state& mine, int depth) {
            shared += std::exchange(mine.in_use, true);
            int sum = depth;
            if (depth > 0) {
                for (const int inner : parimap::parallel_map(p, again, std::vector<int>(3, depth - 1))) sum += inner;
            }
            shared += !std::exchange(mine.in_use, false);
            return sum;
        });
        again = std::cref(f);
        const int expected = 2 + 3 * (1 + 3 * 0);
        for (int round = 0; round < 3; ++round) {
            REQUIRE(parimap::parallel_map(p, f, std::vector<int>(4, 2)) == std::vector<int>(4, expected));
        }
        REQUIRE(shared == 0);
        REQUIRE(made <= 3 * static_cast<int>(p.size()));  // one for each depth
    }
}

TEST_CASE("per_worker makes a state for the workers of each pool, and for each thread outside all pools") {
    std::atomic<int> made{0};
    const auto f = parimap::per_worker([&] { return ++made; }, [](int state, int) { return state; });
    for (int i = 1; i <= 130; ++i) {  // more pools than there are lists of states
        pool own{1};
        REQUIRE(parimap::parallel_map(own, f, numbers(3)) == std::vector<int>(3, i));
    }
    REQUIRE(f(0) == 131);
    std::thread([&] {  // while the one before lives: a thread that comes later may be given its name
        static_cast<void>(f(0));
    })
        .join();
    REQUIRE(made == 132);
    REQUIRE(f(0) == 131);
}

TEST_CASE("per_worker shows its states in the order of their workers, made with the index of each") {
    struct state {
        explicit state(std::size_t s) : seat(s) {}
        state(state&&) = delete;
        std::size_t seat;
        int items = 0;
    };
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto f = parimap::per_worker([](std::size_t seat) { return state(seat); },
                                           [](state& mine, int i) {
                                               ++mine.items;
                                               std::this_thread::sleep_for(10us);
                                               return mine.seat == parimap::this_worker_index() ? i : -1;
                                           });
        REQUIRE(f.states().empty());
        for (int round = 1; round <= 3; ++round) {
            const auto copy = f;
            REQUIRE(parimap::parallel_map(p, copy, numbers(200)) == numbers(200));
            int items = 0;
            std::size_t next_seat = 0;
            const auto states = f.states();
            REQUIRE(states.size() <= p.size());
            REQUIRE(&states[0] == &*states.begin());
            for (const auto& of_worker : states) {
                items += of_worker.items;
                REQUIRE(of_worker.seat >= next_seat);
                next_seat = of_worker.seat + 1;
            }
            REQUIRE(items == 200 * round);
            REQUIRE(next_seat <= p.size());
        }
    }
    // Seats are used in whatever order: of several pools and threads, one after the other.
    const auto g = parimap::per_worker([] { return parimap::this_worker_index(); }, [](std::size_t, int i) { return i; });
    for (int i = 0; i < 5; ++i) {
        pool p{8};
        parimap::parallel_for_each(
            p, map_options{.chunk = 1},
            [&](int n) {
                std::this_thread::sleep_for(1ms);
                return g(n);
            },
            numbers(16));
        std::size_t last = 0;
        int falls = 0;
        for (const std::size_t seat : g.states()) falls += std::exchange(last, seat) > seat;
        REQUIRE(falls <= i);  // from one pool to the next
    }
}

TEST_CASE("Options whose progress is {} ask for a bar and those that say nothing do not") {
    pool p{2};
    REQUIRE_FALSE(map_options{}.progress);
    REQUIRE_FALSE(map_options{.chunk = 5}.progress);
    captured_output shown;
    parimap::parallel_for_each(
        p, map_options{.progress = {}}, [](int) {}, numbers(50));
    REQUIRE(shown.text().find("50/50") != std::string::npos);
    REQUIRE_FALSE(map_options{.progress = std::nullopt}.progress);
}

TEST_CASE("per_worker composes with catching and zipped ranges and lets failures through") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto make = [] { return std::vector<int>(3, 1); };
        const auto f = [](std::vector<int>& scratch, int a, int b) {
            if (a == 5) throw item_error{5};
            scratch[0] = a;
            return scratch[0] * b;
        };
        const auto results = parimap::parallel_map(p, parimap::catching(parimap::per_worker(make, f)), numbers(10), numbers(10));
        REQUIRE(*results[9] == 81);
        REQUIRE_FALSE(results[5]);
        REQUIRE_THROWS_AS(parimap::parallel_map(p, parimap::per_worker(make, f), numbers(10), numbers(10)), item_error);
        const auto no_state = []() -> int { throw std::domain_error{"make"}; };
        REQUIRE_THROWS_AS(parimap::parallel_map(p, parimap::per_worker(no_state, [](int&, int i) { return i; }), numbers(3)),
                          std::domain_error);
    }
}

// ---- P10 ----------------------------------------------------------------------------------------

TEST_CASE("P10 an idle pool uses no CPU") {
    pool p{4};
    (void)parimap::parallel_map(p, same, numbers(1000));
    (void)drain(parimap::unordered_imap(p, same, numbers(1000)));
    p.submit(same, 1).get();
    std::this_thread::sleep_for(400ms);  // runtimes may look for more work for a while
    const auto before = cpu_time();
    std::this_thread::sleep_for(1s);
    REQUIRE(cpu_time() - before < 50ms);
}

TEST_CASE("P10 a stream that nobody reads uses no CPU once its window is full") {
    pool p{4};
    auto imap = parimap::ordered_imap(p, map_options{.window = 8}, same, numbers(1000));
    REQUIRE(imap.next() == 0);
    std::this_thread::sleep_for(400ms);
    const auto before = cpu_time();
    std::this_thread::sleep_for(1s);
    REQUIRE(cpu_time() - before < 50ms);
    REQUIRE(imap.next() == 1);
}

TEST_CASE("P10 nothing is printed") {
    captured_output output;
    use_everything<pool>();
    const std::string text = output.text();
    REQUIRE(text.empty());
}

TEST_CASE("P10 no thread is pinned and no signal handler is set") {
    const auto affinity = [] {
        cpu_set_t mask;
        CPU_ZERO(&mask);
        sched_getaffinity(0, sizeof mask, &mask);
        return mask;
    };
    const auto handlers = [] {
        std::vector<void (*)(int)> all;
        for (const int signal : {SIGINT, SIGTERM, SIGSEGV, SIGABRT, SIGFPE, SIGCHLD, SIGALRM, SIGUSR1, SIGUSR2, SIGPIPE}) {
            struct sigaction action {};
            sigaction(signal, nullptr, &action);
            all.push_back(action.sa_handler);
        }
        return all;
    };
    const cpu_set_t mask_before = affinity();
    const auto handlers_before = handlers();
    use_everything<pool>();
    const cpu_set_t mask_after = affinity();
    REQUIRE(CPU_EQUAL(&mask_before, &mask_after));
    REQUIRE(handlers() == handlers_before);
    std::atomic<int> pinned{0};
    pool p{3};
    parimap::parallel_for_each(
        p,
        [&](int) {
            const cpu_set_t mine = affinity();
            pinned += !CPU_EQUAL(&mask_before, &mine);
        },
        numbers(50));
    REQUIRE(pinned == 0);
}
