// SPDX-License-Identifier: MIT
// The lines of the bars that stand on one terminal, below one another.
#ifndef PARIMAP_DETAIL_WATCH_PROGRESS_BLOCK_HPP
#define PARIMAP_DETAIL_WATCH_PROGRESS_BLOCK_HPP

#include <parimap/detail/text/display_text.hpp>
#include <parimap/detail/watch/progress_line.hpp>
#include <parimap/detail/watch/progress_output.hpp>
#include <parimap/detail/watch/terminal.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parimap::detail {

struct shown_line {
    std::shared_ptr<progress_line> line;
    progress_output* where;  // null if it is told to a sink
    progress_line::clock::time_point due;
};

/// Null if no bar stands there.
inline const progress_line* first_drawn(const std::vector<shown_line>& lines, const progress_output& where) noexcept {
    for (const shown_line& s : lines) {
        if (s.where == &where && s.line->is_drawn()) return s.line.get();
    }
    return nullptr;
}

/// The lines, as they are written from the block's begin on. The first comes last, for the cursor stays behind it: in that
/// column.
inline std::string block_of(const std::vector<shown_line>& lines, const progress_output& where, terminal_size size, std::size_t& cursor) {
    std::string first;
    std::string others;
    std::size_t count = 0;
    std::size_t hidden = 0;
    const std::size_t most = std::max<std::size_t>(size.rows, 2) - 1;
    for (const shown_line& s : lines) {
        if (s.where != &where || !s.line->is_drawn()) continue;
        if (count == most) {
            ++hidden;
            continue;
        }
        std::string text = s.line->text(size);
        if (count++ == 0) {
            cursor = display_width(text);
            first = std::move(text) + std::string(progress_output::erase_to_end_of_line);
        } else {
            others += "\n\r" + text + std::string(progress_output::erase_to_end_of_line);
        }
    }
    // What stands below is left from bars that have ended, or from lines that a narrower terminal has wrapped.
    const std::string below(hidden == 0 ? progress_output::erase_below : std::string_view());
    if (count == 0) return below + '\r';
    if (count == 1) return first + below;
    return others + below + "\x1b[" + std::to_string(count - 1) + "A\r" + first;
}

}  // namespace parimap::detail

#endif
