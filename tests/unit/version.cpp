// SPDX-License-Identifier: MIT
// The version as headers tell it, as CMake has read it, and as a part of every name.
#include "support/catch.hpp"

#include <parimap/version.hpp>

#include <parimap/errors.hpp>

#include <string>
#include <typeinfo>

#if PARIMAP_VERSION < 100
#error "PARIMAP_VERSION is a number that #if can compare"
#endif

TEST_CASE("the version of the headers is the project's") {
    const std::string version = PARIMAP_VERSION_STRING;
    CHECK(version == PROJECT_VERSION);
    CHECK(version == std::to_string(PARIMAP_VERSION / 10000) + '.' + std::to_string(PARIMAP_VERSION / 100 % 100) + '.' +
                         std::to_string(PARIMAP_VERSION % 100));

    const std::string abi = 'v' + std::to_string(PARIMAP_VERSION_MAJOR) + '_' + std::to_string(PARIMAP_VERSION_MINOR);
    CHECK(std::string(typeid(parimap::error).name()).find(abi) != std::string::npos);
}
