// SPDX-License-Identifier: MIT
// pull_from and read_ahead: inputs that are read one by one, here or by a thread of their own.
#include "support/backend_under_test.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/gate.hpp"
#include "support/items.hpp"
#include "support/sanitizers.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <deque>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <range/v3/range/conversion.hpp>
#include <range/v3/view/transform.hpp>

using namespace parimap_test;
using namespace std::chrono_literals;
using parimap::pull_from;
using parimap::read_ahead;

namespace {

// 0, 1, ... count - 1; throws in place of `fails`.
auto counter(int count, int fails = -1) {
    return [count, fails, next = 0]() mutable -> std::optional<int> {
        if (next == fails) {
            ++next;
            throw std::runtime_error("element " + std::to_string(fails));
        }
        return next < count ? std::optional(next++) : std::nullopt;
    };
}

template <class Range>
std::vector<int> read(Range&& range) {
    std::vector<int> all;
    for (auto&& element : range) all.push_back(std::forward<decltype(element)>(element));
    return all;
}

}  // namespace

TEST_CASE("pull_from gives what its function returns, to loops, views and frontends") {
    REQUIRE(read(pull_from(counter(5))) == numbers(5));
    REQUIRE(read(pull_from(counter(0))).empty());
    REQUIRE((pull_from(counter(5)) | ::ranges::views::transform(twice) | ::ranges::to<std::vector>()) ==
            std::vector{0, 2, 4, 6, 8});
    REQUIRE(read(pull_from(counter(9)) | std::views::take(3)) == numbers(3));
    for (const std::size_t workers : worker_counts) {
        pool p{workers};
        REQUIRE(parimap::parallel_map(p, same, pull_from(counter(1000))) == numbers(1000));
        REQUIRE(drain(parimap::ordered_imap(p, same, pull_from(counter(1000)))) == numbers(1000));
        REQUIRE(sorted(drain(parimap::unordered_imap(p, same, pull_from(counter(1000))))) == numbers(1000));
        const auto add = [](int a, int b) { return a + b; };
        REQUIRE(parimap::parallel_map(p, add, pull_from(counter(3)), numbers(9)) == std::vector{0, 2, 4});
    }
}

TEST_CASE("pull_from asks once for each element, not before it is wanted, and not behind the end") {
    int asked = 0;
    auto range = pull_from([&]() -> std::optional<int> { return ++asked <= 3 ? std::optional(asked) : std::nullopt; });
    REQUIRE(asked == 0);
    auto it = range.begin();
    REQUIRE(asked == 0);
    REQUIRE_FALSE(it == range.end());
    REQUIRE_FALSE(it == range.end());
    REQUIRE(*it == 1);
    ++it;
    REQUIRE(asked == 1);
    const auto copy = range;
    REQUIRE(read(copy) == std::vector{2, 3});
    REQUIRE(asked == 4);
    REQUIRE(read(range).empty());
    REQUIRE(asked == 4);
}

TEST_CASE("pull_from moves elements, and lets what its function throws through") {
    pool p{2};
    std::deque<std::unique_ptr<int>> made;
    for (int i = 0; i < 50; ++i) made.push_back(std::make_unique<int>(i));
    const auto next = [&]() -> std::optional<std::unique_ptr<int>> {
        if (made.empty()) return std::nullopt;
        auto first = std::move(made.front());
        made.pop_front();
        return first;
    };
    REQUIRE(parimap::parallel_map(
                p, [](std::unique_ptr<int> i) { return *i; }, pull_from(next)) == numbers(50));
    REQUIRE_THROWS_WITH(parimap::parallel_map(p, same, pull_from(counter(100, 60))), "element 60");
    auto stream = parimap::ordered_imap(p, same, pull_from(counter(100, 60)));
    for (int i = 0; i < 60; ++i) REQUIRE(stream.next() == i);
    REQUIRE_THROWS_WITH(stream.next(), "element 60");
}

TEST_CASE("pull_from and read_ahead need elements that can be moved, not assigned") {
    struct record {
        const int key;
        std::unique_ptr<int> value;
    };
    const auto records = [next = 0]() mutable -> std::optional<record> {
        if (next == 50) return std::nullopt;
        return record{next, std::make_unique<int>(next++)};
    };
    const auto sum = [](const record& r) { return r.key + *r.value; };
    const std::vector<int> items = numbers(50);
    const auto twice_each = items | ::ranges::views::transform(twice) | ::ranges::to<std::vector>();
    pool p{2};
    REQUIRE(parimap::parallel_map(p, sum, pull_from(records)) == twice_each);
    REQUIRE(parimap::parallel_map(p, sum, pull_from(records) | read_ahead(3)) == twice_each);
}

