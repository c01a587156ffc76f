// SPDX-License-Identifier: MIT
// P6, P7 and P9: batches show in nothing but speed, calls nest, and a pool of n runs n jobs at once and never more.
#include "support/backend_under_test.hpp"
#include "support/catch.hpp"
#include "support/cpu_time.hpp"
#include "support/gate.hpp"
#include "support/items.hpp"
#include "support/meeting_items.hpp"
#include "support/recorded_range.hpp"
#include "support/seat_book.hpp"
#include "support/throws_on.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <list>
#include <mutex>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <pthread.h>

#include <range/v3/view/filter.hpp>
#include <range/v3/view/iota.hpp>
#include <range/v3/view/transform.hpp>

using namespace parimap_test;
using namespace std::chrono_literals;
using parimap::map_options;

namespace {

constexpr int slow_begin = 4'500;  // far enough behind cheap items for batches to have grown
constexpr int slow_count = 8;
constexpr std::size_t total = 6'000;

// Eight adjacent items among many trivial ones meet in a rendezvous of as many as can run at once.
struct slow_stretch : meeting_items {
    explicit slow_stretch(const pool& p) : meeting_items{slow_begin, slow_count, std::min<std::size_t>(p.size(), slow_count)} {}
};

// Every item from `first` on waits until the consumer holds the item before it, so a stream that keeps a
// finished item back until its neighbour has ended comes to a halt.
class chain {
  public:
    explicit chain(int first) : first_{first} {}

    int run(int i) {
        if (i > first_ && !broken_ && !eventually([&] { return received_ >= i || broken_; })) broken_ = true;
        return i;
    }
    void received_one() { ++received_; }
    bool broken() const { return broken_; }

  private:
    int first_;
    std::atomic<int> received_{0};
    std::atomic<bool> broken_{false};
};

// The number of leaves of a tree of nested calls, each level with another frontend.
int leaves(pool& p, int depth, std::size_t width, map_options options) {
    if (depth == 0) return 1;
    const auto below = [&](int) { return leaves(p, depth - 1, width, options); };
    const auto items = numbers(width);
    int sum = 0;
    switch (depth % 6) {
        case 0:
            for (const int n : parimap::parallel_map(p, options, below, items)) sum += n;
            return sum;
        case 1:
            for (const int n : parimap::ordered_imap(p, options, below, items)) sum += n;
            return sum;
        case 2:
            for (const int n : parimap::unordered_imap(p, options, below, items)) sum += n;
            return sum;
        case 3: return parimap::parallel_map_reduce(p, options, below, std::plus<>{}, 0, items);
        case 4:
            for (const int n : parimap::map_async(p, options, below, items).get()) sum += n;
            return sum;
        default: {
            std::vector<int> out(width);
            parimap::parallel_map_into(p, options, out, below, items);
            return std::accumulate(out.begin(), out.end(), 0);
        }
    }
}

}  // namespace

// ---- P6: batches are invisible ------------------------------------------------------------------

TEST_CASE("P6 eight adjacent slow items among many cheap ones run at once in every blocking frontend") {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t chunk : sizes{0, 1, 100, 100'000}) {
            CAPTURE(workers, chunk);
            pool p{workers};
            const auto items = numbers(total);
            const map_options options{.chunk = chunk};
            const auto check = [&](auto call) {
                slow_stretch stretch{p};
                call([&](int i) { return stretch.run(i); });
                REQUIRE(stretch.missed() == 0);
            };
            check([&](auto f) { REQUIRE(parimap::parallel_map(p, options, f, items) == items); });
            check([&](auto f) { parimap::parallel_for_each(p, options, f, items); });
            check([&](auto f) { (void)parimap::parallel_map_reduce(p, options, f, std::plus<>{}, 0L, items); });
            check([&](auto f) { REQUIRE(parimap::map_async(p, options, f, items).get() == items); });
            std::vector<int> out(total);
            check([&](auto f) { (void)parimap::parallel_map_into(p, options, out, f, items); });
            REQUIRE(out == items);
        }
    }
}

TEST_CASE("P6 eight adjacent slow items among many cheap ones run at once in every stream") {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t chunk : sizes{0, 1, 100, 100'000}) {
            CAPTURE(workers, chunk);
            pool p{workers};
            const auto items = numbers(total);
            const map_options options{.chunk = chunk};
            const auto check = [&](auto make) {
                slow_stretch stretch{p};
                auto imap = make([&](int i) { return stretch.run(i); });
                std::vector<int> results;
                while (auto r = imap.next()) results.push_back(*r);
                REQUIRE(stretch.missed() == 0);
                std::sort(results.begin(), results.end());
                REQUIRE(results == items);
            };
            check([&](auto f) { return parimap::ordered_imap(p, options, f, items); });
            check([&](auto f) { return parimap::unordered_imap(p, options, f, items); });
        }
    }
}

TEST_CASE("P6 adjacent slow items of a list and of a single-pass input run at once too") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto items = numbers(total);
        const std::list<int> linked(items.begin(), items.end());
        {
            slow_stretch stretch{p};
            REQUIRE(parimap::parallel_map(
                        p, [&](int i) { return stretch.run(i); }, linked) == items);
            REQUIRE(stretch.missed() == 0);
        }
        slow_stretch stretch{p};
        pull_record record;
        auto imap = parimap::ordered_imap(
            p, [&](int i) { return stretch.run(i); }, recorded_range<>{record, total});
        for (const int i : items) REQUIRE(imap.next() == i);
        REQUIRE(stretch.missed() == 0);
    }
}

