// SPDX-License-Identifier: MIT
// Runs a model through its executions: how far, and what came of it.
#ifndef PARIMAP_TESTS_MODEL_EXPLORE_HPP
#define PARIMAP_TESTS_MODEL_EXPLORE_HPP

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace model {

/// What bounds the search of all executions. Each number is of what happens in one of them.
struct options {
    std::size_t preemptions = 2;  ///< a thread that could go on does not
    std::size_t stale_reads = 2;  ///< a load does not read the newest store
    std::size_t time_outs = 1;    ///< a wait times out while another thread could go on
    std::size_t spurious = 0;     ///< a thread wakes by itself
    bool waits_for_ever = false;  ///< no wait ever times out: who is not woken sleeps on, which is a failure
    std::size_t steps = 10'000;   ///< more of them are a failure: it has no end
    std::int64_t tick = 1'000;    ///< nanoseconds that pass when somebody looks at the clock

    std::uint64_t random = 0;      ///< instead of all: so many executions at random, where only `steps` bounds anything
    std::uint64_t seed = 1;        ///< of the first of them
    std::uint32_t rarely = 12;     ///< what does not usually happen is drawn once in so many times
    std::uint64_t most = 400'000;  ///< executions; the outcome says whether they were all
};

struct outcome {
    std::uint64_t executions = 0;
    bool complete = false;  ///< these were all within the bounds
    std::string failure;    ///< what was wrong, if anything was
    std::string report;     ///< the same, with the choices and the last steps before it

    bool failed() const noexcept { return !failure.empty(); }
};

/// Runs the body as the first thread of a model, again and again, until one execution fails. Nothing of one is left in the next.
/// PARIMAP_MODEL_EFFORT=n adds n to the bounds, and draws 10^n times as many executions.
outcome explore(options bounds, const std::function<void()>& body);

/// In a model: what must hold.
void check(bool holds, const char* what);

/// A pointer that each thread has its own of, null at first: what is thread_local, for fibres share one thread.
void keep_apart(void* variable);

}  // namespace model

#endif
