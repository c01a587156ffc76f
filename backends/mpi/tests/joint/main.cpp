// SPDX-License-Identifier: MIT
// Calls that all ranks make together, in a program that has started MPI itself: what each rank returns.

#include <parimap/parimap.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <numeric>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <mpi.h>

#include "../memory.hpp"
#include "../require.hpp"

using namespace parimap_test;
using parimap::map_options;

namespace {

int ranks = 1;

using pool = parimap::basic_pool<parimap::backends::mpi>;

void maps(pool& p) {
    std::vector<double> xs(1000);
    std::iota(xs.begin(), xs.end(), 0.0);
    const double factor = 2;
    std::atomic<int> ran{0};
    const auto f = [&](double x) {
        pass_time(200);
        ++ran;
        return x * factor;
    };
    const std::vector<double> all = parimap::parallel_map(p, f, xs);
    REQUIRE(all.size() == 1000);
    for (std::size_t i = 0; i < 1000; ++i) REQUIRE(all[i] == 2 * xs[i]);
    REQUIRE(ran > 0);
    REQUIRE(ran < 1000);
    const auto words = parimap::parallel_map(
        p, [&](int i) { return std::to_string(i * factor); }, std::views::iota(0, 100));
    for (int i = 0; i < 100; ++i) REQUIRE(words[static_cast<std::size_t>(i)] == std::to_string(i * factor));
    const auto even = parimap::parallel_map(
        p, [&](int i) { return i % 2 == 0; }, std::views::iota(0, 100));
    for (int i = 0; i < 100; ++i) REQUIRE(even[static_cast<std::size_t>(i)] == (i % 2 == 0));
    parimap::parallel_for_each(
        p, [&](int) { ++ran; }, std::views::iota(0, 100));
    // One reduction for all, of which each rank combines what it runs.
    ran = 0;
    std::atomic<int> combined{0};
    const auto append = [&](std::string left, const std::string& right) {
        ++combined;
        return std::move(left += right);
    };
    const auto digit = [&](int i) {
        pass_time(200);
        ++ran;
        return std::to_string(i % 10);
    };
    std::string digits = ">";
    for (int i = 0; i < 1000; ++i) digits += std::to_string(i % 10);
    REQUIRE(parimap::parallel_map_reduce(p, digit, append, std::string(">"), std::views::iota(0, 1000)) == digits);
    REQUIRE(ran > 0);
    REQUIRE(ran < 1000);
    REQUIRE(combined > ran / 2);

    // Calls inside f and op are each rank's own.
    const auto ten = [&] {
        int n = 0;
        for (const int i : parimap::ordered_imap(
                 p, [](int k) { return k; }, std::views::iota(1, 5)))
            n += i;
        return n;
    };
    const auto sum = [&](int a, int b) { return a + b + ten() - 10; };
    REQUIRE(parimap::parallel_map_reduce(
                p, [&](int i) { return i * ten() / 10; }, sum, 0, std::views::iota(0, 300)) == 300 * 299 / 2);
    std::vector<double> out(20);
    REQUIRE(parimap::parallel_map_into(p, out, f, std::views::iota(0, 20)) == 20);
    REQUIRE(out[19] == 38);

    // An input that is read one by one is that of the root.
    auto input = std::views::iota(0, rank == 0 ? 300 : 7) | std::views::filter([](int) { return true; });
    const auto pulled = parimap::parallel_map(
        p, [&](int i) { return i * factor; }, input);
    REQUIRE(pulled.size() == 300);
    for (int i = 0; i < 300; ++i) REQUIRE(pulled[static_cast<std::size_t>(i)] == factor * i);

    for (int call = 0; call < 1000; ++call)
        REQUIRE(parimap::parallel_map(
                    p, [&](int i) { return i + call; }, std::views::iota(0, 3)) == std::vector{call, call + 1, call + 2});
}

void searches(pool& p) {
    std::atomic<int> ran{0};
    const auto from = [&ran](int bound) {
        return [&ran, bound](int i) {
            pass_time(200);
            ++ran;
            return i >= bound;
        };
    };
    for (const int bound : {0, 1, 432, 999})
        REQUIRE(parimap::parallel_find_if(p, from(bound), std::views::iota(0, 1000)) == static_cast<std::size_t>(bound));
    ran = 0;
    REQUIRE(!parimap::parallel_find_if(p, from(1000), std::views::iota(0, 1000)));
    REQUIRE(ran > 0);
    REQUIRE(ran < 1000);
    REQUIRE(parimap::parallel_any_of(p, from(500), std::views::iota(0, 1000)));
    REQUIRE(!parimap::parallel_none_of(p, from(500), std::views::iota(0, 1000)));
    REQUIRE(!parimap::parallel_all_of(p, from(1), std::views::iota(0, 1000)));
    REQUIRE(parimap::parallel_all_of(p, from(0), std::views::iota(0, 1000)));
    // The root's input.
    auto input = std::views::iota(0, rank == 0 ? 300 : 7) | std::views::filter([](int) { return true; });
    REQUIRE(parimap::parallel_find_if(p, from(250), input) == 250U);
    std::size_t failed = 0;
    const auto fails = [](int i) -> bool {
        pass_time(200);
        return i >= 321 ? throw std::out_of_range("item") : false;
    };
    try {
        parimap::parallel_find_if(p, map_options{.failed_index = &failed}, fails, std::views::iota(0, 1000));
        REQUIRE(false);
    } catch (const std::out_of_range&) {
        REQUIRE(failed == 321);
    }
}

void folds(pool& p) {
    std::atomic<int> ran{0};
    const std::vector<int> items(std::views::iota(0, 2000).begin(), std::views::iota(0, 2000).end());
    const auto none = [] { return std::string(); };
    const auto append = [&ran](std::string& all, int i) {
        if (i % 16 == 0) pass_time(300);
        ++ran;
        all += static_cast<char>('a' + i % 26);
    };
    const auto join = [](std::string& left, std::string&& right) { left += right; };
    std::string expected;
    for (const int i : items) expected += static_cast<char>('a' + i % 26);
    REQUIRE(parimap::parallel_fold(p, none, append, join, items) == expected);
    REQUIRE(ran > 0);
    REQUIRE(ran < 2000);
    // The root's input.
    auto input = std::views::iota(0, rank == 0 ? 500 : 7) | std::views::filter([](int) { return true; });
    REQUIRE(parimap::parallel_fold(p, map_options{.block = 9}, none, append, join, input) == expected.substr(0, 500));
    const auto fails = [](std::string&, int i) {
        if (i % 16 == 0) pass_time(200);
        if (i >= 1234) throw std::out_of_range("item");
    };
    const auto check = [&](auto&& f, auto&& range, std::size_t item) {
        std::size_t failed = 0;
        try {
            parimap::parallel_fold(p, map_options{.failed_index = &failed, .block = 9}, none, f, join, range);
            REQUIRE(false);
        } catch (const std::out_of_range&) {
            REQUIRE(failed == item);  // on every rank
        }
    };
    check(fails, items, 1234);
    check(append,
          std::views::iota(0, 500) | std::views::filter([](int i) { return i == 321 ? throw std::out_of_range("input") : true; }),
          321);
}

void streams(pool& p) {
    const auto f = [&](int i) {
        pass_time(100);
        return 2 * i;
    };
    int n = 0;
    for (const int r : parimap::ordered_imap(p, f, std::views::iota(0, 500))) REQUIRE(r == 2 * n++);
    REQUIRE(n == (rank == 0 ? 500 : 0));
    n = 0;
    for (const int r : parimap::unordered_imap(p, f, std::views::iota(0, 100'000))) {
        REQUIRE(r % 2 == 0);
        if (++n == 30) break;
    }
    REQUIRE(n == (rank == 0 ? 30 : 0));
    { auto left = parimap::unordered_imap(p, f, std::views::iota(0, 1000)); }
    n = 0;
    auto inner = parimap::ordered_imap(
        p, [](int i) { return i + 1; }, std::views::iota(0, 500));
    for (const int r : parimap::ordered_imap(p, f, inner)) REQUIRE(r == 2 * ++n);
    REQUIRE(n == (rank == 0 ? 500 : 0));
}

// Of pools whose ends lie close together, no message may be lost.
// What other ranks run is among the slowest items of the root's report.
void reports(pool& p) {
    parimap::run_report report;
    const auto slow_elsewhere = [](int i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(rank == 0 ? 1 : 20));
        return i;
    };
    (void)parimap::parallel_map(p, parimap::map_options{.insights = &report}, slow_elsewhere, std::views::iota(0, 100));
    if (rank > 0) return;
    REQUIRE(report.items == 100);
    REQUIRE(!report.slowest.empty());
    REQUIRE(report.slowest.front().time.count() >= 0.02);
}

void many_calls(pool& p) {
    const auto text = [](int i) {
        if (i == 33) throw std::domain_error("item");
        return std::string(200, static_cast<char>(i));
    };
    const auto make_calls = [&](int count) {
        for (int i = 0; i < count; ++i) {
            if (i % 50 == 0) MPI_Barrier(MPI_COMM_WORLD);  // or one is before the others, whose messages wait
            switch (i % 5) {
                case 0: REQUIRE(parimap::parallel_map(p, text, std::views::iota(0, 30)).size() == 30); break;
                case 1:
                    try {
                        (void)parimap::parallel_map(p, text, std::views::iota(0, 40));
                        REQUIRE(false);
                    } catch (const std::domain_error&) {
                    }
                    break;
                case 2:
                    for (const std::string& one : parimap::ordered_imap(p, text, std::views::iota(0, 20))) {
                        if (one.front() == 3) break;
                    }
                    break;
                case 3:
                    REQUIRE(parimap::parallel_map_reduce(
                                p, [](int x) { return x; }, std::plus<>(), 0, std::views::iota(0, 100)) == 4950);
                    break;
                default:
                    parimap::parallel_for_each(
                        p, [](int) {}, std::views::iota(0, 5));
            }
        }
    };
    make_calls(500);
    const std::size_t before = memory_in_use();
    make_calls(calls_to_make());
    REQUIRE(memory_in_use() <= before + growth_allowed);
}

// However far the root gets before the others.
void large_results_of_a_fast_root(pool& p) {
    std::vector<std::array<char, 4096>> all;
    const auto large = [](int i) { return std::array<char, 4096>{static_cast<char>(i)}; };
    std::size_t before = 0;
    std::size_t most = 0;
    for (int call = 0; call < 40; ++call) {
        if (rank > 0) pass_time(5000);
        all = parimap::parallel_map(p, large, std::views::iota(0, 1000));
        REQUIRE(all.size() == 1000);
        REQUIRE(all[7][0] == 7);
        if (call == 0) before = memory_in_use();
        most = std::max(most, memory_in_use());
    }
    REQUIRE(most <= before + (std::size_t{110} << 20U));  // of 160 MB for each of the others
}

void many_pools() {
    for (int i = 0; i < 30; ++i) {
        pool p(MPI_COMM_WORLD, 1);
        const auto f = [&](int k) {
            if (k == 40) throw std::out_of_range("item 40");
            return k;
        };
        try {
            auto one_by_one = std::views::iota(0, 100) | std::views::filter([](int) { return true; });
            parimap::parallel_map(p, f, one_by_one);
            REQUIRE(false);
        } catch (const std::out_of_range&) {
        }
    }
}

void failures(pool& p) {
    for (int repeat = 0; repeat < 5; ++repeat) {
        std::size_t failed = 0;
        const auto f = [&](int i) {
            pass_time(300);
            if (i >= 123) throw std::out_of_range("item " + std::to_string(i));
            return i;
        };
        try {
            parimap::parallel_map(p, map_options{.failed_index = &failed}, f, std::views::iota(0, 400));
            REQUIRE(false);
        } catch (const std::out_of_range& e) {
            REQUIRE(failed == 123);
            REQUIRE(e.what() == std::string("item 123"));
        }
    }
    // Each rank that asks is told, whichever those are.
    for (int asks = 0; asks < ranks; ++asks) {
        std::size_t failed = 0;
        const map_options options{.failed_index = rank == asks ? &failed : nullptr};
        const auto f = [](int i) {
            pass_time(100);
            return i >= 123 ? throw std::out_of_range("item") : i;
        };
        const auto op = [](int a, int b) { return b == 99 ? throw std::domain_error("combined") : a > b ? a : b; };
        const auto first = [](int /*init*/, int /*all*/) -> int { throw std::domain_error("combined at last"); };
        try {
            parimap::parallel_map(p, options, f, std::views::iota(0, 400));
            REQUIRE(false);
        } catch (const std::out_of_range&) {
            REQUIRE(failed == (rank == asks ? 123U : 0U));
        }
        try {
            parimap::parallel_map_reduce(
                p, options, [](int i) { return i; }, op, 0, std::views::iota(0, 100));
            REQUIRE(false);
        } catch (const std::domain_error&) {
            REQUIRE(failed == (rank == asks ? 99U : 0U));
        }
        failed = 7;
        REQUIRE(parimap::parallel_map(
                    p, options, [](int i) { return i; }, std::views::iota(0, 40))
                    .size() == 40);
        REQUIRE(failed == 7);  // nothing failed
        try {
            parimap::parallel_map_reduce(
                p, options, [](int i) { return i; }, first, 0, std::views::iota(0, 1));
            REQUIRE(false);
        } catch (const std::domain_error&) {
            REQUIRE(failed == (rank == asks ? 0U : 7U));
        }
    }
    // Ranks that make different calls.
    try {
        const auto f = [](int i) {
            pass_time(2000);
            return i;
        };
        parimap::parallel_map(p, f, std::views::iota(0, rank == 1 ? 99 : 400));
        REQUIRE(rank > 1);
    } catch (const parimap::error& e) {
        REQUIRE(std::string(e.what()).find("different calls") != std::string::npos);
    }
    REQUIRE(parimap::parallel_map(
                p, [](int i) { return i; }, std::views::iota(0, 100))
                .size() == 100);
}

template <class Call>
std::string error_of(Call call) {
    try {
        call();
        return "";
    } catch (const std::exception& e) {
        return e.what();
    }
}

bool maps_well(pool& p) {
    std::vector<int> all(200);
    std::iota(all.begin(), all.end(), 0);
    const auto f = [](int i) {
        pass_time(100);
        return i;
    };
    return parimap::parallel_map(p, f, std::views::iota(0, 200)) == all;
}

struct begins_badly : std::ranges::view_interface<begins_badly> {
    const int* begin() const { throw std::domain_error("begin"); }
    const int* end() const { return nullptr; }
    std::size_t size() const { return 10; }
};

// What fails before its first item has its place in the order of calls.
void calls_that_never_begin() {
    const auto f = [](int i) { return i; };
    const begins_badly bad;
    parimap::progress_options wrong;
    wrong.bar_format = "{nonsense}";
    for (int way = 0; way < 4; ++way) {
        pool p(MPI_COMM_WORLD, 1);
        const std::string what = error_of([&] {
            switch (way) {
                case 0: parimap::parallel_map(p, f, bad); break;
                case 1: parimap::parallel_map_reduce(p, f, std::plus<>(), 0, bad); break;
                case 2:
                    for ([[maybe_unused]] const int r : parimap::ordered_imap(p, f, bad)) REQUIRE(false);
                    break;
                default: (void)parimap::ordered_imap(p, map_options{.progress = wrong}, f, std::views::iota(0, 5)).next();
            }
        });
        REQUIRE(what.find(way < 3 ? "begin" : "bar_format") != std::string::npos);
        REQUIRE(maps_well(p));
        REQUIRE(maps_well(p));
    }
}

// Calls behind a stream that is still there, at its end or not.
void calls_beside_streams(pool& p) {
    const auto f = [](int i) {
        pass_time(100);
        return 2 * i;
    };
    auto ended = parimap::ordered_imap(p, f, std::views::iota(0, 300));
    int n = 0;
    for (const int r : ended) REQUIRE(r == 2 * n++);
    REQUIRE(n == (rank == 0 ? 300 : 0));
    REQUIRE(maps_well(p));
    auto half = parimap::ordered_imap(p, f, std::views::iota(0, 300));
    REQUIRE(half.next() == (rank == 0 ? std::optional(0) : std::nullopt));
    REQUIRE(maps_well(p));
    n = 1;
    for (const int r : half) REQUIRE(r == 2 * n++);
    REQUIRE(n == (rank == 0 ? 300 : 1));
    const auto unread = parimap::unordered_imap(p, f, std::views::iota(0, 300));
    REQUIRE(maps_well(p));
}

// Each rank's pool has what that rank shares on it.
void shares() {
    pool a(MPI_COMM_WORLD, 1);
    const auto text = parimap::share(a, std::string("of rank ") + std::to_string(rank));
    {
        pool b(MPI_COMM_WORLD, 1);
        const auto number = parimap::share(b, 3.5);
        REQUIRE(*number == 3.5);
        const auto both = parimap::parallel_map(
            b, [&](int i) { return static_cast<double>(text->size()) + *number + i; }, std::views::iota(0, 50));
        REQUIRE(both[7] == 19.5);
    }
    REQUIRE(*text == "of rank " + std::to_string(rank));
}

// Whichever rank makes another call, also where no item would show it: soon all are told, and go on together.
void different_calls() {
    pool p(MPI_COMM_WORLD, 1);
    const auto fold = [&](int count) {
        return parimap::parallel_fold(
            p, [] { return 0; }, [](int& total, int i) { total += i; }, [](int& left, int right) { left += right; },
            std::views::iota(0, count));
    };
    const auto next_call = [&] {
        pass_time(20'000);
        return maps_well(p);
    };
    const auto is_told = [](const std::string& what) { return what.find("different calls") != std::string::npos; };
    for (const int other : {997, 2000}) {  // of as many blocks as 1,000
        bool told = is_told(error_of([&] { REQUIRE(fold(rank == 1 ? other : 1000) == 499'500); }));
        told = is_told(error_of([&] { REQUIRE(next_call()); })) || told;
        REQUIRE(told);
        REQUIRE(next_call());
    }
    bool told = is_told(error_of([&] {
        (void)parimap::parallel_map(
            p, [](int i) { return i; }, std::views::iota(0, rank == 1 ? 20 : 10));
    }));
    told = is_told(error_of([&] { REQUIRE(next_call()); })) || told;
    REQUIRE(told);
    REQUIRE(next_call());
    // The others have ended the pool.
    if (rank == 0) REQUIRE(error_of([&] { maps_well(p); }).find("has ended it") != std::string::npos);
}

}  // namespace

int main(int argc, char** argv) {
    int provided = 0;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    {
        pool p(MPI_COMM_WORLD, 1);
        REQUIRE(p.size() == static_cast<std::size_t>(ranks));
        maps(p);
        searches(p);
        folds(p);
        streams(p);
        reports(p);
        many_calls(p);
        large_results_of_a_fast_root(p);
        failures(p);
        many_pools();
        calls_that_never_begin();
        calls_beside_streams(p);
        shares();
        different_calls();
        pool other(MPI_COMM_WORLD, 2);  // beside the first
        REQUIRE(other.size() == 2 * static_cast<std::size_t>(ranks));
        streams(other);
        maps(p);
        MPI_Comm half = MPI_COMM_NULL;
        MPI_Comm_split(MPI_COMM_WORLD, rank % 2, 0, &half);
        pool mine(half, 1);
        REQUIRE(parimap::parallel_map(
                    mine, [](int i) { return i + rank % 2; }, std::views::iota(0, 50))
                    .back() == 49 + rank % 2);
        MPI_Comm_free(&half);
    }
    MPI_Finalize();
}
