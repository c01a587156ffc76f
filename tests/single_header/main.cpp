// SPDX-License-Identifier: MIT
// A program of two files that both include parimap_single.hpp.
#include <parimap_single.hpp>

#include <vector>

long sum_of_squares(const std::vector<int>& numbers);

int main() {
    const std::vector<int> numbers{1, 2, 3, 4};
    parimap::pool pool{2};
    const auto square = [](int n) { return long{n} * n; };
    if (pool.backend_name() != "threads" || parimap::parallel_map(pool, square, numbers) != std::vector<long>{1, 4, 9, 16})
        return 1;

    long sum = 0;
    const parimap::map_options options{.progress = parimap::progress_options{.description = "squares"}};
    for (long n : parimap::ordered_imap(pool, options, square, numbers)) sum += n;

    parimap::basic_pool<parimap::backends::serial> serial;
    return sum == 30 && sum_of_squares(numbers) == 30 && parimap::parallel_map(serial, square, numbers)[3] == 16 ? 0 : 2;
}
