// SPDX-License-Identifier: MIT
// Workers must not write elements that share a word.
// expect: may share bytes.*vector<char>
#include <parimap/parimap.hpp>

#include <vector>

int main() {
    std::vector<bool> bits(100);
#ifdef PARIMAP_BAD
    parimap::parallel_for_each([](auto&& bit) { bit = true; }, bits);
#else
    parimap::parallel_for_each([](bool) {}, bits);
#endif
}
