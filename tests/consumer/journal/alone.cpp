// SPDX-License-Identifier: MIT
// The smallest program with a journal.
#include <parimap/parimap.hpp>

#include <atomic>
#include <cstdio>
#include <vector>

int main() {
    const char* const file = "consumer_alone.journal";
    std::remove(file);
    std::atomic<int> calls = 0;
    const auto square = [&calls](int i) { return ++calls, i * i; };
    for (int run = 0; run < 2; ++run) {
        if (parimap::parallel_map(parimap::map_options{.journal = file}, square, {1, 2, 3}) != std::vector{1, 4, 9}) return 1;
    }
    std::remove(file);
    return calls == 3 ? 0 : 2;
}
