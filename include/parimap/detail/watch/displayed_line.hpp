// SPDX-License-Identifier: MIT
// A bar's line from the begin of the bar to its end.
#ifndef PARIMAP_DETAIL_WATCH_DISPLAYED_LINE_HPP
#define PARIMAP_DETAIL_WATCH_DISPLAYED_LINE_HPP

#include <parimap/detail/watch/bar_options.hpp>
#include <parimap/detail/watch/progress_display.hpp>
#include <parimap/detail/watch/progress_line.hpp>
#include <parimap/detail/watch/watching.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace parimap::detail {

/// A line on display, from construction to destruction. In a process that was forked meanwhile it is on none, and its
/// content, which the drawing thread may have been at, stays with the display of the parent.
class displayed_line {
  public:
    displayed_line(progress_options options, const progress_source& source, std::optional<std::uint64_t> total)
        : line_(std::make_shared<progress_line>(std::move(options), source, total)), is_open_(line_->is_told() || line_->is_written() ? 1 : 0) {
        if (is_open_ == 0) return;
        display_ = &progress_display::instance();
        display_->open(line_);
    }
    ~displayed_line() { close(); }
    displayed_line(const displayed_line&) = delete;
    displayed_line& operator=(const displayed_line&) = delete;

    void close() noexcept {
        if (is_open_.exchange(0) != 0 && display_->is_of_this_process()) display_->close(line_);
    }

    template <class Change>
    void change(Change change) {
        if (is_open_ != 0 && display_->is_of_this_process()) display_->change([&] { change(*line_); });
    }

  private:
    std::shared_ptr<progress_line> line_;
    std::atomic<std::uint32_t> is_open_;  // yes or no, as a word: not every processor exchanges bytes
    progress_display* display_ = nullptr;
};

}  // namespace parimap::detail

#endif
