// SPDX-License-Identifier: MIT
// Inputs that are slow, and items and results that are large: no finished result waits for the next element, and memory is
// taken for what is there.
#include "support/backend_under_test.hpp"
#include "support/catch.hpp"
#include "support/counted.hpp"
#include "support/gate.hpp"
#include "support/items.hpp"
#include "support/recorded_range.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <iterator>
#include <ranges>
#include <stop_token>
#include <thread>
#include <vector>

#include <range/v3/view/filter.hpp>

using namespace parimap_test;
using namespace std::chrono_literals;
using parimap::map_options;

namespace {

using test_clock = std::chrono::steady_clock;

// Single-pass: make(i) for 0 .. count-1, where the element i > 0 comes only after `pause`; counts what was read.
template <class Make>
class made_input {
  public:
    made_input(std::size_t count, test_clock::duration pause, Make make, std::atomic<std::size_t>* read = nullptr)
        : count_{count}, pause_{pause}, make_{make}, read_{read} {}

    class iterator {
      public:
        using iterator_concept = std::input_iterator_tag;
        using value_type = std::invoke_result_t<Make, std::size_t>;
        using difference_type = std::ptrdiff_t;

        iterator() = default;
        explicit iterator(const made_input& all) : all_{&all} {}
        value_type operator*() const {
            if (all_->read_) ++*all_->read_;
            return all_->make_(index_);
        }
        iterator& operator++() {
            if (all_->pause_ > 0s) std::this_thread::sleep_for(all_->pause_);
            ++index_;
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const iterator& it, std::default_sentinel_t) { return it.at_end(); }

      private:
        bool at_end() const { return index_ == all_->count_; }
        const made_input* all_ = nullptr;
        std::size_t index_ = 0;
    };

    iterator begin() const {
        if (read_ && count_ > 0) ++*read_;  // as istream views, which read their first element here
        return iterator{*this};
    }
    std::default_sentinel_t end() const { return {}; }

  private:
    std::size_t count_;
    test_clock::duration pause_;
    Make make_;
    std::atomic<std::size_t>* read_;
};

constexpr auto to_int = [](std::size_t i) { return static_cast<int>(i); };
constexpr auto when = [](int) { return test_clock::now(); };

// At what age results are handed over, but for a tenth of them, which the machine may have kept waiting.
template <class Imap>
test_clock::duration usual_age(Imap imap, std::size_t count) {
    std::vector<test_clock::duration> ages;
    while (auto made = imap.next()) ages.push_back(test_clock::now() - *made);
    REQUIRE(ages.size() == count);
    std::sort(ages.begin(), ages.end());
    return ages[ages.size() * 9 / 10];
}

struct tile {
    std::array<float, 128 * 128> pixels;
};
constexpr auto to_tile = [](std::size_t i) {
    tile t;
    t.pixels.fill(static_cast<float>(i));
    return t;
};

}  // namespace

TEST_CASE("P6 a finished result does not wait until a window of a slow input is read") {
    constexpr std::size_t count = 60;
    for (const std::size_t workers : sizes{1, 2, 8}) {
        for (const std::size_t window : sizes{0, 2, 1000}) {
            CAPTURE(workers, window);
            pool p{workers};
            const map_options options{.window = window};
            const made_input lines{count, 2ms, to_int};
            // A window of 1,000 held all results back to the end, for 120 ms. (The machine may be busy in one round or two.)
            const auto is_soon = [&](auto start) {
                for (int round = 0; round < 3; ++round) {
                    if (usual_age(start(), count) < 40ms) return true;
                }
                return false;
            };
            REQUIRE(is_soon([&] { return parimap::ordered_imap(p, options, when, lines); }));
            REQUIRE(is_soon([&] { return parimap::unordered_imap(p, options, when, lines); }));
        }
    }
}

TEST_CASE(
    "P6 inside a job too, where nobody else may be free to work, the call that makes a stream does not read a window of slow "
    "elements") {
    pool p{1};
    std::atomic<std::size_t> read{0};
    const auto in_job = [&] {
        auto slow = std::views::iota(0, 200) | std::views::filter([&](int) {
                        ++read;
                        std::this_thread::sleep_for(1ms);
                        return true;
                    });
        auto stream = parimap::ordered_imap(p, map_options{.window = 100}, same, slow);
        return stream.next() == 0;
    };
    REQUIRE(p.submit(in_job).get());
    REQUIRE(read < 50);
}

