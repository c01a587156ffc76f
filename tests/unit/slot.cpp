// SPDX-License-Identifier: MIT
// Storage for what may not exist yet: what was built in it is destroyed once, and what was not is not.
#include "support/catch.hpp"
#include "support/counted.hpp"

#include <parimap/detail/system/slot.hpp>

#include <array>
#include <memory>
#include <stdexcept>

using namespace parimap_test;
using parimap::detail::ring_slot;
using parimap::detail::slot;

TEST_CASE("slot: knows whether something was built in it, and destroys that once") {
    tally counts;
    {
        const auto s = std::make_unique<slot<counted>>();
        REQUIRE_FALSE(s->full());
        s->reset();
        REQUIRE(counts.live == 0);
        for (int i = 0; i < 2; ++i) {
            s->build([&] { return counted{counts, 5}; });
            REQUIRE(s->full());
            REQUIRE(s->get().value == 5);
            REQUIRE(counts.live == 1);
            s->reset();
            s->reset();
            REQUIRE_FALSE(s->full());
            REQUIRE(counts.live == 0);
        }
        REQUIRE_THROWS_AS(s->build([]() -> counted { throw std::runtime_error("no value"); }), std::runtime_error);
        REQUIRE_FALSE(s->full());
        s->build([&] { return counted{counts, 6}; });
    }
    REQUIRE(counts.live == 0);
    REQUIRE(counts.copies == 0);
    REQUIRE(counts.moves == 0);  // built where it lies
}

TEST_CASE("ring_slot: builds, shows and destroys what it holds, small or large") {
    struct large {
        large(tally& counts, long v) : inside(counts, v) { filling.fill(0); }
        counted inside;
        std::array<char, 5000> filling;
    };
    tally counts;
    ring_slot<counted> small;
    small.build([&] { return counted{counts, 1}; });
    REQUIRE(small.get().value == 1);
    small.destroy();
    ring_slot<large> boxed;
    boxed.build([&] { return large{counts, 2}; });
    REQUIRE(boxed.get().inside.value == 2);
    REQUIRE(counts.live == 1);
    boxed.destroy();
    REQUIRE(counts.live == 0);
    boxed.build([&] { return large{counts, 3}; });
    {
        const auto taken = boxed.release();
        REQUIRE(taken->inside.value == 3);
        REQUIRE(counts.live == 1);
    }
    REQUIRE(counts.live == 0);
    REQUIRE(counts.moves == 0);
}
