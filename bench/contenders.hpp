// SPDX-License-Identifier: MIT
// The contenders of the program at hand.
#ifndef BENCH_CONTENDERS_HPP
#define BENCH_CONTENDERS_HPP

#include <string>

namespace bench {

/// Adds the workloads of every contender in this program. parimap.cpp or peers/peers.cpp defines it.
void add_contenders();

/// Adds only those over vectors, part of the above. The suffix is for the names of these workloads. vector_parimap.cpp or
/// peers/vector_peers.cpp defines it.
void add_vector_contenders(const std::string& suffix);

}  // namespace bench

#endif
