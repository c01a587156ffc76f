// SPDX-License-Identifier: MIT
// imap<R> as a type that can be written down: as a member, in a container, returned, and for all that R may be.
#include "support/backend_under_test.hpp"
#include "support/catch.hpp"
#include "support/counted.hpp"
#include "support/gate.hpp"
#include "support/generator.hpp"
#include "support/items.hpp"

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <list>
#include <memory>
#include <new>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <range/v3/numeric/accumulate.hpp>
#include <range/v3/range/concepts.hpp>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/iota.hpp>
#include <range/v3/view/take.hpp>

using namespace parimap_test;
using parimap::imap;
using parimap::map_options;

// ---- the type ---------------------------------------------------------------------------------------------------

static_assert(std::ranges::view<imap<int>> && std::ranges::view<imap<int, true>>);
static_assert(std::ranges::input_range<imap<int>> && std::ranges::input_range<imap<int, true>>);
static_assert(!std::ranges::forward_range<imap<int>> && !std::ranges::forward_range<imap<int, true>>);
static_assert(!std::ranges::sized_range<imap<int>> && std::ranges::sized_range<imap<int, true>>);
static_assert(ranges::view_<imap<int>> && ranges::view_<imap<int, true>>);
static_assert(ranges::input_range<imap<int>> && ranges::input_range<imap<int, true>>);
static_assert(!ranges::sized_range<imap<int>> && ranges::sized_range<imap<int, true>>);
static_assert(std::copyable<imap<int>> && std::default_initializable<imap<int>>);
static_assert(std::is_nothrow_move_constructible_v<imap<int>> && std::is_nothrow_copy_constructible_v<imap<int>>);
static_assert(std::is_convertible_v<imap<int, true>, imap<int>> && std::is_convertible_v<const imap<int, true>&, imap<int>>);
static_assert(std::is_assignable_v<imap<int>&, imap<int, true>> && std::is_assignable_v<imap<int>&, const imap<int, true>&>);
static_assert(!std::is_constructible_v<imap<int, true>, imap<int>> && !std::is_assignable_v<imap<int, true>&, imap<int>>);
static_assert(!std::is_convertible_v<imap<int>, imap<long>>);
static_assert(std::is_same_v<std::ranges::iterator_t<imap<int>>, std::ranges::iterator_t<imap<int, true>>>);
static_assert(std::is_same_v<std::ranges::range_reference_t<imap<bool>>, bool&>);

namespace {

generator<int> count_up(int end) {
    for (int i = 0; i != end; ++i) co_yield int{i};
}

// As a library would declare it in a header, and define it elsewhere.
imap<int> doubled_numbers(pool& p, int from);

class reader {
  public:
    void open(imap<int> results) { results_ = std::move(results); }
    std::optional<int> read() { return results_.next(); }

  private:
    imap<int> results_;
};

int plain_function(int i) { return i + 1; }

struct function_object {
    int added;
    int operator()(int i) const { return i + added; }
};

// As a result: no default constructor, no copy, no assignment.
struct sealed {
    explicit sealed(int v) : value{v} {}
    sealed(sealed&&) = default;
    sealed& operator=(sealed&&) = delete;
    int value;
};

// Without a destructor, and large: it lies beside the ring, in memory that it counts.
struct large {
    static inline std::atomic<int> live{0};
    int value;
    char rest[5000];

    static void* operator new(std::size_t size) {
        ++live;
        return ::operator new(size);
    }
    static void operator delete(void* memory) {
        --live;
        ::operator delete(memory);
    }
    static void* operator new(std::size_t, void* where) noexcept { return where; }
};
static_assert(std::is_trivially_destructible_v<large>);

// Ten results of f, in both orders and by all means, read through a handle that knows R alone.
template <class R, class F, class ValueOf>
void check_results(F f, ValueOf value_of) {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t window : limits) {
            CAPTURE(workers, window);
            pool p{workers};
            const map_options options{.window = window};
            const auto check = [&](imap<R> results, bool in_order) {
                STATIC_REQUIRE(std::is_same_v<decltype(*results.begin()), R&>);
                STATIC_REQUIRE(std::is_same_v<decltype(results.next()), std::optional<R>>);
                std::vector<int> values;
                values.push_back(value_of(*results.next()));
                auto it = results.begin();
                REQUIRE(it != results.end());
                REQUIRE(std::addressof(*it) == std::addressof(*it));
                values.push_back(value_of(*it));
                ++it;
                values.push_back(value_of(*it));
                values.push_back(value_of(results.next().value()));  // the one behind that which was shown
                for (R& result : results) values.push_back(value_of(result));
                REQUIRE_FALSE(results.next());
                REQUIRE((in_order ? values : sorted(std::move(values))) == numbers(10));
            };
            check(parimap::ordered_imap(p, options, f, numbers(10)), true);
            check(parimap::unordered_imap(p, options, f, numbers(10)), false);
            check(parimap::ordered_imap(p, options, f, count_up(10)), true);
            check(parimap::unordered_imap(p, options, f, count_up(10)), false);
        }
    }
}

}  // namespace

