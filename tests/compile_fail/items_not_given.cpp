// SPDX-License-Identifier: MIT
// A range that is given by name keeps its items.
// expect: give the items away with ranges::views::move
#include <parimap/parimap.hpp>

#include <memory>
#include <vector>

#include <range/v3/view/move.hpp>

int main() {
    std::vector<std::unique_ptr<int>> items(3);
    const auto use = [](std::unique_ptr<int> x) { return x == nullptr; };
#ifdef PARIMAP_BAD
    parimap::parallel_map(use, items);
#else
    parimap::parallel_map(use, ranges::views::move(items));
#endif
}
