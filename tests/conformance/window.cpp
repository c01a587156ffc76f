// SPDX-License-Identifier: MIT
// P2 and the pulling of inputs: never more than the window is taken, and only inside calls by the caller's thread.
#include "support/backend_under_test.hpp"
#include "support/catch.hpp"
#include "support/gate.hpp"
#include "support/items.hpp"
#include "support/recorded_range.hpp"
#include "support/seat_book.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <forward_list>
#include <functional>
#include <stop_token>
#include <thread>
#include <vector>

#include <range/v3/view/filter.hpp>
#include <range/v3/view/transform.hpp>

using namespace parimap_test;
using namespace std::chrono_literals;
using parimap::map_options;

namespace {

// Reads `count` results with next() and reports each hand-over to the record.
template <class Imap>
std::vector<int> read_with_next(Imap& imap, pull_record& record, std::size_t count) {
    std::vector<int> results;
    while (results.size() < count) {
        auto result = record.during([&] { return imap.next(); });
        if (!result) break;
        ++record.handed;
        results.push_back(*result);
    }
    return results;
}

// The same through iterators: begin(), comparison, * and ++, each a call that may pull.
template <class Imap>
std::vector<int> read_with_iterators(Imap& imap, pull_record& record, std::size_t count) {
    std::vector<int> results;
    auto it = record.during([&] { return imap.begin(); });
    while (results.size() < count) {
        if (record.during([&] { return it == imap.end(); })) break;
        results.push_back(record.during([&] { return *it; }));
        ++record.handed;
        record.during([&] { ++it; });
    }
    return results;
}

// Reads everything while the record watches every pull. `make` makes the imap from an input.
template <class Passes, class Make>
void check_pulls(std::size_t workers, std::size_t chunk, std::size_t window, Make make) {
    CAPTURE(workers, chunk, window);
    pool p{workers};
    for (const bool by_iterator : {false, true}) {
        CAPTURE(by_iterator);
        pull_record record;
        record.window = window;
        const map_options options{.chunk = chunk, .window = window};
        auto imap = record.during([&] { return make(p, options, recorded_range<Passes>{record, 120}); });
        REQUIRE(record.taken <= window);
        auto results = by_iterator ? read_with_iterators(imap, record, never) : read_with_next(imap, record, never);
        std::sort(results.begin(), results.end());
        REQUIRE(results == numbers(120));
        REQUIRE(record.strangers == 0);
        REQUIRE(record.outside == 0);
        REQUIRE(record.overdrawn == 0);
        REQUIRE(record.ahead == 0);
        REQUIRE(record.taken == 120);
        REQUIRE(record.advanced == 120);
    }
}

constexpr auto make_ordered = [](pool& p, map_options options, auto input) {
    return parimap::ordered_imap(p, options, same, input);
};
constexpr auto make_unordered = [](pool& p, map_options options, auto input) {
    return parimap::unordered_imap(p, options, same, input);
};

// The first item waits for `open`; the others count their starts.
struct first_blocks {
    gate& open;
    std::atomic<std::size_t>& started;
    int operator()(int i) const {
        ++started;
        if (i == 0) open.wait();
        return i;
    }
};

}  // namespace

TEST_CASE("P2 ordered_imap takes a single-pass input inside calls only and never past the window") {
    for (const std::size_t workers : worker_counts)
        for (const std::size_t window : explicit_limits) check_pulls<single_pass>(workers, window / 2, window, make_ordered);
}

TEST_CASE("P2 unordered_imap takes a single-pass input inside calls only and never past the window") {
    for (const std::size_t workers : worker_counts)
        for (const std::size_t window : explicit_limits) check_pulls<single_pass>(workers, window / 2, window, make_unordered);
}

TEST_CASE("P2 ordered_imap takes a forward input inside calls only and never past the window") {
    for (const std::size_t workers : worker_counts)
        for (const std::size_t window : explicit_limits) check_pulls<multi_pass>(workers, 64, window, make_ordered);
}

TEST_CASE("P2 unordered_imap takes a forward input inside calls only and never past the window") {
    for (const std::size_t workers : worker_counts)
        for (const std::size_t window : explicit_limits) check_pulls<multi_pass>(workers, 64, window, make_unordered);
}

TEST_CASE("P2 an adaptive window pulls inside calls only as well") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pull_record record;
        pool p{workers};
        auto imap = record.during([&] { return parimap::ordered_imap(p, same, recorded_range<>{record, 5000}); });
        REQUIRE(read_with_next(imap, record, never) == numbers(5000));
        REQUIRE(record.broke_no_rule());
    }
}

