// SPDX-License-Identifier: MIT
// parallel_map_into writes what it is given from several threads, also through views.
// expect: output range.*may share bytes.*vector<char>
#include <parimap/parimap.hpp>

#include <range/v3/view/take.hpp>

#include <vector>

int main() {
    const std::vector<int> items{1, 2, 3};
#ifdef PARIMAP_BAD
    std::vector<bool> out(10);
#else
    std::vector<char> out(10);
#endif
    parimap::parallel_map_into(
        ranges::views::take(out, 3), [](int n) { return n > 1; }, items);
}
