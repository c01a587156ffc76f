// SPDX-License-Identifier: MIT
// What is no pool is not taken for one.
// expect: a pool is passed by reference
// expect: neither a pool, nor options, nor a function
#include <parimap/parimap.hpp>

#include <vector>

int main() {
    const std::vector<int> items{1, 2, 3};
    const auto twice = [](int x) { return 2 * x; };
    parimap::pool pool(2);
    parimap::pool* const pointer = &pool;
#ifdef PARIMAP_BAD
    parimap::parallel_map(pointer, twice, items);
    parimap::parallel_map(2, twice, items);
#else
    parimap::parallel_map(*pointer, twice, items);
#endif
}
