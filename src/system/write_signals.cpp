// SPDX-License-Identifier: MIT
// Writing that fails where it would else end the program.

#include <parimap/detail/system/write_signals.hpp>

#include <csignal>
#include <ctime>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE no_write_signals::no_write_signals() noexcept {
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGPIPE);
    sigaddset(&both, SIGXFSZ);
    sigpending(&pending_before_);
    pthread_sigmask(SIG_BLOCK, &both, &before_);
}

PARIMAP_INLINE no_write_signals::~no_write_signals() {
    take(SIGPIPE);
    take(SIGXFSZ);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

PARIMAP_INLINE void no_write_signals::take(int signal) const noexcept {
    sigset_t pending;
    sigpending(&pending);
    if (sigismember(&pending_before_, signal) == 1 || sigismember(&pending, signal) != 1) return;
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, signal);
    const std::timespec at_once{};
    sigtimedwait(&one, nullptr, &at_once);
}

}  // namespace parimap::detail
