// SPDX-License-Identifier: MIT
// P1, P3 and P8: results in input order or in the order of finishing, an eager start, and reductions to the bit.
#include "support/backend_under_test.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/gate.hpp"
#include "support/items.hpp"
#include "support/recorded_range.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cfenv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <list>
#include <memory>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

using namespace parimap_test;
using parimap::map_options;

namespace {

long three_times(int i) { return 3L * i; }

std::vector<long> expected(std::size_t count) {
    std::vector<long> all(count);
    for (std::size_t i = 0; i < count; ++i) all[i] = three_times(static_cast<int>(i));
    return all;
}

// Sizes where a batch, a window or a power of two begins or ends.
constexpr std::size_t edge_sizes[] = {0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 63, 64, 65, 127, 128, 129, 1000, 4097};

// Sums whose last bits depend on where the brackets stand.
double awkward(int i) { return (i % 2 == 0 ? 1.0 : -1.0) * (0.1 * i + 1e9 / (1.0 + i % 7)) + 1e-7 * i; }

std::uint64_t bits(double value) { return std::bit_cast<std::uint64_t>(value); }

// Both ways in which a thread can be told to compute: how it rounds, and whether tiny numbers become 0 (where we can ask).
struct mode {
    int rounding;
    bool flushes;
    bool operator==(const mode&) const = default;

    static mode now() {
#if defined(__SSE2__)
        return {std::fegetround(), (_mm_getcsr() & 0x8000U) != 0};
#else
        return {std::fegetround(), false};
#endif
    }
    void set() const {
        std::fesetround(rounding);
#if defined(__SSE2__)
        _mm_setcsr((_mm_getcsr() & ~0x8000U) | (flushes ? 0x8000U : 0U));
#endif
    }
};
#if defined(__SSE2__)
constexpr mode upward{FE_UPWARD, true};
#else
constexpr mode upward{FE_UPWARD, false};
#endif

// The thread that makes it computes so while it lives.
class computing {
  public:
    explicit computing(const mode& m) { m.set(); }
    ~computing() { before_.set(); }
    computing(const computing&) = delete;
    computing& operator=(const computing&) = delete;

  private:
    const mode before_ = mode::now();
};

// Counts the items that ran in another mode than the expected one. The first of them meet, so that every worker runs some.
class mode_book {
  public:
    mode_book(const pool& p, mode expected) : meeting_{p.size()}, expected_{expected} {}

    int note(int i) {
        if (i < 8) met_ = meeting_.arrive_and_wait() && met_;
        if (mode::now() != expected_) ++wrong_;
        return i;
    }
    int wrong() const { return wrong_; }
    bool met() const { return met_; }

  private:
    rendezvous meeting_;
    const mode expected_;
    std::atomic<int> wrong_{0};
    std::atomic<bool> met_{true};
};

// A line of text; joining it to words is not commutative, and its type differs from that of a word.
struct line {
    std::string text;
    int starts = 0;
};
struct join {
    line operator()(line left, const std::string& right) const {
        left.text += right;
        return left;
    }
    std::string operator()(std::string left, const std::string& right) const { return left + right; }
};

}  // namespace

TEST_CASE("P1 parallel_map gives result i for item i whatever the workers and the chunk and the window") {
    const auto items = numbers(150);
    const std::list<int> linked(items.begin(), items.end());
    for (const std::size_t workers : worker_counts) {
        pool p{workers};
        for (const std::size_t window : limits) {
            for (const std::size_t chunk : limits) {
                CAPTURE(workers, window, chunk);
                const map_options options{.chunk = chunk, .window = window};
                REQUIRE(parimap::parallel_map(p, options, three_times, items) == expected(150));
            }
            CAPTURE(workers, window);
            REQUIRE(parimap::parallel_map(p, map_options{.window = window}, three_times, linked) == expected(150));
        }
    }
}