TEST_CASE("Ranges: the streams of all functions and inputs that give one type of result are an imap of it") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto items = numbers(4);
        const std::list<int> linked(items.begin(), items.end());
        STATIC_REQUIRE(std::is_same_v<decltype(parimap::ordered_imap(p, same, items)), imap<int, true>>);
        STATIC_REQUIRE(std::is_same_v<decltype(parimap::unordered_imap(p, plain_function, linked)), imap<int, true>>);
        STATIC_REQUIRE(std::is_same_v<decltype(parimap::unordered_imap(p, same, count_up(4))), imap<int>>);
        STATIC_REQUIRE(std::is_same_v<decltype(ranges::views::iota(0) | parimap::ordered_imap(p, same)), imap<int>>);

        std::vector<imap<int>> streams;
        streams.push_back(parimap::ordered_imap(p, same, items));
        streams.push_back(parimap::unordered_imap(p, plain_function, linked));
        streams.push_back(parimap::ordered_imap(p, function_object{10}, count_up(4)));
        streams.push_back(linked | parimap::ordered_imap(p, twice) | parimap::unordered_imap(p, twice));
        streams.emplace_back();
        streams.push_back(parimap::unordered_imap(p, map_options{.window = 1}, std::plus<>{}, items, linked));
        streams.push_back(doubled_numbers(p, 100));
        const std::vector<std::vector<int>> expected{{0, 1, 2, 3}, {1, 2, 3, 4}, {10, 11, 12, 13}, {0, 4, 8, 12},
                                                     {},           {0, 2, 4, 6}, {200, 202, 204}};
        for (std::size_t i = 0; i < streams.size(); ++i) {
            CAPTURE(i);
            REQUIRE(sorted(streams[i] | ranges::views::take(4) | ranges::to<std::vector>()) == expected[i]);
        }
    }
}

TEST_CASE("Ranges: a class has a stream as a member and gets another one later") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        reader r;
        REQUIRE_FALSE(r.read());
        r.open(parimap::ordered_imap(p, twice, numbers(2)));
        REQUIRE(r.read() == 0);
        REQUIRE(r.read() == 2);
        REQUIRE_FALSE(r.read());
        r.open(ranges::views::iota(5) | parimap::ordered_imap(p, [](int i) { return -i; }));
        REQUIRE(r.read() == -5);
        r.open(doubled_numbers(p, 50));  // and the endless one ends
        REQUIRE(r.read() == 100);
        r.open({});
        REQUIRE_FALSE(r.read());
    }
}

TEST_CASE("Ranges: a handle without a stream is at its end") {
    const auto check = [](auto none) {
        REQUIRE(none.begin() == none.end());
        REQUIRE_FALSE(none.next());
        REQUIRE_FALSE(none.next_for(std::chrono::hours(1)));
        REQUIRE(none.wait_for(std::chrono::hours(1)));
        REQUIRE_FALSE(none.failed_index());
        none.cancel();
        REQUIRE_FALSE(none.next());
    };
    check(imap<int>{});
    check(imap<int, true>{});
    check(imap<std::monostate>{});
    check(imap<sealed>{});
    REQUIRE(imap<int, true>{}.size() == 0);
    REQUIRE(typename imap<int>::iterator{} == imap<int>{}.end());
}

// ---- the sized one and the other ------------------------------------------------------------------------------------

