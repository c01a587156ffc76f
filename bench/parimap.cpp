// SPDX-License-Identifier: MIT
// All workloads of parimap on the program's backend.

#include "call_workloads.hpp"
#include "contenders.hpp"
#include "parimap_contender.hpp"
#include "workloads.hpp"

#include <string>

namespace bench {

void add_contenders() {
    using plain = parimap_contender<no_permission>;
    using unseq = parimap_contender<unseq_permission>;
    add_workloads<plain>(parimap_name());
    add_call_workloads<plain>(parimap_name());

    const std::string name = parimap_name() + "+unseq";
    add_stream<unseq>("stream_ordered", name, cpus(), sum_of_ordered, std::span(stream_costs).first<1>());
    add_small<unseq>(name, cpus());
    add_stencil<unseq>(name, cpus());
    add_calls<unseq>(name);
    add_vector_sum<unseq>("small_reduce/1000", name, cpus(), 1000, 1);

    add_vector_contenders("");
}

}  // namespace bench
