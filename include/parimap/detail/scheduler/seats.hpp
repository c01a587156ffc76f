// SPDX-License-Identifier: MIT
// Which seats of a pool are free, and which of its runners are idle.
#ifndef PARIMAP_DETAIL_SCHEDULER_SEATS_HPP
#define PARIMAP_DETAIL_SCHEDULER_SEATS_HPP

#include <parimap/backend.hpp>
#include <parimap/detail/form.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

class scheduler;

/// The task with which a backend's worker is sent for. A pool has one for each seat.
struct runner : task {
    scheduler* owner = nullptr;
    std::uint64_t latest_call = 0;  // when it was sent
};

/// Under the scheduler's mutex, but for size().
class PARIMAP_EXPORT seats {
  public:
    seats(std::size_t count, scheduler& owner, void (*run)(task&) noexcept);

    std::size_t size() const noexcept { return runners_.size(); }

    bool any_free() const noexcept { return !free_.empty(); }
    /// And nobody on the way to one.
    bool all_are_free() const noexcept { return free_.size() == size() && on_the_way_ == 0; }

    std::size_t take() noexcept;

    void give_back(std::size_t seat) noexcept { free_.push_back(seat); }

    /// Whether a seat is free that nobody is on the way to.
    bool wants_one_more() const noexcept { return free_.size() > on_the_way_; }

    /// An idle runner that would find a free seat, counted as on its way from now on; or null.
    runner* send_one() noexcept;

    void is_coming() noexcept { ++on_the_way_; }
    void has_arrived() noexcept { --on_the_way_; }
    void is_idle(runner& r) noexcept { idle_.push_back(&r); }

  private:
    std::vector<runner> runners_;
    std::vector<runner*> idle_;
    std::vector<std::size_t> free_;
    std::size_t on_the_way_ = 0;  // submitted, not yet begun
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/scheduler/seats.cpp>  // IWYU pragma: keep
#endif

#endif
