// SPDX-License-Identifier: MIT
// A frontend needs items.
// expect: at least one range
#include <parimap/parimap.hpp>

#include <vector>

int main() {
    const auto identity = [](int x) { return x; };
    parimap::pool pool{2};
#ifdef PARIMAP_BAD
    parimap::parallel_map(pool, identity);
#else
    parimap::parallel_map(pool, identity, std::vector<int>{42});
#endif
}
