// SPDX-License-Identifier: MIT
// The contenders that are not parimap. CMake defines a BENCH_WITH_ for each that has its package.

#include "../call_workloads.hpp"
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

namespace {

template <class C>
void add_all(const char* name) {
    add_workloads<C>(name);
    add_call_workloads<C>(name);
}

}  // namespace

void add_contenders() {
    add_all<serial_loop>("serial");
    add_all<std_async>("std-async");
#ifdef BENCH_WITH_OPENMP
    add_all<omp_for>("omp-for");
    add_all<omp_ordered>("omp-ordered");
    add_all<omp_tasks>("omp-tasks");
#endif
#ifdef BENCH_WITH_TBB
    add_all<tbb_for>("tbb-for");
    add_all<tbb_deterministic>("tbb-deterministic");
    add_all<tbb_tasks>("tbb-tasks");
    add_all<tbb_pipeline>("tbb-pipeline");
    add_all<tbb_flow_graph>("tbb-flow-graph");
#endif
#ifdef BENCH_WITH_ASIO
    add_all<asio_pool>("boost-asio");
#endif
    add_vector_contenders("");
}

}  // namespace bench
