// SPDX-License-Identifier: MIT
// Items of a const range are const.
// expect: the items of this range are const
#include <parimap/parimap.hpp>

#include <vector>

int main() {
    std::vector<int> items{1, 2, 3};
#ifdef PARIMAP_BAD
    const std::vector<int>& passed = items;
#else
    std::vector<int>& passed = items;
#endif
    parimap::parallel_for_each([](int& x) { ++x; }, passed);
}
