// SPDX-License-Identifier: MIT
// oneTBB by hand: parallel_for, parallel_pipeline, and a flow graph that streams.
#ifndef BENCH_PEERS_TBB_HPP
#define BENCH_PEERS_TBB_HPP

#include "../workloads.hpp"
#include "ranges.hpp"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/parallel_invoke.h>
#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/parallel_reduce.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include <functional>

namespace bench {

/// As many threads as there are workers, with the caller.
class tbb_threads {
  public:
    explicit tbb_threads(unsigned workers)
        : limit_(tbb::global_control::max_allowed_parallelism, workers), arena_(static_cast<int>(workers)) {}

    template <class Run>
    void execute(const Run& run) {
        arena_.execute(run);
    }

  private:
    tbb::global_control limit_;
    tbb::task_arena arena_;
};

/// The source of a pipeline or graph: 0, 1, ..., and the end after `count` of them.
class counter {
  public:
    explicit counter(std::size_t count) : count_(count) {}

    std::size_t operator()(tbb::flow_control& control) const {
        if (next_ == count_) {
            control.stop();
            return 0;
        }
        return next_++;
    }

  private:
    std::size_t count_;
    mutable std::size_t next_ = 0;  // a filter calls its body through const&
};

using indices = tbb::blocked_range<std::size_t>;

class tbb_for {
  public:
    static constexpr bool parallel = true;
    static constexpr bool owns_threads = false;
    static constexpr nanoseconds overhead{0};

    explicit tbb_for(unsigned workers) : threads_(workers) {}

    template <class F, class... Ranges>
    auto map(const F& f, const Ranges&... ranges) {
        std::vector<result_of<F, Ranges...>> out(size_of(ranges...));
        map_into(out, f, ranges...);
        return out;
    }

    template <class Out, class F, class... Ranges>
    void map_into(Out& out, const F& f, const Ranges&... ranges) {
        threads_.execute([&] {
            tbb::parallel_for(indices(0, size_of(ranges...)), [&](const indices& some) {
                for (std::size_t i = some.begin(); i != some.end(); ++i) out[i] = call_at(i, f, ranges...);
            });
        });
    }

    template <class F>
    std::vector<std::uint64_t> nested(number rows, number columns, const F& f) {
        std::vector<std::uint64_t> sums(rows);
        threads_.execute([&] {
            tbb::parallel_for(number{0}, rows, [&](number row) {
                sums[row] = tbb::parallel_reduce(
                    tbb::blocked_range<number>(0, columns), std::uint64_t{0},
                    [&](const tbb::blocked_range<number>& some, std::uint64_t sum) {
                        for (number column = some.begin(); column != some.end(); ++column) sum += f(row * columns + column);
                        return sum;
                    },
                    std::plus<>{});
            });
        });
        return sums;
    }

    template <class T, class F>
    void vector_map(std::vector<T>& out, const F& f, const std::vector<T>& in) {
        threads_.execute([&] {
            tbb::parallel_for(indices(0, in.size()), [&f, to = out.data(), from = in.data()](const indices& some) {
                for (std::size_t i = some.begin(); i != some.end(); ++i) to[i] = f(from[i]);
            });
        });
    }

    template <class F>
    void vector_for_each(const F& f, std::vector<double>& ys, const std::vector<double>& xs) {
        threads_.execute([&] {
            tbb::parallel_for(indices(0, xs.size()), [&f, y = ys.data(), x = xs.data()](const indices& some) {
                for (std::size_t i = some.begin(); i != some.end(); ++i) f(y[i], x[i]);
            });
        });
    }

    template <class F, class Op, class... Ranges>
    double vector_reduce(const F& f, const Op& op, double init, const Ranges&... ranges) {
        const auto some_of = [&](const indices& some, double from) {
            return reduce_some(some.begin(), some.end(), f, op, from, ranges.data()...);
        };
        double result = 0;
        threads_.execute([&] { result = tbb::parallel_reduce(indices(0, size_of(ranges...)), init, some_of, op); });
        return result;
    }

    template <class F>
    void for_rows(number first, number last, const F& f) {
        threads_.execute([&] { tbb::parallel_for(first, last, f); });
    }

    std::uint64_t tree(unsigned depth) {
        std::uint64_t leaves = 0;
        threads_.execute([&] { leaves = leaves_below(depth); });
        return leaves;
    }

  private:
    static std::uint64_t leaves_below(unsigned depth) {
        if (depth == 0) return 1;
        std::uint64_t left = 0;
        std::uint64_t right = 0;
        tbb::parallel_invoke([&] { left = leaves_below(depth - 1); }, [&] { right = leaves_below(depth - 1); });
        return left + right;
    }

    tbb_threads threads_;
};

/// A reduction that gives the same bits each time, in blocks of some microseconds.
class tbb_deterministic {
  public:
    static constexpr bool parallel = true;
    static constexpr bool owns_threads = false;
    static constexpr nanoseconds overhead{0};

