// SPDX-License-Identifier: MIT
// Writing that fails where it would else end the program.
#ifndef PARIMAP_DETAIL_SYSTEM_WRITE_SIGNALS_HPP
#define PARIMAP_DETAIL_SYSTEM_WRITE_SIGNALS_HPP

#include <csignal>
#include <ctime>

namespace parimap::detail {

/// While it lives, a write of this thread to a pipe that nobody reads, or past a limit to a file's size, fails and sends
/// no signal (SIGPIPE, SIGXFSZ). Their dispositions, which belong to the program, stay as they are.
class no_write_signals {
  public:
    no_write_signals() noexcept {
        sigset_t both;
        sigemptyset(&both);
        sigaddset(&both, SIGPIPE);
        sigaddset(&both, SIGXFSZ);
        sigpending(&pending_before_);
        pthread_sigmask(SIG_BLOCK, &both, &before_);
    }
    ~no_write_signals() {
        take(SIGPIPE);
        take(SIGXFSZ);
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    no_write_signals(const no_write_signals&) = delete;
    no_write_signals& operator=(const no_write_signals&) = delete;

  private:
    /// Takes the signal away if it came while this lived.
    void take(int signal) const noexcept {
        sigset_t pending;
        sigpending(&pending);
        if (sigismember(&pending_before_, signal) == 1 || sigismember(&pending, signal) != 1) return;
        sigset_t one;
        sigemptyset(&one);
        sigaddset(&one, signal);
        const std::timespec at_once{};
        sigtimedwait(&one, nullptr, &at_once);
    }

    sigset_t pending_before_;
    sigset_t before_;
};

}  // namespace parimap::detail

#endif
