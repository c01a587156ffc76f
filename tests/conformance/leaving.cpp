// SPDX-License-Identifier: MIT
// P5: every way to leave a stream, a call or a pool early, and what still runs afterwards.
#include "support/backend_under_test.hpp"
#include "support/catch.hpp"
#include "support/counted.hpp"
#include "support/gate.hpp"
#include "support/items.hpp"
#include "support/recorded_range.hpp"
#include "support/throws_on.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <list>
#include <memory>
#include <optional>
#include <random>
#include <ranges>
#include <ratio>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <range/v3/view/iota.hpp>
#include <range/v3/view/transform.hpp>

using namespace parimap_test;
using namespace std::chrono_literals;
using parimap::map_options;

namespace {

// Counts the items that began and those that ended; an item takes a while.
struct work_count {
    std::atomic<int> started{0};
    std::atomic<int> ended{0};

    int run(int i) {
        ++started;
        std::this_thread::sleep_for(200us);
        ++ended;
        return i;
    }
    // True if nothing runs now and nothing starts any more.
    bool at_rest() const {
        if (started != ended) return false;
        const int before = started;
        let_mistakes_happen();
        return started == before && ended == before;
    }
};

// An item that runs until its token is stopped; false if that never happens.
struct until_stopped {
    std::atomic<int>& running;
    bool operator()(std::stop_token token, int) const {
        ++running;
        return eventually([&] { return token.stop_requested(); });
    }
};

template <class F>
bool throws_cancelled(F f) {
    try {
        f();
    } catch (const parimap::cancelled&) {
        return true;
    }
    return false;
}

template <class F>
bool throws_pool_closed(F f) {
    try {
        f();
    } catch (const parimap::pool_closed&) {
        return true;
    }
    return false;
}

}  // namespace

// ---- imaps --------------------------------------------------------------------------------------

TEST_CASE("P5 after a break no further item starts and the running ones have returned") {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t window : limits) {
            CAPTURE(workers, window);
            work_count count;
            const auto f = [&](int i) { return count.run(i); };
            pool p{workers};
            for (const int r : parimap::ordered_imap(p, map_options{.window = window}, f, numbers(2000)))
                if (r == 5) break;
            REQUIRE(count.started == count.ended);
            for ([[maybe_unused]] const int r : parimap::unordered_imap(p, map_options{.window = window}, f, numbers(2000))) break;
            REQUIRE(count.at_rest());
            REQUIRE(count.started < 2000);
        }
    }
}

TEST_CASE("P5 an exception in the loop body leaves the stream like a break") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        work_count count;
        pool p{workers};
        const auto loop = [&] {
            for (const int r : parimap::ordered_imap(
                     p, [&](int i) { return count.run(i); }, numbers(2000)))
                if (r == 3) throw item_error{r};
        };
        REQUIRE_THROWS_AS(loop(), item_error);
        REQUIRE(count.at_rest());
        REQUIRE(count.started < 2000);
    }
}

TEST_CASE("P5 an imap that is never read ends in its destructor") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        work_count count;
        pool p{workers};
        {
            auto imap = parimap::unordered_imap(
                p, [&](int i) { return count.run(i); }, numbers(5000));
        }
        REQUIRE(count.at_rest());
        REQUIRE(count.started < 5000);
    }
}

TEST_CASE("P5 the end of a stream waits for its own items, and not for what their worker does next") {
    if (is_serial) return;  // a submitted job runs at once there
    gate item_started;
    gate item_may_end;
    gate stream_is_gone;
    pool p{1};
    std::future<bool> next_job;
    std::thread ending;
    {
        const auto imap = parimap::ordered_imap(
            p, map_options{.window = 1},
            [&](int i) {
                item_started.open();
                item_may_end.wait();
                return i;
            },
            numbers(5));
        REQUIRE(item_started.wait());
        next_job = p.submit([&] { return stream_is_gone.wait(); });
        ending = std::thread([&] {
            let_mistakes_happen();  // until this thread waits for the item
            item_may_end.open();
        });
    }
    stream_is_gone.open();
    ending.join();
    REQUIRE(next_job.get());
}

TEST_CASE("P5 copies of an imap share one stream and only the last one ends it") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        work_count count;
        pool p{workers};
        std::optional second{parimap::ordered_imap(
            p, [&](int i) { return count.run(i); }, numbers(1000))};
        {
            auto first = *second;
            REQUIRE(first.next() == 0);
            REQUIRE(second->next() == 1);
            REQUIRE(first.next() == 2);
        }
        REQUIRE(second->next() == 3);
        second.reset();
        REQUIRE(count.at_rest());
        REQUIRE(count.started < 1000);
    }
}

TEST_CASE("P5 assigning over an imap ends the stream it held") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        work_count count;
        const auto f = [&](int i) { return count.run(i); };
        pool p{workers};
        auto imap = parimap::ordered_imap(p, f, numbers(1000));
        REQUIRE(imap.next() == 0);
        imap = {};
        REQUIRE(count.at_rest());
        REQUIRE_FALSE(imap.next());
        imap = parimap::ordered_imap(p, f, numbers(3));
        REQUIRE(imap.next() == 0);
        auto taken_over = std::move(imap);
        REQUIRE(taken_over.next() == 1);
        REQUIRE(taken_over.next() == 2);
        REQUIRE_FALSE(taken_over.next());
    }
}

TEST_CASE("P5 a default-made imap is at its end") {
    pool p{1};
    decltype(parimap::ordered_imap(p, same, numbers(3))) ordered;
    decltype(parimap::unordered_imap(p, same, numbers(3))) unordered;
    REQUIRE_FALSE(ordered.next());
    REQUIRE_FALSE(unordered.next());
    REQUIRE(ordered.begin() == ordered.end());
    REQUIRE(unordered.begin() == unordered.end());
    REQUIRE_FALSE(ordered.next_for(1ms));
    ordered.cancel();
}

