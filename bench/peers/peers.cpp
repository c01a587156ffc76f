// SPDX-License-Identifier: MIT
// The contenders that are not parimap. CMake defines a BENCH_WITH_ for each that has its package.

#include "../contenders.hpp"
#include "serial.hpp"
#include "std_async.hpp"
#ifdef BENCH_WITH_OPENMP
#include "openmp.hpp"
#endif
#ifdef BENCH_WITH_TBB
#include "tbb.hpp"
#endif
#ifdef BENCH_WITH_ASIO
#include "asio.hpp"
#endif

namespace bench {

void add_contenders() {
    add_workloads<serial_loop>("serial");
    add_workloads<std_async>("std-async");
#ifdef BENCH_WITH_OPENMP
    add_workloads<omp_for>("omp-for");
    add_workloads<omp_ordered>("omp-ordered");
    add_workloads<omp_tasks>("omp-tasks");
#endif
#ifdef BENCH_WITH_TBB
    add_workloads<tbb_for>("tbb-for");
    add_workloads<tbb_pipeline>("tbb-pipeline");
    add_workloads<tbb_flow_graph>("tbb-flow-graph");
#endif
#ifdef BENCH_WITH_ASIO
    add_workloads<asio_pool>("boost-asio");
#endif
}

}  // namespace bench