TEST_CASE("P6 a window that grew while the input was fast holds no result back when it becomes slow") {
    for (const std::size_t workers : sizes{1, 3}) {
        CAPTURE(workers);
        pool p{workers};
        constexpr std::size_t fast = 40'000;
        std::vector<int> items = numbers(fast + 40);
        auto slow_tail = items | ranges::views::filter([](int i) {
                             if (i >= static_cast<int>(fast)) std::this_thread::sleep_for(2ms);
                             return true;
                         });
        auto imap = parimap::ordered_imap(p, when, slow_tail);
        for (std::size_t i = 0; i < fast; ++i) REQUIRE(imap.next());
        REQUIRE(usual_age(imap, 40) < 40ms);
    }
}

TEST_CASE("P6 a result is handed over before a slow element is read") {
    for (const std::size_t workers : sizes{1, 2}) {
        CAPTURE(workers);
        std::atomic<std::size_t> read{0};
        std::atomic<std::size_t> ran{0};
        pool p{workers};
        // An element comes when the items before it have run, however busy the machine is.
        const auto after_those_before = [&](std::size_t i) {
            if (!is_serial) eventually([&] { return ran >= i; });
            return static_cast<int>(i);
        };
        auto imap = parimap::ordered_imap(
            p, map_options{.window = 100}, [&](int i) { return ++ran, i; }, made_input{100, 1ms, after_those_before, &read});
        std::size_t handed = 0;
        std::size_t late = 0;
        while (auto r = imap.next()) {
            REQUIRE(*r == static_cast<int>(handed++));
            // Those under way, one for begin(), and those that the call which made the stream read.
            if (read > handed + 20) ++late;
        }
        REQUIRE(handed == 100);
        REQUIRE(late == 0);
    }
}

TEST_CASE("P6 while results are there no part of the window is read that takes longer than a moment") {
    if (is_serial) return;  // where each call runs what it has read
    pool p{2};
    gate open;
    std::atomic<std::size_t> ran{0};
    std::atomic<std::size_t> read{0};
    const auto f = [&](int i) {
        if (i >= 100) open.wait();
        return ++ran, i;
    };
    const auto dear = [](std::size_t i) {  // behind the first window, but not so dear that none is read
        const auto begin = test_clock::now();
        while (i >= 200 && test_clock::now() - begin < 120us) {
        }
        return static_cast<int>(i);
    };
    auto imap = parimap::ordered_imap(p, map_options{.window = 200}, f, made_input{400, 0s, dear, &read});
    REQUIRE(eventually([&] { return ran == 100; }));
    for (int i = 0; i < 90; ++i) REQUIRE(imap.next() == i);
    REQUIRE(read == 1 + 200);  // the workers have enough
    open.open();
    REQUIRE(eventually([&] { return ran == 200; }));
    std::size_t most = 0;
    for (int i = 90; i < 130; ++i) {
        const std::size_t before = read;
        REQUIRE(imap.next() == i);
        most = std::max(most, read - before);
    }
    REQUIRE(most < 10);  // there is room for 90
}

TEST_CASE("P6 a result that is about to come is waited for before a slow element is read") {
    if (is_serial) return;
    pool p{2};
    std::atomic<std::size_t> read{0};
    auto imap = parimap::ordered_imap(p, same, made_input{25, 10ms, to_int, &read});
    std::size_t late = 0;
    for (std::size_t handed = 1; imap.next(); ++handed) late += read > handed + 1;  // one for begin()
    REQUIRE(read == 1 + 25);
    REQUIRE(late < 18);  // what the making call read, and what the machine held up; it was each of them
}

