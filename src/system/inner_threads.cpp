// SPDX-License-Identifier: MIT
// How many threads OpenMP gives a parallel region that the calling thread opens.

#include <parimap/detail/system/inner_threads.hpp>

#include <parimap/detail/system/atomic.hpp>

// The runtime's own functions, where the program has one: it is no dependency of ours, and there may be none. (By other names, since
// <omp.h> declares them as the runtime does that it comes with, and these declarations would be others.)
extern "C" {
[[gnu::weak]] int parimap_omp_max_threads() __asm__("omp_get_max_threads");
[[gnu::weak]] void parimap_omp_set_threads(int) __asm__("omp_set_num_threads");
[[gnu::weak]] int parimap_omp_active_level() __asm__("omp_get_active_level");
[[gnu::weak]] int parimap_omp_max_active_levels() __asm__("omp_get_max_active_levels");
[[gnu::weak]] void parimap_omp_set_max_active_levels(int) __asm__("omp_set_max_active_levels");
}

namespace parimap::inline PARIMAP_ABI::detail {

namespace openmp_runtime {

PARIMAP_INLINE bool is_there() noexcept {
    return parimap_omp_max_threads && parimap_omp_set_threads && parimap_omp_active_level && parimap_omp_max_active_levels &&
           parimap_omp_set_max_active_levels;
}

// exit() may end the runtime while other threads still run items: libomp then crashes in whoever calls it. What is made after the
// runtime is told before it.
[[gnu::visibility("default")]] inline constinit atomic<bool> has_ended{false};

struct end_of_process {
    ~end_of_process() { has_ended.store(true, std::memory_order_relaxed); }
};

}  // namespace openmp_runtime

PARIMAP_INLINE void inner_threads_scope::set(int threads) noexcept {
    if (!openmp_runtime::is_there() || openmp_runtime::has_ended.load(std::memory_order_relaxed)) return;
    threads_before_ = parimap_omp_max_threads();
    static const openmp_runtime::end_of_process at_exit;
    levels_before_ = parimap_omp_max_active_levels();
    if (threads != threads_before_) parimap_omp_set_threads(threads);
    // A region inside as many as may be active has one thread.
    if (const int level = parimap_omp_active_level(); level >= levels_before_) parimap_omp_set_max_active_levels(level + 1);
}

PARIMAP_INLINE void inner_threads_scope::restore() const noexcept {
    if (openmp_runtime::has_ended.load(std::memory_order_relaxed)) return;
    parimap_omp_set_threads(threads_before_);
    parimap_omp_set_max_active_levels(levels_before_);
}

}  // namespace parimap::detail
