// SPDX-License-Identifier: MIT
// pool_options: how a pool is made.
#ifndef PARIMAP_POOL_OPTIONS_HPP
#define PARIMAP_POOL_OPTIONS_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/form.hpp>
#include <parimap/detail/system/instant.hpp>

#include <cstddef>

namespace parimap::inline PARIMAP_ABI {

/// How a pool is made, where a number of workers does not say it: pool p({.workers = 4, .spin = 100us}).
struct pool_options {
    /// 0: cpu_count().
    std::size_t workers = 0;
    /// How long every worker that finds nothing to do looks on, using its CPU, before it sleeps: a duration of std::chrono. A call that
    /// comes meanwhile has it at once, and not after some 50 us. For programs that make one short call after the other and leave the
    /// CPUs to nobody else. 0: some of the workers, fewer than there are CPUs, look on for 25 us.
    detail::time_span spin{};
    /// How many threads a parallel region of OpenMP gets that an item or job opens, on every backend, also where items run on the
    /// thread that calls; what num_threads() says there goes before. Two workers with 8 each use 16 CPUs. For other libraries with
    /// threads of their own, see the guide. 0: what OpenMP would do without parimap. Nothing changes where the program has no OpenMP
    /// when such a pool first runs something.
    std::size_t inner_threads = 0;
    /// Bytes of stack that each worker has; 0: what the system gives, which is 2 MiB in programs that start under `ulimit -s unlimited`,
    /// and else the limit. For items with large local arrays, as Fortran has them. The thread that calls works along on its own.
    /// On threads and tbb; openmp throws an error that names its runtime's own way, OMP_STACKSIZE, and serial has no workers.
    std::size_t stack_size = 0;
};

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
