// SPDX-License-Identifier: MIT
// What a pool must know of its process: whether it is still the one that made it, which thread is the main one, and which
// is in exit().
#ifndef PARIMAP_DETAIL_SYSTEM_PROCESS_HPP
#define PARIMAP_DETAIL_SYSTEM_PROCESS_HPP

#include <parimap/detail/form.hpp>

#include <atomic>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif
#if defined(__linux__) && !defined(__arm__)  // whose unwinder does not tell functions
#include <unwind.h>
#endif

namespace parimap::inline PARIMAP_ABI::detail {

/// How often this process became another one since its first pool was made: fork() adds one in the child.
[[gnu::visibility("default")]] inline constinit std::atomic<unsigned> forks{0};

/// The process in which this was made, to tell whether it is still the one that runs.
class birth_process {
  public:
    bool is_another() const noexcept { return forks.load(std::memory_order_relaxed) != forks_; }

  private:
    const unsigned forks_ = forks.load(std::memory_order_relaxed);
};

/// From now on forks are counted (in place of getpid(), which is a system call: every call on a pool asks), and who calls exit() is
/// noted.
PARIMAP_EXPORT void watch_process() noexcept;

/// Whether the calling thread is the one that runs main(), and so the one that ends the process unless exit() is called on
/// another.
PARIMAP_EXPORT bool is_main_thread() noexcept;

/// An address that no other thread has as long as this one runs.
PARIMAP_EXPORT const void* mark_of_this_thread() noexcept;

#if defined(__linux__) && !defined(__arm__)
/// exit(), declared so that a program that is linked to fixed addresses takes no stub's address for the function's. (clang has no
/// such attribute: there it does.)
#if defined(__has_cpp_attribute) && __has_cpp_attribute(gnu::noplt)
[[gnu::noplt]]
#endif
[[gnu::visibility("default")]] void
exit_itself(int status) noexcept __asm__("exit");
#endif

/// Whether the calling thread is in exit(), found on its stack: destructors of static objects cannot ask for it otherwise, and a
/// handler of ours would be called before them only if it were registered later. For those that are called still later, one is. No
/// where the stack cannot be read.
PARIMAP_EXPORT bool is_in_exit() noexcept;

/// Has end(what) called when the main thread ends by pthread_exit() while others go on, if it is the main thread that makes
/// this, and this still exists. (Destructors of its thread_local objects are not called then.)
class PARIMAP_EXPORT end_of_main_thread {
  public:
    end_of_main_thread([[maybe_unused]] void (*end)(void*), [[maybe_unused]] void* what) noexcept;
    ~end_of_main_thread();
    end_of_main_thread(const end_of_main_thread&) = delete;
    end_of_main_thread& operator=(const end_of_main_thread&) = delete;

  private:
#if defined(__linux__)
    pthread_key_t key_{};
    bool is_known_ = false;
#endif
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/system/process.cpp>  // IWYU pragma: keep
#endif

#endif
