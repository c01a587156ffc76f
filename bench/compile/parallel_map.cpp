// SPDX-License-Identifier: MIT
// What a user compiles for one map: run.py measures how long that takes.

#include <parimap/parallel_map.hpp>

#include <vector>

std::vector<long> squares(const std::vector<long>& numbers) {
    parimap::pool pool;
    return parimap::parallel_map(
        pool, [](long n) { return n * n; }, numbers);
}
