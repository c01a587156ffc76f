// SPDX-License-Identifier: MIT
// A bar's line from the begin of the bar to its end.
#ifndef PARIMAP_DETAIL_WATCH_DISPLAYED_LINE_HPP
#define PARIMAP_DETAIL_WATCH_DISPLAYED_LINE_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/watch/bar_options.hpp>
#include <parimap/detail/watch/progress_display.hpp>
#include <parimap/detail/watch/progress_line.hpp>
#include <parimap/detail/watch/watching.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

namespace parimap::inline PARIMAP_ABI::detail {

/// A line on display, from construction to destruction. In a process that was forked meanwhile it is on none, and its
/// content, which the drawing thread may have been at, stays with the display of the parent.
class PARIMAP_EXPORT displayed_line {
  public:
    displayed_line(progress_options options, const progress_source& source, std::optional<std::uint64_t> total);
    ~displayed_line() { close(); }
    displayed_line(const displayed_line&) = delete;
    displayed_line& operator=(const displayed_line&) = delete;

    void close() noexcept;

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

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/watch/displayed_line.cpp>  // IWYU pragma: keep
#endif

#endif
