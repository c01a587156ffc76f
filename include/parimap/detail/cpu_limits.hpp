// SPDX-License-Identifier: MIT
// The three sources of cpu_count(): environment, affinity mask, control group quota.
#ifndef PARIMAP_DETAIL_CPU_LIMITS_HPP
#define PARIMAP_DETAIL_CPU_LIMITS_HPP

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

namespace parimap::detail {

inline constexpr unsigned no_cpu_limit = std::numeric_limits<unsigned>::max();

/// A positive decimal number, or 0 for anything else.
inline unsigned positive_number(std::string_view text) {
    unsigned value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failure == std::errc{} && end == text.data() + text.size() ? value : 0;
}

inline unsigned workers_from_environment() {
    const char* text = std::getenv("PARIMAP_NUM_WORKERS");
    return text ? positive_number(text) : 0;
}

[[gnu::cold]] inline unsigned cpus_of_affinity_mask() {
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

/// quota and period as the kernel writes them ("max", "-1" or a number of microseconds), as CPUs rounded down.
[[gnu::cold]] inline unsigned cpus_of_quota(const std::string& quota, const std::string& period) {
    const double q = std::strtod(quota.c_str(), nullptr);
    const double p = std::strtod(period.c_str(), nullptr);
    if (!(q > 0) || !(p > 0) || q / p >= no_cpu_limit) return no_cpu_limit;
    return std::max(1U, static_cast<unsigned>(q / p));
}

[[gnu::cold]] inline std::string first_line(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

/// The smallest quota from the group's own folder up to the mount point, in whichever version's files it stands.
[[gnu::cold]] inline unsigned cpus_of_cgroup_folder(std::string folder, const std::string& mount_point) {
    unsigned cpus = no_cpu_limit;
    for (;;) {
        std::istringstream cpu_max(first_line(folder + "/cpu.max"));
        std::string quota;
        std::string period;
        if (!(cpu_max >> quota >> period)) {
            quota = first_line(folder + "/cpu.cfs_quota_us");
            period = first_line(folder + "/cpu.cfs_period_us");
        }
        cpus = std::min(cpus, cpus_of_quota(quota, period));
        if (folder.size() <= mount_point.size()) return cpus;
        folder.erase(folder.rfind('/'));
    }
}

/// Whether a comma-separated list holds `cpu`.
[[gnu::cold]] inline bool lists_cpu(const std::string& controllers) {
    return ("," + controllers + ",").find(",cpu,") != std::string::npos;
}

/// The quota of the process whose /proc folder is given, over all mounted hierarchies that limit CPUs. A missing or
/// odd file limits nothing.
[[gnu::cold]] inline unsigned cpus_of_cgroup_quota(const std::string& proc) {
    unsigned cpus = no_cpu_limit;
    std::ifstream groups(proc + "/cgroup");  // "0::/a/b" (version 2) or "4:cpu,cpuacct:/a/b" (version 1)
    for (std::string group; std::getline(groups, group);) {
        const std::size_t first = group.find(':');
        const std::size_t second = first == std::string::npos ? first : group.find(':', first + 1);
        if (second == std::string::npos) continue;
        const std::string controllers = group.substr(first + 1, second - first - 1);
        const bool version_2 = controllers.empty();
        if (!version_2 && !lists_cpu(controllers)) continue;
        const std::string path = group.substr(second + 1);

        // "id parent major:minor root mount-point options... - type source super-options"
        std::ifstream mounts(proc + "/mountinfo");
        for (std::string mount; std::getline(mounts, mount);) {
            const std::size_t dash = mount.find(" - ");
            if (dash == std::string::npos) continue;
            std::istringstream left(mount.substr(0, dash));
            std::istringstream right(mount.substr(dash + 3));
            std::string skipped, root, mount_point, type, source, super_options;
            left >> skipped >> skipped >> skipped >> root >> mount_point;
            right >> type >> source >> super_options;
            if (version_2 ? type != "cgroup2" : type != "cgroup" || !lists_cpu(super_options)) continue;
            // A container may see its own group as the root of the mount.
            std::string below = path;
            if (root != "/" && below.compare(0, root.size(), root) == 0) below.erase(0, root.size());
            while (!below.empty() && below.back() == '/') below.pop_back();
            if (!std::ifstream(mount_point + below + "/cgroup.procs")) below.clear();
            cpus = std::min(cpus, cpus_of_cgroup_folder(mount_point + below, mount_point));
        }
    }
    return cpus;
}

}  // namespace parimap::detail

#endif