TEST_CASE("P6 an item of a blocking call starts while the element behind it is still being read") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        std::array<gate, 6> started;
        std::atomic<int> missed{0};
        const auto is_read = [&](int i) {
            if (i > 0 && !started[static_cast<std::size_t>(i - 1)].wait()) ++missed;
            return true;
        };
        parimap::parallel_for_each(
            p, [&](int i) { started[static_cast<std::size_t>(i)].open(); },
            ranges::views::iota(0, 6) | ranges::views::filter(is_read));
        REQUIRE(missed == 0);
    }
}

TEST_CASE("P6 slow items at the very begin and the very end run at once") {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t chunk : sizes{0, 4000}) {
            CAPTURE(workers, chunk);
            pool p{workers};
            const int last = 4000 - static_cast<int>(p.size());
            for (const int first : {0, last}) {
                rendezvous meeting{p.size()};
                std::atomic<int> missed{0};
                const auto f = [&](int i) {
                    if (i >= first && i < first + static_cast<int>(p.size()) && !meeting.arrive_and_wait()) ++missed;
                    return i;
                };
                REQUIRE(parimap::parallel_map(p, map_options{.chunk = chunk}, f, numbers(4000)) == numbers(4000));
                REQUIRE(missed == 0);
            }
        }
    }
}

TEST_CASE("P6 a finished item reaches a waiting consumer although its batch neighbour runs on") {
    if (is_serial) return;  // the consumer runs the items itself there
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t chunk : sizes{0, 1, 64}) {
            for (const std::size_t window : limits) {
                CAPTURE(workers, chunk, window);
                chain links{0};
                pool p{workers};
                auto imap = parimap::ordered_imap(
                    p, map_options{.chunk = chunk, .window = window}, [&](int i) { return links.run(i); }, numbers(60));
                for (int i = 0; i < 60; ++i) {
                    REQUIRE(imap.next() == i);
                    links.received_one();
                }
                REQUIRE_FALSE(links.broken());
            }
        }
    }
}

TEST_CASE("P6 a finished item of an unordered stream reaches the consumer although its batch neighbour runs on") {
    if (is_serial) return;  // the consumer runs the items itself there
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t chunk : sizes{0, 1, 64}) {
            for (const std::size_t window : limits) {
                CAPTURE(workers, chunk, window);
                chain links{0};
                pool p{workers};
                auto imap = parimap::unordered_imap(
                    p, map_options{.chunk = chunk, .window = window}, [&](int i) { return links.run(i); }, numbers(60));
                int results = 0;
                while (imap.next()) {
                    ++results;
                    links.received_one();
                }
                REQUIRE(results == 60);
                REQUIRE_FALSE(links.broken());
            }
        }
    }
}

TEST_CASE("P6 a finished item is not kept back after thousands of cheap ones either") {
    if (is_serial) return;  // the consumer runs the items itself there
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        chain links{20'000};
        pool p{workers};
        auto imap = parimap::ordered_imap(
            p, [&](int i) { return links.run(i); }, numbers(20'040));
        for (int i = 0; i < 20'040; ++i) {
            if (imap.next() != i) FAIL("out of order");
            links.received_one();
        }
        REQUIRE_FALSE(links.broken());
    }
}

TEST_CASE("P6 a chained stage passes a finished item on although its batch neighbour runs on") {
    if (is_serial) return;  // the consumer runs the items itself there
    pool p{2};
    for (const std::size_t chunk : sizes{0, 64}) {
        CAPTURE(chunk);
        chain links{0};
        const map_options options{.chunk = chunk, .window = 1};
        auto imap = parimap::ordered_imap(
            p, options, [](int i) { return i; },
            parimap::ordered_imap(
                p, options, [&](int i) { return links.run(i); }, numbers(40)));
        for (int i = 0; i < 40; ++i) {
            // The second stage takes item i inside this call, so the first may finish it once i-1 is here.
            REQUIRE(imap.next() == i);
            links.received_one();
        }
        REQUIRE_FALSE(links.broken());
    }
}

TEST_CASE("P6 one long item among short ones holds nobody up but its own place") {
    if (is_serial) return;  // items run one after the other there
    for (const std::size_t workers : sizes{2, 8}) {
        for (const std::size_t chunk : sizes{0, 1000}) {
            CAPTURE(workers, chunk);
            // The long item ends when all the others have: they must not be stuck behind it in its batch.
            std::atomic<int> others{0};
            std::atomic<bool> all_passed{false};
            const auto f = [&](int i) {
                if (i == 500)
                    all_passed = eventually([&] { return others == 999; });
                else
                    ++others;
            };
            pool p{workers};
            parimap::parallel_for_each(p, map_options{.chunk = chunk}, f, numbers(1000));
            REQUIRE(all_passed);
        }
    }
}

// ---- P7: nesting --------------------------------------------------------------------------------

TEST_CASE("P7 frontends nest six levels deep with any number of workers") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        REQUIRE(leaves(p, 6, 3, {}) == 729);
    }
}

