// SPDX-License-Identifier: MIT
// Runs a model through its executions: how far, and what came of it.
#include "explore.hpp"

#include "execution.hpp"
#include "search.hpp"

#include <cstdlib>
#include <stdexcept>

namespace model {

namespace {

void add_effort(options& bounds) {
    const char* const text = std::getenv("PARIMAP_MODEL_EFFORT");
    for (long effort = text ? std::strtol(text, nullptr, 10) : 0; effort > 0; --effort) {
        ++bounds.preemptions;
        ++bounds.stale_reads;
        ++bounds.time_outs;
        bounds.random *= 10;
        bounds.most = ~std::uint64_t{0};
    }
    if (bounds.random > 0) bounds.preemptions = bounds.stale_reads = bounds.time_outs = bounds.steps;
}

}  // namespace

outcome explore(options bounds, const std::function<void()>& body) {
    if (execution::current()) throw std::logic_error("a model cannot explore another one");
    add_effort(bounds);
    search ways = bounds.random > 0 ? search(bounds.seed, bounds.random) : search();
    outcome result;
    for (;;) {
        execution one(bounds, ways);
        one.run(body);
        ++result.executions;
        if (one.has_failed()) {
            result.failure = one.failure();
            result.report = "Execution " + std::to_string(result.executions) + ": " + one.report();
            return result;
        }
        if (!ways.next()) {
            result.complete = bounds.random == 0;
            return result;
        }
        if (bounds.random == 0 && result.executions >= bounds.most) return result;
    }
}

void check(bool holds, const char* what) {
    if (!holds) execution::current()->fail(what);
}

}  // namespace model
