// SPDX-License-Identifier: MIT
// The functions that workloads run over their items, the same for every contender, and what their results add up to.
#ifndef BENCH_ITEMS_HPP
#define BENCH_ITEMS_HPP

#include "cost.hpp"

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <ranges>
#include <string>
#include <thread>
#include <vector>

namespace bench {

/// Items are numbers of 32 bits: the differences between longer ones in std::views::iota have 128 bits, and cost.
using number = std::uint32_t;

inline auto numbers(std::uint64_t count) { return std::views::iota(number{0}, static_cast<number>(count)); }

/// The same work for every number.
struct same_work {
    std::uint64_t steps;
    std::uint64_t operator()(number i) const { return work(i, steps); }

    std::uint64_t sum(std::uint64_t count) const {
        const foretold result(steps);
        return result.multiplier * (count * (count - 1) / 2) + result.offset * count;
    }
};

/// An item says itself how much work it is.
struct own_work {
    std::uint64_t operator()(std::uint64_t steps) const { return work(steps, steps); }

    static std::uint64_t sum(const std::vector<std::uint64_t>& items) {
        std::uint64_t all = 0;
        for (const std::uint64_t steps : items) all += foretold(steps)(steps);
        return all;
    }
};

/// Eight items of 10 ms side by side among 100,000 of next to nothing; before says how many of these come first.
inline std::vector<std::uint64_t> eight_heavy(std::size_t before) {
    std::vector<std::uint64_t> items(100'000, 1);
    const auto first = items.begin() + static_cast<std::ptrdiff_t>(before);
    items.insert(first, 8, steps_of(std::chrono::milliseconds(10)));
    return items;
}

/// Log-normal costs, median 5 us and sigma 1.5, always the same ones, about 100 ms in all.
inline std::vector<std::uint64_t> log_normal() {
    std::mt19937_64 random(5);
    std::lognormal_distribution<double> microseconds(std::log(5.0), 1.5);
    std::vector<std::uint64_t> items(6'500);
    for (std::uint64_t& steps : items) steps = static_cast<std::uint64_t>(microseconds(random) * steps_per_us());
    return items;
}

struct square {
    double operator()(double x) const { return x * x; }
};

struct multiply_add {
    double operator()(double a, double b, double c) const { return a * b + c; }
};

/// A string that needs memory of its own.
struct as_text {
    std::string operator()(number i) const {
        std::string text = "the text of the item with the number ....: ";
        text += std::to_string(i);
        return text;
    }

    static std::uint64_t length(std::uint64_t count) {
        std::uint64_t all = count * std::string("the text of the item with the number ....: ").size();
        for (std::uint64_t i = 0; i < count; ++i) all += std::to_string(i).size();
        return all;
    }
};

/// Waits, and uses no CPU.
struct sleeper {
    std::chrono::microseconds time;
    std::uint64_t operator()(number i) const {
        std::this_thread::sleep_for(time);
        return i;
    }
};

/// Nanoseconds of the steady clock.
inline std::int64_t now() { return nanoseconds(steady::now().time_since_epoch()).count(); }

/// Returns when it was done, as a plain number. The first items cost nothing, the others sleep for 1 ms.
struct stamped {
    number cheap;
    std::int64_t operator()(number i) const {
        if (i < cheap) return 0;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return now();
    }
};

}  // namespace bench

#endif
