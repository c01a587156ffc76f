// SPDX-License-Identifier: MIT
// Includes Catch2, whichever of 3 and 2.13 the system has.
#ifndef PARIMAP_TESTS_SUPPORT_CATCH_HPP
#define PARIMAP_TESTS_SUPPORT_CATCH_HPP

// Catch2's macros are for the main thread only: 2.13 does not lock. What jobs see goes into atomics
// or into a vector under a mutex and is asserted afterwards.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#endif
