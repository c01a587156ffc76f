// SPDX-License-Identifier: MIT
// grown_vector: what several threads wrote comes out whole, and a large vector is not copied.

#include "support/catch.hpp"

#include <parimap/detail/results/grown_vector.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <thread>
#include <vector>

namespace {

struct triple {
    std::uint32_t a, b, c;
};

std::vector<triple> grow(std::size_t size, const triple** place) {
    parimap::detail::grown_vector<triple> growing;
    growing.make_room(size);
    const auto fill = [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
            const auto n = static_cast<std::uint32_t>(i);
            ::new (static_cast<void*>(growing.data() + i)) triple{n, n + 1, n + 2};
        }
    };
    std::thread other(fill, 0, size / 2);
    fill(size / 2, size);
    other.join();
    *place = growing.data();
    return growing.take();
}

}  // namespace

TEST_CASE("grown_vector: every size comes out whole and where it was written") {
    for (const std::size_t size : {0U, 1U, 2U, 1000U, 349'525U, 349'526U, 1'000'000U}) {  // 4 MiB is between the two
        CAPTURE(size);
        const triple* place = nullptr;
        std::vector<triple> all = grow(size, &place);
        REQUIRE(all.size() == size);
        REQUIRE(all.data() == place);
        std::size_t right = 0;
        for (std::size_t i = 0; i < size; ++i) right += all[i].a == i && all[i].b == i + 1 && all[i].c == i + 2;
        REQUIRE(right == size);
        all.push_back({1, 2, 3});  // an ordinary vector
        REQUIRE(all.back().c == 3);
    }
}
