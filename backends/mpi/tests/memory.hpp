// SPDX-License-Identifier: MIT
// How much memory a rank has in use.
#ifndef PARIMAP_BACKENDS_MPI_TESTS_MEMORY_HPP
#define PARIMAP_BACKENDS_MPI_TESTS_MEMORY_HPP

#include <cstddef>
#include <cstdlib>
#include <string>

#include <malloc.h>

namespace parimap_test {

// Of this process' heap, in bytes. (What the system has given it for that grows now and then without a reason.)
inline std::size_t memory_in_use() {
    const struct mallinfo2 heap = ::mallinfo2();
    return heap.uordblks + heap.hblkhd;
}

// How many calls a test makes that looks whether they leave something behind.
inline int calls_to_make() {
    const char* const wanted = std::getenv("PARIMAP_TEST_CALLS");
    return wanted ? std::stoi(wanted) : 1000;
}

// What is there for a while; less than an allocation for each call.
inline constexpr std::size_t growth_allowed = std::size_t{200'000};

}  // namespace parimap_test

#endif
