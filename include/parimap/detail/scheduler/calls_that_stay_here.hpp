// SPDX-License-Identifier: MIT
// Which calls on a pool with workers in other processes are made by this one alone.
#ifndef PARIMAP_DETAIL_SCHEDULER_CALLS_THAT_STAY_HERE_HPP
#define PARIMAP_DETAIL_SCHEDULER_CALLS_THAT_STAY_HERE_HPP

#include <parimap/detail/form.hpp>

#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// While one exists, those of this thread: in op, which no item is at work for, in an element that is read, or in a job that an item has
/// handed in.
struct calls_that_stay_here {
    [[gnu::visibility("default")]] static inline thread_local constinit bool is_set = false;

    const bool was_set;

    explicit calls_that_stay_here(bool they_do = true) noexcept : was_set(std::exchange(is_set, is_set || they_do)) {}
    calls_that_stay_here(const calls_that_stay_here&) = delete;
    calls_that_stay_here& operator=(const calls_that_stay_here&) = delete;
    ~calls_that_stay_here() { is_set = was_set; }
};

}  // namespace parimap::detail

#endif
