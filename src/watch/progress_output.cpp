// SPDX-License-Identifier: MIT
// One terminal, pipe or file that bars are written to: what stands there, and what it has not taken yet.

#include <parimap/detail/watch/progress_output.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE progress_output::taken progress_output::put(int fd, std::string_view text) {
    if (const taken rest = finish(fd); rest != taken::all) return rest == taken::gone ? rest : taken::none;
    const auto written = write_some(fd, text);
    if (!written) return taken::gone;
    if (*written == 0) return text.empty() ? taken::all : taken::none;
    is_stalled = false;
    rest_ = text.substr(*written);
    return rest_.empty() ? taken::all : taken::begin;
}

PARIMAP_INLINE progress_output::taken progress_output::finish(int fd) {
    if (rest_.empty()) return taken::all;
    const auto written = write_some(fd, rest_);
    if (!written) {
        rest_.clear();
        return taken::gone;
    }
    if (*written > 0) is_stalled = false;
    rest_.erase(0, *written);
    return rest_.empty() ? taken::all : taken::begin;
}

PARIMAP_INLINE void progress_output::keep(std::string_view lines) {
    constexpr std::size_t most = 65536;
    if (rest_.size() + lines.size() <= most) rest_ += lines;
}

PARIMAP_INLINE std::string progress_output::to_begin(terminal_size now) const {
    const std::size_t rows = now.columns > 0 && now.columns < columns_ && is_wrapping_terminal() ? cursor_ / now.columns : 0;
    return rows > 0 ? "\x1b[" + std::to_string(rows) + "A\r" : "\r";
}

PARIMAP_INLINE bool progress_output::stands(std::string_view block, terminal_size size) const noexcept {
    return block == block_ && size.columns == columns_ && clock::now() - drawn_at_ < std::chrono::seconds(1);
}

PARIMAP_INLINE void progress_output::note_drawn(std::string block, terminal_size size, std::size_t cursor) {
    block_ = std::move(block);
    columns_ = size.columns;
    cursor_ = cursor;
    drawn_at_ = clock::now();
}

PARIMAP_INLINE void progress_output::note_erased() noexcept {
    block_.clear();
    columns_ = cursor_ = 0;
}

PARIMAP_INLINE progress_output& progress_outputs::use(int fd) {
    const output_identity identity = identity_of(fd);
    auto at = std::find_if(all_.begin(), all_.end(), [&](const progress_output& o) { return o.identity == identity; });
    if (at == all_.end()) {
        forget();
        at = all_.emplace(all_.end(), identity);
    }
    ++at->users;
    return *at;
}

PARIMAP_INLINE void progress_outputs::forget() {
    constexpr std::size_t most = 16;
    std::size_t unused = 0;
    for (auto at = all_.end(); at != all_.begin();) {  // the latest are the last
        --at;
        if (at->users > 0) continue;
        if (!at->is_memorable() || ++unused > most) at = all_.erase(at);
    }
}

}  // namespace parimap::detail
