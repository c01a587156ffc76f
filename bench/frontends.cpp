// SPDX-License-Identifier: MIT
// What the frontends cost on one backend, beside a serial loop: streams and maps of items from nothing to 100 us.

#include <parimap/parimap.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <ranges>
#include <string>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;

/// An item that keeps a CPU busy for about so long; its result is checked.
std::int64_t item(std::int64_t i, std::chrono::nanoseconds cost) {
    if (cost.count() > 0) {
        const auto end = clock_type::now() + cost;
        while (clock_type::now() < end) {
        }
    }
    return i;
}

/// Arguments: an item's cost in nanoseconds. So many items that a run takes a tenth of a second serially.
std::int64_t items_of(const benchmark::State& state) { return 100'000'000 / (state.range(0) + 20); }

template <class Run>
void measure(benchmark::State& state, Run run) {
    parimap::pool workers;
    const std::chrono::nanoseconds cost(state.range(0));
    const std::int64_t items = items_of(state);
    const auto f = [cost](std::int64_t i) { return item(i, cost); };
    for (auto _ : state) {
        if (run(workers, f, std::views::iota(std::int64_t{0}, items)) != items * (items - 1) / 2) {
            state.SkipWithError("wrong sum");
            break;
        }
    }
    state.SetItemsProcessed(state.iterations() * items);
    state.SetLabel(std::string(parimap::pool::backend_name()) + ", " + std::to_string(workers.size()) + " workers");
}

void serial_loop(benchmark::State& state) {
    measure(state, [](auto&, auto f, auto input) {
        std::int64_t sum = 0;
        for (const std::int64_t i : input) sum += f(i);
        return sum;
    });
}

void ordered_stream(benchmark::State& state) {
    measure(state, [](auto& workers, auto f, auto input) {
        std::int64_t sum = 0;
        for (const std::int64_t r : parimap::ordered_imap(workers, f, input)) sum += r;
        return sum;
    });
}

void unordered_stream(benchmark::State& state) {
    measure(state, [](auto& workers, auto f, auto input) {
        std::int64_t sum = 0;
        for (const std::int64_t r : parimap::unordered_imap(workers, f, input)) sum += r;
        return sum;
    });
}

void map(benchmark::State& state) {
    measure(state, [](auto& workers, auto f, auto input) {
        const std::vector<std::int64_t> results = parimap::parallel_map(workers, f, input);
        return std::accumulate(results.begin(), results.end(), std::int64_t{0});
    });
}

void map_reduce(benchmark::State& state) {
    measure(state, [](auto& workers, auto f, auto input) {
        return parimap::parallel_map_reduce(workers, f, std::plus<>{}, std::int64_t{0}, input);
    });
}

void costs(benchmark::internal::Benchmark* b) {
    b->ArgName("ns")->Arg(0)->Arg(100)->Arg(1'000)->Arg(10'000)->Arg(100'000)->UseRealTime()->Unit(benchmark::kMillisecond);
}

BENCHMARK(serial_loop)->Apply(costs);
BENCHMARK(ordered_stream)->Apply(costs);
BENCHMARK(unordered_stream)->Apply(costs);
BENCHMARK(map)->Apply(costs);
BENCHMARK(map_reduce)->Apply(costs);

}  // namespace
