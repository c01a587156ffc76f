// SPDX-License-Identifier: MIT
// A clock that costs a third of std::chrono's, to tell which of two events in different threads came first.
#ifndef PARIMAP_DETAIL_SYSTEM_TICKS_HPP
#define PARIMAP_DETAIL_SYSTEM_TICKS_HPP

#include <parimap/detail/form.hpp>

#include <cstdint>

namespace parimap::inline PARIMAP_ABI::detail {

/// Ticks of unknown length, comparable between threads. On x86 this is the time-stamp counter, but only where the
/// kernel itself keeps time with it, for then it has checked that the counters of all CPUs agree; on AArch64 the
/// counter that the architecture keeps the same for all; elsewhere std::chrono::steady_clock.
///
/// A CPU may read its counter some instructions early. So of two events less than about 100 ns apart the wrong one may seem
/// the first; a barrier against that costs more than the counter.
class ticks {
  public:
    ticks() noexcept {}  // by hand: where the class has no members, GCC makes no constant of it otherwise

#if defined(__x86_64__) && defined(__linux__)
    std::uint64_t now() const noexcept { return by_counter_ ? __builtin_ia32_rdtsc() : by_clock(); }

  private:
    PARIMAP_EXPORT static bool kernel_trusts_counter() noexcept;
    static bool counter_is_right() noexcept {
        static const bool right = kernel_trusts_counter();
        return right;
    }
    const bool by_counter_ = counter_is_right();
#elif defined(__aarch64__)
    std::uint64_t now() const noexcept {
        std::uint64_t count = 0;
        asm volatile("mrs %0, cntvct_el0" : "=r"(count));
        return count;
    }

  private:
#else
    std::uint64_t now() const noexcept { return by_clock(); }

  private:
#endif
    PARIMAP_EXPORT static std::uint64_t by_clock() noexcept;
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/system/ticks.cpp>  // IWYU pragma: keep
#endif

#endif
