// SPDX-License-Identifier: MIT
// The clocks of the benchmarks.
#ifndef BENCH_CLOCK_HPP
#define BENCH_CLOCK_HPP

#include <time.h>

#include <chrono>

namespace bench {

using steady = std::chrono::steady_clock;

inline double seconds_since(steady::time_point start) { return std::chrono::duration<double>(steady::now() - start).count(); }

/// The CPU time that all threads of this process have used so far.
inline double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace bench

#endif
