// SPDX-License-Identifier: MIT
// f must take the items.
// expect: f cannot be called with the items
#include <parimap/parimap.hpp>

#include <string>
#include <vector>

int main() {
    const std::vector<int> items{1, 2, 3};
#ifdef PARIMAP_BAD
    parimap::parallel_map([](const std::string& text) { return text.size(); }, items);
#else
    parimap::parallel_map([](int x) { return x; }, items);
#endif
}