TEST_CASE("P6 workers without items get some before a result is handed over, and others do not") {
    if (is_serial) return;
    int refilled_early = 0;
    for (int round = 0; round < 5; ++round) {  // a pause of the machine makes any input seem slow
        pool p{1};
        gate open;
        std::atomic<std::size_t> ran{0};
        std::atomic<std::size_t> read{0};
        const auto f = [&](int i) {
            if (i == 60) open.wait();
            return ++ran, i;
        };
        auto imap = parimap::ordered_imap(p, map_options{.window = 100}, f, made_input{1000, 0s, to_int, &read});
        REQUIRE(eventually([&] { return ran == 60; }));
        for (int i = 0; i < 55; ++i) REQUIRE(imap.next() == i);
        REQUIRE(read == 1 + 100);  // 40 have not started
        open.open();
        REQUIRE(eventually([&] { return ran == 100; }));
        for (int i = 55; i < 90; ++i) REQUIRE(imap.next() == i);
        refilled_early += read > 1 + 100;
    }
    REQUIRE(refilled_early > 0);
}

TEST_CASE("P6 who must run the items himself does so between the slow elements that he reads") {
    pool p{1};
    const auto most =
        p.submit([&] {
             std::atomic<std::size_t> read{0};
             auto imap = parimap::ordered_imap(p, map_options{.window = 100}, same, made_input{250, 300us, to_int, &read});
             std::size_t most_at_once = 0;
             for (int i = 0; i < 120; ++i) {
                 const std::size_t before = read;
                 if (imap.next() != i) return std::size_t{1000};
                 most_at_once = std::max(most_at_once, read - before);
             }
             return most_at_once;
         }).get();
    REQUIRE(most < 10);
}

std::atomic<int> slow_elements{0};  // that were read

// Quick up to element 1,000, then 3 ms each.
constexpr auto slow_at_last = [](int i) {
    if (i >= 1000) {
        ++slow_elements;
        std::this_thread::sleep_for(3ms);
    }
    return true;
};

TEST_CASE("P5 next_for looks at its deadline between any two elements that it reads") {
    if (is_serial) return;  // runs the items itself
    const std::vector<int> items = numbers(2000);
    for (const std::size_t workers : sizes{1, 2}) {
        CAPTURE(workers);
        pool p{workers};
        const auto check = [&](auto start) {
            gate open;
            auto imap = start([&](int i) {
                if (i >= 400) open.wait();
                return i;
            });
            for (int i = 0; i < 400; ++i) REQUIRE(imap.next());
            // There is room for 400 elements now, and none of the items under way ends.
            slow_elements = 0;
            for (int i = 0; i < 3; ++i) REQUIRE_THROWS_AS(imap.next_for(5ms), parimap::timed_out);
            REQUIRE(slow_elements <= 9);  // after two of them the time is over
            open.open();
            for (int i = 0; i < 20; ++i) REQUIRE(imap.next_for(deadline));
        };
        const map_options options{.window = 1000};
        auto forward = items | ranges::views::filter(slow_at_last);
        check([&](auto f) { return parimap::ordered_imap(p, options, f, forward); });
        check([&](auto f) { return parimap::unordered_imap(p, options, f, forward); });
        const auto slowly = [](std::size_t i) { return slow_at_last(static_cast<int>(i)), static_cast<int>(i); };
        check([&](auto f) { return parimap::ordered_imap(p, options, f, made_input{2000, 0s, slowly}); });
    }
}

TEST_CASE("P5 a stop or cancel is seen between any two elements that are read") {
    for (const std::size_t workers : sizes{1, 2}) {
        CAPTURE(workers);
        pool p{workers};
        std::stop_source source;
        std::atomic<std::size_t> read{0};
        const auto stops = [&](std::size_t i) {
            if (i == 5) source.request_stop();
            return static_cast<int>(i);
        };
        const map_options options{.window = 300, .stop = source.get_token()};
        REQUIRE_THROWS_AS(drain(parimap::ordered_imap(p, options, same, made_input{200, 0s, stops, &read})), parimap::cancelled);
        REQUIRE(read == 1 + 6);
        source = std::stop_source();
        read = 0;
        const map_options again{.window = 300, .stop = source.get_token()};
        REQUIRE_THROWS_AS(parimap::parallel_for_each(p, again, same, made_input{200, 0s, stops, &read}), parimap::cancelled);
        REQUIRE(read == 1 + 6);
        for (const std::size_t at : {101U, 103U, 110U, 120U}) {  // while the window is filled again
            CAPTURE(at);
            source = std::stop_source();
            read = 0;
            const auto stops_later = [&](std::size_t i) {
                if (i == at) source.request_stop();
                return static_cast<int>(i);
            };
            const map_options later{.window = 100, .stop = source.get_token()};
            REQUIRE_THROWS_AS(drain(parimap::ordered_imap(p, later, same, made_input{300, 0s, stops_later, &read})),
                              parimap::cancelled);
            REQUIRE(read == 1 + at + 1);
        }
    }
}

