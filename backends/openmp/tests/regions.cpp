// SPDX-License-Identifier: MIT
// The openmp backend inside the user's own parallel regions: it works with that team's threads and hangs in none. And outside
// them: it leaves OpenMP's settings alone.

#include "support/backend_under_test.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/gate.hpp"
#include "support/items.hpp"
#include "support/use_everything.hpp"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include <unistd.h>

using namespace std::chrono_literals;

using parimap_test::numbers;
using parimap_test::pool;
using parimap_test::same;
using parimap_test::use_everything;

namespace {

class thread_book {
  public:
    void enter() {
        std::lock_guard lock(mutex_);
        seen_.insert(std::this_thread::get_id());
    }
    bool is_within(thread_book& other) { return std::includes(other.seen_.begin(), other.seen_.end(), seen_.begin(), seen_.end()); }
    std::size_t size() const { return seen_.size(); }

  private:
    std::mutex mutex_;
    std::set<std::thread::id> seen_;
};

}  // namespace

TEST_CASE("openmp: a map in a parallel region runs on the threads of that team") {
    pool workers(4);
    thread_book team;
    thread_book used;
    long sum = 0;
#pragma omp parallel num_threads(3)
    {
        team.enter();
#pragma omp barrier
#pragma omp single
        {
            const auto doubled = parimap::parallel_map(
                workers,
                [&](int x) {
                    used.enter();
                    std::this_thread::sleep_for(1ms);
                    return 2 * x;
                },
                numbers(100));
            sum = std::accumulate(doubled.begin(), doubled.end(), 0L);
        }
    }
    REQUIRE(sum == 9900);
    REQUIRE(used.is_within(team));
    REQUIRE(used.size() > 1);
}

TEST_CASE("openmp: streams in a parallel region run on the threads of that team") {
    pool workers(4);
    thread_book team;
    thread_book used;
    std::vector<int> in_order;
    long sum = 0;
#pragma omp parallel num_threads(3)
    {
        team.enter();
#pragma omp barrier
#pragma omp single
        {
            const auto slow = [&](int x) {
                used.enter();
                std::this_thread::sleep_for(1ms);
                return x;
            };
            for (int x : parimap::ordered_imap(workers, slow, numbers(50))) in_order.push_back(x);
            for (int x : parimap::unordered_imap(workers, slow, numbers(50))) sum += x;
        }
    }
    REQUIRE(in_order == numbers(50));
    REQUIRE(sum == 1225);
    REQUIRE(used.is_within(team));
}

