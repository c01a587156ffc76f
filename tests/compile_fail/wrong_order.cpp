// SPDX-License-Identifier: MIT
// The pool comes first, then the options, then f.
// expect: the options come before the function
// expect: the pool comes first
// expect: the function comes before the ranges
#include <parimap/parimap.hpp>

#include <vector>

int main() {
    const std::vector<int> items{1, 2, 3};
    const auto twice = [](int x) { return 2 * x; };
    const parimap::map_options options{.chunk = 1};
    parimap::pool pool(2);
#ifdef PARIMAP_BAD
    parimap::parallel_map(pool, twice, options, items);
    parimap::parallel_map(twice, pool, items);
    parimap::parallel_map(pool, items, twice);
#else
    parimap::parallel_map(pool, options, twice, items);
#endif
}
