// SPDX-License-Identifier: MIT
// What progress bars need of the system: writing that never ends the program, the terminal's size, the environment.
#ifndef PARIMAP_DETAIL_TERMINAL_HPP
#define PARIMAP_DETAIL_TERMINAL_HPP

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

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
        int taken = 0;
        if (!was_pending_ && is_pending()) sigwait(&pipe_, &taken);
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

/// Writes all of the text, or returns false. Whoever reads may stop reading for a while; for longer than patience the
/// output counts as broken, for it must not hold up the work.
inline bool write_all(int fd, std::string_view text, std::chrono::milliseconds patience = std::chrono::seconds(1)) noexcept {
    const no_broken_pipe_signal guard;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!text.empty()) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        pollfd ready{fd, POLLOUT, 0};
        const int polled = ::poll(&ready, 1, left.count() > 0 ? static_cast<int>(left.count()) : 0);
        if (polled == 0) return false;
        if (polled < 0) {
            if (errno == EINTR) continue;
            return false;
        }
        // A pipe that poll() calls ready takes at least PIPE_BUF bytes (4096 on Linux) without blocking.
        const ssize_t written = ::write(fd, text.data(), text.size() < 4096 ? text.size() : 4096);
        if (written < 0) {
            if (errno == EINTR || errno == EAGAIN) continue;
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

inline bool is_terminal(int fd) noexcept { return ::isatty(fd) == 1; }

struct terminal_size {
    std::size_t columns = 80;
    std::size_t rows = 24;
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
    terminal_size size;
    winsize told{};
    const bool is_told = ::ioctl(fd, TIOCGWINSZ, &told) == 0;
    size.columns = is_told && told.ws_col > 0 ? told.ws_col : number_from_environment("COLUMNS").value_or(size.columns);
    size.rows = is_told && told.ws_row > 0 ? told.ws_row : number_from_environment("LINES").value_or(size.rows);
    return size;
}

/// Whether the locale's characters are UTF-8, as the environment says. (The program may not have called setlocale.)
inline bool is_utf8_locale() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const char* value = std::getenv(name);
        if (!value || !*value) continue;  // the first that is set counts
        std::string lower;
        for (const char* c = value; *c; ++c) {
            if (*c != '-') lower += *c >= 'A' && *c <= 'Z' ? static_cast<char>(*c - 'A' + 'a') : *c;
        }
        return lower.find("utf8") != std::string::npos;
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
    char* end = nullptr;
    const double seconds = std::strtod(text, &end);
    if (*end || !(seconds >= 0.001) || seconds > 1e6) return std::nullopt;
    return std::chrono::duration<double>(seconds);
}

}  // namespace parimap::detail

#endif
