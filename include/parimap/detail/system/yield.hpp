// SPDX-License-Identifier: MIT
// Giving the CPU to another thread, and spinning on it, by names of the engine's own: see atomic.hpp. For sources, for <thread> takes
// long to compile.
#ifndef PARIMAP_DETAIL_SYSTEM_YIELD_HPP
#define PARIMAP_DETAIL_SYSTEM_YIELD_HPP

#include <parimap/detail/form.hpp>

#include <chrono>
#include <thread>

namespace parimap::inline PARIMAP_ABI::detail {

using std::this_thread::yield;

/// For some time that is short for people and long for a thread.
inline void nap() { std::this_thread::sleep_for(std::chrono::microseconds(100)); }

/// Between two looks at a word that another thread will change.
inline void pause() noexcept {
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
    __builtin_ia32_pause();
#elif defined(__GNUC__) && defined(__aarch64__)
    asm volatile("isb" : : : "memory");  // yield does nothing on most of them
#endif
}

}  // namespace parimap::detail

#endif
