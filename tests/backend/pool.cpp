// SPDX-License-Identifier: MIT
// A backend's own pool type: what it says of itself, and P10 where it is used as applications use it.
#include "support/backend_under_test.hpp"
#include "support/catch.hpp"
#include "support/use_everything.hpp"

#include <cstddef>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

using namespace parimap_test;

TEST_CASE("A pool moves and does not copy and knows its backend") {
    STATIC_REQUIRE(std::is_move_constructible_v<pool>);
    STATIC_REQUIRE(std::is_move_assignable_v<pool>);
    STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<pool>);
    STATIC_REQUIRE_FALSE(std::is_copy_assignable_v<pool>);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<std::size_t, pool>);
    STATIC_REQUIRE(noexcept(std::declval<const pool&>().size()));
    STATIC_REQUIRE(std::is_same_v<decltype(pool::backend_name()), std::string_view>);
    STATIC_REQUIRE(std::is_same_v<parimap::pool, parimap::basic_pool<parimap::default_backend>>);
    STATIC_REQUIRE(std::is_same_v<decltype(parimap::default_pool()), parimap::pool&>);
    constexpr std::string_view name = pool::backend_name();
    const std::set<std::string_view> names{"serial", "threads", "openmp", "tbb", "mpi"};
    REQUIRE(names.count(name) == 1);
    REQUIRE(&parimap::default_pool() == &parimap::default_pool());
    STATIC_REQUIRE(parimap::no_worker == static_cast<std::size_t>(-1));
}

TEST_CASE("P10 no runtime is loaded that the backend does not use") {
    use_everything<pool>();
    std::ifstream maps{"/proc/self/maps"};
    bool openmp = false;
    bool tbb = false;
    for (std::string entry; std::getline(maps, entry);) {
        openmp = openmp || entry.find("libgomp") != std::string::npos || entry.find("libomp") != std::string::npos;
        tbb = tbb || entry.find("libtbb") != std::string::npos;
    }
    if (pool::backend_name() != "openmp") REQUIRE_FALSE(openmp);
    if (pool::backend_name() != "tbb") REQUIRE_FALSE(tbb);
}
