// SPDX-License-Identifier: MIT
// Calls from inside parallel regions of OpenMP, and regions inside items, whatever the backend. What the openmp backend does in
// regions beyond that is in backends/openmp/tests/.
#include "company/frontends.hpp"
#include "support/catch.hpp"
#include "support/gate.hpp"
#include "support/items.hpp"
#include "support/seat_book.hpp"

#include <omp.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <vector>

using namespace parimap_test;

namespace {

// A sum that a region of the caller's computes.
int sum_in_region(int n) {
    int sum = 0;
#pragma omp parallel for num_threads(3) reduction(+ : sum)
    for (int i = 0; i < n; ++i) sum += i;
    return sum;
}

std::vector<int> sums_below(std::size_t count) {
    std::vector<int> all;
    int sum = 0;
    for (int n = 0; n < static_cast<int>(count); ++n) {
        all.push_back(sum);
        sum += n;
    }
    return all;
}

}  // namespace

TEST_CASE("P7 each thread of a parallel region of OpenMP has a pool of its own") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        int wrong = 0;
#pragma omp parallel num_threads(3) reduction(+ : wrong)
        {
            for (int round = 0; round < 3; ++round) {
                pool mine{workers};
                wrong += wrong_calls(mine);
            }
        }
        REQUIRE(wrong == 0);
    }
}

TEST_CASE("P7 all threads of a parallel region of OpenMP use one pool, region after region") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        for (int round = 0; round < 5; ++round) {
            int wrong = 0;
#pragma omp parallel num_threads(4) reduction(+ : wrong)
            wrong += wrong_calls(p);
            REQUIRE(wrong == 0);
            REQUIRE(wrong_calls(p) == 0);
        }
    }
}

TEST_CASE("P7 iterations of a loop and tasks of OpenMP use one pool") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        int wrong = 0;
#pragma omp parallel for schedule(dynamic) num_threads(3) reduction(+ : wrong)
        for (int i = 0; i < 12; ++i) wrong += wrong_calls(p);
        REQUIRE(wrong == 0);

        std::atomic<int> wrong_in_tasks{0};
#pragma omp parallel num_threads(3)
#pragma omp single
        {
            for (int i = 0; i < 12; ++i) {
#pragma omp task shared(wrong_in_tasks, p)
                wrong_in_tasks += wrong_calls(p);
            }
#pragma omp taskwait
            wrong_in_tasks += wrong_calls(p);
        }
        REQUIRE(wrong_in_tasks == 0);
    }
}

TEST_CASE("P7 a pool and a stream that a thread of a region of OpenMP made are used behind it") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        std::optional<pool> made;
        std::optional<parimap::imap<int>> stream;
#pragma omp parallel num_threads(3)
        {
#pragma omp single
            {
                made.emplace(workers);
                stream.emplace(parimap::ordered_imap(*made, same, numbers(100)));
            }
        }
        REQUIRE(drain(std::move(*stream)) == numbers(100));
        REQUIRE(wrong_calls(*made) == 0);
    }
}

TEST_CASE("P7 items open parallel regions of OpenMP") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        for (int round = 0; round < 3; ++round) {
            REQUIRE(parimap::parallel_map(p, sum_in_region, numbers(50)) == sums_below(50));
            REQUIRE(drain(parimap::ordered_imap(p, sum_in_region, numbers(50))) == sums_below(50));
        }
    }
}

TEST_CASE("P7 regions of OpenMP in items use another pool") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool outer{2};
        pool inner{workers};
        const auto region = [&](int) {
            int wrong = 0;
#pragma omp parallel num_threads(2) reduction(+ : wrong)
            wrong += wrong_calls(inner);
            return wrong;
        };
        REQUIRE(parimap::parallel_map(outer, region, numbers(6)) == std::vector<int>(6));
    }
}

TEST_CASE("P9 however many threads of a region of OpenMP call, a pool runs no more jobs than it has workers") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        seat_book book{p.size()};
        const auto job = [&](int i) {
            const seat_book::job running{book};
            if (i % 16 == 0) std::this_thread::sleep_for(std::chrono::microseconds{50});
            return i;
        };
        int wrong = 0;
#pragma omp parallel num_threads(4) reduction(+ : wrong)
        for (int round = 0; round < 5; ++round) {
            wrong += parimap::parallel_map(p, job, numbers(100)) != numbers(100);
            wrong += drain(parimap::ordered_imap(p, job, numbers(100))) != numbers(100);
        }
        REQUIRE(wrong == 0);
        REQUIRE(book.faults() == 0);
        REQUIRE(book.most_at_once() <= p.size());
    }
}

namespace {

int threads_of_region() {
    int threads = 0;
#pragma omp parallel default(none) shared(threads)
#pragma omp single
    threads = omp_get_num_threads();
    return threads;
}

std::vector<int> settings_of_openmp() { return {omp_get_max_threads(), omp_get_max_active_levels(), omp_get_dynamic()}; }

}  // namespace

TEST_CASE("P7 regions of OpenMP inside items and jobs have as many threads as the pool says, and elsewhere as before") {
    constexpr int inner = 3;
    const std::vector<int> before = settings_of_openmp();
    if (omp_get_dynamic() || omp_get_thread_limit() < 64 || std::getenv("OMP_MAX_ACTIVE_LEVELS")) return;  // it may be fewer then
    const int usual = threads_of_region();
    const auto region = [](int) { return threads_of_region(); };
    const std::vector<int> expected(20, inner);
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p({.workers = workers, .inner_threads = inner});
        REQUIRE(parimap::parallel_map(p, region, numbers(20)) == expected);
        REQUIRE(drain(parimap::ordered_imap(p, region, numbers(20))) == expected);
        REQUIRE(p.submit(threads_of_region).get() == inner);
        REQUIRE(parimap::parallel_map(
                    p, [&](int) { return parimap::parallel_map(p, region, numbers(3)); }, numbers(5)) ==
                std::vector<std::vector<int>>(5, std::vector<int>(3, inner)));
        // num_threads() goes before, an item may set its own, and that holds for it alone.
        const auto one_of_its_own = [](int i) {
            if (i % 2 == 0) omp_set_num_threads(2);
            int threads = 0;
#pragma omp parallel num_threads(1) default(none) shared(threads)
            threads = omp_get_num_threads();
            return threads;
        };
        REQUIRE(parimap::parallel_map(p, one_of_its_own, numbers(20)) == std::vector<int>(20, 1));
        REQUIRE(settings_of_openmp() == before);
        REQUIRE(threads_of_region() == usual);
        // Also for who calls from a region, where the openmp backend runs items on its threads.
        int wrong = 0;
#pragma omp parallel num_threads(2) reduction(+ : wrong)
        wrong += parimap::parallel_map(p, region, numbers(20)) != expected;
        REQUIRE(wrong == 0);
        REQUIRE(settings_of_openmp() == before);
    }
    // A pool that says nothing lets OpenMP do what it does, inside an item of one that does, too: that of the thread around it.
    pool plain{2};
    REQUIRE(plain.submit([] { return omp_get_max_threads(); }).get() == before.front());
    REQUIRE_THROWS_AS(pool({.workers = 1, .inner_threads = 40'000}), std::invalid_argument);
}
