// SPDX-License-Identifier: MIT
// cpu_count(): how many CPUs this process may really use.
#ifndef PARIMAP_CPU_COUNT_HPP
#define PARIMAP_CPU_COUNT_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/form.hpp>
#include <parimap/detail/system/cpu_limits.hpp>

namespace parimap::inline PARIMAP_ABI {

/// The CPUs this process may use: the environment variable PARIMAP_NUM_WORKERS if it is a positive number, else the
/// smaller of the calling thread's affinity mask and the CPU quota of the process's control groups (versions 1 and 2,
/// parents included), rounded down; never below 1. std::thread::hardware_concurrency() ignores the quota, and on some
/// systems the mask too. Reads a few small files on Linux: microseconds, so keep the result.
PARIMAP_EXPORT unsigned cpu_count();

}  // namespace parimap

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/cpu_count.cpp>  // IWYU pragma: keep
#endif

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
