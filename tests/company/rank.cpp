// SPDX-License-Identifier: MIT
// One rank of an MPI program: every frontend beside MPI's own threads, and items that exchange messages with another rank.
#include "company/frontends.hpp"
#include "support/items.hpp"

#include <cstdio>

#include <mpi.h>
#include <sched.h>

using namespace parimap_test;

namespace {

int wrong = 0;

void check(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "wrong: %s\n", what);
    ++wrong;
}

}  // namespace

int main(int count, char** arguments) {
    int threads = 0;
    int rank = 0;
    int ranks = 0;
    MPI_Init_thread(&count, &arguments, MPI_THREAD_MULTIPLE, &threads);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    check(ranks == 2, "there are two ranks");

    // Launchers bind ranks to CPUs.
    cpu_set_t mask;
    CPU_ZERO(&mask);
    check(sched_getaffinity(0, sizeof mask, &mask) == 0, "the affinity mask is known");
    check(parimap::cpu_count() <= static_cast<unsigned>(CPU_COUNT(&mask)), "cpu_count() keeps to the CPUs of the rank");

    for (const std::size_t workers : worker_counts) {
        pool p{workers};
        check(wrong_calls(p) == 0, "every frontend");
        int here = parimap::parallel_map_reduce(p, same, std::plus<>{}, 0, numbers(100));
        int everywhere = 0;
        MPI_Allreduce(&here, &everywhere, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
        check(everywhere == 2 * 4950, "the sum over all ranks");

        if (threads < MPI_THREAD_MULTIPLE) continue;
        const int other = 1 - rank;
        const auto exchange = [&](int i) {
            const int mine = 100 * rank + i;
            int theirs = -1;
            MPI_Sendrecv(&mine, 1, MPI_INT, other, i, &theirs, 1, MPI_INT, other, i, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
            return theirs - 100 * other;
        };
        check(parimap::parallel_map(p, exchange, numbers(20)) == numbers(20), "items that exchange messages");
        check(drain(parimap::ordered_imap(p, exchange, numbers(20))) == numbers(20), "items of a stream that exchange messages");
    }
    MPI_Finalize();
    return wrong > 0;
}
