// SPDX-License-Identifier: MIT
// The three sources of cpu_count(): environment, affinity mask, control group quota.

#include <parimap/detail/system/cpu_limits.hpp>

#include <parimap/detail/system/parse_number.hpp>
#include <parimap/detail/system/text_input.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE unsigned positive_number(std::string_view text) { return parse_number<unsigned>(text).value_or(0); }

PARIMAP_INLINE unsigned workers_from_environment() {
    const char* text = std::getenv("PARIMAP_NUM_WORKERS");
    return text ? positive_number(text) : 0;
}

PARIMAP_INLINE unsigned cpus_of_affinity_mask() {
#if defined(__linux__)
    // The kernel refuses a mask that is smaller than its own, so ask with more and more room.
    for (std::size_t cpus = 1024; cpus <= (std::size_t{1} << 20); cpus *= 4) {
        cpu_set_t* mask = CPU_ALLOC(cpus);
        if (!mask) break;
        const std::size_t bytes = CPU_ALLOC_SIZE(cpus);
        CPU_ZERO_S(bytes, mask);
        const bool known = sched_getaffinity(0, bytes, mask) == 0;
        const int count = known ? CPU_COUNT_S(bytes, mask) : 0;
        CPU_FREE(mask);
        if (count > 0) return static_cast<unsigned>(count);
    }
#endif
    const unsigned cpus = std::thread::hardware_concurrency();
    return cpus > 0 ? cpus : 1;
}

PARIMAP_INLINE unsigned cpus_of_quota(std::string_view quota, std::string_view period) {
    const long long q = parse_number<long long>(cut(quota, "\n")).value_or(0);
    const long long p = parse_number<long long>(cut(period, "\n")).value_or(0);
    if (q <= 0 || p <= 0 || q / p >= no_cpu_limit) return no_cpu_limit;
    return std::max(1U, static_cast<unsigned>(q / p));
}

PARIMAP_INLINE unsigned cpus_of_cgroup_folder(std::string folder, std::string_view mount_point) {
    unsigned cpus = no_cpu_limit;
    for (;;) {
        const std::string cpu_max = text_of_file(folder + "/cpu.max");  // "quota period"
        if (std::string_view period = cpu_max; !period.empty()) {
            const std::string_view quota = cut(period, " ");
            cpus = std::min(cpus, cpus_of_quota(quota, period));
        } else {
            cpus = std::min(cpus,
                            cpus_of_quota(text_of_file(folder + "/cpu.cfs_quota_us"), text_of_file(folder + "/cpu.cfs_period_us")));
        }
        if (folder.size() <= mount_point.size()) return cpus;
        folder.erase(folder.rfind('/'));
    }
}

PARIMAP_INLINE bool lists_cpu(std::string_view controllers) {
    while (!controllers.empty()) {
        if (cut(controllers, ",") == "cpu") return true;
    }
    return false;
}

PARIMAP_INLINE unsigned cpus_of_cgroup_quota(const std::string& proc) {
    unsigned cpus = no_cpu_limit;
    const std::string groups_text = text_of_file(proc + "/cgroup");
    const std::string mounts_text = text_of_file(proc + "/mountinfo");
    for (std::string_view groups = groups_text; !groups.empty();) {
        std::string_view path = cut(groups, "\n");  // "0::/a/b" (version 2) or "4:cpu,cpuacct:/a/b" (version 1)
        cut(path, ":");
        const std::string_view controllers = cut(path, ":");
        const bool version_2 = controllers.empty();
        if (!version_2 && !lists_cpu(controllers)) continue;

        for (std::string_view mounts = mounts_text; !mounts.empty();) {
            // "id parent major:minor root mount-point options... - type source super-options"
            std::string_view right = cut(mounts, "\n");
            std::string_view left = cut(right, " - ");
            for (int skipped = 0; skipped < 3; ++skipped) cut(left, " ");
            const std::string_view root = cut(left, " ");
            const std::string_view mount_point = cut(left, " ");
            const std::string_view type = cut(right, " ");
            cut(right, " ");
            if (version_2 ? type != "cgroup2" : type != "cgroup" || !lists_cpu(right)) continue;
            // A container may see its own group as the root of the mount.
            std::string_view below = path;
            if (below.starts_with(root) && (below.size() == root.size() || below[root.size()] == '/'))
                below.remove_prefix(root.size());
            cpus = std::min(cpus, cpus_of_cgroup_folder(std::string(mount_point).append(below), mount_point));
        }
    }
    return cpus;
}

}  // namespace parimap::detail