TEST_CASE("P7 frontends nest with any chunk and window") {
    for (const std::size_t workers : worker_counts) {
        pool p{workers};
        for (const std::size_t chunk : sizes{0, 1, 64}) {
            for (const std::size_t window : limits) {
                CAPTURE(workers, chunk, window);
                REQUIRE(leaves(p, 5, 2, {.chunk = chunk, .window = window}) == 32);
            }
        }
    }
}

TEST_CASE("P7 the same frontend nests in itself four levels deep with one worker") {
    pool p{1};
    const auto items = numbers(3);
    std::atomic<int> ran{0};
    parimap::parallel_for_each(
        p,
        [&](int) {
            parimap::parallel_for_each(
                p,
                [&](int) {
                    parimap::parallel_for_each(
                        p,
                        [&](int) {
                            parimap::parallel_for_each(
                                p, [&](int) { ++ran; }, items);
                        },
                        items);
                },
                items);
        },
        items);
    REQUIRE(ran == 81);
}

TEST_CASE("P7 a stream made in a job is read and left in that job") {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t window : limits) {
            CAPTURE(workers, window);
            pool p{workers};
            const map_options options{.window = window};
            const auto sum_of_three = [&](int i) {
                int sum = 0;
                int seen = 0;
                for (const int r : parimap::ordered_imap(p, options, same, numbers(100))) {
                    sum += r;
                    if (++seen == 3) break;
                }
                pull_record record;
                auto imap = parimap::unordered_imap(p, options, same, recorded_range<>{record, 20});
                while (auto r = imap.next_for(deadline)) sum += *r;
                return sum + i;
            };
            std::vector<int> expected = numbers(20);
            for (int& e : expected) e += 3 + 190;
            REQUIRE(parimap::parallel_map(p, sum_of_three, numbers(20)) == expected);
        }
    }
}

TEST_CASE("P7 a stream from outside may be read by a job of the same pool") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        auto imap = parimap::ordered_imap(p, same, numbers(100));
        const auto sum = [&](int) {
            int sum_of_all = 0;
            while (auto r = imap.next()) sum_of_all += *r;
            return sum_of_all;
        };
        REQUIRE(parimap::parallel_map(p, sum, numbers(1)) == std::vector<int>{4950});
    }
}

TEST_CASE("P7 failures cross nested calls") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const throws_on inner{{4}};
        std::size_t failed = 0;
        const auto outer = [&](int i) {
            if (i != 7) return i;
            return parimap::parallel_map_reduce(p, inner, std::plus<>{}, 0, numbers(10));
        };
        REQUIRE_THROWS_AS(parimap::parallel_map(p, map_options{.failed_index = &failed}, outer, numbers(20)), item_error);
        REQUIRE(failed == 7);
        REQUIRE(parimap::parallel_map(p, same, numbers(5)) == numbers(5));
    }
}

TEST_CASE("P7 a lock may be held across an inner call") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        // A job that ran another item of the outer call while it waits for the inner one would lock twice.
        static thread_local bool holding = false;
        std::atomic<int> locked_twice{0};
        std::mutex mutex;
        int under_lock = 0;
        pool p{workers};
        const auto outer = [&](int) {
            if (holding) {
                ++locked_twice;
                return;
            }
            const std::scoped_lock lock{mutex};
            holding = true;
            for (const int r : parimap::parallel_map(p, same, numbers(50))) under_lock += r;
            for (const int r : parimap::ordered_imap(p, same, numbers(50))) under_lock += r;
            for (const int r : parimap::unordered_imap(p, same, numbers(50))) under_lock += r;
            under_lock += parimap::parallel_map_reduce(p, same, std::plus<>{}, 0, numbers(50));
            parimap::parallel_for_each(
                p, [](int) { std::this_thread::sleep_for(20us); }, numbers(10));
            holding = false;
        };
        parimap::parallel_for_each(p, map_options{.chunk = 4}, outer, numbers(30));
        REQUIRE(locked_twice == 0);
        REQUIRE(under_lock == 30 * 4 * 1225);
    }
}

TEST_CASE("P7 a thread that waits runs items of no other call") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        static thread_local int waiting_for = -1;
        std::atomic<int> strangers{0};
        pool p{workers};
        const auto outer = [&](int i) {
            if (waiting_for != -1) ++strangers;
            waiting_for = i;
            const auto inner = [&strangers, i](int k) {
                if (waiting_for != -1 && waiting_for != i) ++strangers;
                std::this_thread::sleep_for(10us);
                return k;
            };
            parimap::parallel_for_each(p, inner, numbers(20));
            (void)parimap::parallel_map(p, map_options{.window = 2}, inner, numbers(20));
            waiting_for = -1;
        };
        auto jobs = std::vector<std::future<void>>{};
        for (int k = 0; k < 10; ++k) jobs.push_back(p.submit(outer, 1000 + k));
        parimap::parallel_for_each(p, outer, numbers(20));
        for (auto& job : jobs) job.get();
        REQUIRE(strangers == 0);
    }
}

TEST_CASE("P7 inside a job map_async has run the map when it returns") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto ready = [&](int) {
            auto future = parimap::map_async(p, same, numbers(50));
            const bool is_ready = future.wait_for(0s) == std::future_status::ready;
            return is_ready && future.get() == numbers(50);
        };
        REQUIRE(parimap::parallel_map(p, ready, numbers(12)) == std::vector<bool>(12, true));
    }
}

