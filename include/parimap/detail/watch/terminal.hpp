// SPDX-License-Identifier: MIT
// What progress bars need of the system: writing that never ends the program, the terminal's size, the environment.
#ifndef PARIMAP_DETAIL_WATCH_TERMINAL_HPP
#define PARIMAP_DETAIL_WATCH_TERMINAL_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/system/write_signals.hpp>
#include <parimap/detail/text/display_text.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

namespace parimap::inline PARIMAP_ABI::detail {

inline bool is_terminal(int fd) noexcept { return ::isatty(fd) == 1; }

/// What a descriptor leads to: two of them may lead to one terminal, pipe or file.
struct output_identity {
    dev_t device = 0;
    ino_t number = 0;
    int descriptor = -1;  // where nothing else is known

    bool operator==(const output_identity&) const = default;
};

PARIMAP_EXPORT output_identity identity_of(int fd) noexcept;

/// A way to a descriptor's terminal, pipe or socket that never blocks. The descriptor itself is the program's: it may block,
/// and is not ours to change.
class PARIMAP_EXPORT unblocked_output {
  public:
    explicit unblocked_output(int fd) noexcept;
    ~unblocked_output();
    unblocked_output(const unblocked_output&) = delete;
    unblocked_output& operator=(const unblocked_output&) = delete;

    /// As write(2).
    ssize_t write(std::string_view text) const noexcept;

  private:
    int fd_;
    int own_ = -1;
    bool is_socket_ = false;
    // Where there is no other way than the descriptor (a terminal that is another user's, as with su): what is ready by poll() takes
    // that much. A pipe takes PIPE_BUF bytes (4096 on Linux), a terminal fills its buffers by 256, and a new line counts twice.
    std::size_t part_ = 4096;
};

/// Writes as much of a bar's text as the output takes at once, and says how much that was; nothing if the output is gone. (A
/// terminal that a person has paused takes none, for as long as he likes, and is not gone.)
PARIMAP_EXPORT std::optional<std::size_t> write_some(int fd, std::string_view text) noexcept;

/// Writes all of the program's own text, however long that takes, as a plain write does; SIGPIPE too is then its own.
PARIMAP_EXPORT void write_patiently(int fd, std::string_view text) noexcept;

struct terminal_size {
    std::size_t columns;
    std::size_t rows;
};

PARIMAP_EXPORT std::optional<std::size_t> number_from_environment(const char* name) noexcept;

/// COLUMNS and LINES. Read once, by whoever opens the first bar: later the program may change its environment.
PARIMAP_EXPORT terminal_size usual_size() noexcept;

/// As the terminal says now, so that whoever asks every time follows its resizing; else the usual one.
PARIMAP_EXPORT terminal_size size_of_terminal(int fd) noexcept;

/// Whether a terminal knows how to erase and go up, as TERM says. In an editor's window, or a log that is a terminal to
/// those who write it, there is none or it is "dumb".
PARIMAP_EXPORT bool is_able_terminal(int fd) noexcept;

/// Whether a terminal that gets narrower wraps the lines that stand there, and moves the cursor with them. Most do; xterm, the
/// console and GNU screen cut them off. Read once, as the size.
PARIMAP_EXPORT bool is_wrapping_terminal() noexcept;

/// What is read once, is read now: by the thread that opens a bar, and not by the one that draws while the program may change
/// its environment.
PARIMAP_EXPORT void read_terminal_environment() noexcept;

/// Whether the locale's characters are UTF-8, as the environment says. (The program may not have called setlocale.)
PARIMAP_EXPORT bool is_utf8_locale();

/// PARIMAP_PROGRESS: how progress is shown.
enum class progress_mode { automatic, bar, log, off };

/// Nothing if it is set to a word that is not known.
PARIMAP_EXPORT std::optional<progress_mode> mode_from_environment();

/// PARIMAP_PROGRESS_INTERVAL: seconds between two looks at the counts, at least a millisecond.
PARIMAP_EXPORT std::optional<std::chrono::duration<double>> interval_from_environment() noexcept;

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/watch/terminal.cpp>  // IWYU pragma: keep
#endif

#endif
