// SPDX-License-Identifier: MIT
// P11: the end of a process, on whatever thread and in whichever child, is its own; pools do not hold it up. And P9 where there
// are no more threads.

#include "support/backend_under_test.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/items.hpp"
#include "support/sanitizers.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

using namespace std::chrono_literals;

using parimap_test::backend;
using parimap_test::end_of_child;
using parimap_test::is_serial;
using parimap_test::numbers;
using parimap_test::pool;
using parimap_test::same;
using parimap_test::under_asan;
using parimap_test::under_tsan;

namespace {

pool& default_pool() {
    setenv("PARIMAP_NUM_WORKERS", "2", 1);  // also where there is one CPU
    return parimap::default_pool<backend>();
}

// As an application has it: in a static object, made when it is first needed.
pool& static_pool() {
    static pool p{2};
    return p;
}

std::unique_ptr<pool> global_pool;  // older than everything that is made in a test

pool& pool_behind_a_global() {
    if (!global_pool) global_pool = std::make_unique<pool>(2);
    return *global_pool;
}

using pool_of_the_process = pool& (*)();
constexpr pool_of_the_process places[] = {&default_pool, &static_pool, &pool_behind_a_global};

// clang's OpenMP runtime itself hangs in the exit() of a child that was forked while a region was open, whoever opened it.
#if defined(__clang__)
const bool exit_hangs_in_libomp = pool::backend_name() == "openmp";
#else
constexpr bool exit_hangs_in_libomp = false;
#endif

int slowly(int i) {
    std::this_thread::sleep_for(1ms);
    return i;
}

// f ends the process with status 3 some time after item 20: on a worker, where there are any, and on one alone, for exit() must
// not be called twice.
struct ends_the_process {
    std::thread::id main_thread = std::this_thread::get_id();
    std::shared_ptr<std::atomic<bool>> ending = std::make_shared<std::atomic<bool>>(false);
    int operator()(int i) const {
        slowly(i);
        if (i >= 20 && (is_serial || std::this_thread::get_id() != main_thread) && !ending->exchange(true)) std::exit(3);
        return i;
    }
};

pool* pool_at_the_end = nullptr;

// Called by the dynamic linker in exit(), which then ends the static objects that were made since exit() came to it.
[[gnu::destructor]] void make_stream_at_the_end() {
    if (!pool_at_the_end) return;
    static std::atomic<bool> started{false};
    std::thread([] {
        static auto stream = parimap::ordered_imap(
            *pool_at_the_end,
            [](int) {
                started = true;
                std::this_thread::sleep_for(20s);
            },
            numbers(1));
    }).join();
    while (!started) std::this_thread::yield();
}

}  // namespace

TEST_CASE("P11 exit in an item ends the process with its status") {
    if (under_tsan) return;  // it cannot follow the fork of a process with threads
    for (const auto place : places) {
        REQUIRE(end_of_child([&] { (void)parimap::parallel_map(place(), ends_the_process{}, numbers(2000)); }) == "exit 3");
        REQUIRE(end_of_child([&] {
                    for (int i : parimap::ordered_imap(place(), ends_the_process{}, numbers(2000))) slowly(i);
                }) == "exit 3");
        REQUIRE(end_of_child([&] {
                    static auto stream = parimap::unordered_imap(place(), ends_the_process{}, numbers(2000));
                    while (stream.next()) {
                    }
                }) == "exit 3");
        REQUIRE(end_of_child([&] { parimap::map_async(place(), ends_the_process{}, numbers(2000)).get(); }) == "exit 3");
        REQUIRE(end_of_child([&] {  // an item of a nested call
                    const ends_the_process f;
                    parimap::parallel_for_each(
                        place(), [&](int) { parimap::parallel_for_each(place(), f, numbers(100)); }, numbers(200));
                }) == "exit 3");
    }
}

TEST_CASE("P11 exit in a job ends the process with its status, whatever else runs") {
    if (under_tsan) return;  // it cannot follow the fork of a process with threads
    for (const auto place : places) {
        REQUIRE(end_of_child([&] { place().submit([] { std::exit(3); }).get(); }) == "exit 3");
        REQUIRE(end_of_child([&] {
                    for (int i = 0; i < 50; ++i) (void)place().submit(slowly, i);
                    (void)place().submit([] { std::exit(3); });
                    (void)place().submit([] { std::this_thread::sleep_for(5ms); });
                    std::this_thread::sleep_for(20s);
                }) == "exit 3");
        REQUIRE(end_of_child([&] {  // in the job of another pool, while this one has work
                    if (is_serial) std::exit(3);
                    pool other{2};
                    (void)parimap::map_async(place(), slowly, numbers(100));
                    other.submit([] { std::exit(3); }).get();
                }) == "exit 3");
    }
}

