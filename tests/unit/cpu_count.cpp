// SPDX-License-Identifier: MIT
// P9: how many workers a default-made pool gets, from the environment variable, the affinity mask and CPU quotas.
#include "support/catch.hpp"
#include "support/environment.hpp"

#include <parimap/parimap.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include <sched.h>
#include <unistd.h>

using parimap_test::environment;

namespace {

constexpr const char* workers = "PARIMAP_NUM_WORKERS";

unsigned cpus_in_affinity_mask() {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    sched_getaffinity(0, sizeof mask, &mask);
    return static_cast<unsigned>(CPU_COUNT(&mask));
}

// A folder of files like those of /proc and /sys/fs/cgroup, until the end of the scope.
class fake_system {
  public:
    fake_system() { std::filesystem::create_directories(root_); }
    ~fake_system() { std::filesystem::remove_all(root_); }
    fake_system(const fake_system&) = delete;
    fake_system& operator=(const fake_system&) = delete;

    void write(const std::string& path, const std::string& text) const {
        const std::filesystem::path file = root_ + path;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
    }

    // A line of mountinfo for the folder `at`, on which the group `shown` is mounted.
    std::string mount(const std::string& shown, const std::string& at, const std::string& type, const std::string& options) const {
        return "36 25 0:31 " + shown + " " + root_ + at + " rw,nosuid shared:9 - " + type + " " + type + " " + options + "\n";
    }

    // The quota of a group, if any, as version 2 has it.
    void group(const std::string& path, const std::string& cpu_max) const {
        if (!cpu_max.empty()) write(path + "/cpu.max", cpu_max + "\n");
    }

    // The same as version 1 has it.
    void group_1(const std::string& path, const std::string& quota) const {
        write(path + "/cpu.cfs_quota_us", quota + "\n");
        write(path + "/cpu.cfs_period_us", "100000\n");
    }

    unsigned cpus() const { return parimap::detail::cpus_of_cgroup_quota(root_); }

  private:
    const std::string root_ = (std::filesystem::temp_directory_path() / ("parimap_cpus_" + std::to_string(::getpid()))).string();
};

constexpr unsigned unlimited = parimap::detail::no_cpu_limit;

}  // namespace

TEST_CASE("P9 cpu_count is PARIMAP_NUM_WORKERS if that is set") {
    for (const char* value : {"1", "2", "3", "64"}) {
        CAPTURE(value);
        const environment setting{workers, value};
        REQUIRE(parimap::cpu_count() == static_cast<unsigned>(std::atoi(value)));
    }
}

TEST_CASE("P9 cpu_count ignores a PARIMAP_NUM_WORKERS that is no positive number") {
    const environment unset{workers, nullptr};
    const unsigned found = parimap::cpu_count();
    for (const char* value : {"", "0", "-1", "two", "3x", "1.5", "99999999999999999999"}) {
        CAPTURE(value);
        const environment setting{workers, value};
        REQUIRE(parimap::cpu_count() == found);
    }
}

TEST_CASE("P9 cpu_count is at least one and at most the affinity mask") {
    const environment unset{workers, nullptr};
    REQUIRE(parimap::cpu_count() >= 1);
    REQUIRE(parimap::cpu_count() <= cpus_in_affinity_mask());
}

TEST_CASE("P9 cpu_count follows the affinity mask and not the number of CPUs of the machine") {
    const environment unset{workers, nullptr};
    cpu_set_t before;
    CPU_ZERO(&before);
    REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
    int first = 0;
    while (!CPU_ISSET(first, &before)) ++first;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
    const unsigned counted = parimap::cpu_count();
    sched_setaffinity(0, sizeof before, &before);
    REQUIRE(counted == 1);
}

TEST_CASE("P9 a CPU quota of version 2 counts and is rounded down but never to nothing") {
    for (const auto& [cpu_max, cpus] : {std::pair("max 100000", unlimited),
                                        {"300000 100000", 3U},
                                        {"399999 100000", 3U},
                                        {"50000 100000", 1U},
                                        {"8000 1000", 8U},
                                        {"", unlimited},
                                        {"nonsense", unlimited},
                                        {"100000", unlimited},
                                        {"100000 0", unlimited}}) {
        CAPTURE(cpu_max);
        const fake_system machine;
        machine.write("/cgroup", "0::/user/job\n");
        machine.write("/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n" + machine.mount("/", "/fs", "cgroup2", "rw"));
        machine.group("/fs/user/job", cpu_max);
        REQUIRE(machine.cpus() == cpus);
    }
}

TEST_CASE("P9 the quotas of parents count too") {
    const fake_system machine;
    machine.write("/cgroup", "0::/slurm/job/step/\n");
    machine.write("/mountinfo", machine.mount("/", "/fs", "cgroup2", "rw"));
    machine.group("/fs/slurm/job/step", "max 100000");
    machine.group("/fs/slurm/job", "400000 100000");
    machine.group("/fs/slurm", "600000 100000");
    REQUIRE(machine.cpus() == 4);
    machine.group("/fs", "200000 100000");
    REQUIRE(machine.cpus() == 2);
}

TEST_CASE("P9 a quota of version 1 counts in the hierarchy that has the cpu controller") {
    const fake_system machine;
    machine.write("/cgroup", "12:cpuset:/other\n4:cpu,cpuacct:/job\n0::/\n");
    machine.write("/mountinfo",
                  machine.mount("/", "/cpuset", "cgroup", "rw,cpuset") + machine.mount("/", "/fs", "cgroup", "rw,cpu,cpuacct"));
    machine.group_1("/fs/other", "100000");  // of nobody here
    machine.group_1("/cpuset/job", "100000");
    machine.group_1("/fs/job", "-1");
    machine.group_1("/fs", "500000");
    REQUIRE(machine.cpus() == 5);
    machine.group_1("/fs/job", "250000");
    REQUIRE(machine.cpus() == 2);
}

TEST_CASE("P9 a container that sees its own group as the root finds its quota") {
    const fake_system machine;
    machine.write("/mountinfo", machine.mount("/docker/abc", "/fs", "cgroup2", "rw"));
    machine.group("/fs", "300000 100000");
    machine.group("/fs/inner", "200000 100000");
    machine.write("/cgroup", "0::/docker/abc\n");
    REQUIRE(machine.cpus() == 3);
    machine.write("/cgroup", "0::/docker/abc/inner\n");
    REQUIRE(machine.cpus() == 2);
    machine.write("/cgroup", "0::/docker/abcdef\n");  // somebody else's
    REQUIRE(machine.cpus() == 3);
    machine.write("/cgroup", "0::/docker/abc/unseen\n");  // then what is mounted is all there is to see
    REQUIRE(machine.cpus() == 3);
}

TEST_CASE("P9 without control groups there is no quota") {
    const fake_system machine;
    REQUIRE(machine.cpus() == unlimited);
    machine.write("/cgroup", "garbage\n\n::\n0::/job");
    machine.write("/mountinfo", "garbage\n\n - \n1 2 3 - cgroup2\n");
    REQUIRE(machine.cpus() == unlimited);
}
