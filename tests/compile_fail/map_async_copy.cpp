// SPDX-License-Identifier: MIT
// map_async copies what is given by name, so it must be possible.
// expect: map_async copies the ranges that are given by name.*std::move it, or refer to it with std::ref
#include <parimap/parimap.hpp>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

int main() {
    std::vector<std::unique_ptr<int>> items;
    const auto f = [](const std::unique_ptr<int>& p) { return *p; };
#ifdef PARIMAP_BAD
    (void)parimap::map_async(f, items);
#else
    (void)parimap::map_async(f, std::ref(items)).get();
    (void)parimap::map_async(f, std::move(items)).get();
#endif
}
