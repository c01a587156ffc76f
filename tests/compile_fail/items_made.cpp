// SPDX-License-Identifier: MIT
// What is made when it is read has no place where f could change it.
// expect: this range makes its items when they are read, so that f gets them as T&&
#include <parimap/parimap.hpp>

#include <ranges>

int main() {
    const auto items = std::views::iota(0, 3) | std::views::transform([](int i) { return 2 * i; });
#ifdef PARIMAP_BAD
    parimap::parallel_map([](int& x) { return ++x; }, items);
#else
    parimap::parallel_map([](int x) { return ++x; }, items);
#endif
}
