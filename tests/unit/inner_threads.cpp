// SPDX-License-Identifier: MIT
// What the settings of OpenMP are inside jobs and behind them, with functions of the test in place of a runtime's.
#include "support/catch.hpp"
#include "support/gate.hpp"
#include "support/items.hpp"
#include "support/plain_threads.hpp"

#include <parimap/detail/system/inner_threads.hpp>
#include <parimap/parimap.hpp>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace parimap_test;
using parimap::detail::inner_threads_scope;
using parimap::detail::openmp_functions;

namespace {

// Each thread has settings of its own.
struct settings {
    int threads = 7;
    int level = 0;
    int levels = 1;
    bool operator==(const settings&) const = default;
};
thread_local settings of_this_thread;
std::atomic<int> times_set{0};

// While it lives, these stand for a runtime.
class runtime_of_test {
  public:
    runtime_of_test() {
        openmp_functions::of_process() = {
            .max_threads = [] { return of_this_thread.threads; },
            .set_threads =
                [](int threads) {
                    of_this_thread.threads = threads;
                    ++times_set;
                },
            .active_level = [] { return of_this_thread.level; },
            .max_active_levels = [] { return of_this_thread.levels; },
            .set_max_active_levels =
                [](int levels) {
                    of_this_thread.levels = levels;
                    ++times_set;
                },
        };
    }
    ~runtime_of_test() { openmp_functions::of_process() = before_; }
    runtime_of_test(const runtime_of_test&) = delete;
    runtime_of_test& operator=(const runtime_of_test&) = delete;

  private:
    const openmp_functions before_ = openmp_functions::of_process();
};

}  // namespace

TEST_CASE("inner threads: settings hold in their scope, and are as before behind it, whatever was set meanwhile") {
    const runtime_of_test runtime;
    const settings usual{};
    {
        const inner_threads_scope three(3);
        REQUIRE(of_this_thread == settings{3, 0, 1});
        {
            const inner_threads_scope as_they_are(0);
            REQUIRE(of_this_thread == settings{3, 0, 1});
        }
        {
            const inner_threads_scope two(2);
            REQUIRE(of_this_thread == settings{2, 0, 1});
            of_this_thread.threads = 5;
            of_this_thread.levels = 9;
        }
        REQUIRE(of_this_thread == settings{3, 0, 1});
    }
    REQUIRE(of_this_thread == usual);
}

TEST_CASE("inner threads: inside a region one level more may be active, and no more than before behind it") {
    const runtime_of_test runtime;
    of_this_thread = {7, 2, 2};
    {
        const inner_threads_scope three(3);
        REQUIRE(of_this_thread == settings{3, 2, 3});
    }
    REQUIRE(of_this_thread == settings{7, 2, 2});
    of_this_thread = {7, 1, 4};
    {
        const inner_threads_scope three(3);
        REQUIRE(of_this_thread == settings{3, 1, 4});
    }
    REQUIRE(of_this_thread == settings{7, 1, 4});
    of_this_thread = {};
}

TEST_CASE("inner threads: a pool that says nothing sets nothing") {
    const runtime_of_test runtime;
    const int before = times_set;
    parimap::basic_pool<plain_threads> p{2};
    parimap::parallel_for_each(
        p, [](int) {}, numbers(100));
    p.submit([] {}).get();
    REQUIRE(times_set == before);
}

TEST_CASE("inner threads: items have them on workers and on the calling thread, jobs too, also where they throw") {
    const runtime_of_test runtime;
    const settings wanted{3, 0, 1};
    parimap::basic_pool<plain_threads> p({.workers = 2, .inner_threads = 3});
    const auto has_them = [&](int) { return of_this_thread == wanted; };
    const std::vector<bool> all(100, true);
    REQUIRE(parimap::parallel_map(p, has_them, numbers(100)) == all);
    // One on a worker and one on the calling thread, which wait for each other.
    rendezvous both{2};
    const auto meets = [&](int i) { return both.arrive_and_wait() && has_them(i); };
    REQUIRE(parimap::parallel_map(p, parimap::map_options{.chunk = 1}, meets, numbers(2)) == std::vector<bool>(2, true));
    for (const bool had_them : parimap::unordered_imap(p, has_them, numbers(100))) REQUIRE(had_them);
    REQUIRE(p.submit(has_them, 1).get());
    // A job that is run at once, in another.
    REQUIRE(p.submit([&] { return p.submit(has_them, 1).get(); }).get());
    REQUIRE_THROWS_AS(parimap::parallel_map(
                          p, [](int i) -> int { throw std::runtime_error(std::to_string(i)); }, numbers(5)),
                      std::runtime_error);
    REQUIRE(of_this_thread == settings{});
    parimap::basic_pool<plain_threads> other({.workers = 1, .inner_threads = 2});
    const auto in_other = [&](int) {
        const bool all_have = parimap::parallel_map(
                                  other, [](int) { return of_this_thread.threads; }, numbers(3)) == std::vector<int>(3, 2);
        return all_have && of_this_thread == wanted;
    };
    REQUIRE(parimap::parallel_map(p, in_other, numbers(20)) == std::vector<bool>(20, true));
    REQUIRE(of_this_thread == settings{});
}

namespace {

// Whose jobs run in submit().
class helping_threads : public plain_threads {
  public:
    using plain_threads::plain_threads;
    bool caller_must_help() const noexcept { return true; }
};

}  // namespace

TEST_CASE("inner threads: a job that runs in submit() has them") {
    const runtime_of_test runtime;
    const settings usual = of_this_thread;
    parimap::basic_pool<helping_threads> p({.workers = 2, .inner_threads = 3});
    const auto here = std::this_thread::get_id();
    const auto [threads, where] = p.submit([] { return std::pair(of_this_thread.threads, std::this_thread::get_id()); }).get();
    REQUIRE(where == here);
    REQUIRE(threads == 3);
    REQUIRE(of_this_thread == usual);
}
