// SPDX-License-Identifier: MIT
// The contenders of the program at hand.
#ifndef BENCH_CONTENDERS_HPP
#define BENCH_CONTENDERS_HPP

namespace bench {

/// Adds the workloads of every contender in this program. parimap.cpp or peers/peers.cpp defines it.
void add_contenders();

}  // namespace bench

#endif
