// SPDX-License-Identifier: MIT
// An item of a single-pass range must own what it shows: a chunk of lines would be read from the stream by a worker.
// expect: single-pass view.*ranges::to<std::vector>
#include <parimap/parimap.hpp>

#include <range/v3/range/conversion.hpp>
#include <range/v3/view/chunk.hpp>
#include <range/v3/view/getlines.hpp>
#include <range/v3/view/transform.hpp>

#include <sstream>

int main() {
    std::istringstream in("a\nb\nc\n");
    const auto length = [](auto&& lines) {
        std::size_t sum = 0;
        for (auto&& line : lines) sum += line.size();
        return sum;
    };
    auto chunks = ranges::getlines(in) | ranges::views::chunk(2);
#ifdef PARIMAP_BAD
    parimap::parallel_map(length, chunks);
#else
    parimap::parallel_map(length, chunks | ranges::views::transform([](auto&& item) { return item | ranges::to<std::vector>(); }));
#endif
}
