// SPDX-License-Identifier: MIT
// The vector workloads of parimap on the program's backend. A file of its own, to be compiled for this CPU, too.

#include "contenders.hpp"
#include "parimap_contender.hpp"
#include "vector_workloads.hpp"

#include <string>

namespace bench {

void add_vector_contenders(const std::string& suffix) {
    add_vector_workloads<parimap_contender<no_permission>>(parimap_name(), suffix);
    add_vector_workloads<parimap_contender<unseq_permission>>(parimap_name() + "+unseq", suffix);
    add_vector_workloads<parimap_contender<noexcept_permission>>(parimap_name() + "+noexcept", suffix);
}

}  // namespace bench
