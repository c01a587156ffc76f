// SPDX-License-Identifier: MIT
// Every frontend held against a plain loop, wherever a test calls it from.
#ifndef PARIMAP_TESTS_COMPANY_FRONTENDS_HPP
#define PARIMAP_TESTS_COMPANY_FRONTENDS_HPP

#include "support/backend_under_test.hpp"

namespace parimap_test {

// How many calls on the pool gave something else than a loop does. No exception leaves it, so other runtimes may call it.
int wrong_calls(pool& p) noexcept;

}  // namespace parimap_test

#endif
