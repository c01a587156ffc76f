// SPDX-License-Identifier: MIT
// The queue on which the workers of most backends sleep: first in, first out, each task once, and nothing is left when it is closed.
#include "support/catch.hpp"
#include "support/gate.hpp"

#include <parimap/backend.hpp>
#include <parimap/detail/scheduler/task_queue.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <thread>
#include <utility>
#include <vector>

using namespace parimap_test;
using parimap::detail::task_queue;

namespace {

// Notes its number when it runs, and may hand itself in again.
struct numbered : parimap::task {
    static void run_it(parimap::task& t) noexcept {
        auto& self = static_cast<numbered&>(t);
        self.ran->push_back(self.number);
        if (self.again_in) std::exchange(self.again_in, nullptr)->push(self);
    }
    int number = 0;
    std::vector<int>* ran = nullptr;
    task_queue* again_in = nullptr;
};

// Meets the others when it runs.
struct meeting : parimap::task {
    static void run_it(parimap::task& t) noexcept {
        auto& self = static_cast<meeting&>(t);
        ++*self.begun;
        if (self.place->arrive_and_wait()) ++*self.met;
    }
    rendezvous* place = nullptr;
    std::atomic<int>* begun = nullptr;
    std::atomic<int>* met = nullptr;
};

}  // namespace

TEST_CASE("task_queue: tasks run in the order in which they came, each once, also after the queue was empty") {
    task_queue queue;
    std::vector<int> ran;
    std::array<numbered, 3> tasks;
    for (int i = 0; i < 3; ++i) {
        numbered& t = tasks[static_cast<std::size_t>(i)];
        t.run = &numbered::run_it;
        t.number = i;
        t.ran = &ran;
    }
    REQUIRE_FALSE(queue.serve_one());
    for (int round = 0; round < 2; ++round) {
        for (numbered& t : tasks) queue.push(t);
        while (queue.serve_one()) {
        }
        REQUIRE(ran == std::vector<int>{0, 1, 2});
        ran.clear();
    }
    tasks[0].again_in = &queue;
    queue.push(tasks[0]);
    queue.push(tasks[1]);
    queue.close();
    queue.serve();  // what was there, and what came of it
    REQUIRE(ran == std::vector<int>{0, 1, 0});
    REQUIRE_FALSE(queue.serve_one());
    queue.wait_until_served();
}

TEST_CASE("task_queue: each task wakes a thread that sleeps, and the end all of them") {
    constexpr int count = 4;
    task_queue queue;
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) threads.emplace_back([&] { queue.serve(); });
    let_mistakes_happen();  // they sleep
    rendezvous place(count);
    std::atomic<int> begun{0};
    std::atomic<int> met{0};
    std::array<meeting, count> tasks;
    for (meeting& t : tasks) {
        t.run = &meeting::run_it;
        t.place = &place;
        t.begun = &begun;
        t.met = &met;
        queue.push(t);
    }
    const bool did = eventually([&] { return met == count; });
    let_mistakes_happen();
    queue.close();
    for (std::thread& t : threads) t.join();
    REQUIRE(did);
}

TEST_CASE("task_queue: who waits until all is served waits for a task that another thread runs") {
    task_queue queue;
    rendezvous place(2);
    std::atomic<int> begun{0};
    std::atomic<int> met{0};
    meeting task;
    task.run = &meeting::run_it;
    task.place = &place;
    task.begun = &begun;
    task.met = &met;
    queue.push(task);
    std::thread serving([&] { queue.serve_one(); });
    REQUIRE(eventually([&] { return begun == 1; }));
    std::atomic<bool> served{false};
    std::thread waiting([&] {
        queue.wait_until_served();
        served = true;
    });
    let_mistakes_happen();
    const bool too_early = served;
    place.arrive_and_wait();
    serving.join();
    waiting.join();
    REQUIRE_FALSE(too_early);
    REQUIRE(met == 1);
}
