// SPDX-License-Identifier: MIT
// What an item costs: work of a calibrated length, whose answer can be foretold.
#ifndef BENCH_COST_HPP
#define BENCH_COST_HPP

#include "clock.hpp"

#include <benchmark/benchmark.h>

#include <sched.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>

namespace bench {

using std::chrono::nanoseconds;

// One step of the work. The next step needs its result, so a CPU cannot do two at once.
inline constexpr std::uint64_t factor = 6364136223846793005U;
inline constexpr std::uint64_t summand = 1442695040888963407U;

/// Keeps a CPU busy for so many steps. It counts steps and reads no clock: with more threads than CPUs, an item that
/// waits for a clock goes on "working" while another thread has its CPU.
inline std::uint64_t work(std::uint64_t x, std::uint64_t steps) {
    for (std::uint64_t i = 0; i < steps; ++i) x = x * factor + summand;
#if defined(__x86_64__)
    // Without it a CPU begins the next item before this one is done, and 100 ns become 65 in a loop of such items.
    if (steps != 0) __builtin_ia32_lfence();
#endif
    benchmark::DoNotOptimize(x);
    return x;
}

/// What work(x, steps) returns, for any x: x * multiplier + offset. Found by squaring, so that checking costs nothing.
struct foretold {
    std::uint64_t multiplier = 1;
    std::uint64_t offset = 0;

    explicit foretold(std::uint64_t steps) {
        std::uint64_t a = factor;
        std::uint64_t b = summand;
        for (; steps != 0; steps /= 2) {
            if (steps % 2 != 0) {
                multiplier *= a;
                offset = offset * a + b;
            }
            b = a * b + b;
            a *= a;
        }
    }

    std::uint64_t operator()(std::uint64_t x) const { return x * multiplier + offset; }
};

/// Steps in a microsecond, measured once. BENCH_STEPS_PER_US overrides it, so that programs that are compared do the
/// same work: run.py measures it once for all of them.
inline double steps_per_us() {
    static const double measured = [] {
        if (const char* given = std::getenv("BENCH_STEPS_PER_US")) return std::strtod(given, nullptr);
        constexpr std::uint64_t steps = 1'000'000;
        std::array<double, 15> rates{};
        for (double& rate : rates) {
            const auto start = steady::now();
            work(1, steps);
            rate = static_cast<double>(steps) / std::chrono::duration<double, std::micro>(steady::now() - start).count();
        }
        std::nth_element(rates.begin(), rates.begin() + rates.size() / 2, rates.end());
        return rates[rates.size() / 2];
    }();
    return measured;
}

inline std::uint64_t steps_of(nanoseconds cost) {
    return static_cast<std::uint64_t>(steps_per_us() * static_cast<double>(cost.count()) / 1e3 + 0.5);
}

/// The CPUs that this process may use: the number of workers that all contenders get.
inline unsigned cpus() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return static_cast<unsigned>(CPU_COUNT(&set));
}

}  // namespace bench

#endif