TEST_CASE("P7 a job may submit jobs that it does not wait for") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        std::mutex mutex;
        std::vector<std::future<int>> futures;
        pool p{workers};
        const auto spawn = [&](int i) {
            auto future = p.submit(same, i);
            const std::scoped_lock lock{mutex};
            futures.push_back(std::move(future));
        };
        parimap::parallel_for_each(p, spawn, numbers(50));
        int sum = 0;
        for (auto& future : futures) sum += future.get();
        REQUIRE(sum == 1225);
    }
}

TEST_CASE("P7 an endless stream leaves room for a submitted job") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        auto stream = parimap::ordered_imap(p, same, ranges::views::iota(0));
        auto job = p.submit(same, 7);
        const auto is_done = [&] { return job.wait_for(0s) == std::future_status::ready; };
        const auto end = std::chrono::steady_clock::now() + deadline;
        while (!is_done() && std::chrono::steady_clock::now() < end) REQUIRE(stream.next());
        REQUIRE(is_done());
        REQUIRE(job.get() == 7);
    }
}

TEST_CASE("P7 an item waits behind many submitted jobs for one of them and not for all") {
    if (is_serial) return;  // submitted jobs are over before the stream is made
    pool p{1};
    gate open;
    std::atomic<int> jobs{0};
    std::vector<std::future<void>> futures;
    for (int i = 0; i < 50; ++i) {
        futures.push_back(p.submit([&] {
            open.wait();
            ++jobs;
        }));
    }
    auto stream = parimap::ordered_imap(
        p, [&](int) { return jobs.load(); }, numbers(1));
    open.open();
    REQUIRE(stream.next().value() < 25);
    for (auto& future : futures) future.get();
}

