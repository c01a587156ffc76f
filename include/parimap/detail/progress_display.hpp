// SPDX-License-Identifier: MIT
// The one thread of the process that draws all bars, and where on the terminal they stand.
#ifndef PARIMAP_DETAIL_PROGRESS_DISPLAY_HPP
#define PARIMAP_DETAIL_PROGRESS_DISPLAY_HPP

#include <parimap/detail/progress_line.hpp>
#include <parimap/detail/terminal.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace parimap::detail {

/// The bars of one terminal stand in a block, each on its own line, in the order in which they began. Between two
/// frames the cursor rests at the begin of the block's first line: there a terminal that changes its width keeps it,
/// however it wraps the lines, and erasing from there on erases all of the block.
///
/// Whoever opens and closes a bar draws its first and last state himself; between them the thread does. It exists while
/// there is a bar, and no longer. Running an item never takes this mutex; only what the program itself does with bars does.
class progress_display {
  public:
    /// Never destroyed, for bars may be closed by destructors of static objects.
    static progress_display& instance() {
        static auto* const display = new progress_display;
        return *display;
    }

    void open(progress_line& line) noexcept {
        std::lock_guard lock(mutex_);
        try {
            lines_.push_back({&line, clock::now()});
            refresh(lines_.back());
            if (line.is_drawn()) draw(line.output());
            if (!renderer_) start();
        } catch (...) {  // out of memory or threads: the bar is not worth the work
        }
        wake_.notify_all();
    }

    /// Shows the line as it is in the end. Nobody looks at it afterwards.
    void close(progress_line& line) noexcept {
        std::unique_ptr<renderer> ended;
        {
            std::lock_guard lock(mutex_);
            std::erase_if(lines_, [&](const shown& s) { return s.line == &line; });
            try {
                line.look(true);
                line.tell_sink();
                if (auto text = line.log_text()) write(line.output(), *text);
                if (line.is_drawn()) draw(line.output(), line.is_left() ? &line : nullptr);
            } catch (...) {  // out of memory: the work has its result all the same
            }
            if (lines_.empty()) ended = std::exchange(renderer_, nullptr);
            if (ended) ended->stop = true;
        }
        wake_.notify_all();
        if (ended && ended->thread.joinable()) ended->thread.join();
    }

    /// Runs change() on a line while nobody looks at it.
    template <class Change>
    void change(Change change) {
        std::lock_guard lock(mutex_);
        change();
    }

    /// A line of the program's own, above the bars.
    void print(std::string_view text, int output) {
        std::lock_guard lock(mutex_);
        std::vector<int> terminals;
        if (is_terminal(output)) {  // else the bars are not in its way
            for (const shown& s : lines_) note_terminal(terminals, *s.line);
        }
        for (const int fd : terminals) write(fd, erase_block);
        std::fflush(output == STDERR_FILENO ? stderr : stdout);
        write_patiently(output, std::string(text) + '\n');
        for (const int fd : terminals) draw(fd);
    }

  private:
    using clock = progress_line::clock;
    static constexpr std::string_view erase_block = "\r\x1b[J";
    static constexpr std::string_view erase_to_end_of_line = "\x1b[K";

    struct shown {
        progress_line* line;
        clock::time_point due;
    };
    struct renderer {
        bool stop = false;
        std::thread thread;
    };

    progress_display() = default;

    void start() {
        auto made = std::make_unique<renderer>();
        try {
            // Signals are for the program's own threads.
            sigset_t all;
            sigset_t before;
            sigfillset(&all);
            pthread_sigmask(SIG_SETMASK, &all, &before);
            try {
                made->thread = std::thread([this, self = made.get()] { run(*self); });
            } catch (...) {
                pthread_sigmask(SIG_SETMASK, &before, nullptr);
                throw;
            }
            pthread_sigmask(SIG_SETMASK, &before, nullptr);
        } catch (const std::system_error&) {
            return;  // no thread to be had: the bars show their begin and end
        }
        renderer_ = std::move(made);
    }

    void run(const renderer& self) noexcept {
        std::unique_lock lock(mutex_);
        while (!self.stop) {
            clock::time_point next = clock::time_point::max();
            for (const shown& s : lines_) next = std::min(next, s.due);
            // However long a round takes, others get at the bars between two of them.
            wake_.wait_until(lock, std::max(next, clock::now() + std::chrono::milliseconds(1)));
            try {
                show_due_lines();
            } catch (...) {  // out of memory: perhaps there is some next time
            }
        }
    }

    void show_due_lines() {
        const clock::time_point now = clock::now();
        std::vector<int> terminals;
        for (shown& s : lines_) {
            if (s.due > now) continue;
            refresh(s);
            note_terminal(terminals, *s.line);
        }
        for (const int fd : terminals) draw(fd);
    }

    /// Adds the terminal on which the line is drawn, if it is drawn, once.
    static void note_terminal(std::vector<int>& terminals, const progress_line& line) {
        const int fd = line.output();
        if (line.is_drawn() && std::find(terminals.begin(), terminals.end(), fd) == terminals.end()) terminals.push_back(fd);
    }

    void refresh(shown& s) {
        s.line->look();
        s.line->tell_sink();
        if (auto text = s.line->log_text()) write(s.line->output(), *text);
        s.due = clock::now() + std::chrono::duration_cast<clock::duration>(s.line->interval());
    }

    /// Draws the block of this terminal; above it, for good, the line of a bar that has ended.
    void draw(int fd, const progress_line* ended = nullptr) {
        const terminal_size size = size_of_terminal(fd);
        std::string frame = "\r";
        if (ended) frame += ended->text(size) + std::string(erase_to_end_of_line) + '\n';
        std::size_t count = 0;
        std::size_t hidden = 0;
        const std::size_t most = std::max<std::size_t>(size.rows, 2) - 1;
        for (const shown& s : lines_) {
            if (!s.line->is_drawn() || s.line->output() != fd) continue;
            if (count == most) {
                ++hidden;
                continue;
            }
            if (count++ > 0) frame += "\n\r";
            frame += s.line->text(size);
            frame += erase_to_end_of_line;
        }
        // What stands below is left from bars that have ended, or from lines that a narrower terminal has wrapped.
        if (hidden == 0) frame += count > 0 ? "\x1b[0J" : erase_block;
        if (count > 1) frame += "\x1b[" + std::to_string(count - 1) + 'A';
        frame += '\r';
        write(fd, frame);
    }

    void write(int fd, std::string_view text) {
        if (write_all(fd, text)) return;
        for (const shown& s : lines_) {
            if (s.line->output() == fd) s.line->give_up();
        }
    }

    std::mutex mutex_;
    std::condition_variable wake_;  // a bar came, or the last one went
    std::vector<shown> lines_;
    std::unique_ptr<renderer> renderer_;
};

/// A line on display, from construction to destruction.
class displayed_line {
  public:
    displayed_line(progress_options options, const progress_source& source, std::optional<std::uint64_t> total)
        : line_(std::move(options), source, total), is_open_(line_.is_shown()) {
        if (is_open_) progress_display::instance().open(line_);
    }
    ~displayed_line() { close(); }
    displayed_line(const displayed_line&) = delete;
    displayed_line& operator=(const displayed_line&) = delete;

    void close() noexcept {
        if (is_open_.exchange(false)) progress_display::instance().close(line_);
    }

    template <class Change>
    void change(Change change) {
        if (is_open_) progress_display::instance().change([&] { change(line_); });
    }

  private:
    progress_line line_;
    std::atomic<bool> is_open_;
};

}  // namespace parimap::detail

#endif
