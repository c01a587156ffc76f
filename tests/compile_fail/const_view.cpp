// SPDX-License-Identifier: MIT
// A filter that is const cannot be read.
// expect: this view is const and changes when it is read
#include <parimap/parimap.hpp>

#include <ranges>
#include <vector>

int main() {
    const std::vector<int> items{1, 2, 3};
    const auto twice = [](int x) { return 2 * x; };
    auto even = items | std::views::filter([](int x) { return x % 2 == 0; });
#ifdef PARIMAP_BAD
    const auto& read_only = even;
    parimap::parallel_map(twice, read_only);
#else
    parimap::parallel_map(twice, even);
#endif
}