TEST_CASE("P7 thousands of open streams cost each other nothing") {
    pool p{2};
    const auto items = numbers(20);
    const auto f = [](int i) { return i; };
    const auto work_on = [&](std::size_t count) {
        const auto before = cpu_time();
        std::vector<decltype(parimap::ordered_imap(p, f, items))> all;
        for (std::size_t i = 0; i < count; ++i) all.push_back(parimap::ordered_imap(p, f, items));
        int wrong = 0;
        for (int k = 0; k < 10; ++k) {
            for (auto& stream : all) wrong += stream.next() != k;
        }
        REQUIRE(wrong == 0);
        all.clear();
        return cpu_time() - before;
    };
    // Both so many that no cache holds them, and the best of up to three of each, since the workers' naps cost CPU time as well.
    auto few = work_on(12'000);
    auto many = work_on(48'000);
    const auto is_fair = [&] { return many < 10 * few; };  // 4 times as many; 16 times the time if each looked at all
    for (int repeat = 0; repeat < 2 && !is_fair(); ++repeat) {
        few = std::min(few, work_on(12'000));
        many = std::min(many, work_on(48'000));
    }
    REQUIRE(is_fair());
}

TEST_CASE("P7 a submitted job and a short map wait behind a long blocking map for a batch and not for its end") {
    if (is_serial) return;  // the thread of the map is the only one there is
    pool p{2};
    std::atomic<bool> enough{false};
    std::atomic<int> ran{0};
    constexpr int count = 20'000;
    std::thread caller{[&] {
        parimap::parallel_for_each(
            p,
            [&](int) {
                ++ran;
                if (!enough) std::this_thread::sleep_for(1ms);
            },
            numbers(count));
    }};
    CHECK(eventually([&] { return ran > 20; }));
    auto job = p.submit([&] { return ran.load(); });
    const bool in_time = job.wait_for(deadline / 2) == std::future_status::ready;
    const int at_job = in_time ? job.get() : count;
    const auto map = parimap::map_async(
        p, [&](int) { return ran.load(); }, numbers(4));
    const bool map_in_time = map.wait_for(deadline / 2) == std::future_status::ready;
    enough = true;
    caller.join();
    REQUIRE(in_time);
    REQUIRE(map_in_time);
    REQUIRE(at_job < count / 2);
}

TEST_CASE("P7 an input may use the pool while it is read") {
    const auto plus_ten = [](pool& p) {
        return ranges::views::transform([&p](int i) {
            return parimap::parallel_map_reduce(
                p, [](int) { return 1; }, std::plus<>{}, i, numbers(10));
        });
    };
    const std::list<int> list(50, 1);
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t window : limits) {
            CAPTURE(workers, window);
            pool p{workers};
            const map_options options{.window = window};
            auto pulled = list | plus_ten(p);
            auto indexed = ranges::views::iota(0, 50) | plus_ten(p);
            REQUIRE(parimap::parallel_map(p, options, same, pulled) == std::vector<int>(50, 11));
            REQUIRE(drain(parimap::ordered_imap(p, options, same, pulled)) == std::vector<int>(50, 11));
            REQUIRE(drain(parimap::unordered_imap(p, options, same, pulled)) == std::vector<int>(50, 11));
            REQUIRE(parimap::parallel_map(p, options, same, indexed).back() == 59);
            REQUIRE(drain(parimap::ordered_imap(p, options, same, indexed)).back() == 59);
        }
    }
}

TEST_CASE("P7 a job of one pool may call another pool and has its own seat back afterwards") {
    for (const std::size_t workers : sizes{1, 3}) {
        CAPTURE(workers);
        pool inner{2};
        pool outer{workers};
        std::atomic<int> wrong{0};
        const auto f = [&](int i) {
            const auto seat = parimap::this_worker_index();
            const auto seats = parimap::parallel_map(
                inner, [](int) { return parimap::this_worker_index(); }, numbers(10));
            wrong += !std::all_of(seats.begin(), seats.end(), [&](std::size_t s) { return s < inner.size(); });
            wrong += parimap::this_worker_index() != seat || seat >= outer.size();
            return i;
        };
        REQUIRE(parimap::parallel_map(outer, f, numbers(30)) == numbers(30));
        REQUIRE(wrong == 0);
    }
}

TEST_CASE("P7 the default pool nests like any other") {
    const auto f = [](int i) { return parimap::parallel_map_reduce(same, std::plus<>{}, i, numbers(10)); };
    REQUIRE(parimap::parallel_map(f, numbers(3)) == std::vector<int>{45, 46, 47});
}

TEST_CASE("P7 idle workers take part in an inner call") {
    if (is_serial) return;  // one job at a time there
    for (const std::size_t workers : sizes{2, 8}) {
        CAPTURE(workers);
        rendezvous meeting{workers};
        std::atomic<int> missed{0};
        pool p{workers};
        const auto inner = [&](int) { missed += !meeting.arrive_and_wait(); };
        const auto outer = [&](int) { parimap::parallel_for_each(p, inner, numbers(workers)); };
        parimap::parallel_for_each(p, outer, numbers(1));
        REQUIRE(missed == 0);
    }
}

TEST_CASE("P7 many threads use one pool at once and each gets its own results") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        std::atomic<int> wrong{0};
        std::vector<std::thread> callers;
        for (int caller = 0; caller < 5; ++caller) {
            callers.emplace_back([&, caller] {
                const auto items = numbers(static_cast<std::size_t>(50 + 13 * caller));
                const int all = std::accumulate(items.begin(), items.end(), 0);
                const throws_on bad{{caller + 3}};
                for (int round = 0; round < 8; ++round) {
                    const map_options options{.chunk = static_cast<std::size_t>(round), .window = static_cast<std::size_t>(caller)};
                    wrong += parimap::parallel_map(p, options, same, items) != items;
                    wrong += parimap::parallel_map_reduce(p, options, same, std::plus<>{}, 0, items) != all;
                    int sum = 0;
                    for (const int r : parimap::unordered_imap(p, options, same, items)) sum += r;
                    wrong += sum != all;
                    try {
                        (void)parimap::parallel_map(p, options, bad, items);
                        ++wrong;
                    } catch (const item_error& e) {
                        wrong += e.item != caller + 3;
                    }
                    wrong += leaves(p, 3, 2, options) != 8;
                }
            });
        }
        for (auto& caller : callers) caller.join();
        REQUIRE(wrong == 0);
    }
}

TEST_CASE("P7 one thread reads many streams of one pool in turn") {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t window : sizes{1, 2, 7}) {
            CAPTURE(workers, window);
            pool p{workers};
            const map_options options{.window = window};
            using stream = decltype(parimap::ordered_imap(p, options, same, numbers(1)));
            std::vector<stream> streams;
            for (std::size_t k = 0; k < 20; ++k) streams.push_back(parimap::ordered_imap(p, options, same, numbers(30)));
            // A full window of one stream must not keep the workers from the others.
            for (int i = 0; i < 30; ++i)
                for (auto& one : streams) REQUIRE(one.next() == i);
        }
    }
}

// ---- P9: sizes ----------------------------------------------------------------------------------

TEST_CASE("P9 a pool of n runs n jobs of one call at once") {
    for (const std::size_t workers : sizes{1, 2, 3, 8, 12}) {
        CAPTURE(workers);
        pool p{workers};
        REQUIRE(p.size() == (is_serial ? 1 : workers));
        const auto items = numbers(p.size());
        const auto all_met = [](const auto& results) { return std::count(results.begin(), results.end(), true); };
        const auto expected = static_cast<std::ptrdiff_t>(p.size());
        {
            rendezvous meeting{p.size()};
            const auto f = [&](int) { return meeting.arrive_and_wait(); };
            REQUIRE(all_met(parimap::parallel_map(p, f, items)) == expected);
        }
        {
            rendezvous meeting{p.size()};
            auto imap = parimap::ordered_imap(
                p, [&](int) { return meeting.arrive_and_wait(); }, items);
            std::vector<bool> results;
            while (auto met = imap.next()) results.push_back(*met);
            REQUIRE(all_met(results) == expected);
        }
        {
            rendezvous meeting{p.size()};
            auto imap = parimap::unordered_imap(
                p, map_options{.window = p.size()}, [&](int) { return meeting.arrive_and_wait(); }, items);
            std::vector<bool> results;
            while (auto met = imap.next()) results.push_back(*met);
            REQUIRE(all_met(results) == expected);
        }
        rendezvous meeting{p.size()};
        std::vector<std::future<bool>> jobs;
        for (std::size_t k = 0; k < p.size(); ++k) jobs.push_back(p.submit([&] { return meeting.arrive_and_wait(); }));
        for (auto& job : jobs) REQUIRE(job.get());
    }
}

