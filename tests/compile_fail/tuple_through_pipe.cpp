// SPDX-License-Identifier: MIT
// A pipe carries one range: what was zipped before it arrives as one tuple.
// expect: f cannot be called with the items.*unpacked
#include <parimap/parimap.hpp>

#include <range/v3/view/zip.hpp>

#include <vector>

int main() {
    const std::vector<double> a{1, 2, 3};
    const std::vector<double> b{4, 5, 6};
    const auto multiply = [](double x, double y) { return x * y; };
#ifdef PARIMAP_BAD
    auto products = ranges::views::zip(a, b) | parimap::ordered_imap(multiply);
#else
    auto products = ranges::views::zip(a, b) | parimap::ordered_imap(parimap::unpacked(multiply));
#endif
    products.cancel();
}
