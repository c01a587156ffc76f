// SPDX-License-Identifier: MIT
// The second file: what both define is one.
#include <parimap_single.hpp>

#include <functional>
#include <vector>

long sum_of_squares(const std::vector<int>& numbers) {
    return parimap::parallel_map_reduce([](int n) { return long{n} * n; }, std::plus<>{}, 0L, numbers);
}