TEST_CASE("P5 leaving an imap stops the token of its jobs") {
    if (is_serial) return;  // the making call would wait for the stop
    for (const std::size_t workers : sizes{1, 2, 3, 8}) {
        CAPTURE(workers);
        std::atomic<int> running{0};
        std::atomic<int> unstopped{0};
        pool p{workers};
        {
            auto imap = parimap::ordered_imap(
                p, [&, wait = until_stopped{running}](std::stop_token token, int i) { unstopped += !wait(token, i); },
                numbers(100));
            REQUIRE(eventually([&] { return running == static_cast<int>(workers); }));
        }
        REQUIRE(unstopped == 0);
        REQUIRE(running == static_cast<int>(workers));
    }
}

TEST_CASE("P5 an imap may outlive its pool and still yields everything") {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t window : sizes{0, 1, 4}) {
            CAPTURE(workers, window);
            pull_record record;
            const auto make_ordered = [&] {
                pool p{workers};
                return parimap::ordered_imap(p, map_options{.window = window}, same, numbers(300));
            };
            const auto make_unordered = [&] {
                pool p{workers};
                return parimap::unordered_imap(p, map_options{.window = window}, same, recorded_range<>{record, 300});
            };
            auto ordered = make_ordered();
            for (int i = 0; i < 300; ++i) REQUIRE(ordered.next() == i);
            REQUIRE_FALSE(ordered.next());
            auto unordered = make_unordered();
            std::vector<int> results;
            while (auto r = unordered.next()) results.push_back(*r);
            std::sort(results.begin(), results.end());
            REQUIRE(results == numbers(300));
        }
    }
}

TEST_CASE("P5 an imap that outlives its pool can be dropped half-read") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        work_count count;
        {
            std::optional<pool> p{std::in_place, workers};
            auto imap = parimap::ordered_imap(
                *p, map_options{.window = 4}, [&](int i) { return count.run(i); }, numbers(500));
            REQUIRE(imap.next() == 0);
            p.reset();
            REQUIRE(imap.next() == 1);
        }
        REQUIRE(count.at_rest());
        REQUIRE(count.started < 500);
    }
}

// ---- cancel and stop ----------------------------------------------------------------------------

TEST_CASE("P5 after cancel next throws cancelled at once and no further item starts") {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t window : limits) {
            CAPTURE(workers, window);
            work_count count;
            pool p{workers};
            auto imap = parimap::ordered_imap(
                p, map_options{.window = window}, [&](int i) { return count.run(i); }, numbers(2000));
            REQUIRE(imap.next() == 0);
            imap.cancel();
            REQUIRE_THROWS_AS(imap.next(), parimap::cancelled);
            REQUIRE_THROWS_AS(imap.next_for(1s), parimap::cancelled);
            REQUIRE_THROWS_AS(imap.next(), parimap::cancelled);
            REQUIRE(eventually([&] { return count.started == count.ended; }));
            REQUIRE(count.at_rest());
            REQUIRE(count.started < 2000);
        }
    }
}

TEST_CASE("P5 after cancel no result is handed over that was there before") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        std::atomic<int> ran{0};
        const auto count = [&](int i) { return ++ran, i; };
        const auto check = [&](auto imap) {
            REQUIRE(eventually([&] { return ran == 64; }));
            for (int i = 0; i < 2; ++i) REQUIRE(imap.next());
            imap.cancel();
            REQUIRE_THROWS_AS(imap.next(), parimap::cancelled);
            ran = 0;
        };
        check(parimap::ordered_imap(p, map_options{.window = 64}, count, numbers(2000)));
        check(parimap::unordered_imap(p, map_options{.window = 64}, count, numbers(2000)));
    }
}

TEST_CASE("P5 cancel inside a loop makes the loop throw cancelled") {
    pool p{2};
    auto imap = parimap::ordered_imap(p, same, numbers(100'000));
    int seen = 0;
    const auto loop = [&] {
        for ([[maybe_unused]] const int r : imap)
            if (++seen == 10) imap.cancel();
    };
    REQUIRE_THROWS_AS(loop(), parimap::cancelled);
    REQUIRE(seen == 10);
}

TEST_CASE("P5 cancel from another thread releases a waiting consumer while the item still runs") {
    if (is_serial) return;  // the making call would wait for the gate
    for (const std::size_t workers : sizes{1, 2, 8}) {
        CAPTURE(workers);
        gate item_may_end;
        std::atomic<int> started{0};
        std::atomic<int> ended{0};
        pool p{workers};
        auto imap = parimap::ordered_imap(
            p,
            [&](int) {
                ++started;
                const bool opened = item_may_end.wait();
                ++ended;
                return opened;
            },
            numbers(20));
        REQUIRE(eventually([&] { return started > 0; }));  // then the consumer waits for it, however long that takes
        std::jthread other{[handle = imap]() mutable {
            std::this_thread::sleep_for(10ms);
            handle.cancel();
        }};
        REQUIRE_THROWS_AS(imap.next(), parimap::cancelled);
        REQUIRE(ended == 0);
        item_may_end.open();
    }
}

TEST_CASE("P5 cancel stops the token of the running jobs") {
    if (is_serial) return;  // the making call would wait for the stop
    std::atomic<int> running{0};
    std::atomic<int> unstopped{0};
    pool p{3};
    auto imap = parimap::unordered_imap(
        p, [&, wait = until_stopped{running}](std::stop_token token, int i) { unstopped += !wait(token, i); }, numbers(100));
    REQUIRE(eventually([&] { return running == 3; }));
    imap.cancel();
    REQUIRE_THROWS_AS(imap.next(), parimap::cancelled);
    imap = {};
    REQUIRE(unstopped == 0);
    REQUIRE(running == 3);
}

TEST_CASE("P5 a stop requested beforehand lets no item run") {
    std::stop_source source;
    source.request_stop();
    const map_options options{.stop = source.get_token()};
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        std::atomic<int> ran{0};
        const auto f = [&](int i) {
            ++ran;
            return i;
        };
        std::vector<int> out(10);
        pool p{workers};
        REQUIRE(throws_cancelled([&] { (void)parimap::parallel_map(p, options, f, numbers(10)); }));
        REQUIRE(throws_cancelled([&] { parimap::parallel_for_each(p, options, f, numbers(10)); }));
        REQUIRE(throws_cancelled([&] { (void)parimap::parallel_map_into(p, options, out, f, numbers(10)); }));
        REQUIRE(throws_cancelled([&] { (void)parimap::parallel_map_reduce(p, options, f, std::plus<>{}, 0, numbers(10)); }));
        REQUIRE(throws_cancelled([&] { (void)parimap::map_async(p, options, f, numbers(10)).get(); }));
        REQUIRE(throws_cancelled([&] { (void)parimap::ordered_imap(p, options, f, numbers(10)).next(); }));
        REQUIRE(throws_cancelled([&] { (void)parimap::unordered_imap(p, options, f, numbers(10)).next(); }));
        REQUIRE(ran == 0);
    }
}

TEST_CASE("P5 a stop during a blocking call starts no further item and the call throws cancelled") {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t chunk : sizes{0, 1, 5000}) {
            CAPTURE(workers, chunk);
            std::stop_source source;
            work_count count;
            const auto f = [&](int i) {
                if (i == 5) source.request_stop();
                return count.run(i);
            };
            pool p{workers};
            const map_options options{.chunk = chunk, .stop = source.get_token()};
            REQUIRE_THROWS_AS(parimap::parallel_map(p, options, f, numbers(5000)), parimap::cancelled);
            REQUIRE(count.at_rest());
            REQUIRE(count.started < 2500);
            REQUIRE(parimap::parallel_map(p, same, numbers(10)) == numbers(10));
        }
    }
}