TEST_CASE("Ranges: a handle with a size becomes one without, which shares the stream and what is shown of it") {
    const auto check = [](auto sized, auto value_of) {
        using result = typename decltype(sized)::value_type;
        REQUIRE(sized.size() == 12);
        auto it = sized.begin();
        REQUIRE(it != sized.end());  // fetches one, which nobody has seen yet
        imap<result> copy = sized;
        REQUIRE(value_of(*copy.next()) == 0);
        REQUIRE(value_of(*it) == 1);  // shown
        copy = sized;
        REQUIRE(value_of(*copy.begin()) == 2);
        REQUIRE(value_of(*it) == 2);  // they stand at the same place
        REQUIRE(sized.size() == 9);
        REQUIRE(value_of(*copy.next()) == 3);
        REQUIRE(value_of(*it) == 4);  // shown again, before the handle goes elsewhere
        imap<result> moved = std::move(sized);
        REQUIRE(sized.size() == 0);
        REQUIRE_FALSE(sized.next());
        REQUIRE(value_of(*it) == 4);
        REQUIRE(value_of(*moved.next()) == 5);
        imap<result> other;
        other = std::move(moved);
        REQUIRE_FALSE(moved.next());
        REQUIRE(value_of(*it) == 6);
        ++it;
        copy = {};
        REQUIRE(value_of(*it) == 7);
        REQUIRE(value_of(*other.begin()) == 8);
        int left = 0;
        for (result& r : other) left += value_of(r);
        REQUIRE(left == 9 + 10 + 11);
    };
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t window : limits) {
            CAPTURE(workers, window);
            pool p{workers};
            const map_options options{.window = window};
            check(parimap::ordered_imap(p, options, same, numbers(12)), [](int i) { return i; });
            tally counts;
            check(parimap::ordered_imap(
                      p, options,
                      [&](int i) {
                          return counted{counts, i};
                      },
                      numbers(12)),
                  [](const counted& c) { return static_cast<int>(c.value); });
            REQUIRE(counts.live == 0);
        }
    }
}

TEST_CASE("P5 a stream ends with its last handle, whichever of the two types that has") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        std::atomic<int> ran{0};
        const auto owned = std::make_shared<int>(0);
        const auto f = [&ran, owned](int i) {
            ++ran;
            return i;
        };
        std::optional sized(parimap::ordered_imap(p, map_options{.window = 2}, f, numbers(1000)));
        std::optional<imap<int>> other(*sized);
        REQUIRE(sized->next() == 0);
        sized.reset();
        REQUIRE(other->next() == 1);  // it goes on
        REQUIRE(owned.use_count() > 2);
        other.reset();
        REQUIRE(owned.use_count() == 2);  // f's: the stream and its copy are gone
        const int so_far = ran;
        let_mistakes_happen();
        REQUIRE(ran == so_far);
        REQUIRE(ran <= 4);
    }
}

TEST_CASE("P4 failures are told alike by handles of both types") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        auto sized = parimap::ordered_imap(
            p, [](int i) { return i == 1 ? throw std::out_of_range("one") : i; }, numbers(3));
        const imap<int> other = sized;
        REQUIRE(other.next() == 0);
        REQUIRE_THROWS_AS(other.next(), std::out_of_range);
        REQUIRE(sized.failed_index() == 1);
        REQUIRE(other.failed_index() == 1);
        REQUIRE(sized.next() == 2);
        REQUIRE_FALSE(other.next());
        auto stopped = parimap::unordered_imap(p, same, numbers(1000));
        const imap<int> unsized = stopped;
        unsized.cancel();
        REQUIRE_THROWS_AS(stopped.next(), parimap::cancelled);
        REQUIRE_THROWS_AS(unsized.next(), parimap::cancelled);
    }
}

TEST_CASE("Ranges: an imap by its name is the input of a stage, which moves the results out of it") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto box = [](int i) { return std::make_unique<int>(i); };
        const auto unbox = [](std::unique_ptr<int> boxed) { return *boxed; };
        const imap<std::unique_ptr<int>> boxes = parimap::ordered_imap(p, box, numbers(30));
        const imap<int> stage = boxes | parimap::ordered_imap(p, unbox);
        REQUIRE(drain(stage) == numbers(30));
        imap<std::unique_ptr<int>> more = parimap::ordered_imap(p, box, numbers(30));
        REQUIRE(parimap::parallel_map(p, unbox, more) == numbers(30));
        const imap<std::vector<int>> nested = parimap::ordered_imap(p, [](int i) { return numbers(std::size_t(i)); }, {1, 2, 3});
        REQUIRE(drain(nested | parimap::ordered_imap(p, [](std::vector<int> v) { return v.size(); })) ==
                std::vector<std::size_t>{1, 2, 3});
        REQUIRE(ranges::accumulate(imap<int>(parimap::unordered_imap(p, same, numbers(30))), 0) == 435);
    }
}

