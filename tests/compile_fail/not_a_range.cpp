// SPDX-License-Identifier: MIT
// What follows f must be ranges.
// expect: not a range
#include <parimap/parimap.hpp>

#include <vector>

int main() {
    const auto identity = [](int x) { return x; };
#ifdef PARIMAP_BAD
    parimap::parallel_map(identity, 42);
#else
    parimap::parallel_map(identity, std::vector<int>{42});
#endif
}