TEST_CASE("P5 a stop releases a blocking call that waits for a seat") {
    pool p{1};
    if (pool::backend_name() == "serial") return;  // there the submitted job is over before the call is made
    gate release;
    std::atomic<bool> seat_taken{false};
    auto job = p.submit([&] {
        seat_taken = true;
        return release.wait();
    });
    REQUIRE(eventually([&] { return seat_taken.load(); }));
    std::stop_source source;
    const map_options options{.stop = source.get_token()};
    std::atomic<bool> left{false};
    std::thread caller([&] { left = throws_cancelled([&] { (void)parimap::parallel_map(p, options, same, numbers(10)); }); });
    let_mistakes_happen();  // until it waits
    source.request_stop();
    CHECK(eventually([&] { return left.load(); }));
    release.open();
    CHECK(job.get());
    caller.join();
}

TEST_CASE("P5 a stop that comes between an item's claim and the making of its token stops that token") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        constexpr int last = 40;
        std::stop_source source;
        std::atomic<int> unstopped{0};
        // The element is read after the worker looked whether the item may start, and before its token is made.
        const auto read = [&](int i) {
            if (i == last) source.request_stop();
            return i;
        };
        const auto f = [&](std::stop_token token, int i) { unstopped += i == last && !token.stop_requested(); };
        pool p{workers};
        const map_options options{.stop = source.get_token()};
        const auto items = numbers(static_cast<std::size_t>(last) + 1);
        bool whole = true;
        try {
            parimap::parallel_for_each(p, options, f, items | std::views::transform(read));
        } catch (const parimap::cancelled&) {
            whole = false;
        }
        REQUIRE((whole || p.size() > 1));  // one worker had run all items before
        REQUIRE(unstopped == 0);
    }
}

TEST_CASE("P5 a stop in any place of a call returns no result of an item that never ran") {
    // The last items stand in one batch, so that a stop drops items of which no counter knows any more.
    constexpr std::size_t count = 600;
    std::list<int> linked;
    for (const int i : numbers(count)) linked.push_back(i);
    for (const std::size_t workers : sizes{1, 3}) {
        pool p{workers};
        int wrong = 0;
        const auto check = [&](int at, auto&& call) {
            std::stop_source source;
            std::atomic<std::size_t> ran{0};
            const auto f = [&](int i) {
                ++ran;
                if (i == at) source.request_stop();
                return i + 1;
            };
            try {
                call(map_options{.stop = source.get_token()}, f);
                wrong += ran != count;
            } catch (const parimap::cancelled&) {
                wrong += ran == count;
            }
        };
        for (int at = workers == 1 ? 0 : static_cast<int>(count) - 40; at < static_cast<int>(count); ++at) {
            std::vector<int> out(count);
            check(at, [&](auto options, auto f) { static_cast<void>(parimap::parallel_map(p, options, f, numbers(count))); });
            check(at,
                  [&](auto options, auto f) { static_cast<void>(parimap::parallel_map_into(p, options, out, f, numbers(count))); });
            check(at, [&](auto options, auto f) { static_cast<void>(parimap::parallel_map(p, options, f, linked)); });
            check(at, [&](auto options, auto f) {
                static_cast<void>(parimap::parallel_map_reduce(p, options, f, std::plus<>{}, 0, numbers(count)));
            });
        }
        REQUIRE(wrong == 0);
    }
}

TEST_CASE("P5 stop reaches the running jobs of a blocking call through their token") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        std::stop_source source;
        std::atomic<int> running{0};
        std::atomic<int> unstopped{0};
        pool p{workers};
        std::jthread other{[&] {
            eventually([&] { return running == static_cast<int>(p.size()); });
            source.request_stop();
        }};
        const auto f = [&, wait = until_stopped{running}](std::stop_token token, int i) { unstopped += !wait(token, i); };
        REQUIRE_THROWS_AS(parimap::parallel_map(p, map_options{.stop = source.get_token()}, f, numbers(100)), parimap::cancelled);
        REQUIRE(unstopped == 0);
        REQUIRE(running == static_cast<int>(p.size()));
    }
}

TEST_CASE("P5 stop makes next throw cancelled at once while an item still runs") {
    if (is_serial) return;  // the making call would wait for the gate
    gate item_may_end;
    std::stop_source source;
    pool p{2};
    auto imap = parimap::unordered_imap(
        p, map_options{.stop = source.get_token()}, [&](int) { return item_may_end.wait(); }, numbers(20));
    std::jthread other{[&] {
        std::this_thread::sleep_for(10ms);
        source.request_stop();
    }};
    REQUIRE_THROWS_AS(imap.next(), parimap::cancelled);
    REQUIRE_FALSE(item_may_end.is_open());
    item_may_end.open();
    REQUIRE_THROWS_AS(imap.next(), parimap::cancelled);
}

