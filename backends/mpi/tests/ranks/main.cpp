// SPDX-License-Identifier: MIT
// Runs the cases on rank 0, and serves them on the others.
#define CATCH_CONFIG_RUNNER
#include "ranks.hpp"

#include <parimap/travels.hpp>

#include "failures.hpp"

int main(int argc, char** argv) {
    parimap::travels<parimap_test::out_of_paper>();
    parimap_test::session session(argc, argv);
    parimap_test::this_rank = session.rank();
    if (session.serves()) return session.serve();
    parimap_test::ranks = session.ranks();
    return Catch::Session().run(argc, argv);
}