TEST_CASE("P9 jobs of different kinds fill the pool together") {
    if (is_serial) return;  // one job at a time there
    pool p{4};
    rendezvous meeting{4};
    const auto meet = [&](int) { return meeting.arrive_and_wait(); };
    auto one = parimap::ordered_imap(p, meet, numbers(1));
    auto two = parimap::unordered_imap(p, meet, numbers(1));
    auto three = p.submit(meet, 0);
    auto four = parimap::map_async(p, meet, numbers(1));
    REQUIRE(one.next() == true);
    REQUIRE(two.next() == true);
    REQUIRE(three.get());
    REQUIRE(four.get() == std::vector<bool>{true});
}

TEST_CASE("P9 two pools in one program each run as many jobs as they have workers") {
    if (is_serial) return;  // each runs on its caller there
    rendezvous meeting{5};
    std::atomic<int> missed{0};
    const auto meet = [&](int) { missed += !meeting.arrive_and_wait(); };
    pool first{2};
    pool second{3};
    auto early = parimap::map_async(first, meet, numbers(2));
    parimap::parallel_for_each(second, meet, numbers(3));
    early.get();
    REQUIRE(missed == 0);
}

TEST_CASE("P9 long jobs of one pool do not keep those of another from starting") {
    if (is_serial) return;  // each runs on its caller there
    gate end;
    std::atomic<int> running{0};
    const auto stay = [&] {
        ++running;
        return end.wait();
    };
    pool first{3};
    pool second{2};
    std::vector<std::future<bool>> jobs;
    for (pool* p : {&first, &first, &second, &second}) {
        const int before = running;
        jobs.push_back(p->submit(stay));
        (void)eventually([&] { return running > before; });
        let_mistakes_happen();  // the workers without a job go to sleep
    }
    end.open();
    for (std::future<bool>& job : jobs) CHECK(job.get());
}

TEST_CASE("P9 never more jobs than workers run at once and no two share a seat however many threads call") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        seat_book book{p.size()};
        std::atomic<int> wrong{0};
        const auto f = [&](int i) {
            const seat_book::job job{book};
            if (i % 8 == 0) std::this_thread::sleep_for(50us);
            return i;
        };
        std::vector<std::thread> callers;
        for (int caller = 0; caller < 6; ++caller) {
            callers.emplace_back([&, caller] {
                const auto items = numbers(100);
                for (int round = 0; round < 3; ++round) {
                    switch (caller % 3) {
                        case 0: wrong += parimap::parallel_map(p, f, items) != items; break;
                        case 1: {
                            int next = 0;
                            for (const int r : parimap::ordered_imap(p, f, items)) wrong += r != next++;
                            wrong += next != 100;
                            break;
                        }
                        default: {
                            std::vector<std::future<int>> jobs;
                            for (const int i : items) jobs.push_back(p.submit(f, i));
                            for (const int i : items) wrong += jobs[static_cast<std::size_t>(i)].get() != i;
                        }
                    }
                }
            });
        }
        for (auto& caller : callers) caller.join();
        REQUIRE(wrong == 0);
        REQUIRE(book.faults() == 0);
        REQUIRE(book.most_at_once() <= p.size());
        REQUIRE(book.most_at_once() >= 1);
    }
}

TEST_CASE("P9 a job of another pool waits for a seat like any caller from outside") {
    if (is_serial) return;  // a submitted job runs at once there
    gate started;
    gate may_end;
    std::atomic<int> early{0};
    pool busy{1};
    pool other{1};
    auto holding = busy.submit([&] {
        started.open();
        may_end.wait();
    });
    REQUIRE(started.wait());
    auto calling = other.submit([&] {
        parimap::parallel_for_each(
            busy, [&](int) { early += !may_end.is_open(); }, numbers(3));
    });
    let_mistakes_happen();
    may_end.open();
    calling.get();
    holding.get();
    REQUIRE(early == 0);
}

TEST_CASE("P9 this_worker_index is a seat inside a job and no_worker outside") {
    STATIC_REQUIRE(noexcept(parimap::this_worker_index()));
    REQUIRE(parimap::this_worker_index() == parimap::no_worker);
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto seat = [](int) { return parimap::this_worker_index(); };
        for (const std::size_t index : parimap::parallel_map(p, seat, numbers(200))) REQUIRE(index < p.size());
        for (const std::size_t index : parimap::unordered_imap(p, seat, numbers(200))) {
            REQUIRE(index < p.size());
            REQUIRE(parimap::this_worker_index() == parimap::no_worker);
        }
        REQUIRE(p.submit(seat, 0).get() < p.size());
        REQUIRE(parimap::this_worker_index() == parimap::no_worker);
        // All seats are in use when the pool is full.
        rendezvous meeting{p.size()};
        const auto met_on = [&](int) {
            meeting.arrive_and_wait();
            return parimap::this_worker_index();
        };
        const auto seats = parimap::parallel_map(p, met_on, numbers(p.size()));
        REQUIRE(std::set<std::size_t>(seats.begin(), seats.end()).size() == p.size());
        // A failed item gives its seat back as well.
        REQUIRE_THROWS_AS(parimap::parallel_for_each(
                              p, [](int) { throw 1; }, numbers(20)),
                          int);
        REQUIRE(parimap::this_worker_index() == parimap::no_worker);
    }
}