TEST_CASE("P5 a stop after the call has ended does no harm") {
    std::stop_source source;
    pool p{2};
    const map_options options{.stop = source.get_token()};
    REQUIRE(parimap::parallel_map(p, options, same, numbers(100)) == numbers(100));
    { auto imap = parimap::ordered_imap(p, options, same, numbers(100)); }
    source.request_stop();
    REQUIRE(parimap::parallel_map(p, same, numbers(100)) == numbers(100));
}

// ---- next_for -----------------------------------------------------------------------------------

TEST_CASE("P5 next_for takes durations in any unit") {
    pool p{2};
    const auto slow = [](int i) {
        std::this_thread::sleep_for(600ms);
        return i;
    };
    auto imap = parimap::ordered_imap(p, slow, numbers(2));
    REQUIRE(imap.next_for(std::chrono::duration<double, std::ratio<60>>(0.5)) == 0);
    REQUIRE(imap.next_for(std::chrono::minutes(1)) == 1);
}

TEST_CASE("P5 next_for throws timed_out and nothing is lost") {
    if (is_serial) return;  // it runs the item itself there
    for (const std::size_t workers : sizes{1, 2, 8}) {
        CAPTURE(workers);
        gate open;
        pool p{workers};
        auto imap = parimap::ordered_imap(
            p,
            [&](int i) {
                if (i == 2) open.wait();
                return i;
            },
            numbers(50));
        REQUIRE(imap.next_for(deadline) == 0);
        REQUIRE(imap.next_for(deadline) == 1);
        REQUIRE_THROWS_AS(imap.next_for(5ms), parimap::timed_out);
        REQUIRE_THROWS_AS(imap.next_for(0ms), parimap::timed_out);
        REQUIRE_THROWS_AS(imap.next_for(-1s), parimap::timed_out);
        REQUIRE_THROWS_AS(imap.next_for(std::chrono::duration<double>{1e-3}), parimap::timed_out);
        REQUIRE_THROWS_AS(imap.next_for(std::chrono::hours::min()), parimap::timed_out);
        open.open();
        for (int i = 2; i < 50; ++i) REQUIRE(imap.next_for(deadline) == i);
        REQUIRE_FALSE(imap.next_for(deadline));
        REQUIRE_FALSE(imap.next_for(0ms));
    }
}

TEST_CASE("P5 next_for takes any duration and mixes with next") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        auto imap = parimap::unordered_imap(p, same, numbers(6));
        std::vector<int> results;
        results.push_back(imap.next_for(std::chrono::hours::max()).value());
        results.push_back(imap.next_for(std::chrono::nanoseconds::max()).value());
        results.push_back(imap.next_for(std::chrono::duration<double, std::ratio<3600>>{1e12}).value());
        results.push_back(imap.next_for(deadline).value());
        while (auto r = imap.next()) results.push_back(*r);
        std::sort(results.begin(), results.end());
        REQUIRE(results == numbers(6));
    }
}

TEST_CASE("P5 who asks for no more than what is there gets results too where he runs the items himself") {
    pool p{1};
    std::vector<int> results;
    p.submit([&] {
         auto imap = parimap::ordered_imap(p, same, numbers(20));
         for (int asked = 0; asked < 1000 && results.size() < 20; ++asked) {
             try {
                 if (const auto result = imap.next_for(0s)) results.push_back(*result);
             } catch (const parimap::timed_out&) {
             }
         }
     }).get();
    REQUIRE(results == numbers(20));
}

TEST_CASE("P5 next_for throws what the item threw and hands over a finished item without waiting") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        auto imap = parimap::ordered_imap(p, throws_on{{1}}, numbers(3));
        REQUIRE(imap.next_for(deadline) == 0);
        REQUIRE_THROWS_AS(imap.next_for(deadline), item_error);
        std::optional<int> last;
        REQUIRE(eventually([&] {
            try {
                last = imap.next_for(0ms);
                return true;
            } catch (const parimap::timed_out&) {
                return false;
            }
        }));
        REQUIRE(last == 2);
    }
}

// ---- close, terminate, join ---------------------------------------------------------------------

TEST_CASE("P5 close lets existing imaps finish and refuses new maps") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pull_record record;
        pool p{workers};
        auto ordered = parimap::ordered_imap(p, map_options{.window = 4}, same, numbers(200));
        auto unordered = parimap::unordered_imap(p, map_options{.window = 4}, same, recorded_range<>{record, 200});
        REQUIRE(ordered.next() == 0);
        p.close();
        p.close();
        for (int i = 1; i < 200; ++i) REQUIRE(ordered.next() == i);
        REQUIRE_FALSE(ordered.next());
        int results = 0;
        while (unordered.next()) ++results;
        REQUIRE(results == 200);
    }
}

TEST_CASE("P5 every frontend refuses a closed or terminated or moved-from pool before any item runs") {
    const auto check = [](pool& p) {
        std::atomic<int> ran{0};
        const auto f = [&](int i) {
            ++ran;
            return i;
        };
        const auto items = numbers(10);
        std::vector<int> out(10);
        REQUIRE(throws_pool_closed([&] { (void)parimap::parallel_map(p, f, items); }));
        REQUIRE(throws_pool_closed([&] { (void)parimap::parallel_map_into(p, out, f, items); }));
        REQUIRE(throws_pool_closed([&] { parimap::parallel_for_each(p, f, items); }));
        REQUIRE(throws_pool_closed([&] { (void)parimap::parallel_map_reduce(p, f, std::plus<>{}, 0, items); }));
        REQUIRE(throws_pool_closed([&] { (void)parimap::map_async(p, f, items).get(); }));
        REQUIRE(throws_pool_closed([&] { (void)parimap::ordered_imap(p, f, items); }));
        REQUIRE(throws_pool_closed([&] { (void)parimap::unordered_imap(p, f, items); }));
        REQUIRE(throws_pool_closed([&] { (void)(items | parimap::ordered_imap(p, f)); }));
        REQUIRE(throws_pool_closed([&] { (void)p.submit(f, 1).get(); }));
        REQUIRE(ran == 0);
        p.join();  // allowed: the pool is closed
    };
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool closed{workers};
        closed.close();
        check(closed);
        pool terminated{workers};
        terminated.terminate();
        check(terminated);
        pool moved_from{workers};
        pool owner = std::move(moved_from);
        check(moved_from);
        REQUIRE(parimap::parallel_map(owner, same, numbers(10)) == numbers(10));
        moved_from = pool{workers};
        REQUIRE(parimap::parallel_map(moved_from, same, numbers(10)) == numbers(10));
        owner = std::move(moved_from);
        REQUIRE(parimap::parallel_map(owner, same, numbers(10)) == numbers(10));
    }
}