TEST_CASE("P2 an adaptive window holds twice as many items as workers while they are slow") {
    for (const std::size_t workers : sizes{1, 2, 3}) {
        CAPTURE(workers);
        pull_record record;
        pool p{workers};
        record.window = 2 * p.size();
        auto imap = record.during([&] {
            return parimap::unordered_imap(
                p,
                [](int i) {
                    std::this_thread::sleep_for(5ms);
                    return i;
                },
                recorded_range<>{record, 40});
        });
        REQUIRE(record.taken == 2 * p.size());
        REQUIRE(read_with_next(imap, record, never).size() == 40);
        REQUIRE(record.overdrawn == 0);
        REQUIRE(record.ahead == 0);
    }
}

TEST_CASE("P2 items and results that own much keep an adaptive window small, however cheap they are") {
    struct large {  // as a container of a mebibyte is seen, without the memory
        std::size_t size() const noexcept { return std::size_t{1} << 20U; }
        const char* data() const noexcept { return elsewhere; }
        const char* elsewhere;
    };
    const char byte = 'x';
    for (const std::size_t workers : sizes{1, 2}) {
        CAPTURE(workers);
        pool p{workers};
        std::atomic<std::size_t> started{0};
        const auto check = [&](auto stream) {
            std::size_t handed = 0;
            while (handed < 20'000 && stream.next()) ++handed;
            REQUIRE(handed == 20'000);
            let_mistakes_happen();
            REQUIRE(started - handed <= 8 * p.size());  // 4 MiB for each
            started = 0;
        };
        const auto items = numbers(1'000'000);
        const auto makes_large = [&](int) { return ++started, large{&byte}; };
        check(parimap::ordered_imap(p, makes_large, items));
        check(parimap::unordered_imap(p, makes_large, items));
        const auto takes_large = [&](const large& item) { return ++started, item.size(); };
        check(parimap::ordered_imap(p, takes_large, items | ranges::views::transform([&](int) {
                                                        return large{&byte};
                                                    }) | ranges::views::filter([](const large&) { return true; })));
    }
}

TEST_CASE("P2 a blocked first item of ordered_imap lets no more than the window start") {
    if (is_serial) return;  // the making call would wait for the gate
    for (const std::size_t workers : sizes{2, 3, 8}) {
        for (const std::size_t window : explicit_limits) {
            CAPTURE(workers, window);
            gate open;
            std::atomic<std::size_t> started{0};
            pool p{workers};
            auto imap =
                parimap::ordered_imap(p, map_options{.chunk = 3, .window = window}, first_blocks{open, started}, numbers(1000));
            REQUIRE(eventually([&] { return started == window; }));
            REQUIRE_THROWS_AS(imap.next_for(20ms), parimap::timed_out);  // waiting inside next() does not widen it
            REQUIRE(started == window);
            open.open();
            for (int i = 0; i < 1000; ++i) REQUIRE(imap.next() == i);
            REQUIRE_FALSE(imap.next());
        }
    }
}

TEST_CASE("P2 results that nobody reads count as taken for ordered and unordered streams alike") {
    const std::forward_list<int> linked(500, 1);
    for (const std::size_t workers : sizes{1, 3}) {
        for (const std::size_t window : explicit_limits) {
            CAPTURE(workers, window);
            std::atomic<std::size_t> started{0};
            const auto count_start = [&](int i) {
                ++started;
                return i;
            };
            const map_options options{.chunk = 16, .window = window};
            pool p{workers};
            const auto check = [&](auto&& make) {
                started = 0;
                auto imap = make();
                REQUIRE(eventually([&] { return started == window; }));
                let_mistakes_happen();
                REQUIRE(started == window);
                REQUIRE(imap.next());
                let_mistakes_happen();
                REQUIRE(started <= window + 1);
            };
            check([&] { return parimap::ordered_imap(p, options, count_start, numbers(500)); });
            check([&] { return parimap::unordered_imap(p, options, count_start, numbers(500)); });
            check([&] { return parimap::ordered_imap(p, options, count_start, linked); });
            check([&] { return parimap::unordered_imap(p, options, count_start, linked); });
        }
    }
}

TEST_CASE("P2 workers never start an item that the window has no room for") {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t window : explicit_limits) {
            for (const bool ordered : {true, false}) {
                CAPTURE(workers, window, ordered);
                // The engine may count an item as handed over when the call that yields it returns, which no job
                // can see; so an item that starts compares with the calls that had begun.
                std::atomic<std::size_t> started{0};
                std::atomic<std::size_t> begun{0};
                std::atomic<std::size_t> overdrawn{0};
                const auto check = [&](int i) {
                    const std::size_t mine = ++started;
                    if (mine > begun + window) ++overdrawn;
                    return i;
                };
                const map_options options{.window = window};
                pool p{workers};
                const auto read = [&](auto imap) {
                    std::size_t results = 0;
                    do {
                        // Between two calls, and while the engine is in none, the bound is exact.
                        if (started > results + window) ++overdrawn;
                        ++begun;
                        ++results;
                    } while (imap.next());
                    REQUIRE(results == 301);
                };
                if (ordered)
                    read(parimap::ordered_imap(p, options, check, numbers(300)));
                else
                    read(parimap::unordered_imap(p, options, check, numbers(300)));
                REQUIRE(overdrawn == 0);
            }
        }
    }
}

