// SPDX-License-Identifier: MIT
// OpenMP by hand: a parallel for, and one task for each item.
#ifndef BENCH_PEERS_OPENMP_HPP
#define BENCH_PEERS_OPENMP_HPP

#include "../workloads.hpp"
#include "ranges.hpp"

namespace bench {

class omp_for {
  public:
    static constexpr bool parallel = true;
    static constexpr bool owns_threads = false;
    static constexpr nanoseconds overhead{0};

    explicit omp_for(unsigned workers) : workers_(static_cast<int>(workers)) {}

    template <class F, class... Ranges>
    auto map(const F& f, const Ranges&... ranges) {
        std::vector<result_of<F, Ranges...>> out(size_of(ranges...));
        map_into(out, f, ranges...);
        return out;
    }

    template <class Out, class F, class... Ranges>
    void map_into(Out& out, const F& f, const Ranges&... ranges) {
        const std::size_t count = size_of(ranges...);
#pragma omp parallel for num_threads(workers_)
        for (std::size_t i = 0; i < count; ++i) out[i] = call_at(i, f, ranges...);
    }

    template <class F>
    std::vector<std::uint64_t> nested(number rows, number columns, const F& f) {
        std::vector<std::uint64_t> sums(rows);
#pragma omp parallel num_threads(workers_)
#pragma omp single
        {
            // An inner parallel region would make threads of its own, a taskloop shares those that are there.
#pragma omp taskloop
            for (number row = 0; row < rows; ++row) {
                std::uint64_t sum = 0;
#pragma omp taskloop reduction(+ : sum)
                for (number column = 0; column < columns; ++column) sum += f(row * columns + column);
                sums[row] = sum;
            }
        }
        return sums;
    }

  private:
    int workers_;
};

/// A parallel for whose iterations are given out one by one, with an ordered region for the consumer. Its threads spin
/// for their turn: where others want the CPU, too, an item may take it a hundred times as long as it says here.
class omp_ordered {
  public:
    static constexpr bool parallel = true;
    static constexpr bool owns_threads = false;
    static constexpr nanoseconds overhead{6'000};

    explicit omp_ordered(unsigned workers) : workers_(static_cast<int>(workers)) {}

    template <class Consume, class F, class... Ranges>
    void ordered(Consume consume, const F& f, const Ranges&... ranges) {
        const std::size_t count = size_of(ranges...);
#pragma omp parallel for ordered schedule(dynamic, 1) num_threads(workers_)
        for (std::size_t i = 0; i < count; ++i) {
            const auto result = call_at(i, f, ranges...);
#pragma omp ordered
            consume(result);
        }
    }

  private:
    int workers_;
};

/// One task for each item, made by one thread.
class omp_tasks {
  public:
    static constexpr bool parallel = true;
    static constexpr bool owns_threads = false;
    static constexpr nanoseconds overhead{500};

    explicit omp_tasks(unsigned workers) : workers_(static_cast<int>(workers)) {}

    template <class F, class... Ranges>
    auto map(const F& f, const Ranges&... ranges) {
        const std::size_t count = size_of(ranges...);
        std::vector<result_of<F, Ranges...>> out(count);
        const auto run = [&](std::size_t i) { out[i] = call_at(i, f, ranges...); };
        for_each_index(count, run);
        return out;
    }

    template <class Consume, class F, class... Ranges>
    void unordered(Consume consume, const F& f, const Ranges&... ranges) {
        const auto run = [&](std::size_t i) {
            const auto result = call_at(i, f, ranges...);
#pragma omp critical(bench_consume)
            consume(result);
        };
        for_each_index(size_of(ranges...), run);
    }

  private:
    template <class Run>
    void for_each_index(std::size_t count, const Run& run) {
#pragma omp parallel num_threads(workers_)
#pragma omp single
        for (std::size_t i = 0; i < count; ++i) {
#pragma omp task firstprivate(i) shared(run)
            run(i);
        }
    }

    int workers_;
};

}  // namespace bench

#endif
