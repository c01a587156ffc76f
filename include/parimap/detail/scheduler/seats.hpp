// SPDX-License-Identifier: MIT
// Which seats of a pool are free, and which of its runners are idle.
#ifndef PARIMAP_DETAIL_SCHEDULER_SEATS_HPP
#define PARIMAP_DETAIL_SCHEDULER_SEATS_HPP

#include <parimap/backend.hpp>

#include <cstddef>
#include <vector>

namespace parimap::detail {

class scheduler;

/// The task with which a backend's worker is sent for. A pool has one for each seat.
struct runner : task {
    scheduler* owner = nullptr;
};

/// Under the scheduler's mutex, but for size().
class seats {
  public:
    seats(std::size_t count, scheduler& owner, void (*run)(task&) noexcept) : runners_(count) {
        free_.reserve(count);
        idle_.reserve(count);
        for (std::size_t seat = count; seat-- > 0;) {
            runners_[seat].run = run;
            runners_[seat].owner = &owner;
            free_.push_back(seat);
            idle_.push_back(&runners_[seat]);
        }
    }

    std::size_t size() const noexcept { return runners_.size(); }

    bool any_free() const noexcept { return !free_.empty(); }

    std::size_t take() noexcept {
        const std::size_t seat = free_.back();
        free_.pop_back();
        return seat;
    }

    void give_back(std::size_t seat) noexcept { free_.push_back(seat); }

    /// An idle runner that would find a free seat, counted as on its way from now on; or null.
    runner* send_one() noexcept {
        if (idle_.empty() || free_.size() <= on_the_way_) return nullptr;
        runner* r = idle_.back();
        idle_.pop_back();
        ++on_the_way_;
        return r;
    }

    void has_arrived() noexcept { --on_the_way_; }
    void is_idle(runner& r) noexcept { idle_.push_back(&r); }

  private:
    std::vector<runner> runners_;
    std::vector<runner*> idle_;
    std::vector<std::size_t> free_;
    std::size_t on_the_way_ = 0;  // submitted, not yet begun
};

}  // namespace parimap::detail

#endif
