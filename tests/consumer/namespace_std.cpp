// SPDX-License-Identifier: MIT
// A program that uses all of std before it includes parimap. range-v3 does not bear that, so it comes first, as the README says.
#ifdef PARIMAP_FIRST
#include <parimap/parimap.hpp>
#else
#include <range/v3/all.hpp>
#endif

#include <ranges>
#include <vector>

using namespace std;

#include <parimap/parimap.hpp>

int main() {
    parimap::pool pool{2};
    const vector<int> items{1, 2};
    return parimap::parallel_map(
               pool, [](int x) { return x + 1; }, items) == vector<int>{2, 3}
               ? 0
               : 1;
}
