// SPDX-License-Identifier: MIT
// Run in a control group with a CPU quota: cpu_count() is what it is given, and the promises hold while the kernel takes the CPU away.
#include "company/frontends.hpp"

#include <cstdio>
#include <cstdlib>

int main(int count, char** arguments) {
    if (count != 2) return 2;
    const auto expected = static_cast<unsigned>(std::atoi(arguments[1]));
    if (parimap::cpu_count() != expected) {
        std::fprintf(stderr, "wrong: cpu_count() is %u and not %u\n", parimap::cpu_count(), expected);
        return 1;
    }
    if (!parimap_test::is_serial && parimap_test::pool{}.size() != expected) {
        std::fprintf(stderr, "wrong: a pool has %zu workers and not %u\n", parimap_test::pool{}.size(), expected);
        return 1;
    }
    int wrong = 0;
    for (int round = 0; round < 10; ++round) {
        parimap_test::pool p{4};
        wrong += parimap_test::wrong_calls(p);
    }
    if (wrong > 0) std::fprintf(stderr, "wrong: %d calls\n", wrong);
    return wrong > 0;
}