TEST_CASE("openmp: calls in a region return although no other thread of the team ever waits") {
    pool workers(2);
    std::atomic<bool> done{false};
    std::atomic<int> results{0};
    bool in_time = true;
#pragma omp parallel num_threads(2)
    {
        if (omp_get_thread_num() == 0) {
            results += static_cast<int>(parimap::parallel_map(
                                            workers, [](int x) { return x; }, numbers(20))
                                            .size());
            for (int x : parimap::ordered_imap(
                     workers, [](int y) { return y; }, numbers(20)))
                results += x >= 0;
            results += workers.submit([] { return 1; }).get();
            done = true;
        } else {
            const auto deadline = std::chrono::steady_clock::now() + 20s;
            while (!done && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
            in_time = done;
        }
    }
    REQUIRE(in_time);
    REQUIRE(results == 41);
}

TEST_CASE("openmp: every thread of a region may use the one pool at once") {
    pool workers(2);
    std::atomic<int> right{0};
#pragma omp parallel num_threads(4)
    {
        for (int round = 0; round < 20; ++round) {
            const auto squares = parimap::parallel_map(
                workers, [](int x) { return x * x; }, numbers(30));
            right += squares.back() == 29 * 29;
        }
    }
    REQUIRE(right == 80);
}

TEST_CASE("openmp: a pool may come and go inside a region") {
    std::atomic<int> right{0};
#pragma omp parallel num_threads(2)
    {
        for (int round = 0; round < 20; ++round) {
            pool mine(2);
            auto stream = parimap::unordered_imap(
                mine, [](int x) { return x; }, numbers(30));
            right += stream.next().has_value();
        }
    }
    REQUIRE(right == 40);
    pool afterwards(2);
    REQUIRE(parimap::parallel_map(
                afterwards, [](int x) { return x; }, numbers(10)) == numbers(10));
}

TEST_CASE("openmp: a pool is used in a region and outside it at the same time") {
    pool workers(2);
    std::atomic<bool> stop{false};
    std::atomic<int> wrong{0};
    std::thread outside([&] {
        while (!stop) {
            int next = 0;
            for (int x : parimap::ordered_imap(
                     workers, [](int y) { return y; }, numbers(100)))
                wrong += x != next++;
        }
    });
    for (int round = 0; round < 20; ++round) {
#pragma omp parallel num_threads(2)
        wrong += parimap::parallel_map(
                     workers, [](int y) { return y; }, numbers(100)) != numbers(100);
    }
    stop = true;
    outside.join();
    REQUIRE(wrong == 0);
}

TEST_CASE("openmp: P9 where the runtime gives fewer threads the pool's size is what really runs") {
    REQUIRE(parimap_test::end_of_child([] {
                setenv("OMP_THREAD_LIMIT", "3", 1);
                setenv("PARIMAP_TEST_CHILD", "1", 1);
                execl("/proc/self/exe", "again", "openmp: the same in a program with a limit of threads", nullptr);
                _exit(100);
            }) == "exit 0");
}

// Run by the case above, for the runtime reads its environment when the program starts.
TEST_CASE("openmp: the same in a program with a limit of threads") {
    if (!std::getenv("PARIMAP_TEST_CHILD")) return;
    pool workers(8);
    const std::size_t size = workers.size();
    REQUIRE(size >= 1);
    REQUIRE(size <= 3);
    std::mutex mutex;
    std::set<std::size_t> seats;
    parimap_test::rendezvous together(size);
    const auto met = parimap::parallel_map(
        workers,
        [&](int) {
            const std::lock_guard lock(mutex);
            seats.insert(parimap::this_worker_index());
            return 1;
        },
        numbers(100));
    REQUIRE(met.size() == 100);
    REQUIRE(*seats.rbegin() < size);
    // One may be the caller's: with none of its own the pool's workers all meet.
    std::vector<std::future<bool>> jobs;
    for (std::size_t i = 0; i < size; ++i) jobs.push_back(workers.submit([&] { return together.arrive_and_wait(); }));
    for (auto& job : jobs) REQUIRE(job.get());
}

TEST_CASE("P7 a call inside a parallel region of the user runs on the threads of that region") {
    thread_book team;
    thread_book used;
    std::vector<int> results;
    pool p{3};
#pragma omp parallel num_threads(3)
    {
        team.enter();
#pragma omp barrier
#pragma omp single
        results = parimap::parallel_map(
            p,
            [&](int i) {
                std::this_thread::sleep_for(100us);
                used.enter();
                return i;
            },
            numbers(200));
    }
    REQUIRE(results == numbers(200));
    REQUIRE(used.is_within(team));
}

TEST_CASE("P7 every thread of a parallel region of the user may call the pool") {
    std::atomic<int> wrong{0};
    pool p{2};
#pragma omp parallel num_threads(3)
    {
        wrong += parimap::parallel_map(p, same, numbers(100)) != numbers(100);
        wrong += parimap::parallel_map_reduce(p, same, std::plus<>{}, 0, numbers(100)) != 4950;
        int next = 0;
        for (const int r : parimap::ordered_imap(p, same, numbers(100))) wrong += r != next++;
        wrong += next != 100;
    }
    REQUIRE(wrong == 0);
}

TEST_CASE("P10 the settings of OpenMP stay as they were") {
    const auto settings = [] {
        return std::vector<int>{omp_get_max_threads(), omp_get_dynamic(), omp_get_max_active_levels(), omp_get_thread_limit()};
    };
    const auto before = settings();
    use_everything<pool>();
    REQUIRE(settings() == before);
}