TEST_CASE("P5 a token that was stopped before, and a closed pool, take nothing from the input") {
    for (const std::size_t workers : sizes{1, 2}) {
        CAPTURE(workers);
        std::atomic<std::size_t> read{0};
        const made_input input{50, 0s, to_int, &read};
        std::vector<int> out(50);
        std::stop_source source;
        source.request_stop();
        const auto everything = [&](pool& p, const map_options& options, auto check) {
            check([&] { (void)parimap::ordered_imap(p, options, same, input).next(); });
            check([&] { (void)parimap::unordered_imap(p, options, same, input).next(); });
            check([&] { (void)parimap::parallel_map(p, options, same, input); });
            check([&] { (void)parimap::parallel_map_into(p, options, out, same, input); });
            check([&] { parimap::parallel_for_each(p, options, same, input); });
            check([&] { (void)parimap::parallel_map_reduce(p, options, same, std::plus<>{}, 0, input); });
            REQUIRE(read == 0);
        };
        pool p{workers};
        everything(p, map_options{.stop = source.get_token()}, [](auto call) { REQUIRE_THROWS_AS(call(), parimap::cancelled); });
        p.close();
        everything(p, map_options{}, [](auto call) { REQUIRE_THROWS_AS(call(), parimap::pool_closed); });
    }
}

TEST_CASE("P2 large items of a single-pass input and large results need memory for what is there") {
    for (const std::size_t workers : sizes{1, 2, 8}) {
        for (const std::size_t window : sizes{0, 1, 7, never}) {
            CAPTURE(workers, window);
            pool p{workers};
            const map_options options{.chunk = 3, .window = window};
            const made_input camera{20, 0s, to_tile};
            const auto first_pixel = [](const tile& t) { return static_cast<int>(t.pixels[7]); };
            const auto pass_on = [](tile&& t) { return std::move(t); };
            REQUIRE(parimap::parallel_map(p, options, first_pixel, camera) == numbers(20));
            REQUIRE(drain(parimap::ordered_imap(p, options, first_pixel, camera)) == numbers(20));
            REQUIRE(sorted(drain(parimap::unordered_imap(p, options, first_pixel, camera))) == numbers(20));
            REQUIRE(drain(parimap::ordered_imap(p, options, first_pixel, parimap::ordered_imap(p, options, pass_on, camera))) ==
                    numbers(20));
            const auto make = [](int i) { return to_tile(static_cast<std::size_t>(i)); };
            int next = 0;
            for (const tile& t : parimap::ordered_imap(p, options, make, numbers(30))) REQUIRE(first_pixel(t) == next++);
            REQUIRE(next == 30);
            for (const tile& t : parimap::unordered_imap(p, options, make, numbers(30))) next += first_pixel(t);
            REQUIRE(next == 30 + 435);
        }
    }
}

TEST_CASE("P4 large items and results fail one by one like any other") {
    for (const std::size_t workers : sizes{1, 3}) {
        for (const std::size_t window : sizes{0, 1, 7}) {
            CAPTURE(workers, window);
            pool p{workers};
            const map_options options{.window = window};
            const auto fail_third = [](const tile& t) {
                if (t.pixels[0] == 3) throw input_error{"third"};
                return t;
            };
            auto imap = parimap::ordered_imap(p, options, fail_third, made_input{10, 0s, to_tile});
            for (int i = 0; i < 3; ++i) REQUIRE(imap.next().value().pixels[1] == static_cast<float>(i));
            REQUIRE_THROWS_AS(imap.next(), input_error);
            REQUIRE(imap.next().value().pixels[1] == 4);
            auto half_read = parimap::unordered_imap(p, options, fail_third, made_input{3, 0s, to_tile});
            REQUIRE(half_read.next());
        }
    }
}

