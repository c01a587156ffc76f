// SPDX-License-Identifier: MIT
// Many calls in a row, calls inside calls, and jobs one by one: what it costs to hand work out. Written once for every contender.
#ifndef BENCH_CALL_WORKLOADS_HPP
#define BENCH_CALL_WORKLOADS_HPP

#include "vector_workloads.hpp"
#include "workloads.hpp"

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <numeric>
#include <set>
#include <string>
#include <vector>

namespace bench {

// A contender is one of workloads.hpp, with those of these members that it has a natural way for.
//
//     for_rows(first, last, f)                   f of each number in [first, last), in one call
//     tree(depth)                                the number of leaves of a binary tree, whose nodes make a call of 2 each
//     submit(count, f)                           a job for f of each number below count; the sum of what they return

template <class C>
concept runs_rows = requires(C c) { c.for_rows(number{1}, number{2}, ignore); };
template <class C>
concept branches = requires(C c) { c.tree(1U); };
template <class C>
concept submits = requires(C c) { c.submit(number{1}, same_work{0}); };

/// A square of numbers, twice: a sweep reads one and writes the other.
class grid {
  public:
    explicit grid(number side) : side_(side), wave_(side), old_(std::size_t{side} * side), new_(old_) {
        for (number i = 0; i < side; ++i) wave_[i] = std::sin(step() * i);
    }

    /// A wave, that every sweep makes lower by the same factor everywhere.
    void reset() {
        for (std::size_t i = 0; i < old_.size(); ++i) old_[i] = wave_[i / side_] * wave_[i % side_];
    }

    /// One row of a sweep.
    void relax(number row) {
        const std::size_t start = std::size_t{row} * side_;
        const double* const middle = &old_[start];
        const double* const above = middle - side_;
        const double* const below = middle + side_;
        double* const out = &new_[start];
        for (number i = 1; i < side_ - 1; ++i) out[i] = 0.25 * (above[i] + below[i] + middle[i - 1] + middle[i + 1]);
    }

    void swap() { old_.swap(new_); }

    bool is_wave_after(unsigned sweeps) const {
        const double height = std::pow(std::cos(step()), sweeps);
        bool right = true;
        for (std::size_t i = 0; i < old_.size(); ++i) {
            right &= std::abs(old_[i] - height * wave_[i / side_] * wave_[i % side_]) < 1e-10;
        }
        return right;
    }

  private:
    double step() const { return std::numbers::pi / (side_ - 1); }

    number side_;
    std::vector<double> wave_;
    std::vector<double> old_;
    std::vector<double> new_;
};

/// Jacobi sweeps, one call each: a call reads what the one before wrote.
template <class C>
void add_stencil(const std::string& name, unsigned workers) {
    struct one_size {
        number side;
        unsigned sweeps;  // some 50 to 100 ms
    };
    for (const auto [side, sweeps] : {one_size{256, 2'000}, {512, 500}, {1024, 100}, {2048, 24}}) {
        add("stencil/" + std::to_string(side), name, workers, [side = side, sweeps = sweeps, workers](benchmark::State& state) {
            C contender(workers);
            grid cells(side);
            const auto run = [&] {
                for (unsigned sweep = 0; sweep < sweeps; ++sweep) {
                    contender.for_rows(number{1}, side - 1, [&cells](number row) { cells.relax(row); });
                    cells.swap();
                }
                return 0;
            };
            measure(
                state, sweeps, [&] { cells.reset(); }, run, [&](int) { return cells.is_wave_after(sweeps); });
        });
    }
}

/// Maps of 2,000 items in a row, of a few microseconds each: what an item is is a call.
template <class C>
void add_calls(const std::string& name) {
    struct one_cost {
        const char* group;
        nanoseconds cost;
        unsigned calls;  // at most 0.3 s in all, and a multiple of the items
    };
    for (const auto [group, cost, calls] :
         {one_cost{"calls/5ns_x2000", nanoseconds(5), 10'000}, {"calls/25ns_x2000", nanoseconds(25), 4'000}}) {
        for (const unsigned workers : C::parallel ? std::set{1U, cpus()} : std::set{1U}) {
            add(group, name, workers, [cost = cost, calls = calls, workers](benchmark::State& state) {
                constexpr number count = 2'000;
                C contender(workers);
                const same_work f{steps_of(cost)};
                std::vector<std::uint64_t> out(count);
                const auto run = [&] {
                    std::uint64_t sum = 0;
                    for (unsigned call = 0; call < calls; ++call) {
                        contender.map_into(out, f, numbers(count));
                        // One of each call, so that none can do nothing.
                        std::uint64_t& one = out[call % count];
                        sum += one;
                        one = 0;
                    }
                    return sum;
                };
                const auto right = calls / count * f.sum(count);
                measure(state, calls, run, [=](std::uint64_t got) { return got == right; });
            });
        }
    }
}

template <class C>
void add_tree(const std::string& name, unsigned workers) {
    add("nested_call/2", name, workers, [=](benchmark::State& state) {
        constexpr unsigned depth = 12;
        constexpr std::uint64_t leaves = 1U << depth;
        C contender(workers);
        measure(
            state, leaves - 1, [&] { return contender.tree(depth); }, [](std::uint64_t got) { return got == leaves; });
    });
}

template <class C>
void add_submit(const std::string& name, unsigned workers) {
    constexpr number count = 100'000;
    if constexpr (!is_affordable<C>(count)) return;
    add("submit/100k", name, workers, [=](benchmark::State& state) {
        constexpr same_work f{0};
        const auto right = f.sum(count);
        C contender(workers);
        measure(
            state, count, [&] { return contender.submit(count, f); }, [=](std::uint64_t got) { return got == right; });
    });
}

/// Adds those that C can take part in.
template <class C>
void add_call_workloads(const std::string& name) {
    const unsigned workers = C::parallel ? cpus() : 1;
    if constexpr (runs_rows<C>) add_stencil<C>(name, workers);
    if constexpr (maps_into<C>) add_calls<C>(name);
    if constexpr (reduces_vectors<C>) add_vector_sum<C>("small_reduce/1000", name, workers, 1000, 1);
    if constexpr (branches<C>) add_tree<C>(name, workers);
    if constexpr (submits<C>) add_submit<C>(name, workers);
}

}  // namespace bench

#endif
