// SPDX-License-Identifier: MIT
// Which seat of which pool the calling thread holds.
#ifndef PARIMAP_DETAIL_PLACE_HPP
#define PARIMAP_DETAIL_PLACE_HPP

#include <cstddef>

namespace parimap {

inline constexpr std::size_t no_worker = static_cast<std::size_t>(-1);

namespace detail {

class scheduler;

/// Where a thread is working: which seat of which pool, and inside which other job. Innermost first.
struct place {
    scheduler* owner;
    std::size_t seat;
    const place* outer;
};

inline thread_local constinit const place* current_place = nullptr;

/// Makes the calling thread the holder of a seat while it lives.
class seated {
  public:
    seated(scheduler& owner, std::size_t seat) noexcept : place_{&owner, seat, current_place} { current_place = &place_; }
    ~seated() { current_place = place_.outer; }
    seated(const seated&) = delete;
    seated& operator=(const seated&) = delete;

  private:
    place place_;
};

}  // namespace detail
}  // namespace parimap

#endif
