// SPDX-License-Identifier: MIT
// One terminal, pipe or file that bars are written to: what stands there, and what it has not taken yet.
#ifndef PARIMAP_DETAIL_WATCH_PROGRESS_OUTPUT_HPP
#define PARIMAP_DETAIL_WATCH_PROGRESS_OUTPUT_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/watch/terminal.hpp>

#include <chrono>
#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// Nothing here waits for a reader. A text of which the output takes none is dropped by whoever wrote it; of one that it has
/// taken the begin of, the rest goes before all else, so that lines and escape sequences stay whole.
///
/// On a terminal the cursor rests, as with tqdm, behind the first line of the block: what others print goes there, and their new
/// line leads out of the block, which is drawn anew below.
class PARIMAP_EXPORT progress_output {
  public:
    using clock = std::chrono::steady_clock;

    explicit progress_output(output_identity id) : identity(id) {}

    static constexpr std::string_view erase_below = "\x1b[0J";
    static constexpr std::string_view erase_to_end_of_line = "\x1b[K";

    const output_identity identity;
    std::size_t users = 0;     // bars, and callers of progress_write
    bool is_printing = false;  // one of those writes the program's own text, however long that takes
    bool is_stalled = false;   // a bar that closed waited in vain. No other need until the output takes something
    std::optional<clock::time_point> logged_at;

    enum class taken { all, begin, none, gone };

    taken put(int fd, std::string_view text);

    /// Writes what is left of earlier texts.
    taken finish(int fd);

    /// Whole lines, to be written before all else as soon as the output takes them. So many that they fill memory are lost.
    void keep(std::string_view lines);

    bool has_rest() const noexcept { return !rest_.empty(); }

    /// For whoever writes it himself.
    std::string take_rest() noexcept { return std::exchange(rest_, {}); }

    // ---- the block of bars ---------------------------------------------------------------------------------------

    /// From where the cursor rests to the begin of the block. A terminal that has become narrower has wrapped the first line.
    std::string to_begin(terminal_size now) const;

    std::string erasing(terminal_size now) const { return to_begin(now) + std::string(erase_below); }

    /// Whether the block looks so already. Once a second it is drawn all the same, for something may have spoilt it.
    bool stands(std::string_view block, terminal_size size) const noexcept;

    void note_drawn(std::string block, terminal_size size, std::size_t cursor);

    void note_erased() noexcept;

    /// Whether there was no line for a log within such a time.
    bool is_quiet(std::chrono::duration<double> time) const noexcept { return !logged_at || clock::now() - *logged_at >= time; }

    /// Whether it is to be remembered although nobody uses it.
    bool is_memorable() const noexcept { return has_rest() || is_stalled || !is_quiet(std::chrono::seconds(1)); }

  private:
    std::string rest_;
    std::string block_;
    clock::time_point drawn_at_;
    std::size_t columns_ = 0;  // of the terminal when the block was drawn,
    std::size_t cursor_ = 0;   // and the column where the cursor was left
};

/// The outputs that are in use, and a few that were lately.
class PARIMAP_EXPORT progress_outputs {
  public:
    /// Adds a user to it.
    progress_output& use(int fd);

    void release(progress_output& output) noexcept { --output.users; }

  private:
    void forget();

    std::list<progress_output> all_;
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/watch/progress_output.cpp>  // IWYU pragma: keep
#endif

#endif
