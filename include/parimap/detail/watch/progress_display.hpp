// SPDX-License-Identifier: MIT
// The one thread of the process that draws all bars, and where on the terminal they stand.
#ifndef PARIMAP_DETAIL_WATCH_PROGRESS_DISPLAY_HPP
#define PARIMAP_DETAIL_WATCH_PROGRESS_DISPLAY_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/system/process_own.hpp>
#include <parimap/detail/text/display_text.hpp>
#include <parimap/detail/watch/bar_options.hpp>
#include <parimap/detail/watch/progress_block.hpp>
#include <parimap/detail/watch/progress_line.hpp>
#include <parimap/detail/watch/progress_output.hpp>
#include <parimap/detail/watch/render_thread.hpp>
#include <parimap/detail/watch/terminal.hpp>
#include <parimap/format_progress.hpp>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace parimap::inline PARIMAP_ABI::detail {

/// The bars of one terminal stand in a block, each on its own line, in the order in which they began, whichever
/// descriptors lead there.
///
/// Whoever opens and closes a bar draws its first and last state himself; between them the thread does. It exists while
/// there is a bar, and no longer. Running an item never takes this mutex; only what the program itself does with bars does.
/// Nobody waits for an output, or calls a sink, with the mutex held: sinks are told under a mutex of their own, which is
/// taken first.
class PARIMAP_EXPORT progress_display {
  public:
    progress_display() = default;
    progress_display(const progress_display&) = delete;
    progress_display& operator=(const progress_display&) = delete;

    static progress_display& instance() { return process_own<progress_display>(); }

    /// In a forked process the bars of its parent are nobody's: their display may be locked for ever.
    bool is_of_this_process() const noexcept { return process_ == ::getpid(); }

    void open(const std::shared_ptr<progress_line>& line) noexcept;

    /// Shows the line as it is in the end. Nobody looks at it afterwards.
    void close(const std::shared_ptr<progress_line>& line) noexcept;

    /// Runs change() on a line while nobody looks at it.
    template <class Change>
    void change(Change change) {
        std::lock_guard lock(mutex_);
        change();
    }

    /// A line of the program's own, above the bars. It is written as by the program itself: however long that takes.
    void print(std::string_view text, int output);

  private:
    using clock = progress_line::clock;
    using taken = progress_output::taken;

    void run(const bool& stop) noexcept;

    void show_due_lines(std::unique_lock<std::mutex>& lock);

    /// Only tries to take the mutex: whoever has it may be about to join this thread. Then the lines stay due.
    void tell_due(const std::vector<std::shared_ptr<progress_line>>& lines) noexcept;

    /// Holding telling_, but not mutex_: the sink may do what it likes with bars.
    void tell(progress_line& line) noexcept;

    void look(shown_line& s);

    void log(progress_line& line, progress_output& where);

    void write_lines(int fd, progress_output& where, const std::string& text);

    /// Draws the line, or writes the log, of a bar that has been closed. Waits a little for an output that takes nothing.
    void show_end(progress_line& line, progress_output& where, std::unique_lock<std::mutex>& lock);

    /// Draws the block of this terminal; above it, for good, the line of a bar that has been closed. False if the terminal does
    /// not take it.
    bool draw(progress_output& where, const progress_line* closed = nullptr);

    /// This descriptor is closed or broken, or its disk full: its bars end.
    void give_up(int fd) noexcept;

    /// Once in a process.
    void warn();

    const pid_t process_ = ::getpid();
    std::recursive_mutex telling_;  // held while a sink is told, which may do things with bars itself
    std::mutex mutex_;
    std::condition_variable wake_;     // a bar came, or the last one went
    std::condition_variable printed_;  // an output is free again
    std::vector<shown_line> lines_;
    progress_outputs outputs_;
    std::shared_ptr<render_thread> renderer_;
    bool has_warned_ = false;
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/watch/progress_display.cpp>  // IWYU pragma: keep
#endif

#endif