TEST_CASE("read_ahead gives the elements of any range, in order") {
    for (const std::size_t most : {1U, 2U, 7U, 1000U}) {
        CAPTURE(most);
        REQUIRE(read(read_ahead(numbers(300), most)) == numbers(300));
        REQUIRE(read(pull_from(counter(300)) | read_ahead(most)) == numbers(300));
        REQUIRE(read(read_ahead(std::vector<int>{}, most)).empty());
        for (const std::size_t workers : worker_counts) {
            pool p{workers};
            REQUIRE(drain(parimap::ordered_imap(p, same, read_ahead(std::views::iota(0, 300), most))) == numbers(300));
            REQUIRE(parimap::parallel_map(p, same, read_ahead(pull_from(counter(300)), most)) == numbers(300));
        }
    }
    const std::vector<std::string> words{"a", "b"};
    std::string joined;
    for (const std::string& word : read_ahead(words, 3)) joined += word;
    REQUIRE(joined == "ab");
    REQUIRE(words[0] == "a");
    REQUIRE_THROWS_AS(read_ahead(words, 0), std::invalid_argument);
}

TEST_CASE("read_ahead reads on another thread, so many elements ahead and no more") {
    std::atomic<int> begun{0};
    std::thread::id reader;
    auto range = read_ahead(pull_from([&]() -> std::optional<int> {
                                reader = std::this_thread::get_id();
                                return begun++;
                            }),
                            5);
    let_mistakes_happen();
    REQUIRE(begun == 0);
    auto it = range.begin();
    REQUIRE_FALSE(it == range.end());  // one taken, five ahead of it
    REQUIRE(eventually([&] { return begun == 6; }));
    let_mistakes_happen();
    REQUIRE(begun == 6);
    REQUIRE(*it == 0);
    ++it;
    REQUIRE(begun == 6);
    REQUIRE_FALSE(it == range.end());
    REQUIRE(eventually([&] { return begun == 7; }));
    REQUIRE(reader != std::this_thread::get_id());
}

TEST_CASE("read_ahead hands on what the range throws, behind the elements before it") {
    auto range = read_ahead(pull_from(counter(100, 7)), 50);
    std::vector<int> before;
    REQUIRE_THROWS_WITH(
        [&] {
            for (int i : range) before.push_back(i);
        }(),
        "element 7");
    REQUIRE(before == numbers(7));
    pool p{2};
    REQUIRE_THROWS_WITH(parimap::parallel_map(p, same, read_ahead(pull_from(counter(100, 7)), 3)), "element 7");
}

TEST_CASE("read_ahead ends when nobody wants its elements any more") {
    const auto alive = std::make_shared<int>(0);
    {
        auto range = read_ahead(pull_from([alive]() -> std::optional<int> { return 1; }), 4);
        auto copy = range;
        for (int i : range) {
            REQUIRE(i == 1);
            break;
        }
        REQUIRE(alive.use_count() > 1);
    }
    REQUIRE(alive.use_count() == 1);
    pool p{2};
    for (int i : parimap::unordered_imap(p, same, read_ahead(pull_from([alive]() -> std::optional<int> { return 1; }), 4))) {
        REQUIRE(i == 1);
        break;
    }
    REQUIRE(alive.use_count() == 1);
}

TEST_CASE("P11 read_ahead keeps no process, whose exit comes while input is waited for, and no child of a fork") {
    if (under_tsan) return;  // it cannot follow the fork of a process with threads
    REQUIRE(end_of_child([] {
                static auto range = read_ahead(pull_from([]() -> std::optional<int> {
                                                   std::this_thread::sleep_for(20s);
                                                   return 1;
                                               }),
                                               1);
                std::thread([] { (void)(range.begin() == range.end()); }).detach();
                std::this_thread::sleep_for(20ms);
                std::exit(3);
            }) == "exit 3");
    auto range = read_ahead(pull_from(counter(10)), 2);
    REQUIRE(*range.begin() == 0);
    REQUIRE(end_of_child([&] {
                const auto inherited = std::exchange(range, {});
                try {
                    auto it = inherited.begin();
                    ++it;
                    (void)(it == inherited.end());
                } catch (const parimap::error&) {
                    std::exit(3);
                }
            }) == "exit 3");
    REQUIRE(read(range) == numbers(10));  // its begin() is where the last reading stood
}
