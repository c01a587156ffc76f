// SPDX-License-Identifier: MIT
// What ordered_imap.cpp does, by oneTBB's parallel_pipeline.

#include <oneapi/tbb/info.h>
#include <oneapi/tbb/parallel_pipeline.h>

#include <cstddef>
#include <vector>

long sum_of_squares(const std::vector<long>& numbers) {
    std::size_t next = 0;
    long sum = 0;
    const auto give = [&](tbb::flow_control& control) {
        if (next < numbers.size()) return numbers[next++];
        control.stop();
        return 0L;
    };
    const auto square = [](long n) { return n * n; };
    const auto take = [&](long s) { sum += s; };
    tbb::parallel_pipeline(2 * static_cast<std::size_t>(tbb::info::default_concurrency()),
                           tbb::make_filter<void, long>(tbb::filter_mode::serial_in_order, give) &
                               tbb::make_filter<long, long>(tbb::filter_mode::parallel, square) &
                               tbb::make_filter<long, void>(tbb::filter_mode::serial_in_order, take));
    return sum;
}
