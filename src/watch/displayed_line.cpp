// SPDX-License-Identifier: MIT
// A bar's line from the begin of the bar to its end.

#include <parimap/detail/watch/displayed_line.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE displayed_line::displayed_line(progress_options options, const progress_source& source,
                                              std::optional<std::uint64_t> total)
    : line_(std::make_shared<progress_line>(std::move(options), source, total)),
      is_open_(line_->is_told() || line_->is_written() ? 1 : 0) {
    if (is_open_ == 0) return;
    display_ = &progress_display::instance();
    display_->open(line_);
}

PARIMAP_INLINE void displayed_line::close() noexcept {
    if (is_open_.exchange(0) != 0 && display_->is_of_this_process()) display_->close(line_);
}

}  // namespace parimap::detail
