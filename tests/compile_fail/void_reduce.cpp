// SPDX-License-Identifier: MIT
// parallel_map_reduce combines results, so f must have some.
// expect: f returns void.*parallel_for_each
#include <parimap/parimap.hpp>

#include <functional>
#include <vector>

int main() {
    const std::vector<int> items{1, 2, 3};
#ifdef PARIMAP_BAD
    parimap::parallel_map_reduce([](int) {}, std::plus<>{}, 0, items);
#else
    parimap::parallel_map_reduce([](int x) { return x; }, std::plus<>{}, 0, items);
#endif
}
