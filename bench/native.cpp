// SPDX-License-Identifier: MIT
// The main program of the benchmarks over vectors that are compiled for this CPU.

#include "contenders.hpp"

#include <benchmark/benchmark.h>

int main(int argc, char** argv) {
    bench::add_vector_contenders("_native");
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
