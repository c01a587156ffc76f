// SPDX-License-Identifier: MIT
// Arithmetic over vectors: what a call adds to the loop that a compiler makes of it. Written once for every contender.
#ifndef BENCH_VECTOR_WORKLOADS_HPP
#define BENCH_VECTOR_WORKLOADS_HPP

#include "clock.hpp"
#include "cost.hpp"
#include "measure.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

namespace bench {

// A contender is one of workloads.hpp, with those of these members that it has a natural way for. Ranges are vectors,
// equally long. Peers loop over plain pointers, as one would by hand.
//
//     vector_map(out, f, in)                     f of each element of in, assigned to that of out
//     vector_for_each(f, y, x)                   f(y, x) for the elements of two, where f changes y
//     vector_reduce(f, op, init, ranges...)      the results of f added up, or the largest of them, as op says

struct squared {
    template <class T>
    T operator()(T x) const {
        return x * x;
    }
};

struct cubic {
    template <class T>
    T operator()(T x) const {
        return ((T(0.5) * x + T(2)) * x + T(3)) * x + T(1);
    }
};

struct exponential {
    template <class T>
    T operator()(T x) const {
        return std::exp(x);
    }
};

struct saxpy {
    double a;
    void operator()(double& y, const double& x) const { y += a * x; }
};

struct itself {
    double operator()(double x) const { return x; }
};

struct product {
    double operator()(double a, double b) const { return a * b; }
};

struct larger {
    double operator()(double a, double b) const { return a < b ? b : a; }
};

template <class C>
concept maps_vectors = requires(C c, std::vector<double>& v) { c.vector_map(v, squared{}, v); };
template <class C>
concept changes_vectors = requires(C c, std::vector<double>& v) { c.vector_for_each(saxpy{1}, v, v); };
template <class C>
concept reduces_vectors = requires(C c, const std::vector<double>& v) { c.vector_reduce(itself{}, std::plus<>{}, 0.0, v); };

/// Short loops are timed so many in a row: as programs make them, and the clock is none of their cost.
struct vector_size {
    const char* name;
    std::size_t count;
    unsigned calls;
};
inline constexpr vector_size vector_sizes[] = {
    {"20k", 20'000, 50}, {"200k", 200'000, 10}, {"2M", 2'000'000, 1}, {"10M", 10'000'000, 1}};

/// So many calls, of which the compiler makes no single one.
template <class Call>
void in_a_row(unsigned calls, Call call) {
    for (unsigned i = 0; i < calls; ++i) {
        call();
        benchmark::ClobberMemory();
    }
}

/// Inputs begin anew so often, and all sizes are multiples of it.
inline constexpr std::size_t period = 1000;

/// 0, step, 2 * step, ..., again and again.
template <class T>
std::vector<T> saw_teeth(std::size_t count, T step) {
    std::vector<T> xs(count);
    for (std::size_t i = 0; i < count; ++i) xs[i] = static_cast<T>(i % period) * step;
    return xs;
}

/// Whether all are near what the first ones should be.
template <class T>
bool repeats(const std::vector<T>& got, const std::array<T, period>& expected, T tolerance) {
    bool right = true;
    for (std::size_t first = 0; first < got.size(); first += period) {
        for (std::size_t i = 0; i < period; ++i) right &= std::abs(got[first + i] - expected[i]) <= tolerance * expected[i];
    }
    return right;
}

template <class C, class T, class F>
void add_vector_map(const std::string& workload, const std::string& name, unsigned workers, F f) {
    for (const vector_size& size : vector_sizes) {
        add(workload + '_' + size.name, name, workers, [=](benchmark::State& state) {
            C contender(workers);
            const std::vector<T> in = saw_teeth<T>(size.count, T(1) / period);
            std::vector<T> out(size.count);
            std::array<T, period> expected;
            std::transform(in.begin(), in.begin() + period, expected.begin(), f);
            const auto spoil = [&out] {
                for (std::size_t i = 0; i < out.size(); i += 997) out[i] = -1;
            };
            const auto run = [&]() -> const std::vector<T>& {
                in_a_row(size.calls, [&] { contender.vector_map(out, f, in); });
                return out;
            };
            // The loop at hand may be compiled with other instructions than this one here.
            constexpr T tolerance = 16 * std::numeric_limits<T>::epsilon();
            measure(state, size.count * size.calls, spoil, run, [&](const auto& got) { return repeats(got, expected, tolerance); });
        });
    }
}

inline constexpr double slope = 3;

template <class C>
void add_vector_for_each(const std::string& workload, const std::string& name, unsigned workers) {
    for (const vector_size& size : vector_sizes) {
        add(workload + '_' + size.name, name, workers, [=](benchmark::State& state) {
            C contender(workers);
            const std::vector<double> x = saw_teeth(size.count, 1.0);
            std::vector<double> y(size.count);
            double runs = 0;
            const auto run = [&]() -> const std::vector<double>& {
                in_a_row(size.calls, [&] { contender.vector_for_each(saxpy{slope}, y, x); });
                runs += size.calls;
                return y;
            };
            // Whole numbers: they are exact, however often they are added.
            const auto is_right = [&](const std::vector<double>& got) {
                std::array<double, period> expected;
                for (std::size_t i = 0; i < period; ++i) expected[i] = slope * runs * static_cast<double>(i);
                return repeats(got, expected, 0.0);
            };
            measure(state, size.count * size.calls, run, is_right);
        });
    }
}

/// One reduction over vectors of whole numbers: it is exact, however it is grouped.
template <class C, class F, class Op, class... Ranges>
void measure_reduce(benchmark::State& state, unsigned workers, unsigned calls, F f, Op op, double right, const Ranges&... ranges) {
    C contender(workers);
    const std::uint64_t count = std::min({ranges.size()...});
    const auto run = [&] {
        double sum = right;  // or one that is wrong
        in_a_row(calls, [&] {
            const double got = contender.vector_reduce(f, op, 0.0, ranges...);
            if (got != right) sum = got;
        });
        return sum;
    };
    measure(state, count * calls, run, [=](double got) { return got == right; });
}

/// The sum of one vector, so many times.
template <class C>
void add_vector_sum(const std::string& group, const std::string& name, unsigned workers, std::size_t count, unsigned calls) {
    add(group, name, workers, [=](benchmark::State& state) {
        const double right = static_cast<double>(count / period) * (period * (period - 1) / 2);
        measure_reduce<C>(state, workers, calls, itself{}, std::plus<>{}, right, saw_teeth(count, 1.0));
    });
}

template <class C>
void add_vector_reduce(const std::string& workload, const std::string& name, unsigned workers) {
    for (const vector_size& size : vector_sizes) {
        const double rounds = static_cast<double>(size.count) / period;
        add_vector_sum<C>(workload + "/sum_double_" + size.name, name, workers, size.count, size.calls);
        add(workload + "/dot_double_" + size.name, name, workers, [=](benchmark::State& state) {
            const double right = 2 * rounds * (period * (period - 1) * (2 * period - 1) / 6);
            measure_reduce<C>(state, workers, size.calls, product{}, std::plus<>{}, right, saw_teeth(size.count, 1.0),
                              saw_teeth(size.count, 2.0));
        });
        add(workload + "/max_double_" + size.name, name, workers, [=](benchmark::State& state) {
            std::vector<double> xs = saw_teeth(size.count, 1.0);
            xs[size.count * 2 / 3] = 5e6;
            measure_reduce<C>(state, workers, size.calls, itself{}, larger{}, 5e6, xs);
        });
    }
}

/// Adds those that C can take part in. The suffix tells programs apart that are compiled with other flags.
template <class C>
void add_vector_workloads(const std::string& name, const std::string& suffix) {
    const unsigned workers = C::parallel ? cpus() : 1;
    if constexpr (maps_vectors<C>) {
        const std::string map = "vector_map" + suffix + '/';
        add_vector_map<C, double>(map + "square_double", name, workers, squared{});
        add_vector_map<C, float>(map + "square_float", name, workers, squared{});
        add_vector_map<C, double>(map + "cubic_double", name, workers, cubic{});
        add_vector_map<C, float>(map + "cubic_float", name, workers, cubic{});
        add_vector_map<C, double>(map + "exp_double", name, workers, exponential{});
        add_vector_map<C, float>(map + "exp_float", name, workers, exponential{});
    }
    if constexpr (changes_vectors<C>) add_vector_for_each<C>("vector_for_each" + suffix + "/saxpy_double", name, workers);
    if constexpr (reduces_vectors<C>) add_vector_reduce<C>("vector_reduce" + suffix, name, workers);
}

}  // namespace bench

#endif