TEST_CASE("P1 ordered_imap yields result i for item i whatever the workers and the chunk and the window") {
    const auto items = numbers(150);
    const std::list<int> linked(items.begin(), items.end());
    for (const std::size_t workers : worker_counts) {
        pool p{workers};
        for (const std::size_t window : limits) {
            for (const std::size_t chunk : limits) {
                CAPTURE(workers, window, chunk);
                const map_options options{.chunk = chunk, .window = window};
                auto imap = parimap::ordered_imap(p, options, three_times, items);
                REQUIRE(drain(imap) == expected(150));
            }
            CAPTURE(workers, window);
            auto imap = parimap::ordered_imap(p, map_options{.window = window}, three_times, linked);
            REQUIRE(drain(imap) == expected(150));
        }
    }
}

TEST_CASE("P1 unordered_imap yields each result exactly once whatever the workers and the chunk and the window") {
    const auto items = numbers(150);
    const std::list<int> linked(items.begin(), items.end());
    for (const std::size_t workers : worker_counts) {
        pool p{workers};
        for (const std::size_t window : limits) {
            for (const std::size_t chunk : limits) {
                CAPTURE(workers, window, chunk);
                const map_options options{.chunk = chunk, .window = window};
                auto imap = parimap::unordered_imap(p, options, three_times, items);
                REQUIRE(sorted(drain(imap)) == expected(150));
            }
            CAPTURE(workers, window);
            auto imap = parimap::unordered_imap(p, map_options{.window = window}, three_times, linked);
            REQUIRE(sorted(drain(imap)) == expected(150));
        }
    }
}

TEST_CASE("P1 results keep their places at every size near a power of two") {
    for (const std::size_t workers : worker_counts) {
        pool p{workers};
        for (const std::size_t size : edge_sizes) {
            CAPTURE(workers, size);
            const auto items = numbers(size);
            REQUIRE(parimap::parallel_map(p, three_times, items) == expected(size));
            auto ordered = parimap::ordered_imap(p, three_times, items);
            REQUIRE(drain(ordered) == expected(size));
            auto unordered = parimap::unordered_imap(p, three_times, items);
            REQUIRE(sorted(drain(unordered)) == expected(size));
        }
    }
}

