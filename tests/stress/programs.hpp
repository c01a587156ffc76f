// SPDX-License-Identifier: MIT
// The programs that a seed is made of.
#ifndef PARIMAP_TESTS_STRESS_PROGRAMS_HPP
#define PARIMAP_TESTS_STRESS_PROGRAMS_HPP

#include "stress/choices.hpp"
#include "stress/oracle.hpp"

#include <cstddef>
#include <cstdint>

namespace parimap_stress {

inline constexpr std::size_t deepest = 3;  // calls inside items of calls

// Pools, threads and programs as the seed decides; 0 workers: it decides that too.
void run_seed(std::uint64_t seed, std::size_t workers);

// One of those below. Anything that is not as a serial loop would have it, or breaks a promise, fails.
void run_program(site& s, choices c, std::size_t depth);

// What a program asks of a call. With `all_inputs` any kind of input, else named_vector or feed.
plan make_plan(choices& c, std::size_t depth, bool all_inputs, bool blocking);

void run_blocking(site& s, choices c, std::size_t depth);    // parallel_map, parallel_for_each
void run_writing(site& s, choices c, std::size_t depth);     // parallel_map_into
void run_reducing(site& s, choices c, std::size_t depth);    // parallel_map_reduce
void run_async(site& s, choices c, std::size_t depth);       // map_async
void run_catching(site& s, choices c, std::size_t depth);    // parallel_map of catching(f)
void run_per_worker(site& s, choices c, std::size_t depth);  // parallel_map of per_worker(make, f)
void run_jobs(site& s, choices c, std::size_t depth);        // submit
void run_ordered(site& s, choices c, std::size_t depth);     // ordered_imap
void run_unordered(site& s, choices c, std::size_t depth);   // unordered_imap

}  // namespace parimap_stress

#endif
