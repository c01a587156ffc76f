// SPDX-License-Identifier: MIT
// Every workload, written once. A contender is a class that says how it runs them.
#ifndef BENCH_WORKLOADS_HPP
#define BENCH_WORKLOADS_HPP

#include "clock.hpp"
#include "cost.hpp"
#include "items.hpp"
#include "measure.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace bench {

// A contender has
//
//     static constexpr bool parallel;            false: it takes part with one worker only
//     static constexpr bool owns_threads;        its constructor starts threads and its destructor ends them
//     static constexpr nanoseconds overhead;     about what an item costs it, to keep runs short
//     explicit contender(unsigned workers);
//
// and those of these members that it has a natural way for. f is a function of one element of each range; the ranges
// are random-access and equally long.
//
//     map(f, ranges...)                          a new vector of the results
//     map_into(out, f, ranges...)                the results assigned to the elements of out, a vector
//     ordered(consume, f, ranges...)             consume(result) one at a time, in input order
//     unordered(consume, f, ranges...)           the same in any order
//     watched(how, consume, f, ranges...)        as ordered, with a progress bar, or with a report of where the time went
//     nested(rows, columns, f)                   for each row, the sum of f(row * columns + column); a vector of these

template <class C>
concept maps = requires(C c, const std::vector<double>& in) { c.map(square{}, in); };
template <class C>
concept maps_into = requires(C c, std::vector<double>& out) { c.map_into(out, square{}, out); };
inline constexpr auto ignore = [](const auto&) {};
template <class C>
concept orders = requires(C c, const std::vector<double>& in) { c.ordered(ignore, square{}, in); };
template <class C>
concept unorders = requires(C c, const std::vector<double>& in) { c.unordered(ignore, square{}, in); };
template <class C>
concept nests = requires(C c) { c.nested(number{1}, number{1}, same_work{0}); };

enum class watch { bar, report };
template <class C>
concept is_watched = requires(C c, const std::vector<double>& in) { c.watched(watch::bar, ignore, square{}, in); };

template <class C>
constexpr bool is_affordable(std::uint64_t items) {
    return static_cast<double>(items) * static_cast<double>(C::overhead.count()) <= 5e8;
}

/// The three ways to add up results, as functions of the contender: (contender, f, ranges...) -> sum.
inline constexpr auto sum_of_map = [](auto& c, const auto& f, const auto&... ranges) {
    const auto results = c.map(f, ranges...);
    return std::accumulate(results.begin(), results.end(), std::uint64_t{0});
};
inline constexpr auto sum_of_ordered = [](auto& c, const auto& f, const auto&... ranges) {
    std::uint64_t sum = 0;
    c.ordered([&sum](std::uint64_t result) { sum += result; }, f, ranges...);
    return sum;
};
inline constexpr auto sum_of_unordered = [](auto& c, const auto& f, const auto&... ranges) {
    std::uint64_t sum = 0;
    c.unordered([&sum](std::uint64_t result) { sum += result; }, f, ranges...);
    return sum;
};

// --- Maps of next to nothing: what counts is memory and the way there ------------------------------------------------

template <class C>
void add_map(const std::string& name, unsigned workers) {
    static constexpr std::size_t count = 10'000'000;
    if constexpr (!is_affordable<C>(count)) return;
    const auto input = [] {
        std::vector<double> xs(count);
        for (std::size_t i = 0; i < count; ++i) xs[i] = static_cast<double>(i % 1000);
        return xs;
    };
    // Whole numbers, and their sum is too: it does not depend on the order.
    const auto is_right = [](const std::vector<double>& squares) {
        double one_round = 0;
        for (int x = 0; x < 1000; ++x) one_round += x * x;
        const double sum = std::accumulate(squares.begin(), squares.end(), 0.0);
        return squares.size() == count && sum == one_round * (static_cast<double>(count) / 1000);
    };
    if constexpr (maps_into<C>) {
        add("map/warm", name, workers, [=](benchmark::State& state) {
            C contender(workers);
            const std::vector<double> xs = input();
            std::vector<double> out(count);
            const auto spoil = [&out] {
                for (std::size_t i = 0; i < count; i += 997) out[i] = -1;
            };
            const auto run = [&]() -> const std::vector<double>& {
                contender.map_into(out, square{}, xs);
                return out;
            };
            measure(state, count, spoil, run, is_right);
        });
    }
    if constexpr (maps<C>) {
        add("map/fresh", name, workers, [=](benchmark::State& state) {
            C contender(workers);
            const std::vector<double> xs = input();
            measure(
                state, count, [&] { return contender.map(square{}, xs); }, is_right);
        });
    }
}