TEST_CASE("P1 ten thousand cheap items come back complete and in order from a single-pass input") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        pull_record record;
        REQUIRE(parimap::parallel_map(p, three_times, recorded_range<>{record, 10'000}) == expected(10'000));
        auto imap = parimap::ordered_imap(p, three_times, recorded_range<>{record, 10'000});
        REQUIRE(drain(imap) == expected(10'000));
    }
}

TEST_CASE("P1 items of random length keep their order") {
    std::mt19937 random{7};
    std::uniform_int_distribution<int> length{0, 1500};
    std::vector<int> microseconds(60);
    for (int& one : microseconds) one = length(random);
    const auto sleep = [](int us) {
        std::this_thread::sleep_for(std::chrono::microseconds{us});
        return us;
    };
    for (const std::size_t workers : sizes{2, 8}) {
        for (const std::size_t window : limits) {
            CAPTURE(workers, window);
            pool p{workers};
            auto ordered = parimap::ordered_imap(p, map_options{.window = window}, sleep, microseconds);
            REQUIRE(drain(ordered) == microseconds);
            auto unordered = parimap::unordered_imap(p, map_options{.window = window}, sleep, microseconds);
            REQUIRE(sorted(drain(unordered)) == sorted(microseconds));
        }
    }
}

TEST_CASE("P1 parallel_for_each runs every item exactly once") {
    for (const std::size_t workers : worker_counts) {
        pool p{workers};
        for (const std::size_t chunk : limits) {
            CAPTURE(workers, chunk);
            const auto items = numbers(3000);
            std::vector<std::atomic<int>> runs(items.size());
            parimap::parallel_for_each(
                p, map_options{.chunk = chunk}, [&](int i) { ++runs[static_cast<std::size_t>(i)]; }, items);
            REQUIRE(std::all_of(runs.begin(), runs.end(), [](const auto& n) { return n == 1; }));
        }
    }
}

TEST_CASE("P1 parallel_map_into writes result i to place i") {
    for (const std::size_t workers : worker_counts) {
        pool p{workers};
        for (const std::size_t chunk : limits) {
            CAPTURE(workers, chunk);
            std::vector<long> out(3000, -1);
            REQUIRE(parimap::parallel_map_into(p, map_options{.chunk = chunk}, out, three_times, numbers(3000)) == 3000);
            REQUIRE(out == expected(3000));
        }
    }
}

TEST_CASE("P1 unordered_imap with one worker yields results in the order in which items ran") {
    pool p{1};
    for (const std::size_t window : limits) {
        CAPTURE(window);
        std::vector<int> ran;  // no lock: with one seat each job happens after the one before it
        auto imap = parimap::unordered_imap(
            p, map_options{.chunk = 3, .window = window},
            [&](int i) {
                ran.push_back(i);
                return i;
            },
            numbers(500));
        const auto results = drain(imap);
        REQUIRE(results == ran);
    }
}

TEST_CASE("P1 unordered_imap hands over an item that overtook an earlier one first") {
    if (is_serial) return;  // items run one after the other there
    for (const std::size_t workers : sizes{2, 3, 8}) {
        for (const std::size_t chunk : sizes{0, 1, 64}) {
            CAPTURE(workers, chunk);
            gate first_may_finish;
            pool p{workers};
            auto imap = parimap::unordered_imap(
                p, map_options{.chunk = chunk, .window = 8},
                [&](int i) {
                    if (i == 0) first_may_finish.wait();
                    return i;
                },
                numbers(8));
            std::vector<int> results;
            for (int k = 0; k < 7; ++k) results.push_back(imap.next().value());
            first_may_finish.open();
            results.push_back(imap.next().value());
            REQUIRE(sorted(results) == numbers(8));
            REQUIRE(results.back() == 0);
            REQUIRE_FALSE(imap.next());
        }
    }
}

TEST_CASE("P1 unordered_imap keeps the order of finishing also for a consumer that looks later") {
    if (is_serial) return;  // items run one after the other there
    for (const std::size_t chunk : sizes{0, 1, 64}) {
        CAPTURE(chunk);
        // Item 0 holds one of two seats until the fifth other item starts on the only other seat. By then four
        // items have finished, in the order in which they started. The fifth waits until the sixth starts, behind item 0.
        std::mutex mutex;
        std::vector<int> started;
        gate fifth_started;
        gate sixth_started;
        std::atomic<int> finished{0};
        pool p{2};
        auto imap = parimap::unordered_imap(
            p, map_options{.chunk = chunk, .window = 16},
            [&](int i) {
                if (i == 0) {
                    fifth_started.wait();
                } else {
                    std::unique_lock lock{mutex};
                    started.push_back(i);
                    const std::size_t place = started.size();
                    lock.unlock();
                    if (place == 5) fifth_started.open();
                    if (place == 5) sixth_started.wait();
                    if (place == 6) sixth_started.open();
                }
                ++finished;
                return i;
            },
            numbers(10));
        REQUIRE(eventually([&] { return finished == 10; }));
        const auto results = drain(imap);
        const std::scoped_lock lock{mutex};
        REQUIRE(fifth_started.is_open());
        REQUIRE(sixth_started.is_open());
        REQUIRE(sorted(results) == numbers(10));
        REQUIRE(std::equal(started.begin(), started.begin() + 4, results.begin()));
        REQUIRE(results[4] == 0);
    }
}

TEST_CASE("P3 work starts in the call that makes the imap and goes up to the window") {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t window : explicit_limits) {
            CAPTURE(workers, window);
            std::atomic<std::size_t> started{0};
            const auto count_start = [&](int i) {
                ++started;
                return i;
            };
            pool p{workers};
            {
                auto ordered = parimap::ordered_imap(p, map_options{.window = window}, count_start, numbers(1000));
                REQUIRE(eventually([&] { return started == window; }));
                REQUIRE(drain(ordered) == numbers(1000));
            }
            started = 0;
            auto unordered = parimap::unordered_imap(p, map_options{.window = window}, count_start, numbers(1000));
            REQUIRE(eventually([&] { return started == window; }));
            REQUIRE(sorted(drain(unordered)) == numbers(1000));
        }
    }
}

TEST_CASE("P3 an input shorter than the window is run to its end before anyone asks") {
    constexpr std::size_t few = 7;  // so that even where an emulator makes each read slow, the call reads all of them
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        std::atomic<std::size_t> finished{0};
        pull_record record;
        pool p{workers};
        auto imap = record.during([&] {
            return parimap::ordered_imap(
                p, map_options{.window = 64},
                [&](int i) {
                    ++finished;
                    return i;
                },
                recorded_range<>{record, few});
        });
        REQUIRE(eventually([&] { return finished == few; }));
        REQUIRE(record.during([&] { return drain(imap); }) == numbers(few));
        REQUIRE(record.broke_no_rule());
    }
}

