// SPDX-License-Identifier: MIT
// The main program of every benchmark: Google Benchmark's, and one more argument for run.py.

#include "contenders.hpp"
#include "cost.hpp"

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstring>

int main(int argc, char** argv) {
    if (argc == 2 && std::strcmp(argv[1], "--steps-per-us") == 0) {
        std::printf("%.6f\n", bench::steps_per_us());
        return 0;
    }
    bench::add_contenders();
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
