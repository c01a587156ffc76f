// SPDX-License-Identifier: MIT
// The same where such an item is an element of a tuple, or in a container.
// expect: single-pass view.*ranges::to<std::vector>
#include <parimap/parimap.hpp>

#include <range/v3/range/conversion.hpp>
#include <range/v3/view/chunk.hpp>
#include <range/v3/view/istream.hpp>
#include <range/v3/view/transform.hpp>

#include <sstream>
#include <vector>

int main() {
    std::istringstream in("1 2 3 4");
    std::vector<int> numbers{10, 20};
    const auto f = [](auto&& items, int n) { return n + *items.begin(); };
    auto chunks = ranges::istream<int>(in) | ranges::views::chunk(2);
    const auto values = ranges::views::transform([](auto&& item) { return item | ranges::to<std::vector>(); });
#ifdef PARIMAP_BAD
    auto stream = parimap::ordered_imap(f, chunks, numbers);
#else
    auto stream = parimap::ordered_imap(f, chunks | values, numbers);
#endif
    while (stream.next()) {
    }
}
