// SPDX-License-Identifier: MIT
// Writing that fails where it would else end the program.
#ifndef PARIMAP_DETAIL_SYSTEM_WRITE_SIGNALS_HPP
#define PARIMAP_DETAIL_SYSTEM_WRITE_SIGNALS_HPP

#include <parimap/detail/form.hpp>

#include <csignal>

namespace parimap::inline PARIMAP_ABI::detail {

/// While it lives, a write of this thread to a pipe that nobody reads, or past a limit to a file's size, fails and sends
/// no signal (SIGPIPE, SIGXFSZ). Their dispositions, which belong to the program, stay as they are.
class PARIMAP_EXPORT no_write_signals {
  public:
    no_write_signals() noexcept;
    ~no_write_signals();
    no_write_signals(const no_write_signals&) = delete;
    no_write_signals& operator=(const no_write_signals&) = delete;

  private:
    /// Takes the signal away if it came while this lived.
    void take(int signal) const noexcept;

    sigset_t pending_before_;
    sigset_t before_;
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/system/write_signals.cpp>  // IWYU pragma: keep
#endif

#endif