template <class C>
void add_small(const std::string& name, unsigned workers) {
    if constexpr (maps<C> && maps_into<C>) {  // not those that hand items out one by one
        for (const std::uint64_t count : {2, 10, 100, 1000}) {
            add("small/" + std::to_string(count), name, workers, [=](benchmark::State& state) {
                C contender(workers);
                constexpr same_work f{0};
                const auto right = f.sum(count);
                measure(
                    state, count, [&] { return contender.map(f, numbers(count)); },
                    [=](const auto& r) { return std::accumulate(r.begin(), r.end(), std::uint64_t{0}) == right; });
            });
        }
    }
}

template <class C>
void add_zip(const std::string& name, unsigned workers) {
    static constexpr std::size_t count = 1'000'000;
    if constexpr (!is_affordable<C>(count)) return;
    struct input {
        std::vector<double> a = std::vector<double>(count, 2);
        std::vector<double> b = std::vector<double>(count, 3);
        std::vector<double> c = std::vector<double>(count, 1);
    };
    constexpr double right = 7.0 * count;
    if constexpr (maps_into<C>) {
        add("zip_map/1M", name, workers, [=](benchmark::State& state) {
            C contender(workers);
            const input in;
            std::vector<double> out(count);
            const auto spoil = [&out] { std::fill(out.begin(), out.end(), 0.0); };
            measure(
                state, count, spoil,
                [&] {
                    contender.map_into(out, multiply_add{}, in.a, in.b, in.c);
                    return 0;
                },
                [&](int) { return std::accumulate(out.begin(), out.end(), 0.0) == right; });
        });
    }
    if constexpr (orders<C>) {
        add("zip_ordered/1M", name, workers, [=](benchmark::State& state) {
            C contender(workers);
            const input in;
            const auto run = [&] {
                double sum = 0;
                contender.ordered([&sum](double x) { sum += x; }, multiply_add{}, in.a, in.b, in.c);
                return sum;
            };
            measure(state, count, run, [](double sum) { return sum == right; });
        });
    }
}

template <class C>
void add_strings(const std::string& name, unsigned workers) {
    constexpr std::uint64_t count = 300'000;
    if constexpr (!is_affordable<C>(count)) return;
    const auto length = [](const std::vector<std::string>& texts) {
        std::uint64_t all = 0;
        for (const std::string& text : texts) all += text.size();
        return all;
    };
    if constexpr (maps<C>) {
        add("strings_map/300k", name, workers, [=](benchmark::State& state) {
            C contender(workers);
            const auto right = as_text::length(count);
            measure(
                state, count, [&] { return contender.map(as_text{}, numbers(count)); },
                [&](const auto& texts) { return length(texts) == right; });
        });
    }
    if constexpr (orders<C>) {
        add("strings_ordered/300k", name, workers, [=](benchmark::State& state) {
            C contender(workers);
            const auto right = as_text::length(count);
            const auto run = [&] {
                std::uint64_t all = 0;
                contender.ordered([&all](const std::string& text) { all += text.size(); }, as_text{}, numbers(count));
                return all;
            };
            measure(state, count, run, [=](std::uint64_t all) { return all == right; });
        });
    }
}

template <class C>
void add_nested(const std::string& name, unsigned workers) {
    if constexpr (nests<C>) {
        add("nested/1000x1000", name, workers, [=](benchmark::State& state) {
            constexpr number side = 1000;
            constexpr std::uint64_t count = std::uint64_t{side} * side;
            constexpr same_work f{1};
            C contender(workers);
            const auto right = f.sum(count);
            measure(
                state, count, [&] { return contender.nested(side, side, f); },
                [=](const auto& r) { return std::accumulate(r.begin(), r.end(), std::uint64_t{0}) == right; });
        });
    }
}

// --- Items that cost something: all workers should be busy all the time ----------------------------------------------

