// SPDX-License-Identifier: MIT
// The one thread of the process that draws all bars, and where on the terminal they stand.

#include <parimap/detail/watch/progress_display.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE void progress_display::open(const std::shared_ptr<progress_line>& line) noexcept {
    std::unique_lock telling(telling_, std::defer_lock);
    if (line->is_told()) telling.lock();
    {
        std::lock_guard lock(mutex_);
        try {
            lines_.reserve(lines_.size() + 1);
            progress_output* const where = line->is_written() ? &outputs_.use(line->output()) : nullptr;
            lines_.push_back({line, where, clock::now()});
            if (line->is_misled()) warn();
            look(lines_.back());
            if (where && line->is_drawn()) draw(*where);
            if (!renderer_) renderer_ = render_thread::start([this](const bool& stop) { run(stop); });
        } catch (...) {  // out of memory or threads: the bar is not worth the work
        }
    }
    wake_.notify_all();
    if (line->is_told()) tell(*line);
}

PARIMAP_INLINE void progress_display::close(const std::shared_ptr<progress_line>& line) noexcept {
    std::unique_lock telling(telling_, std::defer_lock);
    if (line->is_told()) telling.lock();
    std::shared_ptr<render_thread> ended;
    {
        std::unique_lock lock(mutex_);
        const auto at = std::find_if(lines_.begin(), lines_.end(), [&](const shown_line& s) { return s.line == line; });
        progress_output* const where = at != lines_.end() ? at->where : nullptr;
        if (at != lines_.end()) lines_.erase(at);
        try {
            line->look(true);
            if (where) show_end(*line, *where, lock);
        } catch (...) {  // out of memory: the work has its result all the same
        }
        if (where) outputs_.release(*where);
        if (lines_.empty()) ended = std::exchange(renderer_, nullptr);
        if (ended) ended->stop = true;
    }
    wake_.notify_all();
    if (line->is_told()) tell(*line);
    if (ended) ended->join();
}

PARIMAP_INLINE void progress_display::print(std::string_view text, int output) {
    const std::string line = std::string(text) + '\n';
    std::unique_lock lock(mutex_);
    progress_output& where = outputs_.use(output);
    printed_.wait(lock, [&] { return !where.is_printing; });
    const progress_line* const bar = first_drawn(lines_, where);
    const int fd = bar ? bar->output() : output;
    const std::string erasing = bar ? where.erasing(size_of_terminal(fd)) : std::string();
    const std::string before = where.take_rest() + erasing;
    where.is_printing = true;
    lock.unlock();
    write_patiently(fd, before);
    // What the program has printed there before stands before it. A stream that leads elsewhere may be paused.
    if (where.identity == identity_of(STDOUT_FILENO)) std::fflush(stdout);
    if (where.identity == identity_of(STDERR_FILENO)) std::fflush(stderr);
    write_patiently(output, line);
    lock.lock();
    where.is_printing = false;
    where.is_stalled = false;
    where.note_erased();
    printed_.notify_all();
    try {
        draw(where);
    } catch (...) {  // out of memory: another time
    }
    outputs_.release(where);
}

PARIMAP_INLINE void progress_display::run(const bool& stop) noexcept {
    std::unique_lock lock(mutex_);
    while (!stop) {
        clock::time_point next = clock::time_point::max();
        for (const shown_line& s : lines_) next = std::min(next, s.due);
        // However long a round takes, others get at the bars between two of them.
        wake_.wait_until(lock, std::max(next, clock::now() + std::chrono::milliseconds(1)));
        try {
            show_due_lines(lock);
        } catch (...) {  // out of memory: perhaps there is some next time
        }
    }
}

PARIMAP_INLINE void progress_display::show_due_lines(std::unique_lock<std::mutex>& lock) {
    const clock::time_point now = clock::now();
    std::vector<progress_output*> outputs;
    std::vector<std::shared_ptr<progress_line>> told;
    for (shown_line& s : lines_) {
        if (s.due > now) continue;
        if (s.line->is_told()) {
            told.push_back(s.line);
        } else {
            look(s);
            if (!s.where->is_printing && s.where->finish(s.line->output()) == taken::gone) give_up(s.line->output());
            if (std::find(outputs.begin(), outputs.end(), s.where) == outputs.end()) outputs.push_back(s.where);
        }
    }
    for (progress_output* const where : outputs) draw(*where);
    if (told.empty()) return;
    lock.unlock();
    tell_due(told);
    told.clear();
    lock.lock();
}

