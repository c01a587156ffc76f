// SPDX-License-Identifier: MIT
// parallel_map_into writes results, so f must have some.
// expect: f returns void.*parallel_for_each
#include <parimap/parimap.hpp>

#include <vector>

int main() {
    const std::vector<int> items{1, 2, 3};
    std::vector<int> out(items.size());
#ifdef PARIMAP_BAD
    parimap::parallel_map_into(
        out, [](int) {}, items);
#else
    parimap::parallel_map_into(
        out, [](int x) { return x; }, items);
#endif
}
