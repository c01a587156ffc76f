// SPDX-License-Identifier: MIT
// What progress bars need of the system: writing that never ends the program, the terminal's size, the environment.
#ifndef PARIMAP_DETAIL_TERMINAL_HPP
#define PARIMAP_DETAIL_TERMINAL_HPP

#include <parimap/detail/display_text.hpp>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace parimap::detail {

/// While it lives, a write of this thread to a pipe that nobody reads fails and sends no SIGPIPE. The signal's
/// disposition, which belongs to the program, stays as it is.
class no_broken_pipe_signal {
  public:
    no_broken_pipe_signal() noexcept : was_pending_(is_pending()) {
        sigemptyset(&pipe_);
        sigaddset(&pipe_, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    ~no_broken_pipe_signal() {
        const std::timespec at_once{};
        if (!was_pending_ && is_pending()) sigtimedwait(&pipe_, nullptr, &at_once);
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    no_broken_pipe_signal(const no_broken_pipe_signal&) = delete;
    no_broken_pipe_signal& operator=(const no_broken_pipe_signal&) = delete;

  private:
    static bool is_pending() noexcept {
        sigset_t pending;
        sigemptyset(&pending);
        sigpending(&pending);
        return sigismember(&pending, SIGPIPE) == 1;
    }

    const bool was_pending_;
    sigset_t pipe_;
    sigset_t before_;
};

inline bool is_terminal(int fd) noexcept { return ::isatty(fd) == 1; }

/// Writes all of a bar's text, or returns false. Whoever reads may stop reading for a while; for longer than patience
/// the output counts as broken, for it must not hold up the work.
inline bool write_all(int fd, std::string_view text, std::chrono::milliseconds patience = std::chrono::milliseconds(500)) noexcept {
    // A terminal with little room blocks the whole write, unless it was opened otherwise; and the program's own descriptor
    // is not ours to change.
    char path[40];
    std::snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    const int own = is_terminal(fd) ? ::open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : -1;
    const int to = own >= 0 ? own : fd;
    const no_broken_pipe_signal guard;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!text.empty()) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        pollfd ready{to, POLLOUT, 0};
        if (left.count() <= 0 || (::poll(&ready, 1, static_cast<int>(left.count())) < 0 && errno != EINTR)) break;
        // A pipe that poll() calls ready takes at least PIPE_BUF bytes (4096 on Linux) without blocking.
        const ssize_t written = ready.revents != 0 ? ::write(to, text.data(), text.size() < 4096 ? text.size() : 4096) : 0;
        if (written < 0 && errno == EAGAIN) {
            ::poll(nullptr, 0, 1);
        } else if (written < 0 && errno != EINTR) {
            break;
        } else if (written > 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        }
    }
    if (own >= 0) ::close(own);
    return text.empty();
}

/// Writes all of the program's own text, however long that takes, as a plain write does; SIGPIPE too is then its own.
inline void write_patiently(int fd, std::string_view text) noexcept {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written > 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (written < 0 && errno == EAGAIN) {
            pollfd ready{fd, POLLOUT, 0};
            ::poll(&ready, 1, -1);
        } else if (written < 0 && errno != EINTR) {
            return;
        }
    }
}

struct terminal_size {
    std::size_t columns;
    std::size_t rows;
};

inline std::optional<std::size_t> number_from_environment(const char* name) noexcept {
    const char* text = std::getenv(name);
    if (!text || !*text) return std::nullopt;
    char* end = nullptr;
    const unsigned long number = std::strtoul(text, &end, 10);
    if (*end || number == 0 || number > 100'000) return std::nullopt;
    return number;
}

/// As the terminal says now, so that whoever asks every time follows its resizing; else COLUMNS and LINES.
inline terminal_size size_of_terminal(int fd) noexcept {
    // Read once, by whoever opens the first bar: later the program may change its environment.
    static const terminal_size otherwise{number_from_environment("COLUMNS").value_or(80), number_from_environment("LINES").value_or(24)};
    winsize told{};
    const bool is_told = ::ioctl(fd, TIOCGWINSZ, &told) == 0;
    return {is_told && told.ws_col > 0 ? told.ws_col : otherwise.columns, is_told && told.ws_row > 0 ? told.ws_row : otherwise.rows};
}

/// Whether the locale's characters are UTF-8, as the environment says. (The program may not have called setlocale.)
inline bool is_utf8_locale() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const char* value = std::getenv(name);
        if (!value || !*value) continue;  // the first that is set counts
        const std::string lower = lower_case(value);
        return lower.find("utf8") != std::string::npos || lower.find("utf-8") != std::string::npos;
    }
    return false;
}

/// PARIMAP_PROGRESS: how progress is shown.
enum class progress_mode { automatic, bar, log, off };

inline progress_mode mode_from_environment() noexcept {
    const char* text = std::getenv("PARIMAP_PROGRESS");
    const std::string_view mode = text ? text : "";
    if (mode == "bar") return progress_mode::bar;
    if (mode == "log") return progress_mode::log;
    if (mode == "off") return progress_mode::off;
    return progress_mode::automatic;
}

/// PARIMAP_PROGRESS_INTERVAL: seconds between two looks at the counts, at least a millisecond.
inline std::optional<std::chrono::duration<double>> interval_from_environment() noexcept {
    const char* text = std::getenv("PARIMAP_PROGRESS_INTERVAL");
    if (!text || !*text) return std::nullopt;
    double seconds = 0;  // in the C locale, whatever the program's is
    const auto [end, failure] = std::from_chars(text, text + std::strlen(text), seconds);
    if (failure != std::errc{} || *end || !(seconds >= 0.001) || seconds > 1e6) return std::nullopt;
    return std::chrono::duration<double>(seconds);
}

}  // namespace parimap::detail

#endif
