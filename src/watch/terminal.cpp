// SPDX-License-Identifier: MIT
// What progress bars need of the system: writing that never ends the program, the terminal's size, the environment.

#include <parimap/detail/watch/terminal.hpp>

#include <parimap/detail/system/parse_number.hpp>
#include <parimap/detail/system/standard_descriptors.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE output_identity identity_of(int fd) noexcept {
    struct stat status {};
    if (::fstat(fd, &status) != 0) return {0, 0, fd};
    if (!is_terminal(fd)) return {status.st_dev, status.st_ino, -1};
#ifdef TIOCGDEV
    unsigned int device = 0;  // that of the terminal itself, also behind /dev/tty
    if (::ioctl(fd, TIOCGDEV, &device) == 0) return {device, 0, -1};
#endif
    return {status.st_rdev, 0, -1};
}

PARIMAP_INLINE unblocked_output::unblocked_output(int fd) noexcept : fd_(fd) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) return;
    is_socket_ = S_ISSOCK(status.st_mode);
    const bool is_pipe = S_ISFIFO(status.st_mode);
    if (!is_pipe && !is_terminal(fd)) return;
    if (!is_pipe) part_ = 128;
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) return;
    char path[40];
    std::snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    const standard_descriptors kept;
    own_ = ::open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (own_ >= 0) part_ = 65536;
}

PARIMAP_INLINE unblocked_output::~unblocked_output() {
    if (own_ >= 0) ::close(own_);
}

PARIMAP_INLINE ssize_t unblocked_output::write(std::string_view text) const noexcept {
    pollfd ready{own_ >= 0 ? own_ : fd_, POLLOUT, 0};
    if (::poll(&ready, 1, 0) == 0) {
        errno = EAGAIN;
        return -1;
    }
    const std::string_view part = text.substr(0, part_);
    return is_socket_ ? ::send(fd_, part.data(), part.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                      : ::write(ready.fd, part.data(), part.size());
}

PARIMAP_INLINE std::optional<std::size_t> write_some(int fd, std::string_view text) noexcept {
    const no_write_signals guard;
    const unblocked_output output(fd);
    std::size_t written = 0;
    while (written < text.size()) {
        const ssize_t n = output.write(text.substr(written));
        if (n > 0) {
            written += static_cast<std::size_t>(n);
        } else if (n == 0 || errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == ENOMEM) {
            break;
        } else if (errno != EINTR) {
            return std::nullopt;
        }
    }
    return written;
}

PARIMAP_INLINE void write_patiently(int fd, std::string_view text) noexcept {
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

PARIMAP_INLINE std::optional<std::size_t> number_from_environment(const char* name) noexcept {
    const char* text = std::getenv(name);
    const auto number = text ? parse_number<std::size_t>(text) : std::nullopt;
    return number && *number > 0 && *number <= 100'000 ? number : std::nullopt;
}

PARIMAP_INLINE terminal_size usual_size() noexcept {
    static const terminal_size size{number_from_environment("COLUMNS").value_or(80), number_from_environment("LINES").value_or(24)};
    return size;
}

PARIMAP_INLINE terminal_size size_of_terminal(int fd) noexcept {
    const terminal_size otherwise = usual_size();
    winsize told{};
    const bool is_told = ::ioctl(fd, TIOCGWINSZ, &told) == 0;
    return {is_told && told.ws_col > 0 ? told.ws_col : otherwise.columns,
            is_told && told.ws_row > 0 ? told.ws_row : otherwise.rows};
}

PARIMAP_INLINE bool is_able_terminal(int fd) noexcept {
    const char* term = std::getenv("TERM");
    return is_terminal(fd) && term && *term && std::string_view(term) != "dumb";
}

PARIMAP_INLINE bool is_wrapping_terminal() noexcept {
    static const bool is_wrapping = [] {
        const char* term = std::getenv("TERM");
        return !std::getenv("XTERM_VERSION") && !std::getenv("STY") && !(term && std::string_view(term) == "linux");
    }();
    return is_wrapping;
}

PARIMAP_INLINE void read_terminal_environment() noexcept {
    usual_size();
    is_wrapping_terminal();
}

PARIMAP_INLINE bool is_utf8_locale() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const char* value = std::getenv(name);
        if (!value || !*value) continue;  // the first that is set counts
        const std::string lower = lower_case(value);
        return lower.find("utf8") != std::string::npos || lower.find("utf-8") != std::string::npos;
    }
    return false;
}

PARIMAP_INLINE std::optional<progress_mode> mode_from_environment() {
    const char* text = std::getenv("PARIMAP_PROGRESS");
    const std::string mode = lower_case(text ? text : "");
    const auto is_one_of = [&](std::initializer_list<std::string_view> words) {
        return std::find(words.begin(), words.end(), mode) != words.end();
    };
    if (mode == "bar") return progress_mode::bar;
    if (mode == "log") return progress_mode::log;
    if (is_one_of({"off", "0", "none", "false", "no"})) return progress_mode::off;
    if (is_one_of({"", "auto", "on", "1", "true", "yes"})) return progress_mode::automatic;
    return std::nullopt;
}

PARIMAP_INLINE std::optional<std::chrono::duration<double>> interval_from_environment() noexcept {
    const char* text = std::getenv("PARIMAP_PROGRESS_INTERVAL");
    const auto seconds = text ? parse_number<double>(text) : std::nullopt;
    if (!seconds || !(*seconds >= 0.001) || *seconds > 1e6) return std::nullopt;
    return std::chrono::duration<double>(*seconds);
}

}  // namespace parimap::detail