TEST_CASE("P8 a floating-point reduction has the same bits for every worker count and chunk and window and input") {
    for (const std::size_t size : sizes{1, 5, 64, 1000, 10'000}) {
        const auto items = numbers(size);
        const std::list<int> linked(items.begin(), items.end());
        pool one{1};
        const auto reference = bits(parimap::parallel_map_reduce(one, awkward, std::plus<>{}, 0.25, items));
        for (const std::size_t workers : worker_counts) {
            pool p{workers};
            CAPTURE(size, workers);
            for (const std::size_t chunk : limits) {
                const map_options options{.chunk = chunk};
                REQUIRE(bits(parimap::parallel_map_reduce(p, options, awkward, std::plus<>{}, 0.25, items)) == reference);
            }
            REQUIRE(bits(parimap::parallel_map_reduce(p, awkward, std::plus<>{}, 0.25, linked)) == reference);
            REQUIRE(bits(parimap::parallel_map_reduce(p, map_options{.window = 7}, awkward, std::plus<>{}, 0.25, linked)) ==
                    reference);
            pull_record record;
            REQUIRE(bits(parimap::parallel_map_reduce(p, awkward, std::plus<>{}, 0.25, recorded_range<>{record, size})) ==
                    reference);
        }
    }
}

TEST_CASE("P8 a reduction has the same bits while items take unequal time and the pool is shared") {
    const auto items = numbers(200);
    const auto uneven = [](int i) {
        if (i % 13 == 0) std::this_thread::sleep_for(std::chrono::microseconds{50 * (i % 5)});
        return awkward(i);
    };
    pool p{3};
    const auto reference = bits(parimap::parallel_map_reduce(p, awkward, std::plus<>{}, 0.0, items));
    std::atomic<int> different{0};
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 3; ++caller) {
        callers.emplace_back([&] {
            for (int round = 0; round < 5; ++round)
                if (bits(parimap::parallel_map_reduce(p, uneven, std::plus<>{}, 0.0, items)) != reference) ++different;
        });
    }
    for (auto& caller : callers) caller.join();
    REQUIRE(different == 0);
}

TEST_CASE("P8 items run in the floating-point mode that the caller had at the call, and afterwards every thread has its own") {
    for (const std::size_t workers : sizes{1, 3, 8}) {
        pool p{workers};
        for (const mode& wanted : {upward, mode::now(), mode{FE_DOWNWARD, false}}) {
            CAPTURE(workers, wanted.rounding);
            const computing so(wanted);
            const auto items = numbers(500);
            const std::list<int> linked(items.begin(), items.end());
            const auto check = [&](auto&& call) {
                mode_book book{p, wanted};
                call([&](int i) { return book.note(i); });
                REQUIRE(book.met());
                REQUIRE(book.wrong() == 0);
                REQUIRE(mode::now() == wanted);
            };
            check([&](auto f) { static_cast<void>(parimap::parallel_map(p, f, items)); });
            check([&](auto f) { parimap::parallel_for_each(p, map_options{.window = 16}, f, linked); });
            check([&](auto f) { static_cast<void>(parimap::map_async(p, f, items).get()); });
            check([&](auto f) {
                const mode other{FE_TOWARDZERO, false};
                auto ordered = parimap::ordered_imap(p, f, items);
                const computing otherwise(other);  // whoever reads it is not who made it
                while (ordered.next() && mode::now() == other) {
                }
                REQUIRE(mode::now() == other);
            });
            check([&](auto f) {
                for (auto&& result : parimap::unordered_imap(p, map_options{.window = 16}, f, linked)) static_cast<void>(result);
            });
            check([&](auto f) {
                const auto nested = [&](int i) { return parimap::parallel_map(p, f, std::vector{i + 8})[0]; };
                static_cast<void>(parimap::parallel_map(
                    p, [&](int i) { return f(i) + nested(i); }, items));
            });
            std::atomic<int> wrong{0};
            const auto add = [&](int left, int right) {
                if (mode::now() != wanted) ++wrong;
                return (left + right) % 1000;
            };
            check([&](auto f) { static_cast<void>(parimap::parallel_map_reduce(p, f, add, 0, items)); });
            REQUIRE(wrong == 0);
            std::vector<std::future<mode>> jobs;
            for (int i = 0; i < 20; ++i) jobs.push_back(p.submit(&mode::now));
            for (std::future<mode>& job : jobs) REQUIRE(job.get() == wanted);
        }
    }
}