TEST_CASE("P2 one blocked item does not stall an unordered stream whose window has room for others") {
    if (is_serial) return;  // items run one after the other there
    for (const std::size_t workers : sizes{2, 3, 8}) {
        for (const std::size_t chunk : sizes{0, 1, 64}) {
            CAPTURE(workers, chunk);
            gate open;
            std::atomic<std::size_t> started{0};
            pool p{workers};
            auto imap =
                parimap::unordered_imap(p, map_options{.chunk = chunk, .window = 4}, first_blocks{open, started}, numbers(600));
            std::vector<int> results;
            while (results.size() < 500) results.push_back(imap.next().value());
            REQUIRE_FALSE(open.is_open());
            REQUIRE(std::count(results.begin(), results.end(), 0) == 0);
            open.open();
            while (auto result = imap.next()) results.push_back(*result);
            std::sort(results.begin(), results.end());
            REQUIRE(results == numbers(600));
        }
    }
}

TEST_CASE("P2 one blocked item does not stall an unordered stream of a single-pass input") {
    if (is_serial) return;  // items run one after the other there
    for (const std::size_t workers : sizes{2, 3}) {
        CAPTURE(workers);
        gate open;
        std::atomic<std::size_t> started{0};
        pull_record record;
        record.window = 4;
        pool p{workers};
        auto imap = record.during([&] {
            return parimap::unordered_imap(p, map_options{.window = 4}, first_blocks{open, started}, recorded_range<>{record, 600});
        });
        REQUIRE(read_with_next(imap, record, 500).size() == 500);
        open.open();
        REQUIRE(read_with_next(imap, record, never).size() == 100);
        REQUIRE(record.broke_no_rule());
    }
}

TEST_CASE("P2 blocking frontends keep to the window too") {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t window : explicit_limits) {
            CAPTURE(workers, window);
            pool p{workers};
            const map_options options{.chunk = 5, .window = window};
            // A result is stored at some time after its item returned, so `handed` is never counted too low here.
            const auto check = [&](auto call) {
                pull_record record;
                record.window = window;
                const auto note = [&](int i) {
                    ++record.handed;
                    return i;
                };
                record.during([&] { call(note, recorded_range<>{record, 300}); });
                REQUIRE(record.taken == 300);
                REQUIRE(record.broke_no_rule());
            };
            check([&](auto f, auto input) { parimap::parallel_map(p, options, f, input); });
            check([&](auto f, auto input) { parimap::parallel_for_each(p, options, f, input); });
            check([&](auto f, auto input) { parimap::parallel_map_reduce(p, options, f, std::plus<>{}, 0, input); });
            std::vector<int> out(300);
            check([&](auto f, auto input) { parimap::parallel_map_into(p, options, out, f, input); });
        }
    }
}

TEST_CASE("P2 a window smaller than the pool bounds how many items of a blocking call run at once") {
    for (const std::size_t workers : sizes{2, 3, 8}) {
        for (const std::size_t window : sizes{1, 2}) {
            CAPTURE(workers, window);
            pool p{workers};
            seat_book book{p.size()};
            // Workers that have done with another call would join this one.
            std::jthread other{[&](std::stop_token stop) {
                while (!stop.stop_requested()) parimap::parallel_for_each(p, same, numbers(100));
            }};
            parimap::parallel_for_each(
                p, map_options{.window = window},
                [&](int) {
                    const seat_book::job job{book};
                    std::this_thread::sleep_for(300us);
                },
                numbers(60));
            other = {};
            REQUIRE(book.most_at_once() <= window);
        }
    }
}

TEST_CASE("P2 an early stop leaves an endless input where the window ends") {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t window : explicit_limits) {
            CAPTURE(workers, window);
            pull_record record;
            record.window = window;
            {
                pool p{workers};
                auto imap = record.during([&] {
                    return parimap::ordered_imap(p, map_options{.window = window}, same, recorded_range<>{record, never});
                });
                REQUIRE(read_with_next(imap, record, 25) == numbers(25));
            }
            REQUIRE(record.taken <= 25 + window);
            REQUIRE(record.advanced < 25 + window);
            REQUIRE(record.broke_no_rule());
        }
    }
}
