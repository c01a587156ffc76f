// SPDX-License-Identifier: MIT
// The three sources of cpu_count(): environment, affinity mask, control group quota.
#ifndef PARIMAP_DETAIL_SYSTEM_CPU_LIMITS_HPP
#define PARIMAP_DETAIL_SYSTEM_CPU_LIMITS_HPP

#include <parimap/detail/form.hpp>

#include <limits>
#include <string>
#include <string_view>

#if defined(__linux__)
#include <sched.h>
#endif

namespace parimap::inline PARIMAP_ABI::detail {

inline constexpr unsigned no_cpu_limit = std::numeric_limits<unsigned>::max();

/// A positive decimal number, or 0 for anything else.
PARIMAP_EXPORT unsigned positive_number(std::string_view text);

PARIMAP_EXPORT unsigned workers_from_environment();

PARIMAP_EXPORT [[gnu::cold]] unsigned cpus_of_affinity_mask();

/// quota and period as the kernel writes them ("max", "-1" or a number of microseconds), as CPUs rounded down.
PARIMAP_EXPORT [[gnu::cold]] unsigned cpus_of_quota(std::string_view quota, std::string_view period);

/// The smallest quota from the group's own folder up to the mount point, in whichever version's files it stands. Folders
/// that are not there limit nothing.
PARIMAP_EXPORT [[gnu::cold]] unsigned cpus_of_cgroup_folder(std::string folder, std::string_view mount_point);

/// Whether a comma-separated list holds `cpu`.
PARIMAP_EXPORT [[gnu::cold]] bool lists_cpu(std::string_view controllers);

/// The quota of the process whose /proc folder is given, over all mounted hierarchies that limit CPUs. A missing or
/// odd file limits nothing.
PARIMAP_EXPORT [[gnu::cold]] unsigned cpus_of_cgroup_quota(const std::string& proc);

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/system/cpu_limits.cpp>  // IWYU pragma: keep
#endif

#endif
