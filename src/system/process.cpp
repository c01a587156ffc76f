// SPDX-License-Identifier: MIT
// What a pool must know of its process: whether it is still the one that made it, which thread is the main one, and which
// is in exit().

#include <parimap/detail/system/process.hpp>

#include <atomic>
#include <cstdint>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#include <unistd.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#endif
#if defined(__linux__) && !defined(__arm__)  // whose unwinder does not tell functions
#include <unwind.h>
#endif

namespace parimap::inline PARIMAP_ABI::detail {

/// The mark of the thread that calls exit(), once it has come to the objects that are older than the first pool. What was registered
/// too late for exit() itself, the dynamic linker ends, in whose frames the stack cannot be read to its end.
[[gnu::visibility("default")]] inline constinit std::atomic<const void*> thread_in_exit{nullptr};

struct exit_note {
    ~exit_note() {
        if (is_in_exit()) thread_in_exit.store(mark_of_this_thread(), std::memory_order_relaxed);  // not where a module is closed
    }
};

PARIMAP_INLINE void watch_process() noexcept {
#if defined(__unix__) || defined(__APPLE__)
    static const int failure = ::pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });
    static_cast<void>(failure);  // no memory: children then find no workers, as without parimap
#endif
    static const exit_note at_exit;
}

PARIMAP_INLINE bool is_main_thread() noexcept {
#if defined(__linux__)
    return ::syscall(SYS_gettid) == ::getpid();
#else
    return true;
#endif
}

PARIMAP_INLINE const void* mark_of_this_thread() noexcept {
    static thread_local constinit char mark = 0;
    return &mark;
}

PARIMAP_INLINE bool is_in_exit() noexcept {
    if (thread_in_exit.load(std::memory_order_relaxed) == mark_of_this_thread()) return true;
#if defined(__linux__) && !defined(__arm__)
    struct search {
        std::uintptr_t exit = reinterpret_cast<std::uintptr_t>(&exit_itself);
        int frames_left = 64;  // between an object that ends and exit() there are few
        bool found = false;
    } looking;
    ::_Unwind_Backtrace(
        [](_Unwind_Context* frame, void* argument) {
            auto& l = *static_cast<search*>(argument);
            // One before the return address, which may be that of the next function: exit() calls what does not return.
            void* const inside = reinterpret_cast<void*>(::_Unwind_GetIP(frame) - 1);
            l.found = reinterpret_cast<std::uintptr_t>(::_Unwind_FindEnclosingFunction(inside)) == l.exit;
            return l.found || --l.frames_left == 0 ? _URC_END_OF_STACK : _URC_NO_REASON;
        },
        &looking);
    return looking.found;
#else
    return false;
#endif
}

PARIMAP_INLINE end_of_main_thread::end_of_main_thread([[maybe_unused]] void (*end)(void*), [[maybe_unused]] void* what) noexcept {
#if defined(__linux__)
    is_known_ = is_main_thread() && ::pthread_key_create(&key_, end) == 0;
    if (is_known_) ::pthread_setspecific(key_, what);
#endif
}

PARIMAP_INLINE end_of_main_thread::~end_of_main_thread() {
#if defined(__linux__)
    if (is_known_) ::pthread_key_delete(key_);
#endif
}

}  // namespace parimap::detail
