// SPDX-License-Identifier: MIT
// progress_options.hpp and a frontend are all that a bar needs.
#include <parimap/parallel_map.hpp>
#include <parimap/progress_options.hpp>

#include "support/catch.hpp"

#include <memory>
#include <vector>

namespace {

class updates final : public parimap::progress_sink {
  public:
    void update(const parimap::progress_snapshot&) override { ++count; }
    int count = 0;
};

}  // namespace

TEST_CASE("progress_options.hpp with a frontend compiles, and shows") {
    const auto sink = std::make_shared<updates>();
    parimap::pool pool{2};
    const std::vector<int> items{1, 2, 3};
    const auto same = [](int i) { return i; };
    REQUIRE(parimap::parallel_map(pool, parimap::map_options{.progress = parimap::progress_options{.sink = sink}}, same, items) ==
            items);
    REQUIRE(sink->count >= 2);
}
