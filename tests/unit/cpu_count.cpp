// SPDX-License-Identifier: MIT
// P9: how many workers a default-made pool gets, from the environment variable and the affinity mask.
#include "support/catch.hpp"

#include <parimap/parimap.hpp>

#include <cstdlib>
#include <optional>
#include <string>

#include <sched.h>

namespace {

// Sets PARIMAP_NUM_WORKERS, or removes it, until the end of the scope.
class worker_setting {
  public:
    explicit worker_setting(const char* value) {
        if (const char* old = std::getenv(name)) before_ = old;
        set(value);
    }
    worker_setting(const worker_setting&) = delete;
    worker_setting& operator=(const worker_setting&) = delete;
    ~worker_setting() { set(before_ ? before_->c_str() : nullptr); }

  private:
    static constexpr const char* name = "PARIMAP_NUM_WORKERS";
    static void set(const char* value) {
        if (value)
            setenv(name, value, 1);
        else
            unsetenv(name);
    }
    std::optional<std::string> before_;
};

unsigned cpus_in_affinity_mask() {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    sched_getaffinity(0, sizeof mask, &mask);
    return static_cast<unsigned>(CPU_COUNT(&mask));
}

}  // namespace

TEST_CASE("P9 cpu_count is PARIMAP_NUM_WORKERS if that is set") {
    for (const char* value : {"1", "2", "3", "64"}) {
        CAPTURE(value);
        const worker_setting setting{value};
        REQUIRE(parimap::cpu_count() == static_cast<unsigned>(std::atoi(value)));
    }
}

TEST_CASE("P9 cpu_count ignores a PARIMAP_NUM_WORKERS that is no positive number") {
    const worker_setting unset{nullptr};
    const unsigned found = parimap::cpu_count();
    for (const char* value : {"", "0", "-1", "two", "3x", "1.5", "99999999999999999999"}) {
        CAPTURE(value);
        const worker_setting setting{value};
        REQUIRE(parimap::cpu_count() == found);
    }
}

TEST_CASE("P9 cpu_count is at least one and at most the affinity mask") {
    const worker_setting unset{nullptr};
    REQUIRE(parimap::cpu_count() >= 1);
    REQUIRE(parimap::cpu_count() <= cpus_in_affinity_mask());
}

TEST_CASE("P9 cpu_count follows the affinity mask and not the number of CPUs of the machine") {
    const worker_setting unset{nullptr};
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
