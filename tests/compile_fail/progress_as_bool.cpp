// SPDX-License-Identifier: MIT
// A bar has options.
// expect: \.progress = \{\}
#include <parimap/parimap.hpp>

#include <vector>

int main() {
    const std::vector<int> items{1, 2, 3};
#ifdef PARIMAP_BAD
    parimap::parallel_map(
        parimap::map_options{.progress = true}, [](int x) { return x; }, items);
#else
    parimap::parallel_map(
        parimap::map_options{.progress = {}}, [](int x) { return x; }, items);
#endif
}
