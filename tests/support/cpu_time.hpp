// SPDX-License-Identifier: MIT
// The CPU time that all threads of this process have used so far.
#ifndef PARIMAP_TESTS_SUPPORT_CPU_TIME_HPP
#define PARIMAP_TESTS_SUPPORT_CPU_TIME_HPP

#include <chrono>
#include <ctime>

namespace parimap_test {

inline std::chrono::nanoseconds cpu_time() {
    std::timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

}  // namespace parimap_test

#endif
