// SPDX-License-Identifier: MIT
// What a pool must know of its process: whether it is still the one that made it, and which thread is the main one.
#ifndef PARIMAP_DETAIL_PROCESS_HPP
#define PARIMAP_DETAIL_PROCESS_HPP

#include <atomic>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#include <unistd.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#endif

namespace parimap::detail {

/// How often this process became another one since its first pool was made: fork() adds one in the child.
[[gnu::visibility("default")]] inline constinit std::atomic<unsigned> forks{0};

/// From now on forks are counted. (In place of getpid(), which is a system call: every call on a pool asks.)
inline void count_forks() noexcept {
#if defined(__unix__) || defined(__APPLE__)
    static const int failure = ::pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });
    static_cast<void>(failure);  // no memory: children then find no workers, as without parimap
#endif
}

/// Whether the calling thread is the one that runs main(), and so the one that ends the process unless exit() is called on
/// another.
inline bool is_main_thread() noexcept {
#if defined(__linux__)
    return ::syscall(SYS_gettid) == ::getpid();
#else
    return true;
#endif
}

/// Has end(what) called when the main thread ends by pthread_exit() while others go on, if it is the main thread that makes
/// this, and this still exists. (Destructors of its thread_local objects are not called then.)
class end_of_main_thread {
  public:
    end_of_main_thread([[maybe_unused]] void (*end)(void*), [[maybe_unused]] void* what) noexcept {
#if defined(__linux__)
        is_known_ = is_main_thread() && ::pthread_key_create(&key_, end) == 0;
        if (is_known_) ::pthread_setspecific(key_, what);
#endif
    }
    ~end_of_main_thread() {
#if defined(__linux__)
        if (is_known_) ::pthread_key_delete(key_);
#endif
    }
    end_of_main_thread(const end_of_main_thread&) = delete;
    end_of_main_thread& operator=(const end_of_main_thread&) = delete;

  private:
#if defined(__linux__)
    pthread_key_t key_{};
    bool is_known_ = false;
#endif
};

}  // namespace parimap::detail

#endif