TEST_CASE("P11 exit on another thread ends the process with its status") {
    if (under_tsan) return;  // it cannot follow the fork of a process with threads
    for (const auto place : places) {
        REQUIRE(end_of_child([&] {
                    static std::atomic<bool> started{false};
                    std::thread([] {
                        while (!started) std::this_thread::yield();
                        std::exit(3);
                    }).detach();
                    parimap::parallel_for_each(
                        place(),
                        [](int i) {
                            started = true;
                            slowly(i);
                        },
                        numbers(100'000));
                }) == "exit 3");
    }
    REQUIRE(end_of_child([] {
                (void)default_pool();  // a runtime does not begin in exit()
                std::thread([] {
                    std::this_thread::sleep_for(20ms);
                    std::exit(3);
                }).detach();
                for (;;) {  // between two calls, too
                    (void)parimap::parallel_map(default_pool(), same, numbers(10));
                    for (int i : parimap::ordered_imap(default_pool(), same, numbers(10))) (void)i;
                    default_pool().submit(same, 1).get();
                }
            }) == "exit 3");
    if (is_serial) return;
    REQUIRE(end_of_child([] {
                (void)default_pool().submit([] { std::this_thread::sleep_for(20s); });
                std::thread([] { std::exit(3); }).join();
            }) == "exit 3");
}

TEST_CASE("P11 exit on another thread ends the process with its status, whoever reads a static stream") {
    if (under_tsan) return;  // it cannot follow the fork of a process with threads
    static const auto exit_soon = [] {
        std::thread([] {
            std::this_thread::sleep_for(20ms);
            std::exit(3);
        }).detach();
    };
    for (const auto place : places) {
        REQUIRE(end_of_child([&] {  // asleep in next()
                    static auto stream = parimap::ordered_imap(
                        place(), [](int) { std::this_thread::sleep_for(100ms); }, numbers(1000));
                    exit_soon();
                    while (stream.next()) {
                    }
                }) == "exit 3");
        REQUIRE(end_of_child([&] {  // and in next_for()
                    static auto stream = parimap::unordered_imap(
                        place(), [](int) { std::this_thread::sleep_for(100ms); }, numbers(1000));
                    exit_soon();
                    while (stream.next_for(10s)) {
                    }
                }) == "exit 3");
        REQUIRE(end_of_child([&] {  // between two results
                    static auto stream = parimap::unordered_imap(place(), same, std::views::iota(0));
                    exit_soon();
                    for (int i : stream) (void)i;
                }) == "exit 3");
        REQUIRE(end_of_child([&] {  // in the input
                    static auto stream = parimap::ordered_imap(
                        place(), same, std::views::iota(0) | std::views::filter([](int i) { return slowly(i) >= 0; }));
                    exit_soon();
                    for (int i : stream) (void)i;
                }) == "exit 3");
        REQUIRE(end_of_child([&] {  // on a thread of its own, while the one that made it calls exit()
                    static auto stream = parimap::ordered_imap(
                        place(), [](int) { std::this_thread::sleep_for(100ms); }, numbers(1000));
                    std::thread([] {
                        while (stream.next()) {
                        }
                    }).detach();
                    std::this_thread::sleep_for(20ms);
                    std::exit(3);
                }) == "exit 3");
        REQUIRE(end_of_child([&] {  // nobody, but an item waits for the thread that calls exit()
                    static auto stream = parimap::ordered_imap(
                        place(), [](int) { std::thread([] { std::exit(3); }).join(); }, numbers(1));
                    std::this_thread::sleep_for(20s);
                }) == "exit 3");
    }
}

TEST_CASE("P11 exit on another thread ends the process with its status, also where a static stream was made during it") {
    if (under_tsan || is_serial) return;  // TSan cannot follow the fork of a process with threads; serial runs nothing beside it
    REQUIRE(end_of_child([] {
                pool_at_the_end = new pool{2};
                std::thread([] { std::exit(3); }).join();
            }) == "exit 3");
}

TEST_CASE("P11 exit ends the process with its status, whatever job waits for the thread that calls it") {
    if (under_tsan) return;  // it cannot follow the fork of a process with threads
    for (const auto place : places) {
        REQUIRE(end_of_child([&] { place().submit([] { std::thread([] { std::exit(3); }).join(); }).get(); }) == "exit 3");
        const auto waits_for = [&](auto call) {
            return end_of_child([&] {
                static pool outer{2};
                outer.submit([&] { call(place(), ends_the_process{}); }).get();
            });
        };
        REQUIRE(waits_for([](pool& p, const ends_the_process& f) { parimap::parallel_for_each(p, f, numbers(200)); }) == "exit 3");
        REQUIRE(waits_for([](pool& p, const ends_the_process& f) {
                    for (int i : parimap::ordered_imap(p, f, numbers(200))) slowly(i);
                }) == "exit 3");
        REQUIRE(waits_for([](pool& p, const ends_the_process& f) { p.submit([f] { f(20); }).get(); }) == "exit 3");
    }
}

TEST_CASE("P11 exit on another thread ends the process with its status, between two uses of a pool too") {
    if (under_tsan) return;  // it cannot follow the fork of a process with threads
    for (const pool_of_the_process place : {&default_pool, &static_pool}) {
        const auto use_until_exit = [&](auto use) {
            return end_of_child([&] {
                pool& p = place();
                std::thread([] {
                    std::this_thread::sleep_for(20ms);
                    std::exit(3);
                }).detach();
                for (;;) use(p);
            });
        };
        REQUIRE(use_until_exit([](pool& p) { p.submit(slowly, 1).get(); }) == "exit 3");
        REQUIRE(use_until_exit([](pool& p) { parimap::map_async(p, slowly, numbers(5)).get(); }) == "exit 3");
        REQUIRE(use_until_exit([](pool& p) { parimap::parallel_for_each(p, same, numbers(5)); }) == "exit 3");
        REQUIRE(use_until_exit([](pool& p) {
                    for (int i : parimap::ordered_imap(p, same, numbers(5))) (void)i;
                }) == "exit 3");
    }
}

TEST_CASE("P11 jobs of the default pool are finished when main ends") {
    if (under_tsan) return;  // it cannot follow the fork of a process with threads
    REQUIRE(end_of_child([] {
                static std::atomic<int> ended{0};
                std::atexit([] { _exit(ended); });
                for (int i = 0; i < 7; ++i) (void)default_pool().submit([] { slowly(0), ++ended; });
            }) == "exit 7");
}

TEST_CASE("P11 a child of fork ends with its status, and its parent goes on") {
    if (exit_hangs_in_libomp) return;
    if (under_tsan) return;  // it cannot follow the fork of a process with threads
    for (const auto place : places) {
        REQUIRE(end_of_child([&] {
                    REQUIRE(parimap::parallel_map(place(), slowly, numbers(20)) == numbers(20));
                    if (end_of_child([] { std::exit(3); }) != "exit 3") _exit(1);
                    REQUIRE(parimap::parallel_map(place(), slowly, numbers(20)) == numbers(20));
                }) == "exit 0");
    }
    REQUIRE(end_of_child([] {  // in the middle of everything, which the child's stack holds
                pool local{3};
                const auto stream = parimap::ordered_imap(local, slowly, numbers(1000));
                auto future = local.submit(slowly, 1);
                for (int round = 0; round < 20; ++round) {
                    const std::string end = end_of_child([&] {
                        pool gone(std::move(local));
                        auto copy = std::make_unique<decltype(stream)>(stream);
                        copy->cancel();
                        std::exit(3);
                    });
                    if (end != "exit 3") _exit(1);
                    if (!stream.next()) _exit(2);
                }
            }) == "exit 0");
}

TEST_CASE("P11 in the child of a fork an inherited pool refuses work and says what to do") {
    if (under_tsan) return;  // it cannot follow the fork of a process with threads
    const std::string end = end_of_child([] {
        pool p{2};
        auto stream = parimap::ordered_imap(p, slowly, numbers(1000));
        auto read = parimap::unordered_imap(p, slowly, numbers(1000));
        if (!stream.next() || !read.next()) _exit(1);
        const std::string child = end_of_child([&] {
            const auto refuses = [](auto call) {
                try {
                    call();
                } catch (const parimap::pool_closed&) {
                    return false;
                } catch (const parimap::error& e) {
                    return std::string(e.what()).find("make a new pool in the child") != std::string::npos;
                }
                return false;
            };
            bool right = true;
            right = refuses([&] { (void)parimap::parallel_map(p, same, numbers(3)); }) && right;
            right = refuses([&] { parimap::parallel_for_each(p, same, numbers(3)); }) && right;
            right = refuses([&] { (void)parimap::parallel_map_reduce(p, same, std::plus<>{}, 0, numbers(3)); }) && right;
            right = refuses([&] { (void)parimap::ordered_imap(p, same, numbers(3)); }) && right;
            right = refuses([&] { (void)parimap::unordered_imap(p, same, numbers(3)); }) && right;
            right = refuses([&] { (void)parimap::map_async(p, same, numbers(3)); }) && right;
            right = refuses([&] { (void)p.submit(same, 3); }) && right;
            right = refuses([&] { p.join(); }) && right;
            right = refuses([&] { (void)stream.next(); }) && right;
            right = refuses([&] { (void)read.next_for(1s); }) && right;
            right = refuses([&] {
                        for (int i : stream) (void)i;
                    }) &&
                    right;
            stream.cancel();
            p.close();
            p.terminate();
            // What the child makes itself works.
            right = right && parimap::parallel_map(pool{2}, same, numbers(30)) == numbers(30);
            _exit(right ? 5 : 6);
        });
        _exit(child == "exit 5" && stream.next() ? 0 : 2);
    });
    REQUIRE(end == "exit 0");
}

TEST_CASE("P11 destructors of static objects and exit handlers may use the default pool") {
    if (under_tsan) return;  // it cannot follow the fork of a process with threads
    const auto everything_works = [] {
        return parimap::parallel_map(default_pool(), same, numbers(100)) == numbers(100) &&
               parimap_test::drain(parimap::ordered_imap(default_pool(), same, numbers(100))) == numbers(100) &&
               parimap_test::drain(parimap::ordered_imap(
                   default_pool(), same, numbers(100) | std::views::filter([](int) { return true; }))) == numbers(100) &&
               parimap::map_async(default_pool(), same, numbers(100)).get() == numbers(100) &&
               default_pool().submit(same, 7).get() == 7;
    };
    static bool (*const works)() = everything_works;
    struct last {
        ~last() { _exit(works() ? 4 : 1); }
    };
    REQUIRE(end_of_child([] { std::atexit([] { _exit(works() ? 4 : 1); }); }) == "exit 4");
    REQUIRE(end_of_child([] {
                std::atexit([] { _exit(works() ? 4 : 1); });
                if (!works()) _exit(2);  // made after the handler, so gone before it
            }) == "exit 4");
    REQUIRE(end_of_child([] {
                static const last older;
                if (!works()) _exit(2);
            }) == "exit 4");
    REQUIRE(end_of_child([] {
                static const last older;
                if (!works()) _exit(2);
                std::thread([] { std::exit(0); }).join();
            }) == "exit 4");
}

TEST_CASE("P11 pools of static storage work until they go, and their end is the process's") {
    if (under_tsan) return;  // it cannot follow the fork of a process with threads
    for (const auto place : places) {
        REQUIRE(end_of_child([&] {
                    if (parimap::parallel_map(place(), same, numbers(100)) != numbers(100)) _exit(1);
                }) == "exit 0");
    }
    REQUIRE(end_of_child([] {
                static std::optional<pool> older;
                struct user {
                    ~user() {
                        if (parimap::parallel_map(*older, same, numbers(10)) != numbers(10)) _exit(1);
                        if (older->submit(same, 3).get() != 3) _exit(1);
                    }
                };
                static const user younger;
                older.emplace(2);
            }) == "exit 0");
}

TEST_CASE("P9 a pool of more workers than can be is one clear error, and nothing was started") {
    for (const std::size_t workers : {std::size_t(-1), std::size_t(-2), (std::size_t(1) << 31U) + 2, std::size_t(100'000)}) {
        CAPTURE(workers);
        REQUIRE_THROWS_AS(pool{workers}, std::invalid_argument);
    }
    try {
        pool p(static_cast<std::size_t>(-1));
    } catch (const std::invalid_argument& e) {
        REQUIRE(std::string(e.what()).find("a negative number, perhaps? Leave it out for cpu_count()") != std::string::npos);
    }
}

TEST_CASE("P9 where the system has not enough threads a pool is one clear error, and a smaller one works") {
    if (is_serial || under_asan || under_tsan) return;  // which need the memory themselves
    REQUIRE(end_of_child([] {
                const rlimit little{rlim_t{1} << 30U, rlim_t{1} << 30U};  // a thread's stack takes 8 MiB of it
                setrlimit(RLIMIT_AS, &little);
                for (int round = 0; round < 3; ++round) {
                    try {
                        pool p{1000};
                        _exit(1);
                    } catch (const std::system_error& e) {
                        if (std::string(e.what()).find("of the 1000 threads of a pool; ask for fewer workers") == std::string::npos)
                            _exit(2);
                    }
                    if (parimap::parallel_map(pool{2}, same, numbers(100)) != numbers(100)) _exit(3);
                }
            }) == "exit 0");
}
