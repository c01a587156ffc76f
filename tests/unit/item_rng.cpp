// SPDX-License-Identifier: MIT
// item_rng gives the numbers that the authors of its algorithm published.

#include "support/catch.hpp"

#include <parimap/item_rng.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <vector>

using parimap::item_rng;

namespace {

static_assert(std::uniform_random_bit_generator<item_rng>);

using four = std::array<std::uint32_t, 4>;

four next_four(item_rng& rng) { return {rng(), rng(), rng(), rng()}; }

}  // namespace

// From the file kat_vectors of Random123: philox4x32, 10 rounds.
TEST_CASE("item_rng gives the known answers of Philox") {
    item_rng zeros(0, 0);
    REQUIRE(next_four(zeros) == four{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});

    const auto at_block = [](item_rng rng, std::uint64_t block) {
        for (int i = 0; i < 4; ++i) rng.discard(block);
        return next_four(rng);
    };
    const std::uint64_t ones = std::numeric_limits<std::uint64_t>::max();
    REQUIRE(at_block(item_rng(ones, ones), ones) == four{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    REQUIRE(at_block(item_rng(0x299f31d0a4093822, 0x0370734413198a2e), 0x85a308d3243f6a88) ==
            four{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("item_rng discards as if its numbers had been taken") {
    for (std::size_t before = 0; before < 9; ++before) {
        for (std::size_t discarded = 0; discarded < 13; ++discarded) {
            item_rng taken(7, 8);
            item_rng skipped(7, 8);
            for (std::size_t i = 0; i < before; ++i) (void)taken(), (void)skipped();
            for (std::size_t i = 0; i < discarded; ++i) (void)taken();
            skipped.discard(discarded);
            REQUIRE(taken == skipped);
            for (int i = 0; i < 6; ++i) REQUIRE(taken() == skipped());
        }
    }
}

TEST_CASE("item_rng has other numbers for every item and every seed") {
    std::set<std::uint64_t> seen;
    std::uint64_t made = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        for (std::uint64_t index = 0; index < 500; ++index, ++made) {
            item_rng rng(seed, index);
            const std::uint64_t upper = rng();
            seen.insert(upper << 32U | rng());
        }
    }
    REQUIRE(seen.size() == made);
    REQUIRE_FALSE(item_rng(1, 2) == item_rng(2, 1));
    item_rng rng(1, 2);
    const double uniform = std::uniform_real_distribution<>()(rng);
    REQUIRE((uniform >= 0 && uniform < 1));
}