TEST_CASE("P8 a floating-point mode that an item leaves behind reaches neither its thread's owner nor the next call") {
    for (const std::size_t workers : sizes{1, 3}) {
        CAPTURE(workers);
        pool p{workers};
        const mode before = mode::now();
        rendezvous meeting{p.size()};
        parimap::parallel_for_each(
            p,
            [&](int i) {
                if (i < 8) static_cast<void>(meeting.arrive_and_wait());
                upward.set();
            },
            numbers(100));
        REQUIRE(mode::now() == before);
        p.submit([] { upward.set(); }).get();
        REQUIRE(mode::now() == before);
        mode_book book{p, before};
        parimap::parallel_for_each(
            p, [&](int i) { book.note(i); }, numbers(100));
        REQUIRE(book.met());
        REQUIRE(book.wrong() == 0);
    }
}

TEST_CASE("P8 the flags of floating-point exceptions stay with the thread that raised them") {
    pool p{3};
    const computing so(upward);
    // Some processors have two places for flags. On x86 the library raises overflow in one of them, and a division of doubles
    // happens in the other.
    const auto raise = [] {
        std::feclearexcept(FE_ALL_EXCEPT);
        std::feraiseexcept(FE_OVERFLOW);
        volatile double zero = 0;
        volatile double quotient = 1 / zero;
        static_cast<void>(quotient);
    };
    constexpr int raised = FE_OVERFLOW | FE_DIVBYZERO;
    const auto flags = [] { return std::fetestexcept(FE_OVERFLOW | FE_INVALID | FE_DIVBYZERO); };
    raise();
    parimap::parallel_for_each(
        p, [](int) {}, numbers(100));
    REQUIRE(flags() == raised);
    REQUIRE(p.submit(flags).get() == (is_serial ? raised : 0));
    std::feclearexcept(FE_ALL_EXCEPT);
    // Nor are they lost where an item leaves another mode behind, and the thread gets its own back.
    pool alone{1};
    REQUIRE(alone
                .submit([&] {
                    raise();
                    parimap::parallel_for_each(
                        alone, [](int) { std::fesetround(FE_DOWNWARD); }, numbers(100));
                    const int after = flags();
                    std::feclearexcept(FE_ALL_EXCEPT);
                    return after;
                })
                .get() == raised);
}

#if defined(__GLIBC__) && defined(__x86_64__)
TEST_CASE("P8 a flag that a thread has from before traps no item whose caller lets such exceptions trap") {
    REQUIRE(end_of_child([] {
                pool p{1};
                const auto divide = [] {
                    volatile long double zero = 0;
                    volatile long double quotient = 1 / zero;
                    static_cast<void>(quotient);
                };
                const auto add = [] {
                    volatile long double sum = 1;
                    sum = sum + 1;
                    return sum == 2;
                };
                p.submit(divide).get();
                if (is_serial) std::feclearexcept(FE_ALL_EXCEPT);  // or the caller's own flag would trap
                feenableexcept(FE_DIVBYZERO);
                std::exit(p.submit(add).get() ? 7 : 8);
            }) == "exit 7");
}
#endif

