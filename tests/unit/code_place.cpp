// SPDX-License-Identifier: MIT
// Where functions are, for processes that have them elsewhere.
#include "support/catch.hpp"

#include <parimap/detail/travel/code_place.hpp>
#include <parimap/errors.hpp>

#include <cstdlib>

#include <unistd.h>

using namespace parimap::detail;

namespace {

void here() {}

any_function as_any(auto* f) { return reinterpret_cast<any_function>(f); }

}  // namespace

TEST_CASE("code_place: functions of the program and of shared objects are found where they are") {
    for (const any_function f : {as_any(&here), as_any(&::getpid), as_any(&std::abort)}) REQUIRE(function_at(place_of(f)) == f);
    REQUIRE(place_of(as_any(&here)).object == id_of_program());
    REQUIRE(place_of(as_any(&::getpid)).object != id_of_program());
}

TEST_CASE("code_place: what is no function of the program, or of an object that is not loaded, is an error") {
    int on_stack = 0;
    REQUIRE_THROWS_AS(place_of(reinterpret_cast<any_function>(&on_stack)), parimap::error);
    code_place elsewhere = place_of(as_any(&here));
    elsewhere.object ^= 1U;
    REQUIRE_THROWS_AS(function_at(elsewhere), parimap::error);
}