TEST_CASE("P9 the input and the consumer do not count as jobs") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto items = numbers(50);
        std::vector<std::size_t> seats;
        auto imap = parimap::ordered_imap(
            p, [](int i) { return i; }, items | ranges::views::filter([&](int) {
                                            seats.push_back(parimap::this_worker_index());
                                            return true;
                                        }));
        while (imap.next()) {
        }
        REQUIRE(std::all_of(seats.begin(), seats.end(), [](std::size_t s) { return s == parimap::no_worker; }));
    }
}

TEST_CASE("P9 zero workers are refused with a message that names the mend") {
    REQUIRE_THROWS_AS(pool{0}, std::invalid_argument);
    try {
        pool none{0};
    } catch (const std::invalid_argument& e) {
        REQUIRE(std::string{e.what()}.find("worker") != std::string::npos);
    }
}

TEST_CASE("P9 a default-made pool has as many workers as there are CPUs to use") {
    REQUIRE(parimap::cpu_count() >= 1);
    pool p;
    REQUIRE(p.size() == (is_serial ? 1 : parimap::cpu_count()));
    REQUIRE(parimap::default_pool().size() == p.size());
}

TEST_CASE("P9 a nested job keeps its seat and nesting adds no job to the pool") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        seat_book book{p.size()};
        std::atomic<int> moved{0};
        const auto inner = [&](int) {
            const seat_book::job job{book};
            std::this_thread::sleep_for(20us);
        };
        const auto outer = [&](int) {
            const seat_book::job job{book};
            const auto seat = parimap::this_worker_index();
            const auto here = std::this_thread::get_id();
            parimap::parallel_for_each(
                p,
                [&](int) {
                    inner(0);
                    if (std::this_thread::get_id() == here && parimap::this_worker_index() != seat) ++moved;
                },
                numbers(10));
            for (auto imap = parimap::unordered_imap(p, inner, numbers(10)); imap.next();) {
            }
            if (parimap::this_worker_index() != seat) ++moved;
        };
        parimap::parallel_for_each(p, outer, numbers(20));
        REQUIRE(moved == 0);
        REQUIRE(book.faults() == 0);
        REQUIRE(book.most_at_once() <= p.size());
    }
}

