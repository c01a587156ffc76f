// SPDX-License-Identifier: MIT
// A call that waits for all its items needs an end to them.
// expect: range has no end.*ordered_imap
#include <parimap/parimap.hpp>

#include <range/v3/view/iota.hpp>

int main() {
    const auto identity = [](int x) { return x; };
#ifdef PARIMAP_BAD
    parimap::parallel_map(identity, ranges::views::iota(0));
#else
    parimap::parallel_map(identity, ranges::views::iota(0, 3));
#endif
}
