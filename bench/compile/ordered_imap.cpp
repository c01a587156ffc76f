// SPDX-License-Identifier: MIT
// What a user compiles for one stream: run.py measures how long that takes.

#include <parimap/ordered_imap.hpp>

#include <vector>

long sum_of_squares(const std::vector<long>& numbers) {
    parimap::pool pool;
    long sum = 0;
    for (long s : parimap::ordered_imap(
             pool, [](long n) { return n * n; }, numbers))
        sum += s;
    return sum;
}
