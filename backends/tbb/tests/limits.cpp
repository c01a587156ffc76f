// SPDX-License-Identifier: MIT
// The tbb backend among other users of oneTBB in the process: their limits, tasks that block, and cancelled groups do not stop it,
// and pools know nothing of one another.

#include "support/backend_under_test.hpp"
#include "support/captured_output.hpp"
#include "support/catch.hpp"
#include "support/gate.hpp"
#include "support/items.hpp"

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using parimap_test::numbers;
using parimap_test::pool;
using parimap_test::same;

TEST_CASE("tbb: a global limit of one thread slows a stream but does not stop it") {
    const tbb::global_control one(tbb::global_control::max_allowed_parallelism, 1);
    pool workers(3);
    std::vector<int> seen;
    for (int x : parimap::ordered_imap(workers, same, numbers(100))) seen.push_back(x);
    REQUIRE(seen == numbers(100));
    REQUIRE(parimap::parallel_map(workers, same, numbers(100)) == numbers(100));
    REQUIRE(workers.submit([] { return 7; }).get() == 7);
}

TEST_CASE("tbb: a pool made in a group that is cancelled later goes on") {
    std::unique_ptr<pool> workers;
    tbb::task_group group;
    group.run_and_wait([&] {
        workers = std::make_unique<pool>(2);
        group.cancel();
    });
    REQUIRE(parimap::parallel_map(*workers, same, numbers(100)) == numbers(100));
    std::vector<int> seen;
    for (int x : parimap::ordered_imap(*workers, same, numbers(100))) seen.push_back(x);
    REQUIRE(seen == numbers(100));
}

TEST_CASE("tbb: every task of a parallel_for may use the one pool") {
    pool workers(2);
    std::atomic<int> right{0};
    tbb::parallel_for(0, 50, [&](int) { right += parimap::parallel_map(workers, same, numbers(50)) == numbers(50); });
    REQUIRE(right == 50);
}

TEST_CASE("tbb: pools come and go beside a user of the default arena") {
    std::atomic<int> sum{0};
    for (int round = 0; round < 20; ++round) {
        pool first(2);
        pool second(5);
        auto stream = parimap::unordered_imap(second, same, numbers(20));
        tbb::parallel_for(0, 10, [&](int) { ++sum; });
        REQUIRE(stream.next().has_value());
        REQUIRE(parimap::parallel_map(first, same, numbers(20)) == numbers(20));
    }
    REQUIRE(sum == 200);
}

TEST_CASE("tbb: P9, P10 under a limit of the application's a pool of 64 runs 64 jobs at once, and nothing is printed") {
    parimap_test::captured_output output;
    bool all_met = true;
    {
        const tbb::global_control three(tbb::global_control::max_allowed_parallelism, 3);
        pool workers(64);
        parimap_test::rendezvous together(64);
        for (const bool met : parimap::parallel_map(
                 workers, [&](int) { return together.arrive_and_wait(); }, numbers(64))) {
            all_met = all_met && met;
        }
        // What an item does with oneTBB is under the limit as before.
        parimap::parallel_for_each(
            workers, [](int) { tbb::parallel_for(0, 100, [](int) {}); }, numbers(64));
    }
    const std::string printed = output.text();
    REQUIRE(all_met);
    REQUIRE(printed.empty());
}

TEST_CASE("tbb: P9 a pool of 300 runs 300 jobs at once, also after a smaller one") {
    pool two(2);
    parimap::parallel_for_each(
        two, [](int) {}, numbers(100));
    pool many(300);
    parimap_test::rendezvous together(300);
    REQUIRE(parimap::parallel_map(
                many, [&](int) { return char{together.arrive_and_wait()}; }, numbers(300)) == std::vector<char>(300, 1));
}

TEST_CASE("tbb: jobs that tasks of oneTBB hand in and wait for find a worker") {
    pool one(1);
    std::atomic<int> right{0};
    for (int round = 0; round < 20; ++round) {
        tbb::task_arena arena(4, 0);
        std::atomic<int> done{0};
        for (int i = 0; i < 16; ++i) {
            arena.enqueue([&] {
                right += one.submit(same, 1).get();
                ++done;
            });
        }
        REQUIRE(parimap_test::eventually([&] { return done == 16; }));
    }
    REQUIRE(right == 320);
}

TEST_CASE("tbb: P7 a thread that destroys a pool runs no job of another") {
    std::mutex mutex;
    std::atomic<bool> stop{false};
    std::atomic<int> jobs{0};
    std::vector<std::thread> users;
    for (int u = 0; u < 3; ++u) {
        users.emplace_back([&] {
            pool other(2);
            while (!stop) {
                other
                    .submit([&] {
                        const std::lock_guard lock(mutex);
                        ++jobs;
                    })
                    .get();
            }
        });
    }
    for (int round = 0; round < 300; ++round) {
        const std::lock_guard lock(mutex);
        pool mine(2);
        parimap::parallel_for_each(mine, same, numbers(3));
    }
    // Nor do pools that come and go starve the others.
    const int before = jobs;
    REQUIRE(parimap_test::eventually([&] {
        const pool gone(2);
        return jobs > before + 20;
    }));
    stop = true;
    for (std::thread& user : users) user.join();
}

TEST_CASE("tbb: items may call algorithms of oneTBB, also while all workers are busy") {
    pool workers(3);
    const auto sum = [](int n) {
        std::atomic<int> s{0};
        tbb::parallel_for(0, n, [&](int i) { s += i; });
        return s.load();
    };
    std::vector<int> expected;
    for (int n = 0; n < 100; ++n) expected.push_back(n * (n - 1) / 2);
    REQUIRE(parimap::parallel_map(workers, sum, numbers(100)) == expected);
}