// ---- what R may be --------------------------------------------------------------------------------------------------

TEST_CASE("Ranges: an imap of results that can only be moved, or are of unusual types") {
    check_results<std::unique_ptr<int>>([](int i) { return std::make_unique<int>(i); },
                                        [](const std::unique_ptr<int>& boxed) { return *boxed; });
    check_results<sealed>([](int i) { return sealed{i}; }, [](const sealed& s) { return s.value; });
    const auto items = numbers(10);
    const auto element = [&](int i) -> const int& { return items[static_cast<std::size_t>(i)]; };
    check_results<int>(element, [](int i) { return i; });
    pool p{2};
    for (int& i : imap<int>(parimap::ordered_imap(p, element, numbers(10)))) i = -1;
    REQUIRE(items == numbers(10));
}

TEST_CASE("Ranges: an imap of bool, and of nothing") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto is_odd = [](int i) { return i % 2 == 1; };
        imap<bool> odd = parimap::ordered_imap(p, is_odd, numbers(100));
        int index = 0;
        for (bool& b : odd) {
            REQUIRE(b == is_odd(index++));
            b = !b;
        }
        REQUIRE(index == 100);
        std::atomic<int> ran{0};
        const auto f = [&](int) { ++ran; };
        imap<std::monostate> nothing = parimap::unordered_imap(p, f, numbers(100));
        REQUIRE(nothing.next() == std::monostate{});
        REQUIRE(std::ranges::distance(nothing) == 99);
        REQUIRE(ran == 100);
    }
}

TEST_CASE("Ranges: a result is destroyed when it is let go, and once") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto check_one = [](auto& live, auto results) {
            auto it = results.begin();
            REQUIRE((*it).value == 0);
            REQUIRE(live == 1);
            results.wait_for(std::chrono::hours(1));
            REQUIRE(live == 1);
            ++it;
            REQUIRE(live == 0);
            REQUIRE(it == results.end());
        };
        tally counts;
        const auto f = [&](int i) { return counted{counts, i}; };
        check_one(counts.live, imap<counted>(parimap::ordered_imap(p, f, numbers(1))));
        check_one(counts.live, imap<counted>(parimap::unordered_imap(p, f, numbers(1))));
        REQUIRE(counts.live == 0);

        const auto make_large = [](int i) { return large{i, {}}; };
        check_one(large::live, imap<large>(parimap::ordered_imap(p, make_large, numbers(1))));
        check_one(large::live, imap<large>(parimap::unordered_imap(p, make_large, numbers(1))));
        {  // left with one that is shown, and others
            imap<large> results = parimap::ordered_imap(p, make_large, numbers(20));
            imap<counted> counting = parimap::unordered_imap(p, f, numbers(20));
            REQUIRE((*results.begin()).value == 0);
            REQUIRE((*counting.begin()).value >= 0);
        }
        REQUIRE(large::live == 0);
        REQUIRE(counts.live == 0);
    }
}

TEST_CASE("Ranges: a result that was let go is none that wait_for finds") {
    if (is_serial) return;  // the thread that waits runs the item
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto check = [&](auto frontend, bool by_iterator) {
            CAPTURE(by_iterator);
            gate go_on;
            const auto f = [&](int i) {
                if (i == 1) go_on.wait();
                return i;
            };
            imap<int> results = frontend(p, map_options{.window = 1}, f, numbers(3));
            if (by_iterator) {
                auto it = results.begin();
                REQUIRE(*it == 0);
                ++it;
            } else {
                REQUIRE(results.next() == 0);
            }
            const bool is_there = results.wait_for(std::chrono::milliseconds(5));
            go_on.open();
            REQUIRE_FALSE(is_there);
            REQUIRE(results.wait_for(deadline));
            REQUIRE(results.next() == 1);
            REQUIRE(results.next() == 2);
            REQUIRE_FALSE(results.next());
        };
        for (const bool by_iterator : {false, true}) {
            check(parimap::ordered_imap, by_iterator);
            check(parimap::unordered_imap, by_iterator);
        }
    }
}

namespace {

imap<int> doubled_numbers(pool& p, int from) { return parimap::ordered_imap(p, twice, std::vector<int>{from, from + 1, from + 2}); }

}  // namespace