struct stream_cost {
    const char* name;
    nanoseconds cost;
    std::uint64_t items;  // about 80 ms on one CPU
    bool scales;          // measured with other numbers of workers, too
};
inline constexpr stream_cost stream_costs[] = {
    // clang-format off
    {"0",     nanoseconds(0),         2'000'000, false},
    {"100ns", nanoseconds(100),       800'000,   false},
    {"1us",   nanoseconds(1'000),     80'000,    false},
    {"10us",  nanoseconds(10'000),    8'000,     true},
    {"100us", nanoseconds(100'000),   800,       false},
    {"1ms",   nanoseconds(1'000'000), 80,        false},
    // clang-format on
};

/// 1, 2, 4 and 8 workers, as far as there are CPUs for them, and one for each CPU.
inline std::set<unsigned> worker_counts() {
    std::set<unsigned> counts{cpus()};
    for (const unsigned workers : {1U, 2U, 4U, 8U}) {
        if (workers <= cpus()) counts.insert(workers);
    }
    return counts;
}

template <class C, class Sum>
void add_stream(const std::string& workload, const std::string& name, unsigned all_workers, Sum sum,
                std::span<const stream_cost> costs = stream_costs) {
    for (const stream_cost& cost : costs) {
        // A contender that needs long for an item gets fewer of them.
        const std::uint64_t count = C::overhead.count() > 0
                                        ? std::min(cost.items, 300'000'000 / static_cast<std::uint64_t>(C::overhead.count()))
                                        : cost.items;
        for (const unsigned workers : C::parallel&& cost.scales ? worker_counts() : std::set{all_workers}) {
            add(workload + '/' + cost.name, name, workers, [=](benchmark::State& state) {
                C contender(workers);
                const same_work f{steps_of(cost.cost)};
                const auto right = f.sum(count);
                measure(
                    state, count, [&] { return sum(contender, f, numbers(count)); },
                    [=](std::uint64_t got) { return got == right; });
                state.counters["nominal_ideal_us"] =
                    static_cast<double>(count) * static_cast<double>(cost.cost.count()) / 1e3 / workers;
            });
        }
    }
}

template <class C, class Sum>
void add_skew(const std::string& workload, const std::string& name, unsigned workers, Sum sum) {
    const auto add_one = [&](const char* where, auto make) {
        add(workload + '/' + where, name, workers, [=](benchmark::State& state) {
            C contender(workers);
            const std::vector<std::uint64_t> items = make();
            const auto right = own_work::sum(items);
            measure(
                state, items.size(), [&] { return sum(contender, own_work{}, items); },
                [=](std::uint64_t got) { return got == right; });
            const double steps = static_cast<double>(std::accumulate(items.begin(), items.end(), std::uint64_t{0}));
            state.counters["nominal_ideal_us"] = steps / steps_per_us() / workers;
        });
    };
    if constexpr (is_affordable<C>(100'000)) {
        add_one("start", [] { return eight_heavy(0); });
        add_one("middle", [] { return eight_heavy(50'000); });
        add_one("end", [] { return eight_heavy(100'000); });
    }
    add_one("lognormal", [] { return log_normal(); });
}

// --- Items that wait -------------------------------------------------------------------------------------------------

/// How late the consumer gets a result. An ordered stream may hand it over once it and all before it are done, so the
/// delay counts from the latest of these moments.
template <class C>
void add_latency(const std::string& name, unsigned workers) {
    if constexpr (orders<C>) {
        const auto add_one = [&](const char* which, number cheap) {
            if (!is_affordable<C>(cheap)) return;
            add(std::string("latency/") + which, name, workers, [=](benchmark::State& state) {
                C contender(workers);
                constexpr number slow = 200;
                std::vector<double> delays;
                const auto run = [&] {
                    number got = 0;
                    std::int64_t due = 0;
                    const auto note = [&](std::int64_t done) {
                        if (got++ < cheap) return;
                        due = std::max(due, done);
                        delays.push_back(static_cast<double>(now() - due) / 1e3);
                    };
                    contender.ordered(note, stamped{cheap}, numbers(cheap + slow));
                    return got;
                };
                measure(
                    state, cheap + slow, [&] { delays.reserve(delays.size() + slow); }, run,
                    [=](number got) { return got == cheap + slow; });
                std::sort(delays.begin(), delays.end());
                state.counters["p50_us"] = delays[delays.size() / 2];
                state.counters["p99_us"] = delays[delays.size() * 99 / 100];
            });
        };
        add_one("1ms", 0);
        add_one("after_cheap", 100'000);
    }
}

template <class C>
void add_blocking(const std::string& name) {
    if constexpr (maps<C> && C::parallel) {
        constexpr unsigned workers = 64;
        add("blocking/1ms", name, workers, [=](benchmark::State& state) {
            constexpr std::uint64_t count = workers * 50;
            constexpr sleeper f{std::chrono::milliseconds(1)};
            // What an item takes by itself: a sleep is always a little longer than asked for.
            constexpr number alone = 30;
            const auto start = steady::now();
            for (number i = 0; i < alone; ++i) f(i);
            const double one = seconds_since(start) / alone;

            C contender(workers);
            double seconds = 0;
            std::uint64_t runs = 0;
            const auto run = [&] {
                const auto began = steady::now();
                auto results = contender.map(f, numbers(count));
                seconds += seconds_since(began);
                ++runs;
                return results;
            };
            measure(state, count, run,
                    [](const auto& r) { return std::accumulate(r.begin(), r.end(), std::uint64_t{0}) == count * (count - 1) / 2; });
            state.counters["speedup"] = one * static_cast<double>(count * runs) / seconds;
        });
    }
}

// --- The pool itself -------------------------------------------------------------------------------------------------

template <class C>
void add_pool(const std::string& name) {
    if constexpr (C::owns_threads) {
        constexpr unsigned workers = 8;
        add("pool/create_destroy", name, workers, [](benchmark::State& state) {
            measure(
                state, 1,
                [] {
                    C contender(workers);
                    return 0;
                },
                [](int) { return true; });
        });
    }
}

/// The time is the CPU time of the process in a second in which it has nothing to do, right after it had.
template <class C>
void add_idle(const std::string& name, unsigned workers) {
    if constexpr (maps<C> && C::parallel && (maps_into<C> || C::owns_threads)) {
        add("idle/1s", name, workers, [=](benchmark::State& state) {
            constexpr std::uint64_t count = 1'000;
            C contender(workers);
            const same_work f{steps_of(std::chrono::microseconds(10))};
            const auto right = f.sum(count);
            for (auto _ : state) {
                if (sum_of_map(contender, f, numbers(count)) != right) state.SkipWithError("wrong answer");
                const double before = cpu_seconds();
                std::this_thread::sleep_for(std::chrono::seconds(1));
                state.SetIterationTime(cpu_seconds() - before);
            }
        })->Iterations(1);
    }
}

/// What a progress bar, or a report, costs a stream of 1 us items: the runs with and without it alternate, and the
/// counter is the median of the ratios of neighbours.
template <class C>
void add_watched(const std::string& name, unsigned workers) {
    if constexpr (is_watched<C>) {
        const auto add_one = [&](const char* what, watch how) {
            add(std::string("watched/") + what, name, workers, [=](benchmark::State& state) {
                constexpr std::uint64_t count = 400'000;  // a fifth of a second: the bar is drawn anew meanwhile
                constexpr int pairs = 9;
                C contender(workers);
                const same_work f{steps_of(std::chrono::microseconds(1))};
                const auto right = f.sum(count);
                const auto seconds = [&](bool is_on) {
                    std::uint64_t sum = 0;
                    const auto consume = [&sum](std::uint64_t result) { sum += result; };
                    const auto start = steady::now();
                    if (is_on) {
                        contender.watched(how, consume, f, numbers(count));
                    } else {
                        contender.ordered(consume, f, numbers(count));
                    }
                    if (sum != right) state.SkipWithError("wrong answer");
                    return seconds_since(start);
                };
                for (auto _ : state) {
                    std::vector<double> ratios;
                    double time = 0;
                    (void)seconds(true);
                    for (int pair = 0; pair < pairs; ++pair) {
                        const bool on_first = pair % 2 == 0;
                        const double first = seconds(on_first);
                        const double second = seconds(!on_first);
                        ratios.push_back(on_first ? first / second : second / first);
                        time += on_first ? first : second;
                    }
                    std::nth_element(ratios.begin(), ratios.begin() + pairs / 2, ratios.end());
                    state.counters["ratio"] = ratios[pairs / 2];
                    state.SetIterationTime(time / pairs);
                }
                state.counters["items"] = static_cast<double>(count);
            })->Iterations(1);
        };
        add_one("bar", watch::bar);
        add_one("report", watch::report);
    }
}

/// Adds all workloads that C can take part in.
template <class C>
void add_workloads(const std::string& name) {
    const unsigned workers = C::parallel ? cpus() : 1;
    if constexpr (orders<C>) add_stream<C>("stream_ordered", name, workers, sum_of_ordered);
    if constexpr (unorders<C>) add_stream<C>("stream_unordered", name, workers, sum_of_unordered);
    for (const unsigned some : C::parallel ? worker_counts() : std::set{workers}) add_map<C>(name, some);
    if constexpr (maps<C>) add_skew<C>("skew_map", name, workers, sum_of_map);
    if constexpr (orders<C>) add_skew<C>("skew_ordered", name, workers, sum_of_ordered);
    if constexpr (unorders<C>) add_skew<C>("skew_unordered", name, workers, sum_of_unordered);
    add_small<C>(name, workers);
    add_nested<C>(name, workers);
    add_zip<C>(name, workers);
    add_strings<C>(name, workers);
    add_latency<C>(name, workers);
    add_blocking<C>(name);
    add_pool<C>(name);
    add_idle<C>(name, workers);
    add_watched<C>(name, workers);
}

}  // namespace bench

#endif
