// SPDX-License-Identifier: MIT
// Calls from inside algorithms, arenas and flow graphs of oneTBB, and those inside items, whatever the backend. What only the tbb
// backend has to show is in backends/tbb/tests/.
#include "company/frontends.hpp"
#include "support/catch.hpp"
#include "support/items.hpp"

#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <atomic>
#include <cstddef>
#include <vector>

using namespace parimap_test;

namespace {

// Arenas with no other thread than the one that enters, with the usual ones, and with a place for each worker of a pool.
template <class Test>
void in_each_arena(Test test) {
    for (const int threads : {1, 2, 8}) {
        CAPTURE(threads);
        tbb::task_arena arena(threads);
        arena.execute(test);
    }
}

int sum_in_parallel_for(int n) {
    std::atomic<int> sum{0};
    tbb::parallel_for(0, n, [&](int i) { sum += i; });
    return sum;
}

int sum_in_arena_of_one(int n) {
    int sum = 0;
    tbb::task_arena arena(1);
    arena.execute([&] { sum = sum_in_parallel_for(n); });
    return sum;
}

int sum_in_graph(int n) {
    std::atomic<int> sum{0};
    tbb::flow::graph graph;
    tbb::flow::function_node<int> node(graph, tbb::flow::unlimited, [&](int i) { sum += i; });
    for (int i = 0; i < n; ++i) node.try_put(i);
    graph.wait_for_all();
    return sum;
}

}  // namespace

TEST_CASE("P7 each task of a parallel_for of oneTBB has a pool of its own") {
    in_each_arena([] {
        std::atomic<int> wrong{0};
        tbb::parallel_for(0, 12, [&](int i) {
            pool mine{worker_counts[static_cast<std::size_t>(i) % worker_counts.size()]};
            wrong += wrong_calls(mine);
        });
        REQUIRE(wrong == 0);
    });
}

TEST_CASE("P7 all tasks of a parallel_for of oneTBB use one pool") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        in_each_arena([&] {
            std::atomic<int> wrong{0};
            tbb::parallel_for(0, 12, [&](int) { wrong += wrong_calls(p); });
            REQUIRE(wrong == 0);
            REQUIRE(wrong_calls(p) == 0);
        });
    }
}

TEST_CASE("P7 a pool and a stream that were made in an arena of oneTBB with one thread are used behind it") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        std::optional<pool> made;
        std::optional<parimap::imap<int>> stream;
        {
            tbb::task_arena arena(1);
            arena.execute([&] {
                made.emplace(workers);
                stream.emplace(parimap::ordered_imap(*made, same, numbers(100)));
            });
        }
        REQUIRE(drain(std::move(*stream)) == numbers(100));
        REQUIRE(wrong_calls(*made) == 0);
    }
}

TEST_CASE("P7 nodes of a flow graph of oneTBB use one pool") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        std::atomic<int> wrong{0};
        std::atomic<int> messages{0};
        tbb::flow::graph graph;
        tbb::flow::function_node<int, int> any(graph, tbb::flow::unlimited, [&](int i) {
            wrong += wrong_calls(p);
            return i;
        });
        tbb::flow::function_node<int> one_by_one(graph, tbb::flow::serial, [&](int) {
            wrong += wrong_calls(p);
            ++messages;
        });
        tbb::flow::make_edge(any, one_by_one);
        for (int i = 0; i < 8; ++i) any.try_put(i);
        graph.wait_for_all();
        REQUIRE(messages == 8);
        REQUIRE(wrong == 0);
    }
}

TEST_CASE("P7 items run algorithms, arenas and flow graphs of oneTBB") {
    std::vector<int> sums;
    for (int n = 0; n < 60; ++n) sums.push_back(n * (n - 1) / 2);
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        in_each_arena([&] {
            for (const auto sum : {sum_in_parallel_for, sum_in_arena_of_one, sum_in_graph}) {
                REQUIRE(parimap::parallel_map(p, sum, numbers(60)) == sums);
                REQUIRE(drain(parimap::ordered_imap(p, sum, numbers(60))) == sums);
            }
        });
    }
}

// A thread of oneTBB that waits in an item may run another task of the outer algorithm, which calls the pool again: a nested call.
TEST_CASE("P7 tasks of oneTBB call a pool whose items call oneTBB") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        std::atomic<int> right{0};
        tbb::parallel_for(
            0, 20, [&](int) { right += parimap::parallel_map_reduce(p, sum_in_parallel_for, std::plus<>{}, 0, numbers(40)); });
        REQUIRE(right == 20 * 9'880);
    }
}

TEST_CASE("P7 algorithms of oneTBB in items use another pool") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool outer{2};
        pool inner{workers};
        std::atomic<int> wrong{0};
        parimap::parallel_for_each(
            outer, [&](int) { tbb::parallel_for(0, 3, [&](int) { wrong += wrong_calls(inner); }); }, numbers(6));
        REQUIRE(wrong == 0);
    }
}