TEST_CASE("P1 parallel_map_reduce combines in input order with init once and leftmost") {
    const auto word = [](int i) { return std::to_string(i) + ' '; };
    for (const std::size_t workers : worker_counts) {
        pool p{workers};
        for (const std::size_t size : sizes{0, 1, 2, 3, 17, 500}) {
            std::string words;
            for (std::size_t i = 0; i < size; ++i) words += word(static_cast<int>(i));
            const auto items = numbers(size);
            const std::list<int> linked(items.begin(), items.end());
            for (const std::size_t chunk : limits) {
                CAPTURE(workers, size, chunk);
                const map_options options{.chunk = chunk};
                const line start{"> ", 1};
                const line all = parimap::parallel_map_reduce(p, options, word, join{}, start, items);
                REQUIRE(all.text == "> " + words);
                REQUIRE(all.starts == 1);
                REQUIRE(parimap::parallel_map_reduce(p, options, word, join{}, start, linked).text == all.text);
            }
        }
    }
}

TEST_CASE("P1 parallel_map_reduce of nothing is init and its type is that of init without reference and const") {
    pool p{2};
    const long start = 40;
    auto sum = parimap::parallel_map_reduce(
        p, [](int i) { return i; }, std::plus<>{}, start, std::vector<int>{});
    STATIC_REQUIRE(std::is_same_v<decltype(sum), long>);
    REQUIRE(sum == 40);
    auto text = parimap::parallel_map_reduce(
        p, [](int i) { return std::to_string(i); }, join{}, line{"x", 1}, std::vector<int>{1, 2});
    STATIC_REQUIRE(std::is_same_v<decltype(text), line>);
    REQUIRE(text.text == "x12");
}

TEST_CASE("P1 parallel_map_reduce combines results that can only be moved") {
    using box = std::unique_ptr<long>;
    const auto boxed = [](int i) { return std::make_unique<long>(i); };
    const auto add = [](box left, box right) {
        *left += *right;
        return left;
    };
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const box sum = parimap::parallel_map_reduce(p, boxed, add, std::make_unique<long>(5), numbers(1001));
        REQUIRE(*sum == 5 + 1000L * 1001 / 2);
    }
}

TEST_CASE("P1 parallel_map_reduce combines large results on threads whose stacks hold few of them") {
    using block = std::array<double, 320 * 1024>;  // 2.5 MiB; a thread's stack is 8 MiB or less
    const auto filled = [](int i) {
        block all;
        all.fill(i);
        return all;
    };
    const auto add = [](const block& left, const block& right) {
        block sum;
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = left[i] + right[i];
        return sum;
    };
    const auto first = std::make_unique<const block>();
    for (const std::size_t workers : sizes{1, 3}) {
        CAPTURE(workers);
        pool p{workers};
        const auto sum = std::make_unique<block>(parimap::parallel_map_reduce(p, filled, add, *first, numbers(70)));
        REQUIRE(std::all_of(sum->begin(), sum->end(), [](double d) { return d == 35 * 69; }));
    }
}

TEST_CASE("P4 a combination that throws leaves parallel_map_reduce with its exception and the pool usable") {
    const auto add = [](long left, long right) {
        if (right == 77) throw std::domain_error{"77"};
        return left + right;
    };
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const std::vector<int> items(100, 77);
        REQUIRE_THROWS_AS(parimap::parallel_map_reduce(
                              p, [](int i) { return long{i}; }, add, 0L, items),
                          std::domain_error);
        REQUIRE(parimap::parallel_map_reduce(p, three_times, std::plus<>{}, 0L, numbers(10)) == 135);
    }
}

