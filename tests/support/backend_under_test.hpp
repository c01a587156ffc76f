// SPDX-License-Identifier: MIT
// Names the backend this build of the conformance suite is about, and the settings every promise is tried with.
#ifndef PARIMAP_TESTS_SUPPORT_BACKEND_UNDER_TEST_HPP
#define PARIMAP_TESTS_SUPPORT_BACKEND_UNDER_TEST_HPP

#include <parimap/parimap.hpp>

#include <array>
#include <cstddef>
#include <initializer_list>

#ifndef PARIMAP_TEST_BACKEND
#error "Compile with -DPARIMAP_TEST_BACKEND=<name of a backend> and link the target parimap::<name>."
#endif

namespace parimap_test {

using backend = parimap::backends::PARIMAP_TEST_BACKEND;
using pool = parimap::basic_pool<backend>;

// The serial backend runs items on the thread that waits for them, so a job cannot wait for its consumer.
inline constexpr bool is_serial = pool::backend_name() == "serial";

// Some sizes, to loop over.
using sizes = std::initializer_list<std::size_t>;

inline constexpr std::array<std::size_t, 4> worker_counts{1, 2, 3, 8};
inline constexpr std::array<std::size_t, 5> limits{0, 1, 2, 7, 64};        // for chunk and for window
inline constexpr std::array<std::size_t, 4> explicit_limits{1, 2, 7, 64};  // the same without "adapt"

}  // namespace parimap_test

#endif
