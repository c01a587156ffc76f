// SPDX-License-Identifier: MIT
// The mutex and the condition variable of headers, which do what those of the standard do.
#include "support/catch.hpp"
#include "support/gate.hpp"

#include <parimap/detail/system/instant.hpp>
#include <parimap/detail/system/mutex.hpp>

#include <atomic>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

using namespace parimap_test;
using parimap::detail::condition_variable;
using parimap::detail::instant;
using parimap::detail::lock;
using parimap::detail::mutex;
using parimap::detail::time_span;

namespace {

// Whether another thread could lock it just now: it does, or waits until this thread lets it go.
class other_thread {
  public:
    explicit other_thread(mutex& m)
        : thread_([this, &m] {
              const lock held(m);
              has_it_ = true;
          }) {}
    ~other_thread() { thread_.join(); }
    bool has_it() const { return has_it_; }

  private:
    std::atomic<bool> has_it_{false};
    std::thread thread_;
};

}  // namespace

TEST_CASE("mutex: a lock holds it from its begin to its end, but for where it was let go") {
    mutex m;
    {
        lock held(m);
        const other_thread first(m);
        let_mistakes_happen();
        REQUIRE_FALSE(first.has_it());
        held.unlock();
        REQUIRE(eventually([&] { return first.has_it(); }));
        held.relock();
        const other_thread second(m);
        let_mistakes_happen();
        REQUIRE_FALSE(second.has_it());
        held.unlock();
    }  // where it was let go it is not let go again
    {
        std::optional<lock> first(std::in_place, m);
        first->unlock();
        lock second(m);
        first.reset();  // which has nothing to let go
        const other_thread third(m);
        let_mistakes_happen();
        REQUIRE_FALSE(third.has_it());
        second.unlock();
    }
    {
        lock held(m);
        held.unlock();
        held.relock();
    }
    const other_thread last(m);
    REQUIRE(eventually([&] { return last.has_it(); }));
}

TEST_CASE("condition_variable: who waits for something goes on when it is true, and not because it was woken") {
    mutex m;
    condition_variable changed;
    bool is_ready = false;
    std::atomic<int> waiting{0};
    std::atomic<int> went_on{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
        threads.emplace_back([&] {
            lock held(m);
            ++waiting;
            changed.wait(held, [&] { return is_ready; });
            ++went_on;
        });
    }
    REQUIRE(eventually([&] { return waiting == 2; }));
    for (int i = 0; i < 3; ++i) {
        {
            const lock held(m);
        }  // they sleep
        changed.notify_all();
        let_mistakes_happen();
    }
    REQUIRE(went_on == 0);
    {
        const lock held(m);
        is_ready = true;
    }
    changed.notify_all();
    const bool did = eventually([&] { return went_on == 2; });
    for (std::thread& t : threads) t.join();
    REQUIRE(did);
}

TEST_CASE("condition_variable: a wait until a point of time says whether that has passed, and holds the mutex afterwards") {
    mutex m;
    condition_variable changed;
    lock held(m);
    const instant end = instant::now() + time_span::microseconds(5000);
    while (changed.wait_until(held, end)) {
    }
    REQUIRE(instant::now() >= end);
    REQUIRE_FALSE(changed.wait_until(held, instant()));  // long ago
    std::atomic<bool> woken{false};
    std::thread waking([&] {
        const lock also(m);  // as soon as the other waits
        woken = true;
        changed.notify_one();
    });
    bool in_time = true;
    while (!woken && in_time) in_time = changed.wait_until(held, instant::now() + time_span(deadline));
    const other_thread another(m);
    let_mistakes_happen();
    const bool has_it = another.has_it();
    held.unlock();
    waking.join();
    REQUIRE(in_time);
    REQUIRE_FALSE(has_it);
}
