// SPDX-License-Identifier: MIT
// P5, P7 and P9 in large numbers: workers, callers, levels, and calls one after another.
#include "support/backend_under_test.hpp"
#include "support/catch.hpp"
#include "support/items.hpp"
#include "support/sanitizers.hpp"
#include "support/throws_on.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <mutex>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

using namespace parimap_test;
using namespace std::chrono_literals;
using parimap::map_options;

namespace {

// Where so many jobs meet that they must not look at the clock in turn.
class crowd {
  public:
    explicit crowd(std::size_t parties) : parties_{parties} {}

    // True if all parties stood here at once.
    bool meet() {
        std::unique_lock lock(mutex_);
        if (++arrived_ >= parties_) all_here_.notify_all();
        return all_here_.wait_for(lock, 30s, [&] { return arrived_ >= parties_; });
    }

  private:
    std::size_t parties_;
    std::mutex mutex_;
    std::condition_variable all_here_;
    std::size_t arrived_ = 0;
};

int sum_of_leaves(pool& p, int depth) {
    if (depth == 0) return 1;
    const auto below = [&](int) { return sum_of_leaves(p, depth - 1); };
    if (depth % 2 == 0) return parimap::parallel_map_reduce(p, below, std::plus<>{}, 0, numbers(2));
    int sum = 0;
    for (const int leaves : parimap::unordered_imap(p, below, numbers(2))) sum += leaves;
    return sum;
}

// What a process has, as Linux tells it.
struct belongings {
    std::ptrdiff_t threads = 0;
    std::ptrdiff_t descriptors = 0;
    std::ptrdiff_t bytes = 0;

    static belongings now() {
        const auto count = [](const char* folder) {
            return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator());
        };
        std::ptrdiff_t pages = 0;
        std::ifstream("/proc/self/statm") >> pages >> pages;
        return {count("/proc/self/task"), count("/proc/self/fd"), pages * sysconf(_SC_PAGESIZE)};
    }
};

}  // namespace

TEST_CASE("P9 a pool of a thousand workers runs a job on each of them at once") {
    if (is_serial) return;
    const std::size_t workers = under_asan || under_tsan ? 100 : 1024;
    pool p{workers};
    REQUIRE(p.size() == workers);
    const map_options options{.chunk = 1, .window = workers};
    for (int round = 0; round < 2; ++round) {
        crowd all{workers};
        const auto met = parimap::parallel_map(
            p, options, [&](int) { return all.meet(); }, numbers(workers));
        REQUIRE(std::accumulate(met.begin(), met.end(), std::size_t{0}) == workers);
    }
    crowd all{workers};
    std::size_t met = 0;
    for (const bool one : parimap::unordered_imap(
             p, options, [&](int) { return all.meet(); }, numbers(workers)))
        met += one;
    REQUIRE(met == workers);
    REQUIRE(parimap::parallel_map(p, same, numbers(100'000)) == numbers(100'000));
}

TEST_CASE("P7 64 threads use one pool at once and each gets its own results") {
    const int rounds = under_asan || under_tsan ? 2 : 20;
    pool p{3};
    std::atomic<int> wrong{0};
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 64; ++caller) {
        callers.emplace_back([&, caller] {
            const auto items = numbers(static_cast<std::size_t>(10 + caller));
            const throws_on bad{{caller % 8}};
            for (int round = 0; round < rounds; ++round) {
                wrong += parimap::parallel_map(p, same, items) != items;
                wrong += drain(parimap::ordered_imap(p, same, items)) != items;
                wrong += sorted(drain(parimap::unordered_imap(p, same, items))) != items;
                wrong += p.submit(same, caller).get() != caller;
                try {
                    parimap::parallel_for_each(p, bad, items);
                    ++wrong;
                } catch (const item_error& e) {
                    wrong += e.item != caller % 8;
                }
            }
        });
    }
    for (auto& caller : callers) caller.join();
    REQUIRE(wrong == 0);
}

TEST_CASE("P7 frontends nest ten levels deep, from several threads at once") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        std::atomic<int> wrong{0};
        std::vector<std::thread> callers;
        for (int caller = 0; caller < 3; ++caller) {
            callers.emplace_back([&] { wrong += sum_of_leaves(p, under_tsan ? 7 : 10) != (under_tsan ? 128 : 1024); });
        }
        for (auto& caller : callers) caller.join();
        REQUIRE(wrong == 0);
    }
}

TEST_CASE("P5 short calls one after another leave no thread, no descriptor and no memory behind") {
    // As many as PARIMAP_TEST_SHORT_CALLS says: a million takes a minute or two.
    const char* const wanted = std::getenv("PARIMAP_TEST_SHORT_CALLS");
    const long calls = wanted ? std::atol(wanted) : under_asan || under_tsan ? 1'000 : 20'000;
    pool p{3};
    const auto items = numbers(7);
    const throws_on bad{{3}};
    const auto work = [&](long count) {
        int wrong = 0;
        for (long i = 0; i < count; ++i) {
            switch (i % 7) {
                case 0: wrong += drain(parimap::ordered_imap(p, same, items)) != items; break;
                case 1: wrong += !parimap::unordered_imap(p, same, items).next(); break;  // and is left
                case 2: wrong += parimap::map_async(p, same, items).get() != items; break;
                case 3:
                    try {
                        parimap::parallel_for_each(p, bad, items);
                        ++wrong;
                    } catch (const item_error&) {
                    }
                    break;
                case 4:
                    if (i % 100 == 4) wrong += parimap::parallel_map(pool{2}, same, items) != items;
                    break;
                default: wrong += parimap::parallel_map(p, same, items) != items;
            }
        }
        return wrong;
    };
    REQUIRE(work(calls / 4) == 0);
    const belongings before = belongings::now();
    REQUIRE(work(calls) == 0);
    const belongings after = belongings::now();
    CAPTURE(calls);
    REQUIRE(after.threads == before.threads);
    REQUIRE(after.descriptors == before.descriptors);
    if (!under_asan && !under_tsan) REQUIRE(after.bytes - before.bytes < 3'000'000);
}
