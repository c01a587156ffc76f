// SPDX-License-Identifier: MIT
// The lines of the bars that stand on one terminal, below one another.

#include <parimap/detail/watch/progress_block.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE const progress_line* first_drawn(const std::vector<shown_line>& lines, const progress_output& where) noexcept {
    for (const shown_line& s : lines) {
        if (s.where == &where && s.line->is_drawn()) return s.line.get();
    }
    return nullptr;
}

PARIMAP_INLINE std::string block_of(const std::vector<shown_line>& lines, const progress_output& where, terminal_size size,
                                    std::size_t& cursor) {
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
