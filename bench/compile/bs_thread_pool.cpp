// SPDX-License-Identifier: MIT
// What ordered_imap.cpp does, by BS::thread_pool 4 or later.

#include <BS_thread_pool.hpp>

#include <cstddef>
#include <future>
#include <vector>

long sum_of_squares(const std::vector<long>& numbers) {
    BS::thread_pool pool;
    auto squares = pool.submit_sequence(std::size_t{0}, numbers.size(), [&](std::size_t i) { return numbers[i] * numbers[i]; });
    long sum = 0;
    for (std::future<long>& s : squares) sum += s.get();
    return sum;
}
