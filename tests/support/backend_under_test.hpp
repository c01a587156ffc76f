// SPDX-License-Identifier: MIT
// Names the backend that the conformance suite is about, and the settings every promise is tried with: PARIMAP_TEST_BACKEND where
// that is defined, else the one that the program is linked with.
#ifndef PARIMAP_TESTS_SUPPORT_BACKEND_UNDER_TEST_HPP
#define PARIMAP_TESTS_SUPPORT_BACKEND_UNDER_TEST_HPP

#if !defined(PARIMAP_TEST_BACKEND)
#include "support/linked_backend.hpp"  // before what names the default backend
#endif

#include <parimap/parimap.hpp>

#include <array>
#include <cstddef>
#include <initializer_list>

namespace parimap_test {

#if defined(PARIMAP_TEST_BACKEND)
using backend = parimap::backends::PARIMAP_TEST_BACKEND;
#else
using backend = parimap::backends::linked;
#endif
using pool = parimap::basic_pool<backend>;

// The serial backend runs items on the thread that waits for them, so a job cannot wait for its consumer. (Not inline: files of
// both kinds are in one program.)
[[maybe_unused]] static const bool is_serial = pool::backend_name() == "serial";

// Some sizes, to loop over.
using sizes = std::initializer_list<std::size_t>;

inline constexpr std::array<std::size_t, 4> worker_counts{1, 2, 3, 8};
inline constexpr std::array<std::size_t, 5> limits{0, 1, 2, 7, 64};        // for chunk and for window
inline constexpr std::array<std::size_t, 4> explicit_limits{1, 2, 7, 64};  // the same without "adapt"

}  // namespace parimap_test

#endif
