// SPDX-License-Identifier: MIT
// OpenMP by hand: a parallel for, and one task for each item.
#ifndef BENCH_PEERS_OPENMP_HPP
#define BENCH_PEERS_OPENMP_HPP

#include "../vector_workloads.hpp"
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

    template <class T, class F>
    void vector_map(std::vector<T>& out, const F& f, const std::vector<T>& in) {
        const T* const from = in.data();
        T* const to = out.data();
        const std::size_t count = in.size();
#pragma omp parallel for simd num_threads(workers_)
        for (std::size_t i = 0; i < count; ++i) to[i] = f(from[i]);
    }

    template <class F>
    void vector_for_each(const F& f, std::vector<double>& ys, const std::vector<double>& xs) {
        const double* const x = xs.data();
        double* const y = ys.data();
        const std::size_t count = xs.size();
#pragma omp parallel for simd num_threads(workers_)
        for (std::size_t i = 0; i < count; ++i) f(y[i], x[i]);
    }

    template <class F, class Op, class... Ranges>
    double vector_reduce(const F& f, const Op&, double init, const Ranges&... ranges) {
        const std::size_t count = size_of(ranges...);
        return reduce<Op>(count, f, init, ranges.data()...);
    }

    template <class F>
    void for_rows(number first, number last, const F& f) {
#pragma omp parallel for num_threads(workers_)
        for (number row = first; row < last; ++row) f(row);
    }

  private:
    template <class Op, class F, class... Pointers>
    double reduce(std::size_t count, const F& f, double all, Pointers... in) {
        if constexpr (std::is_same_v<Op, larger>) {
#pragma omp parallel for simd reduction(max : all) num_threads(workers_)
            for (std::size_t i = 0; i < count; ++i) all = std::max(all, f(in[i]...));
        } else {
#pragma omp parallel for simd reduction(+ : all) num_threads(workers_)
            for (std::size_t i = 0; i < count; ++i) all += f(in[i]...);
        }
        return all;
    }

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

    std::uint64_t tree(unsigned depth) {
        std::uint64_t leaves = 0;
#pragma omp parallel num_threads(workers_)
#pragma omp single
        leaves = leaves_below(depth);
        return leaves;
    }

    template <class F>
    std::uint64_t submit(number count, const F& f) {
        return sum_of_map(*this, f, numbers(count));
    }

  private:
    static std::uint64_t leaves_below(unsigned depth) {
        if (depth == 0) return 1;
        std::uint64_t left = 0;
#pragma omp task shared(left)
        left = leaves_below(depth - 1);
        const std::uint64_t right = leaves_below(depth - 1);
#pragma omp taskwait
        return left + right;
    }

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