TEST_CASE("P5 moving a pool leaves its imaps and futures alone") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool first{workers};
        auto imap = parimap::ordered_imap(first, map_options{.window = 4}, same, numbers(100));
        auto future = parimap::map_async(first, same, numbers(100));
        REQUIRE(imap.next() == 0);
        pool second = std::move(first);
        REQUIRE(second.size() == (is_serial ? 1 : workers));
        for (int i = 1; i < 100; ++i) REQUIRE(imap.next() == i);
        REQUIRE(future.get() == numbers(100));
    }
}

TEST_CASE("P5 a map made inside a job of a closed pool still runs") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        gate job_runs;
        gate closed;
        pool p{workers};
        std::jthread closer{[&] {
            job_runs.wait();
            p.close();
            closed.open();
        }};
        const auto f = [&](int i) {
            job_runs.open();
            closed.wait();
            int sum = 0;
            for (const int r : parimap::ordered_imap(p, same, numbers(10))) sum += r;
            for (const int r : parimap::parallel_map(p, same, numbers(10))) sum += r;
            return sum + i;
        };
        REQUIRE(parimap::parallel_map(p, f, numbers(4)) == std::vector<int>{90, 91, 92, 93});
        REQUIRE(closed.is_open());
        REQUIRE(throws_pool_closed([&] { (void)parimap::parallel_map(p, same, numbers(1)); }));
    }
}

TEST_CASE("P5 a map made inside a job of a terminated pool throws pool_closed") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        gate job_runs;
        gate terminated;
        std::atomic<int> refused{0};
        pool p{workers};
        std::jthread terminator{[&] {
            job_runs.wait();
            p.terminate();
            terminated.open();
        }};
        const auto f = [&](int i) {
            job_runs.open();
            terminated.wait();
            refused += throws_pool_closed([&] { (void)parimap::parallel_map(p, same, numbers(10)); });
            refused += throws_pool_closed([&] { (void)parimap::ordered_imap(p, same, numbers(10)); });
            return i;
        };
        REQUIRE(throws_cancelled([&] { (void)parimap::parallel_map(p, f, numbers(1000)); }));
        REQUIRE(refused >= 2);
        REQUIRE(refused % 2 == 0);
    }
}

TEST_CASE("P5 terminate does not wait and a waiting consumer gets cancelled at once") {
    if (is_serial) return;  // the making call would wait for the gate
    for (const std::size_t workers : sizes{1, 2, 8}) {
        CAPTURE(workers);
        gate item_may_end;
        gate terminated;
        std::atomic<int> started{0};
        pool p{workers};
        auto imap = parimap::ordered_imap(
            p,
            [&](int) {
                ++started;
                return item_may_end.wait();
            },
            numbers(100));
        std::jthread other{[&] {
            eventually([&] { return started == static_cast<int>(workers); });
            p.terminate();
            terminated.open();
        }};
        REQUIRE_THROWS_AS(imap.next(), parimap::cancelled);
        REQUIRE(terminated.wait());
        REQUIRE_FALSE(item_may_end.is_open());
        item_may_end.open();
        REQUIRE_THROWS_AS(imap.next(), parimap::cancelled);
        imap = {};
        REQUIRE(started == static_cast<int>(workers));
    }
}

TEST_CASE("P5 terminate makes a blocking call throw cancelled and stops its tokens") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        std::atomic<int> running{0};
        std::atomic<int> unstopped{0};
        pool p{workers};
        std::jthread other{[&] {
            eventually([&] { return running == static_cast<int>(p.size()); });
            p.terminate();
        }};
        const auto f = [&, wait = until_stopped{running}](std::stop_token token, int i) { unstopped += !wait(token, i); };
        REQUIRE_THROWS_AS(parimap::parallel_map(p, f, numbers(100)), parimap::cancelled);
        REQUIRE(unstopped == 0);
        REQUIRE(running == static_cast<int>(p.size()));
    }
}

TEST_CASE("P5 terminate makes an unstarted submit and an unfinished map_async throw cancelled") {
    if (is_serial) return;  // both run at once there
    for (const std::size_t workers : sizes{1, 2, 3}) {
        CAPTURE(workers);
        gate running_may_end;
        std::atomic<std::size_t> running{0};
        std::atomic<int> late_ran{0};
        pool p{workers};
        std::vector<std::future<bool>> first;
        for (std::size_t k = 0; k < workers; ++k) {
            first.push_back(p.submit([&] {
                ++running;
                return running_may_end.wait();
            }));
        }
        REQUIRE(eventually([&] { return running == workers; }));
        std::future<int> unstarted;
        bool was_held_when_ready = true;
        std::shared_ptr<void> held(&late_ran, [&](void*) {  // what a job holds goes before anybody learns that the job is done
            was_held_when_ready = unstarted.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
        });
        unstarted = p.submit([&, held = std::move(held)] { return ++late_ran; });
        auto map = parimap::map_async(
            p, [&](int) { return ++late_ran; }, numbers(100));
        p.terminate();
        running_may_end.open();
        REQUIRE_THROWS_AS(unstarted.get(), parimap::cancelled);
        REQUIRE_FALSE(was_held_when_ready);
        REQUIRE_THROWS_AS(map.get(), parimap::cancelled);
        for (auto& one : first) REQUIRE(one.get());
        REQUIRE(late_ran == 0);
    }
}

