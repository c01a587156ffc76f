// SPDX-License-Identifier: MIT
// The descriptors of open journals, which a forked process lets go of: their locks would outlive the process that they are for.

#include <parimap/detail/journal/held_files.hpp>

#include <atomic>

#include <pthread.h>
#include <unistd.h>

namespace parimap::inline PARIMAP_ABI::detail {

namespace held_files {

// One more than the descriptor; 0 is a free place. (The child of a process with threads can only do what a signal handler can: no lock.)
inline constinit std::atomic<int> all[64]{};

inline void close_in_child() noexcept {
    for (std::atomic<int>& held : all) {
        if (const int fd = held.exchange(0) - 1; fd >= 0) ::close(fd);
    }
}

}  // namespace held_files

PARIMAP_INLINE void hold_file(int fd) noexcept {
    static const bool is_registered = ::pthread_atfork(nullptr, nullptr, &held_files::close_in_child) == 0;
    if (!is_registered) return;
    for (std::atomic<int>& held : held_files::all) {
        int nobody = 0;
        if (held.compare_exchange_strong(nobody, fd + 1)) return;
    }
}

PARIMAP_INLINE void let_file_go(int fd) noexcept {
    for (std::atomic<int>& held : held_files::all) {
        int mine = fd + 1;
        if (held.compare_exchange_strong(mine, 0)) return;
    }
}

}  // namespace parimap::detail
