// SPDX-License-Identifier: MIT
// A journal is a component of its own.
// expect: link that target, or compile with
#include <parimap/parimap.hpp>

#include <vector>

int main() {
    const std::vector<int> items{1, 2, 3};
#ifdef PARIMAP_BAD
    parimap::parallel_map(
        parimap::map_options{.journal = "scan.journal"}, [](int x) { return x; }, items);
#else
    parimap::parallel_map(
        parimap::map_options{.journal = {}}, [](int x) { return x; }, items);
#endif
}