TEST_CASE("P4 failed_index names the right operand's first item also where the left operand is completed last") {
    if (is_serial) return;  // where items run in order
    pool p{2};
    std::atomic<int> others{0};
    std::size_t failed = parimap::no_worker;
    const auto value = [&](int i) {
        if (i == 0) eventually([&] { return others == 63; });
        if (i > 0) ++others;
        return 1L;
    };
    const auto add = [](long left, long right) {
        if (left == 32 && right == 8) throw std::domain_error{"the fifth of eight nodes"};
        return left + right;
    };
    REQUIRE_THROWS_AS(
        parimap::parallel_map_reduce(p, map_options{.chunk = 1, .failed_index = &failed}, value, add, 0L, numbers(64)),
        std::domain_error);
    REQUIRE(failed == 32);
}

TEST_CASE("P4 failed_index names the right operand's first item when a combination throws") {
    for (const std::size_t workers : worker_counts) {
        for (const long bad : {0, 1, 31, 63, 99}) {  // single items meet op as a right operand
            CAPTURE(workers, bad);
            std::size_t failed = parimap::no_worker;
            const auto add = [&](long left, long right) {
                if (right == bad) throw std::domain_error{"bad"};
                return left + right;
            };
            pool p{workers};
            const map_options options{.failed_index = &failed};
            const auto sum = [&] {
                return parimap::parallel_map_reduce(
                    p, options, [](int i) { return long{i}; }, add, 0L, numbers(100));
            };
            if (bad == 0) {  // the leftmost item is combined as the left operand of the others
                REQUIRE(sum() == 4950);
            } else {
                REQUIRE_THROWS_AS(sum(), std::domain_error);
                REQUIRE(failed == static_cast<std::size_t>(bad));
            }
        }
    }
}

TEST_CASE("P4 a combination that fails as its worker turns to items before it stops none of them") {
    if (is_serial) return;
    struct part {
        int first, second;
    };
    pool p{2};
    // Behind the first item, with which it starts, one worker is held by the first of the next twenty. The other runs the last four,
    // takes ten from the end of the twenty, of which it keeps five at hand, and combines those with the last four as it takes the next.
    // (Not always: how long the first item took decides too.)
    for (int round = 0; round < 30; ++round) {
        std::atomic<int> others{0};
        std::atomic<bool> thrown{false};
        std::size_t failed = parimap::no_worker;
        const auto value = [&](int i) {
            if (i == 1) eventually([&] { return thrown || others == 23; });
            if (i > 1) ++others;
            return part{i, i + 1};
        };
        const auto join = [&](part left, part right) {
            if (right.first == 21) {
                thrown = true;
                throw std::domain_error{"the sixth of a node"};
            }
            return part{left.first, right.second};
        };
        const map_options options{.chunk = 20, .failed_index = &failed};
        REQUIRE_THROWS_AS(parimap::parallel_map_reduce(p, options, value, join, part{-1, 0}, numbers(25)), std::domain_error);
        REQUIRE(failed == 21);
    }
}

TEST_CASE("P4 a combination that fails on whichever level is told and ends nothing but its call") {
    struct plain {
        long first, second;
    };
    struct owning {
        long first, second;
        std::string filling{};
    };
    const auto items = numbers(1500);
    const auto check = [&items]<class Part>(Part init, auto f) {
        for (const std::size_t workers : sizes{1, 3}) {
            pool p{workers};
            for (const long bad : {1L, 8L, 56L, 64L, 128L, 448L, 512L, 1024L, 1472L, 1496L}) {
                CAPTURE(workers, bad);
                std::size_t failed = parimap::no_worker;
                const map_options options{.failed_index = &failed};
                const auto join = [bad](const Part& left, const Part& right) {
                    if (right.first == bad) throw std::domain_error{"bad"};
                    return Part{left.first, right.second};
                };
                REQUIRE_THROWS_AS(parimap::parallel_map_reduce(p, options, f, join, init, items), std::domain_error);
                REQUIRE(failed == static_cast<std::size_t>(bad));
            }
        }
    };
    const auto value = [](int i) { return plain{i, i + 1}; };
    check(plain{-1, 0}, value);
    check(plain{-1, 0}, parimap::unseq(value));
    check(owning{-1, 0}, [](int i) { return owning{i, i + 1}; });
}
