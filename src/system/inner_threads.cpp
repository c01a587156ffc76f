// SPDX-License-Identifier: MIT
// How many threads OpenMP gives a parallel region that the calling thread opens.

#include <parimap/detail/system/inner_threads.hpp>

#include <parimap/detail/system/atomic.hpp>

#include <dlfcn.h>

namespace parimap::inline PARIMAP_ABI::detail {

namespace openmp_runtime {

// exit() may end the runtime while other threads still run items: libomp then crashes in whoever calls it. What is made after the
// runtime is told before it.
[[gnu::visibility("default")]] inline constinit atomic<bool> has_ended{false};

struct end_of_process {
    ~end_of_process() { has_ended.store(true, std::memory_order_relaxed); }
};

template <class Function>
bool find(Function*& found, const char* name) noexcept {
    found = reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
    return found != nullptr;
}

}  // namespace openmp_runtime

PARIMAP_INLINE openmp_functions& openmp_functions::of_process() noexcept {
    static openmp_functions found = [] {
        using openmp_runtime::find;
        openmp_functions all;
        const bool has_all = find(all.max_threads, "omp_get_max_threads") && find(all.set_threads, "omp_set_num_threads") &&
                             find(all.active_level, "omp_get_active_level") &&
                             find(all.max_active_levels, "omp_get_max_active_levels") &&
                             find(all.set_max_active_levels, "omp_set_max_active_levels");
        return has_all ? all : openmp_functions();
    }();
    return found;
}

PARIMAP_INLINE void inner_threads_scope::set(int threads) noexcept {
    const openmp_functions& omp = openmp_functions::of_process();
    if (!omp.set_threads || openmp_runtime::has_ended.load(std::memory_order_relaxed)) return;
    threads_before_ = omp.max_threads();
    static const openmp_runtime::end_of_process at_exit;
    levels_before_ = omp.max_active_levels();
    if (threads != threads_before_) omp.set_threads(threads);
    // A region inside as many as may be active has one thread.
    if (const int level = omp.active_level(); level >= levels_before_) omp.set_max_active_levels(level + 1);
}

PARIMAP_INLINE void inner_threads_scope::restore() const noexcept {
    if (openmp_runtime::has_ended.load(std::memory_order_relaxed)) return;
    const openmp_functions& omp = openmp_functions::of_process();
    omp.set_threads(threads_before_);
    omp.set_max_active_levels(levels_before_);
}

}  // namespace parimap::detail
