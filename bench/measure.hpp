// SPDX-License-Identifier: MIT
// How a workload is timed, checked and named.
#ifndef BENCH_MEASURE_HPP
#define BENCH_MEASURE_HPP

#include "clock.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <utility>

namespace bench {

/// Adds a benchmark named group/contender/workers, where the group is workload/parameter. The time is the one that the
/// workload reports: making the pool, checking the answer and freeing it are not part of it.
template <class Body>
benchmark::internal::Benchmark* add(const std::string& group, const std::string& contender, unsigned workers, Body body) {
    const std::string name = group + '/' + contender + '/' + std::to_string(workers);
    return benchmark::RegisterBenchmark(name.c_str(), std::move(body))->UseManualTime()->Unit(benchmark::kMicrosecond);
}

/// Times run() again and again. is_right(what run returned) says whether the answer is right; prepare() goes before
/// each run. The first run is not timed: threads start, memory is mapped.
template <class Prepare, class Run, class Check>
void measure(benchmark::State& state, std::uint64_t items, Prepare prepare, Run run, Check is_right) {
    prepare();
    bool right = is_right(run());
    for (auto _ : state) {
        if (!right) {
            state.SkipWithError("wrong answer");
            break;
        }
        prepare();
        const auto start = steady::now();
        auto&& answer = run();
        state.SetIterationTime(seconds_since(start));
        right = is_right(answer);
    }
    if (!right) state.SkipWithError("wrong answer");
    state.counters["items"] = static_cast<double>(items);
}

template <class Run, class Check>
void measure(benchmark::State& state, std::uint64_t items, Run run, Check is_right) {
    measure(
        state, items, [] {}, std::move(run), std::move(is_right));
}

}  // namespace bench

#endif