TEST_CASE("P5 items of a single-pass input are gone when they have run, and when the call is left") {
    for (const std::size_t workers : sizes{1, 3}) {
        CAPTURE(workers);
        pool p{workers};
        tally items;
        const auto make = [&](std::size_t i) { return counted(items, static_cast<long>(i)); };
        const auto value = [](const counted& c) { return c.value; };
        const made_input input{100, 0s, make};
        REQUIRE(parimap::parallel_map(p, map_options{.window = 10}, value, input).size() == 100);
        REQUIRE(items.live == 0);
        auto imap = parimap::ordered_imap(p, map_options{.window = 10}, value, input);
        for (int i = 0; i < 50; ++i) REQUIRE(imap.next() == i);
        imap = {};
        REQUIRE(items.live == 0);
    }
}

TEST_CASE("P2 an explicit window without bound is one of all items") {
    for (const std::size_t workers : sizes{1, 2}) {
        CAPTURE(workers);
        pool p{workers};
        const map_options options{.window = never};
        REQUIRE(drain(parimap::ordered_imap(p, options, twice, numbers(500))).size() == 500);
        REQUIRE(drain(parimap::ordered_imap(p, options, twice, made_input{500, 0s, to_int})).size() == 500);
        REQUIRE(drain(parimap::unordered_imap(p, options, twice, made_input{500, 0s, to_int})).size() == 500);
        REQUIRE(parimap::parallel_map(p, options, twice, made_input{500, 0s, to_int}).size() == 500);
    }
}

TEST_CASE("P2 a stage behind a dear stage keeps few of its large results") {
    for (const std::size_t workers : sizes{1, 2}) {
        CAPTURE(workers);
        pool p{workers};
        std::atomic<int> made{0};
        int handed = 0;
        int most = 0;
        const auto decode = [&](int) {
            const auto begin = test_clock::now();
            std::vector<char> bytes(256 << 10, 'x');
            while (test_clock::now() - begin < 100us) {
            }
            ++made;
            return bytes;
        };
        const auto look = [](std::vector<char>&& bytes) { return std::move(bytes); };
        const auto items = numbers(3000);
        auto stream = parimap::ordered_imap(p, look, parimap::ordered_imap(p, decode, items));
        while (stream.next()) {
            ++handed;
            most = std::max(most, made - handed);
        }
        REQUIRE(handed == 3000);
        REQUIRE(most < 300);
    }
}

TEST_CASE("P6 inside a job, where nobody else may be free to work, the next result comes before the window is run") {
    pool p{1};
    int ran = 0;
    std::vector<int> ran_before;
    p.submit([&] {
         auto imap = parimap::ordered_imap(
             p, map_options{.chunk = 1, .window = 8}, [&](int i) { return ++ran, i; }, numbers(8));
         while (imap.next()) ran_before.push_back(ran);
     }).get();
    REQUIRE(ran_before == std::vector{1, 2, 3, 4, 5, 6, 7, 8});
}

TEST_CASE("P6 on a backend that runs items at once the next result comes before the window is run") {
    if (!is_serial) return;
    pool p{1};
    std::atomic<int> ran{0};
    const auto f = [&](int i) {
        std::this_thread::sleep_for(1ms);
        ++ran;
        return i;
    };
    const auto check = [&](auto imap) {
        const int at_first = ran;
        for (int i = 0; i < 10; ++i) REQUIRE(imap.next() == i);  // what the making call ran: the window
        const int before = ran;
        REQUIRE(before == at_first);
        REQUIRE(imap.next() == 10);
        REQUIRE(ran <= before + 2);
    };
    check(parimap::ordered_imap(p, map_options{.window = 10}, f, numbers(100)));
    check(parimap::ordered_imap(p, map_options{.window = 10}, f, made_input{100, 0s, to_int}));
    check(parimap::unordered_imap(p, map_options{.window = 10}, f, made_input{100, 0s, to_int}));
}