TEST_CASE("P5 terminate leaves finished results where they are") {
    pool p{2};
    auto future = p.submit([] { return 7; });
    future.wait();
    auto map = parimap::map_async(p, same, numbers(10));
    map.wait();
    p.terminate();
    p.terminate();
    REQUIRE(future.get() == 7);
    REQUIRE(map.get() == numbers(10));
    p.join();
}

TEST_CASE("P5 terminate ends also the streams that have long been quiet") {
    for (const std::size_t workers : sizes{1, 3}) {
        CAPTURE(workers);
        pool p{workers};
        std::atomic<int> ran{0};
        const auto count = [&](int i) { return ++ran, i; };
        std::vector<decltype(parimap::ordered_imap(p, count, numbers(100)))> streams;
        for (int i = 0; i < 5; ++i) streams.push_back(parimap::ordered_imap(p, map_options{.window = 4}, count, numbers(100)));
        REQUIRE(eventually([&] { return ran == 20; }));
        let_mistakes_happen();  // until all workers have gone
        p.terminate();
        for (auto& stream : streams) REQUIRE_THROWS_AS(stream.next(), parimap::cancelled);
        REQUIRE(ran == 20);
    }
}

TEST_CASE("P5 a stream that is left while terminate stops it waits for that") {
    if (is_serial) return;  // the making call would wait for the gate
    pool p{2};
    gate told;
    gate gone;
    std::atomic<bool> started{false};
    std::stop_token token;
    auto imap = parimap::ordered_imap(
        p,
        [&](std::stop_token t, int) {
            token = t;
            started = true;
            return told.wait();
        },
        numbers(1));
    REQUIRE(eventually([&] { return started.load(); }));
    bool gone_too_early = false;
    const std::stop_callback callback(token, [&] {
        told.open();
        let_mistakes_happen();
        gone_too_early = gone.is_open();
    });
    std::thread other{[&] { p.terminate(); }};
    CHECK(told.wait());
    imap = {};
    gone.open();
    other.join();
    REQUIRE_FALSE(gone_too_early);
}

TEST_CASE("P5 a job may close or terminate its own pool") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool closed{workers};
        const auto closes = [&](int i) {
            if (i == 3) closed.close();
            return i;
        };
        auto stream = parimap::unordered_imap(closed, closes, numbers(300));
        REQUIRE(sorted(drain(std::move(stream))) == numbers(300));
        closed.join();
        REQUIRE_THROWS_AS(parimap::parallel_map(closed, closes, numbers(300)), parimap::pool_closed);

        work_count count;
        pool terminated{workers};
        const auto terminates = [&](int i) {
            if (i == 3) terminated.terminate();
            return count.run(i);
        };
        REQUIRE_THROWS_AS(parimap::parallel_map(terminated, terminates, numbers(5000)), parimap::cancelled);
        terminated.join();
        REQUIRE(count.at_rest());
        REQUIRE(count.started < 2500);
    }
}

TEST_CASE("P5 terminate ends a caller that makes one short map after another") {
    for (int round = 0; round < 50; ++round) {
        CAPTURE(round);
        pool p{2};
        std::atomic<bool> left{false};
        std::thread caller([&] {
            try {
                for (;;) (void)parimap::parallel_map(p, same, numbers(3));
            } catch (const parimap::error&) {  // cancelled or pool_closed, as the moment has it
                left = true;
            }
        });
        std::this_thread::sleep_for(100us);
        p.terminate();
        CHECK(eventually([&] { return left.load(); }));
        caller.join();
        p.join();
    }
}

TEST_CASE("P5 join before close or terminate throws error and says what to do") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        REQUIRE_THROWS_AS(p.join(), parimap::error);
        try {
            p.join();
        } catch (const parimap::error& e) {
            REQUIRE(std::string{e.what()}.find("close") != std::string::npos);
        }
        REQUIRE(parimap::parallel_map(p, same, numbers(3)) == numbers(3));
        p.close();
        p.join();
        p.join();
    }
}

TEST_CASE("P5 join returns when what was handed to the workers has returned") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        work_count count;
        pool p{workers};
        std::vector<std::future<int>> futures;
        for (int i = 0; i < 40; ++i) futures.push_back(p.submit([&](int k) { return count.run(k); }, i));
        auto map = parimap::map_async(
            p, [&](int i) { return count.run(i); }, numbers(40));
        p.close();
        p.join();
        REQUIRE(count.ended == 80);
        for (int i = 0; i < 40; ++i) REQUIRE(futures[static_cast<std::size_t>(i)].get() == i);
        REQUIRE(map.get() == numbers(40));
    }
}

TEST_CASE("P5 a half-read imap can still be read after join") {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t window : limits) {
            CAPTURE(workers, window);
            pool p{workers};
            auto imap = parimap::ordered_imap(p, map_options{.window = window}, same, numbers(200));
            for (int i = 0; i < 10; ++i) REQUIRE(imap.next() == i);
            p.close();
            p.join();
            for (int i = 10; i < 200; ++i) REQUIRE(imap.next() == i);
            REQUIRE_FALSE(imap.next());
        }
    }
}

TEST_CASE("P5 join returns while a stream that was made in a job is still unread") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        decltype(parimap::ordered_imap(p, same, numbers(10))) stream;
        p.submit([&] { stream = parimap::ordered_imap(p, same, numbers(10)); }).get();
        p.close();
        p.join();
        REQUIRE(drain(std::move(stream)) == numbers(10));
    }
}

TEST_CASE("P5 join waits for a running item") {
    if (is_serial) return;  // the making call would wait for the gate
    gate item_may_end;
    std::atomic<bool> joined{false};
    pool p{2};
    auto imap = parimap::ordered_imap(
        p, [&](int) { return item_may_end.wait(); }, numbers(1));
    p.close();
    std::thread joiner{[&] {
        p.join();
        joined = true;
    }};
    let_mistakes_happen();
    const bool too_early = joined;
    item_may_end.open();
    joiner.join();
    REQUIRE_FALSE(too_early);
    REQUIRE(imap.next() == true);
}

