// SPDX-License-Identifier: MIT
// The tbb backend among other users of oneTBB in the process: their limits, tasks that block, and cancelled groups do not stop it,
// and pools know nothing of one another.

#include "support/backend_under_test.hpp"
#include "support/captured_output.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/gate.hpp"
#include "support/items.hpp"
#include "support/sanitizers.hpp"

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

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

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

#ifdef __GLIBC__

// The threads of a pool enter oneTBB one by one, and some when the constructor has returned. Here memory ends everywhere on the way.
TEST_CASE("tbb: where memory ends while a pool starts, the process does not") {
    if (parimap_test::under_asan || parimap_test::under_tsan) return;  // which need the memory themselves
    for (std::size_t kib_left = 0; kib_left < 200; ++kib_left) {
        const std::string end = parimap_test::end_of_child([kib_left] {
            const pool first(1);  // what oneTBB makes once
            constexpr std::size_t stack = std::size_t{64} << 10U;
            constexpr std::size_t workers = 32;
            constexpr std::size_t stacks = workers * (stack + (std::size_t{4} << 10U));  // with their guards
            void* const kept = mmap(nullptr, stacks, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            mallopt(M_TOP_PAD, 0);  // or the heap takes what is kept for the stacks
            const rlimit little{rlim_t{1} << 28U, rlim_t{1} << 28U};
            setrlimit(RLIMIT_AS, &little);
            std::vector<void*> taken;
            taken.reserve(std::size_t{1} << 23U);
            for (const std::size_t size : {std::size_t{1} << 16U, std::size_t{1} << 10U, std::size_t{24}})
                while (void* const more = std::malloc(size)) taken.push_back(more);
            // (A piece of 24 bytes takes 32.)
            for (std::size_t i = 0; i < kib_left * 32 && !taken.empty(); ++i, taken.pop_back()) std::free(taken.back());
            munmap(kept, stacks);
            try {
                pool p{parimap::pool_options{.workers = workers, .stack_size = stack}};
                if (p.submit([] { return 7; }).get() != 7) _exit(1);
            } catch (const std::bad_alloc&) {
            } catch (const std::system_error&) {
            }
            _exit(0);
        });
        CAPTURE(kib_left);
        REQUIRE(end == "exit 0");
    }
}

#endif
