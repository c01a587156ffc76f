// SPDX-License-Identifier: MIT
// A plain loop on the calling thread: what parallel code is measured against.
#ifndef BENCH_PEERS_SERIAL_HPP
#define BENCH_PEERS_SERIAL_HPP

#include "../workloads.hpp"
#include "ranges.hpp"

namespace bench {

class serial_loop {
  public:
    static constexpr bool parallel = false;
    static constexpr bool owns_threads = false;
    static constexpr nanoseconds overhead{0};

    explicit serial_loop(unsigned) {}

    template <class F, class... Ranges>
    auto map(const F& f, const Ranges&... ranges) {
        std::vector<result_of<F, Ranges...>> out;
        out.reserve(size_of(ranges...));
        for (std::size_t i = 0; i < size_of(ranges...); ++i) out.push_back(call_at(i, f, ranges...));
        return out;
    }

    template <class Out, class F, class... Ranges>
    void map_into(Out& out, const F& f, const Ranges&... ranges) {
        for (std::size_t i = 0; i < size_of(ranges...); ++i) out[i] = call_at(i, f, ranges...);
    }

    template <class Consume, class F, class... Ranges>
    void ordered(Consume consume, const F& f, const Ranges&... ranges) {
        for (std::size_t i = 0; i < size_of(ranges...); ++i) consume(call_at(i, f, ranges...));
    }

    template <class Consume, class F, class... Ranges>
    void unordered(Consume consume, const F& f, const Ranges&... ranges) {
        ordered(consume, f, ranges...);
    }

    template <class F>
    std::vector<std::uint64_t> nested(number rows, number columns, const F& f) {
        std::vector<std::uint64_t> sums(rows);
        for (number row = 0; row < rows; ++row) {
            for (number column = 0; column < columns; ++column) sums[row] += f(row * columns + column);
        }
        return sums;
    }

    template <class T, class F>
    void vector_map(std::vector<T>& out, const F& f, const std::vector<T>& in) {
        const T* const from = in.data();
        T* const to = out.data();
        const std::size_t count = in.size();
        for (std::size_t i = 0; i < count; ++i) to[i] = f(from[i]);
    }

    template <class F>
    void vector_for_each(const F& f, std::vector<double>& ys, const std::vector<double>& xs) {
        const double* const x = xs.data();
        double* const y = ys.data();
        const std::size_t count = xs.size();
        for (std::size_t i = 0; i < count; ++i) f(y[i], x[i]);
    }

    // Inlined among calls its total would be kept in memory, and the loop take twice as long.
    template <class F, class Op, class... Ranges>
    [[gnu::noinline]] double vector_reduce(const F& f, const Op& op, double init, const Ranges&... ranges) {
        return reduce_some(0, size_of(ranges...), f, op, init, ranges.data()...);
    }

    template <class F>
    void for_rows(number first, number last, const F& f) {
        for (number row = first; row < last; ++row) f(row);
    }

    std::uint64_t tree(unsigned depth) { return depth == 0 ? 1 : tree(depth - 1) + tree(depth - 1); }
};

}  // namespace bench

#endif