PARIMAP_INLINE void progress_display::tell_due(const std::vector<std::shared_ptr<progress_line>>& lines) noexcept {
    const std::unique_lock telling(telling_, std::try_to_lock);
    if (!telling) return;
    for (const auto& line : lines) {
        {
            std::lock_guard lock(mutex_);
            const auto at = std::find_if(lines_.begin(), lines_.end(), [&](const shown_line& s) { return s.line == line; });
            if (at == lines_.end()) continue;  // closed meanwhile
            try {
                look(*at);
            } catch (...) {  // out of memory: what was seen is told
            }
        }
        tell(*line);
    }
}

PARIMAP_INLINE void progress_display::tell(progress_line& line) noexcept {
    try {
        std::unique_lock lock(mutex_);
        const std::shared_ptr<progress_sink> sink = line.sink();
        if (!sink) return;
        const progress_snapshot now = line.shown();
        lock.unlock();
        sink->update(now);
    } catch (...) {
        std::lock_guard lock(mutex_);
        line.give_sink_up();
    }
}

PARIMAP_INLINE void progress_display::look(shown_line& s) {
    s.line->look();
    s.due = s.line->next_look();
    if (s.where) log(*s.line, *s.where);
}

PARIMAP_INLINE void progress_display::log(progress_line& line, progress_output& where) {
    const auto text = line.log_text(where.is_quiet(line.log_pause()));
    if (!text) return;
    where.logged_at = clock::now();
    write_lines(line.output(), where, *text);
}

PARIMAP_INLINE void progress_display::write_lines(int fd, progress_output& where, const std::string& text) {
    const bool is_above_bars = first_drawn(lines_, where) != nullptr;
    const std::string lines = is_above_bars ? where.erasing(size_of_terminal(fd)) + text : text;
    if (is_above_bars) where.note_erased();
    where.keep(lines);
    if (!where.is_printing && where.finish(fd) == taken::gone) give_up(fd);
}

PARIMAP_INLINE void progress_display::show_end(progress_line& line, progress_output& where, std::unique_lock<std::mutex>& lock) {
    log(line, where);
    bool is_drawn = !line.is_drawn();
    const clock::time_point deadline =
        clock::now() + (where.is_stalled ? clock::duration::zero() : clock::duration(std::chrono::milliseconds(500)));
    for (;;) {
        if (!where.is_printing) {
            is_drawn = is_drawn || draw(where, &line);
            if (is_drawn && where.finish(line.output()) != taken::begin) return;
        }
        if (clock::now() >= deadline) break;
        printed_.wait_for(lock, std::chrono::milliseconds(5));
    }
    where.is_stalled = true;
}

PARIMAP_INLINE bool progress_display::draw(progress_output& where, const progress_line* closed) {
    if (where.is_printing) return false;
    const progress_line* const first = first_drawn(lines_, where);
    if (!first && !closed) return true;
    const int fd = first ? first->output() : closed->output();
    const terminal_size size = size_of_terminal(fd);
    std::size_t cursor = 0;
    std::string block = block_of(lines_, where, size, cursor);
    if (!closed && !where.has_rest() && where.stands(block, size)) return true;
    std::string frame = where.to_begin(size);
    if (closed && closed->is_left()) frame += closed->text(size) + std::string(progress_output::erase_to_end_of_line) + "\n\r";
    frame += block;
    const taken how = where.put(fd, frame);
    if (how == taken::gone) give_up(fd);
    if (how == taken::all || how == taken::begin) where.note_drawn(std::move(block), size, cursor);
    return how != taken::none;
}

PARIMAP_INLINE void progress_display::give_up(int fd) noexcept {
    for (const shown_line& s : lines_) {
        if (s.where && s.line->output() == fd) s.line->give_up();
    }
}

PARIMAP_INLINE void progress_display::warn() {
    if (std::exchange(has_warned_, true)) return;
    const char* const word = std::getenv("PARIMAP_PROGRESS");
    const std::string text = "parimap: PARIMAP_PROGRESS=" + trimmed(on_one_line(word ? word : ""), 40) +
                             " is none of auto, bar, log and off, and counts as auto\n";
    progress_output& where = outputs_.use(STDERR_FILENO);
    write_lines(STDERR_FILENO, where, text);
    outputs_.release(where);
}

}  // namespace parimap::detail