TEST_CASE("P5 the destructor of a pool waits for submitted jobs and for map_async") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        work_count count;
        std::vector<std::future<int>> futures;
        {
            pool p{workers};
            REQUIRE(parimap::parallel_map(p, same, numbers(10)) == numbers(10));  // no thread is in a call any more
            for (int i = 0; i < 20; ++i) futures.push_back(p.submit([&count](int k) { return count.run(k); }, i));
            (void)parimap::map_async(
                p, [&](int i) { return count.run(i); }, numbers(20));  // dropping it does not cancel
        }
        REQUIRE(count.ended == 40);
        for (int i = 0; i < 20; ++i) REQUIRE(futures[static_cast<std::size_t>(i)].get() == i);
    }
}

TEST_CASE("P5 dropping the future of map_async does not wait either") {
    if (is_serial) return;  // it runs the map at once
    gate open;
    std::atomic<int> ended{0};
    {
        pool p{2};
        (void)parimap::map_async(
            p,
            [&](int) {
                open.wait();
                ++ended;
            },
            numbers(10));
        REQUIRE(ended == 0);
        open.open();
    }
    REQUIRE(ended == 10);
}

TEST_CASE("P5 a pool may be destroyed by another thread than the one that made it") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        auto p = std::make_unique<pool>(workers);
        REQUIRE(parimap::parallel_map(*p, same, numbers(100)) == numbers(100));
        auto imap = parimap::ordered_imap(*p, same, numbers(100));
        std::thread{[owned = std::move(p)]() mutable { owned.reset(); }}.join();
        for (int i = 0; i < 100; ++i) REQUIRE(imap.next() == i);
        REQUIRE_FALSE(imap.next());
    }
}

TEST_CASE("P5 an imap may be read and dropped by another thread than the one that made it") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        work_count count;
        int sum = 0;
        pool p{workers};
        auto imap = parimap::ordered_imap(
            p, [&](int i) { return count.run(i); }, numbers(500));
        std::thread{[&sum, owned = std::move(imap)]() mutable {
            auto mine = std::move(owned);
            for (int k = 0; k < 10; ++k) sum += mine.next().value();
        }}.join();
        REQUIRE(sum == 45);
        REQUIRE(count.at_rest());
        REQUIRE(count.started < 500);
    }
}

TEST_CASE("P5 nothing leaks however a stream is left") {
    tally counts;
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t window : limits) {
            CAPTURE(workers, window);
            {
                std::vector<counted> items;
                for (int i = 0; i < 200; ++i) items.emplace_back(counts, i);
                const auto f = [](const counted& c) { return counted{c}; };
                const map_options options{.window = window};
                pool p{workers};
                auto dropped = parimap::ordered_imap(p, options, f, items);
                auto half_read = parimap::unordered_imap(p, options, f, items);
                auto called_off = parimap::unordered_imap(p, options, f, items);
                for (int i = 0; i < 50; ++i) REQUIRE(half_read.next());
                REQUIRE(called_off.next());
                called_off.cancel();
                auto held = half_read.begin();
                REQUIRE((*held).value >= 0);
            }
            REQUIRE(counts.live == 0);
        }
    }
}

