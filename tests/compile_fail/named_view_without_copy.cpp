// SPDX-License-Identifier: MIT
// A stream cannot keep a copy of a view that has none.
// expect: std::move\(view\)
#include <parimap/parimap.hpp>

#include <ranges>
#include <vector>

int main() {
    auto numbers = std::ranges::owning_view(std::vector<int>{1, 2, 3});
    const auto identity = [](int x) { return x; };
#ifdef PARIMAP_BAD
    auto stream = parimap::ordered_imap(identity, numbers);
#else
    parimap::parallel_map(identity, numbers);
    auto stream = parimap::ordered_imap(identity, std::move(numbers));
#endif
    stream.cancel();
}