    explicit tbb_deterministic(unsigned workers) : threads_(workers) {}

    template <class F, class Op, class... Ranges>
    double vector_reduce(const F& f, const Op& op, double init, const Ranges&... ranges) {
        const auto some_of = [&](const indices& some, double from) {
            return reduce_some(some.begin(), some.end(), f, op, from, ranges.data()...);
        };
        const indices all(0, size_of(ranges...), 8'192);
        double result = 0;
        threads_.execute([&] { result = tbb::parallel_deterministic_reduce(all, init, some_of, op); });
        return result;
    }

  private:
    tbb_threads threads_;
};

/// One task for each item, made by one thread.
class tbb_tasks {
  public:
    static constexpr bool parallel = true;
    static constexpr bool owns_threads = false;
    static constexpr nanoseconds overhead{0};

    explicit tbb_tasks(unsigned workers) : threads_(workers) {}

    template <class F>
    std::uint64_t submit(number count, const F& f) {
        std::vector<std::uint64_t> results(count);
        threads_.execute([&] {
            tbb::task_group group;
            for (number i = 0; i < count; ++i) group.run([&, i] { results[i] = f(i); });
            group.wait();
        });
        return std::accumulate(results.begin(), results.end(), std::uint64_t{0});
    }

  private:
    tbb_threads threads_;
};

class tbb_pipeline {
  public:
    static constexpr bool parallel = true;
    static constexpr bool owns_threads = false;
    static constexpr nanoseconds overhead{300};

    explicit tbb_pipeline(unsigned workers) : threads_(workers) {}

    template <class Consume, class F, class... Ranges>
    void ordered(Consume consume, const F& f, const Ranges&... ranges) {
        run(tbb::filter_mode::serial_in_order, consume, f, ranges...);
    }

    template <class Consume, class F, class... Ranges>
    void unordered(Consume consume, const F& f, const Ranges&... ranges) {
        run(tbb::filter_mode::serial_out_of_order, consume, f, ranges...);
    }

  private:
    template <class Consume, class F, class... Ranges>
    void run(tbb::filter_mode sink, Consume& consume, const F& f, const Ranges&... ranges) {
        using result = result_of<F, Ranges...>;
        const counter give(size_of(ranges...));
        const auto apply = [&](std::size_t i) { return call_at(i, f, ranges...); };
        const auto take = [&](const result& r) { consume(r); };
        threads_.execute([&] {
            tbb::parallel_pipeline(in_flight, tbb::make_filter<void, std::size_t>(tbb::filter_mode::serial_in_order, give) &
                                                  tbb::make_filter<std::size_t, result>(tbb::filter_mode::parallel, apply) &
                                                  tbb::make_filter<result, void>(sink, take));
        });
    }

    tbb_threads threads_;
};

class tbb_flow_graph {
  public:
    static constexpr bool parallel = true;
    static constexpr bool owns_threads = false;
    static constexpr nanoseconds overhead{1'500};

    explicit tbb_flow_graph(unsigned workers) : threads_(workers) {}

    template <class Consume, class F, class... Ranges>
    void ordered(Consume consume, const F& f, const Ranges&... ranges) {
        run<true>(consume, f, ranges...);
    }

    template <class Consume, class F, class... Ranges>
    void unordered(Consume consume, const F& f, const Ranges&... ranges) {
        run<false>(consume, f, ranges...);
    }

  private:
    template <bool InOrder, class Consume, class F, class... Ranges>
    void run(Consume& consume, const F& f, const Ranges&... ranges) {
        namespace flow = tbb::flow;
        struct message {
            std::size_t index;
            result_of<F, Ranges...> result;
        };
        threads_.execute([&] {
            flow::graph graph;
            flow::input_node<std::size_t> source(graph, counter(size_of(ranges...)));
            flow::limiter_node<std::size_t> limiter(graph, in_flight);
            flow::function_node<std::size_t, message> worker(graph, flow::unlimited, [&](std::size_t i) {
                return message{i, call_at(i, f, ranges...)};
            });
            flow::function_node<message> sink(graph, flow::serial, [&](const message& m) {
                consume(m.result);
                return flow::continue_msg();
            });
            flow::sequencer_node<message> sequencer(graph, [](const message& m) { return m.index; });
            flow::make_edge(source, limiter);
            flow::make_edge(limiter, worker);
            if constexpr (InOrder) {
                flow::make_edge(worker, sequencer);
                flow::make_edge(sequencer, sink);
            } else {
                flow::make_edge(worker, sink);
            }
            flow::make_edge(sink, limiter.decrementer());
            source.activate();
            graph.wait_for_all();
        });
    }

    tbb_threads threads_;
};

}  // namespace bench

#endif
