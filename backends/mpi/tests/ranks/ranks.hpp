// SPDX-License-Identifier: MIT
// What the cases of this program share. They run on rank 0; the others serve.
#ifndef PARIMAP_BACKENDS_MPI_TESTS_RANKS_HPP
#define PARIMAP_BACKENDS_MPI_TESTS_RANKS_HPP

#include "support/catch.hpp"

#include <parimap/parimap.hpp>
#include <parimap/session.hpp>

#include <chrono>
#include <cstddef>
#include <numeric>
#include <thread>
#include <vector>

#include <unistd.h>

namespace parimap_test {

using pool = parimap::basic_pool<parimap::backends::mpi>;
using session = parimap::basic_session<parimap::backends::mpi>;

inline int ranks = 1;  // of the session
inline int this_rank = 0;

inline std::vector<double> numbers(std::size_t count) {
    std::vector<double> all(count);
    std::iota(all.begin(), all.end(), 0.0);
    return all;
}

inline void pass_time(int microseconds) { std::this_thread::sleep_for(std::chrono::microseconds(microseconds)); }

}  // namespace parimap_test

#endif