TEST_CASE("P9 a pool made with options has the workers that they ask for, or as many as there are CPUs to use") {
    for (const std::size_t workers : worker_counts) {
        for (const parimap::detail::time_span spin : {parimap::detail::time_span(), parimap::detail::time_span(200us)}) {
            CAPTURE(workers);
            pool p({.workers = workers, .spin = spin});
            REQUIRE(p.size() == pool(workers).size());
            rendezvous meeting{p.size()};
            std::atomic<int> missed{0};
            parimap::parallel_for_each(
                p,
                [&](int) {
                    if (!meeting.arrive_and_wait()) ++missed;
                },
                numbers(p.size()));
            REQUIRE(missed == 0);
            for (std::size_t count = 0; count < 200; ++count)
                REQUIRE(parimap::parallel_map(p, same, numbers(count)) == numbers(count));
            REQUIRE(p.submit([] { return 5; }).get() == 5);
        }
    }
    REQUIRE(pool(parimap::pool_options{}).size() == pool().size());
    REQUIRE(pool({.spin = 10us}).size() == pool().size());
    REQUIRE_THROWS_AS(pool({.workers = 40'000}), std::invalid_argument);
}

TEST_CASE("P9 workers have stacks of the size that the pool was told, or it is an error that says what to do") {
    constexpr std::size_t size = std::size_t{64} << 20U;
    const std::string_view backend = pool::backend_name();
    if (backend != "threads" && backend != "tbb" && backend != "mpi") {
        try {
            pool p({.workers = 2, .stack_size = size});
            FAIL("a pool was made");
        } catch (const parimap::error& e) {
            const std::string text = e.what();
            CAPTURE(text);
            REQUIRE(text.find(is_serial ? "leave it out" : "OMP_STACKSIZE=64M") != std::string::npos);
        }
        return;
    }
    const auto stack_of_worker = [] {
        pthread_attr_t attributes;
        std::size_t bytes = 0;
        if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
            pthread_attr_getstacksize(&attributes, &bytes);
            pthread_attr_destroy(&attributes);
        }
        return bytes;
    };
    const std::size_t usual = pool{1}.submit(stack_of_worker).get();
    pool p({.workers = 3, .stack_size = size + 1});  // not a whole number of pages
    REQUIRE(p.size() == 3);
    const std::size_t given = p.submit(stack_of_worker).get();
    REQUIRE(given > size);
    REQUIRE(given < 2 * size);
    REQUIRE(usual < size);
    const auto deep = [](int i) {
        std::array<volatile char, size / 2> large;  // NOLINT: on the stack
        for (std::size_t at = 0; at < large.size(); at += 4096) large[at] = static_cast<char>(i);
        return static_cast<int>(large[0]);
    };
    REQUIRE(p.submit(deep, 7).get() == 7);
    REQUIRE(drain(parimap::ordered_imap(p, deep, numbers(10))) == numbers(10));

    for (const std::size_t impossible : {std::size_t{1}, std::size_t(-1), std::size_t(-1) / 4}) {
        CAPTURE(impossible);
        try {
            pool none({.workers = 2, .stack_size = impossible});
            FAIL("a pool was made");
        } catch (const std::system_error& e) {
            REQUIRE(std::string(e.what()).find(std::to_string(impossible) + " bytes") != std::string::npos);
        }
    }
    REQUIRE(parimap::parallel_map(p, same, numbers(100)) == numbers(100));
}

TEST_CASE("P9 workers that look for work for long delay neither the end of their pool nor its closing") {
    const auto work = [](pool& p) {
        for (int call = 0; call < 20; ++call) REQUIRE(parimap::parallel_map(p, twice, numbers(1000)).back() == 1998);
    };
    const auto begin = std::chrono::steady_clock::now();
    for (const std::size_t workers : worker_counts) {
        {
            const pool unused({.workers = workers, .spin = 1h});
        }
        {
            pool used({.workers = workers, .spin = 1h});
            work(used);
        }
        pool closed({.workers = workers, .spin = 1h});
        work(closed);
        closed.close();
        closed.join();
        pool terminated({.workers = workers, .spin = 1h});
        work(terminated);
        terminated.terminate();
        terminated.join();
        pool moved_from({.workers = workers, .spin = 1h});
        work(moved_from);
        pool moved(std::move(moved_from));
        work(moved);
    }
    REQUIRE(std::chrono::steady_clock::now() - begin < 10min);
}

TEST_CASE("P10 workers that look for work for long use no CPU once their pool is closed, or the time is over") {
    pool closed({.workers = 4, .spin = 1h});
    pool impatient({.workers = 4, .spin = 1ms});
    for (pool* const p : {&closed, &impatient}) {
        for (int call = 0; call < 20; ++call) REQUIRE(parimap::parallel_map(*p, same, numbers(1000)) == numbers(1000));
    }
    closed.close();
    closed.join();
    // As soon as everybody sleeps: there is hardly any in some stretch of time.
    REQUIRE(eventually([] {
        const auto before = cpu_time();
        std::this_thread::sleep_for(100ms);
        return cpu_time() - before < 20ms;
    }));
}

namespace {

// A call of two items of which the first waits until the second has begun. False if that did not happen.
bool second_item_begins(pool& p) {
    gate second;
    std::atomic<bool> came{true};
    parimap::parallel_for_each(
        p,
        [&](int i) {
            if (i == 1) second.open();
            if (i == 0 && !second.wait()) came = false;
        },
        numbers(2));
    return came;
}

// Many calls that nobody needs to help with.
bool short_calls_are_right(pool& p, int calls, std::size_t seed) {
    for (int call = 0; call < calls; ++call) {
        const std::size_t count = (static_cast<std::size_t>(call) * 7 + seed) % 90;
        const auto items = numbers(count);
        const auto sum = static_cast<long>(count * (count > 0 ? count - 1 : 0) / 2);
        if (parimap::parallel_map_reduce(
                p, [](int i) { return static_cast<long>(i); }, std::plus<>{}, 0L, items) != sum)
            return false;
        if (call % 4 == 0 && parimap::parallel_map(p, same, items) != items) return false;
    }
    return true;
}

}  // namespace

TEST_CASE("P6 the second of two items begins although the first waits for it, right after thousands of short calls too") {
    if (is_serial) return;  // items run one after the other there
    for (const std::size_t workers : sizes{2, 3, 8}) {
        for (const parimap::detail::time_span spin : {parimap::detail::time_span(), parimap::detail::time_span(200us)}) {
            CAPTURE(workers);
            pool p({.workers = workers, .spin = spin});
            for (int i = 0; i < 50; ++i) REQUIRE(second_item_begins(p));
            for (int round = 0; round < 3; ++round) {
                REQUIRE(short_calls_are_right(p, 1000, static_cast<std::size_t>(round)));
                REQUIRE(second_item_begins(p));
            }
            for (int i = 0; i < 50; ++i) {
                REQUIRE(short_calls_are_right(p, i % 5, 3));
                REQUIRE(second_item_begins(p));
            }
        }
    }
}

TEST_CASE("P7 inside a job the second of two items begins although the first waits for it") {
    if (is_serial) return;  // items run one after the other there
    for (const std::size_t workers : sizes{2, 3, 8}) {
        CAPTURE(workers);
        pool p{workers};
        for (int round = 0; round < 30; ++round) {
            REQUIRE(p.submit([&] { return short_calls_are_right(p, 100, 5) && second_item_begins(p); }).get());
        }
    }
}

TEST_CASE("P7 short calls in a row from several threads are right, and their workers are all there afterwards") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        std::atomic<int> wrong{0};
        std::vector<std::thread> callers;
        for (std::size_t caller = 0; caller < 4; ++caller) {
            callers.emplace_back([&, caller] {
                if (!short_calls_are_right(p, 1000, caller)) ++wrong;
            });
        }
        for (std::thread& caller : callers) caller.join();
        REQUIRE(wrong == 0);
        rendezvous meeting{p.size()};
        std::atomic<int> missed{0};
        parimap::parallel_for_each(
            p,
            [&](int) {
                if (!meeting.arrive_and_wait()) ++missed;
            },
            numbers(p.size()));
        REQUIRE(missed == 0);
    }
}
