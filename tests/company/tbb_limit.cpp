// SPDX-License-Identifier: MIT
// A limit on oneTBB's threads as an application sets it, from the environment: so that a program of tests is run with and without.
#include <oneapi/tbb/global_control.h>

#include <cstddef>
#include <cstdlib>
#include <optional>

namespace {

std::optional<tbb::global_control> limit_of_environment() {
    const char* const threads = std::getenv("PARIMAP_TEST_TBB_THREADS");
    if (!threads) return std::nullopt;
    return std::optional<tbb::global_control>(std::in_place, tbb::global_control::max_allowed_parallelism,
                                              static_cast<std::size_t>(std::atoi(threads)));
}

const std::optional<tbb::global_control> limit = limit_of_environment();

}  // namespace
