// SPDX-License-Identifier: MIT
// The vector workloads of those that are not parimap. A file of its own, to be compiled for this CPU, too.

#include "../contenders.hpp"
#include "../vector_workloads.hpp"
#include "serial.hpp"
#ifdef BENCH_WITH_OPENMP
#include "openmp.hpp"
#endif
#ifdef BENCH_WITH_TBB
#include "tbb.hpp"
#endif

#include <string>

namespace bench {

void add_vector_contenders(const std::string& suffix) {
    add_vector_workloads<serial_loop>("serial", suffix);
#ifdef BENCH_WITH_OPENMP
    add_vector_workloads<omp_for>("omp-for", suffix);
#endif
#ifdef BENCH_WITH_TBB
    add_vector_workloads<tbb_for>("tbb-for", suffix);
    add_vector_workloads<tbb_deterministic>("tbb-deterministic", suffix);
#endif
}

}  // namespace bench
