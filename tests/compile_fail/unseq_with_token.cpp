// SPDX-License-Identifier: MIT
// Items that start together cannot each be told to stop.
// expect: unseq lets calls of f on neighbouring items start together.*std::stop_token
#include <parimap/parimap.hpp>

#include <stop_token>
#include <vector>

int main() {
    const std::vector<int> items{1, 2, 3};
    const auto f = [](std::stop_token stop, int i) { return stop.stop_requested() ? 0 : i; };
#ifdef PARIMAP_BAD
    parimap::parallel_for_each(parimap::unseq(f), items);
#else
    parimap::parallel_for_each(f, items);
#endif
}
