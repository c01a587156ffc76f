// SPDX-License-Identifier: MIT
// Which seats of a pool are free, and which of its runners are idle.

#include <parimap/detail/scheduler/seats.hpp>

#include <cstddef>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE seats::seats(std::size_t count, scheduler& owner, void (*run)(task&) noexcept) : runners_(count) {
    free_.reserve(count);
    idle_.reserve(count);
    for (std::size_t seat = count; seat-- > 0;) {
        runners_[seat].run = run;
        runners_[seat].owner = &owner;
        free_.push_back(seat);
        idle_.push_back(&runners_[seat]);
    }
}

PARIMAP_INLINE std::size_t seats::take() noexcept {
    const std::size_t seat = free_.back();
    free_.pop_back();
    return seat;
}

PARIMAP_INLINE runner* seats::send_one() noexcept {
    if (idle_.empty() || !wants_one_more()) return nullptr;
    runner* r = idle_.back();
    idle_.pop_back();
    is_coming();
    return r;
}

}  // namespace parimap::detail
