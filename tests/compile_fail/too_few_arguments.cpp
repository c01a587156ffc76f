// SPDX-License-Identifier: MIT
// Of several ranges f gets one argument each.
// expect: one argument for each range
#include <parimap/parimap.hpp>

#include <vector>

int main() {
    const std::vector<double> a{1, 2, 3};
    const std::vector<double> b{4, 5, 6};
#ifdef PARIMAP_BAD
    parimap::parallel_map([](double x) { return x; }, a, b);
#else
    parimap::parallel_map([](double x, double y) { return x * y; }, a, b);
#endif
}
