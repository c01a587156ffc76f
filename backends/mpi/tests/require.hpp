// SPDX-License-Identifier: MIT
// What programs check in which all ranks make the calls, where no test framework runs.
#ifndef PARIMAP_BACKENDS_MPI_TESTS_REQUIRE_HPP
#define PARIMAP_BACKENDS_MPI_TESTS_REQUIRE_HPP

#include <chrono>
#include <cstdio>
#include <thread>

#include <mpi.h>

namespace parimap_test {

inline int rank = 0;

inline void require(bool is_true, int line, const char* what) {
    if (is_true) return;
    std::fprintf(stderr, "rank %d, line %d: not true: %s\n", rank, line, what);
    MPI_Abort(MPI_COMM_WORLD, 1);
}
#define REQUIRE(...) parimap_test::require((__VA_ARGS__), __LINE__, #__VA_ARGS__)

inline void pass_time(int microseconds) { std::this_thread::sleep_for(std::chrono::microseconds(microseconds)); }

}  // namespace parimap_test

#endif
