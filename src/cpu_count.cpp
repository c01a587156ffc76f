// SPDX-License-Identifier: MIT
// cpu_count(): how many CPUs this process may really use.

#include <parimap/cpu_count.hpp>

#include <algorithm>

namespace parimap::inline PARIMAP_ABI {

PARIMAP_INLINE unsigned cpu_count() {
    if (const unsigned wanted = detail::workers_from_environment()) return wanted;
    return std::max(1U, std::min(detail::cpus_of_affinity_mask(), detail::cpus_of_cgroup_quota("/proc/self")));
}

}  // namespace parimap
