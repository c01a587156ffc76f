// SPDX-License-Identifier: MIT
// How many threads OpenMP gives a parallel region that the calling thread opens.
#ifndef PARIMAP_DETAIL_SYSTEM_INNER_THREADS_HPP
#define PARIMAP_DETAIL_SYSTEM_INNER_THREADS_HPP

#include <parimap/detail/form.hpp>

namespace parimap::inline PARIMAP_ABI::detail {

/// What an OpenMP runtime has for these settings; null without one.
struct PARIMAP_EXPORT openmp_functions {
    int (*max_threads)() = nullptr;
    void (*set_threads)(int) = nullptr;
    int (*active_level)() = nullptr;
    int (*max_active_levels)() = nullptr;
    void (*set_max_active_levels)(int) = nullptr;

    /// Those of the runtime that the process has when this is first called. (Found by name: it is no dependency of ours, and most
    /// programs have none.) Tests put their own here.
    static openmp_functions& of_process() noexcept;
};

/// While it lives, regions of the calling thread get so many threads, also where it is in a region already; 0: as many as before.
/// OpenMP has these settings for each thread, and for each task of a team.
class PARIMAP_EXPORT inner_threads_scope {
  public:
    explicit inner_threads_scope(int threads) noexcept {
        if (threads > 0) [[unlikely]]
            set(threads);
    }
    ~inner_threads_scope() {
        if (threads_before_ > 0) [[unlikely]]
            restore();
    }
    inner_threads_scope(const inner_threads_scope&) = delete;
    inner_threads_scope& operator=(const inner_threads_scope&) = delete;

  private:
    void set(int threads) noexcept;
    void restore() const noexcept;

    int threads_before_ = 0;  // 0: nothing was set
    int levels_before_ = 0;
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/system/inner_threads.cpp>  // IWYU pragma: keep
#endif

#endif
