// SPDX-License-Identifier: MIT
// A pair of fences for a side that passes millions of times a second and a side that seldom does.
#ifndef PARIMAP_DETAIL_SYSTEM_ASYMMETRIC_FENCE_HPP
#define PARIMAP_DETAIL_SYSTEM_ASYMMETRIC_FENCE_HPP

#include <parimap/detail/form.hpp>

#include <atomic>

#if defined(__linux__) && __has_include(<linux/membarrier.h>)
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace parimap::inline PARIMAP_ABI::detail {

/// One thread stores A, passes light() and loads B; another stores B, passes heavy() and loads A: at least one of them
/// sees what the other stored, as with two sequentially consistent fences. light() is no instruction at all; heavy()
/// asks the kernel to interrupt the other threads of the process that are running, so that each passes a full barrier
/// (about 0.2 us). Linux has it; where available() is false, or heavy() says so, the two sides have to meet in another way.
///
/// The names are those of P1202, the idea is that of membarrier(2) and of folly's asymmetric_thread_fence.
class PARIMAP_EXPORT asymmetric_fence {
  public:
    static void light() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }

#if defined(__linux__) && __has_include(<linux/membarrier.h>) && defined(SYS_membarrier)
    /// False if there was no fence. A process that was restored from a checkpoint has to register again; one that has put
    /// itself behind a filter of system calls gets no fence any more.
    static bool heavy() noexcept;

    /// The kernel wants to know beforehand, once a process: instant while there is one thread, some milliseconds later.
    static bool available() noexcept;

  private:
    static inline constinit std::atomic<bool> is_lost_{false};

    static bool call(int command) noexcept { return ::syscall(SYS_membarrier, command, 0, 0) == 0; }
#else
    static bool heavy() noexcept { return false; }
    static bool available() noexcept { return false; }
#endif
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/system/asymmetric_fence.cpp>  // IWYU pragma: keep
#endif

#endif
