// SPDX-License-Identifier: MIT
// The tbb backend among other users of oneTBB in the process: their limits and cancelled groups do not stop it.

#include "support/backend_under_test.hpp"
#include "support/catch.hpp"
#include "support/items.hpp"

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_group.h>

#include <atomic>
#include <cstddef>
#include <memory>
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