TEST_CASE("P5 many short-lived pools and streams with early exits leave nothing running") {
    std::mt19937 random{20'240};
    const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
    const auto end = std::chrono::steady_clock::now() + 1s;
    tally counts;
    for (int round = 0; round < 150 && std::chrono::steady_clock::now() < end; ++round) {
        std::atomic<int> inside{0};
        {
            pool p{1 + below(8)};
            const auto f = [&](int i) {
                ++inside;
                counted result{counts, i};
                if (i % 17 == 16) {
                    --inside;
                    throw item_error{i};
                }
                --inside;
                return result;
            };
            const std::size_t size = below(400);
            const map_options options{.chunk = below(20), .window = below(20)};
            auto imap = parimap::unordered_imap(p, options, f, numbers(size));
            auto ordered = parimap::ordered_imap(p, options, f, numbers(size));
            auto future = parimap::map_async(p, options, f, numbers(below(100)));
            const std::size_t reads = below(30);
            for (std::size_t k = 0; k < reads; ++k) {
                try {
                    if (!imap.next() || !ordered.next()) break;
                } catch (const item_error&) {
                }
            }
            switch (below(5)) {
                case 0: p.close(); break;
                case 1: p.terminate(); break;
                case 2: imap.cancel(); break;
                case 3: {
                    const pool gone = std::move(p);
                    break;
                }
                default: break;
            }
        }
        CAPTURE(round);
        REQUIRE(inside == 0);
        REQUIRE(counts.live == 0);
    }
}

TEST_CASE("P5 a stop in options is a std::stop_token wherever one is wanted") {
    std::stop_source source, other;
    const map_options options{.stop = source.get_token()};
    const map_options another = options;
    REQUIRE(options.stop == another.stop);
    REQUIRE(options.stop == source.get_token());
    REQUIRE(source.get_token() == options.stop);
    REQUIRE(options.stop != other.get_token());
    REQUIRE(options.stop != map_options{.stop = other.get_token()}.stop);
    REQUIRE(map_options{}.stop == map_options{.stop = {}}.stop);
    REQUIRE(map_options{}.stop == std::stop_token());
    bool called = false;
    const std::stop_callback on_stop(options.stop, [&] { called = true; });
    source.request_stop();
    REQUIRE(called);
    REQUIRE(another.stop.stop_requested());
}

TEST_CASE("P5 next_until is next_for with a point of time of any clock") {
    if (is_serial) return;
    gate open;
    pool p{2};
    auto imap = parimap::ordered_imap(
        p,
        [&](int i) {
            if (i == 1) open.wait();
            return i;
        },
        numbers(3));
    REQUIRE(imap.next_until(std::chrono::steady_clock::now() + deadline) == 0);
    REQUIRE_THROWS_AS(imap.next_until(std::chrono::steady_clock::now() + 2ms), parimap::timed_out);
    REQUIRE_THROWS_AS(imap.next_until(std::chrono::system_clock::now() - 1h), parimap::timed_out);
    REQUIRE_THROWS_AS(imap.next_until(std::chrono::system_clock::time_point::min()), parimap::timed_out);
    open.open();
    REQUIRE(imap.next_until(std::chrono::system_clock::now() + deadline) == 1);
    REQUIRE(imap.next_until(std::chrono::steady_clock::time_point::max()) == 2);
    REQUIRE_FALSE(imap.next_until(std::chrono::time_point<std::chrono::system_clock, std::chrono::hours>::max()));
}

TEST_CASE("P5 wait_for says whether next need not wait, and takes and throws nothing") {
    if (is_serial) return;
    for (const std::size_t workers : sizes{1, 2, 8}) {
        CAPTURE(workers);
        gate open;
        pool p{workers};
        auto imap = parimap::ordered_imap(
            p,
            [&](int i) {
                if (i == 1) open.wait();
                if (i == 2) throw std::runtime_error("two");
                return i;
            },
            numbers(4));
        REQUIRE(imap.wait_for(deadline));
        REQUIRE(imap.wait_for(0ms));
        REQUIRE(imap.next() == 0);
        REQUIRE_FALSE(imap.wait_for(2ms));
        REQUIRE_FALSE(imap.wait_for(0ms));
        REQUIRE_FALSE(imap.wait_for(-1h));
        open.open();
        REQUIRE(imap.wait_for(deadline));
        REQUIRE(imap.next() == 1);
        REQUIRE(imap.wait_for(deadline));  // for an exception
        REQUIRE_FALSE(imap.failed_index());
        REQUIRE_THROWS_AS(imap.next(), std::runtime_error);
        REQUIRE(imap.failed_index() == 2U);
        REQUIRE(imap.wait_for(deadline));
        REQUIRE(imap.next() == 3);
        REQUIRE(imap.wait_for(0ms));  // at the end
        REQUIRE_FALSE(imap.next());
        REQUIRE(imap.failed_index() == 2U);
    }
    REQUIRE(decltype(parimap::ordered_imap(std::declval<pool&>(), same, numbers(1))){}.wait_for(0ms));
}

TEST_CASE("P5 wait_for does not find an item behind an element that cannot be read") {
    if (is_serial) return;  // items run one after the other there
    rendezvous behind{4};   // the reader of the element, both items behind it, and this thread
    gate first_behind_may_end;
    gate second_behind_may_end;
    const auto read = [&](int i) {
        if (i != 2) return i;
        behind.arrive_and_wait();
        throw input_error{"element"};
    };
    const auto f = [&](int i) {
        if (i > 2) behind.arrive_and_wait();
        if (i == 3) first_behind_may_end.wait();
        if (i == 4) second_behind_may_end.wait();
        return i;
    };
    pool p{3};
    auto imap = parimap::unordered_imap(p, map_options{.chunk = 1, .window = 5}, f,
                                        ranges::views::iota(0, 5) | ranges::views::transform(read));
    REQUIRE(behind.arrive_and_wait());
    p.submit([] {}).get();  // on the seat on which the element was read: all of that is over
    for (int i = 0; i < 2; ++i) REQUIRE(imap.next().value() < 2);
    REQUIRE_THROWS_AS(imap.next_for(1ms), parimap::timed_out);
    first_behind_may_end.open();
    rendezvous both_free{2};
    auto one = p.submit([&] { return both_free.arrive_and_wait(); });
    auto other = p.submit([&] { return both_free.arrive_and_wait(); });
    REQUIRE(one.get());
    REQUIRE(other.get());
    REQUIRE_FALSE(imap.wait_for(1ms));  // one of those behind it has ended, and the other has not
    second_behind_may_end.open();
    REQUIRE(imap.wait_for(deadline));
    REQUIRE_THROWS_AS(imap.next(), input_error);
}

TEST_CASE("P5 wait_for returns where a stream was stopped, or its input failed") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        auto stopped = parimap::unordered_imap(p, same, numbers(1000));
        stopped.cancel();
        REQUIRE(stopped.wait_for(deadline));
        REQUIRE_THROWS_AS(stopped.next(), parimap::cancelled);

        auto cut = parimap::unordered_imap(p, same, ranges::views::iota(0, 10) | ranges::views::transform([](int i) {
                                                        if (i >= 3) throw std::runtime_error("three");
                                                        return i;
                                                    }));
        int results = 0;
        REQUIRE_THROWS_AS(
            [&] {
                while (cut.wait_for(deadline) && cut.next()) ++results;
            }(),
            std::runtime_error);
        REQUIRE(results == 3);
        REQUIRE(cut.failed_index() == 3U);
        REQUIRE(cut.wait_for(0ms));
        REQUIRE_FALSE(cut.next());
    }
}

TEST_CASE("P5 a pool that another is assigned to ends as if it were destroyed") {
    pool p{1};
    std::atomic<int> done{0};
    std::vector<std::future<void>> jobs;
    for (int i = 0; i < 20; ++i) {
        jobs.push_back(p.submit([&] {
            std::this_thread::sleep_for(1ms);
            ++done;
        }));
    }
    p = pool{2};
    REQUIRE(done == 20);
    for (auto& job : jobs) job.get();
    REQUIRE(parimap::parallel_map(p, same, numbers(10)) == numbers(10));
}

namespace {

// Ends its pool when it is looked at.
class ending_view : public std::ranges::view_base {
  public:
    ending_view(pool& p, const std::vector<int>& items) : pool_(&p), items_(&items) {}
    auto begin() const {
        pool_->terminate();
        return items_->begin();
    }
    auto end() const { return items_->end(); }

  private:
    pool* pool_;
    const std::vector<int>* items_;
};

}  // namespace

TEST_CASE("P5 a map in the background is cancelled by terminate(), also before its first item") {
    pool p{1};
    const std::vector<int> items = numbers(10);
    auto map = parimap::map_async(p, same, ending_view(p, items));
    REQUIRE_THROWS_AS(map.get(), parimap::cancelled);
}
