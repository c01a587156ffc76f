// SPDX-License-Identifier: MIT
// The lines of the bars that stand on one terminal, below one another.
#ifndef PARIMAP_DETAIL_WATCH_PROGRESS_BLOCK_HPP
#define PARIMAP_DETAIL_WATCH_PROGRESS_BLOCK_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/text/display_text.hpp>
#include <parimap/detail/watch/progress_line.hpp>
#include <parimap/detail/watch/progress_output.hpp>
#include <parimap/detail/watch/terminal.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

struct shown_line {
    std::shared_ptr<progress_line> line;
    progress_output* where;  // null if it is told to a sink
    progress_line::clock::time_point due;
};

/// Null if no bar stands there.
PARIMAP_EXPORT const progress_line* first_drawn(const std::vector<shown_line>& lines, const progress_output& where) noexcept;

/// The lines, as they are written from the block's begin on. The first comes last, for the cursor stays behind it: in that
/// column.
PARIMAP_EXPORT std::string block_of(const std::vector<shown_line>& lines, const progress_output& where, terminal_size size,
                                    std::size_t& cursor);

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/watch/progress_block.cpp>  // IWYU pragma: keep
#endif

#endif
