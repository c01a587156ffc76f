// SPDX-License-Identifier: MIT
// Tells at the price of a counter when about a tenth of a millisecond has passed.
#ifndef PARIMAP_DETAIL_SYSTEM_STOPWATCH_HPP
#define PARIMAP_DETAIL_SYSTEM_STOPWATCH_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/system/instant.hpp>
#include <parimap/detail/system/ticks.hpp>

#include <cstdint>

namespace parimap::inline PARIMAP_ABI::detail {

/// For a loop with passes of unknown length that must notice soon when one of them takes long, and can afford no clock in
/// each. How long a tick is, it learns from its own laps; if it is mistaken, it asks the clock too often.
class stopwatch {
  public:
    static constexpr time_span lap_length = time_span::microseconds(100);

    void start() noexcept {
        // In this order, here and in lap(): if the thread loses its CPU in between, a tick seems longer than it is.
        began_ = instant::now();
        began_tick_ = ticks_.now();
    }

    /// Whether a lap may be over.
    bool lap_is_over() const noexcept { return ticks_.now() - began_tick_ >= ticks_a_lap_; }

    /// How long the lap took; begins the next.
    time_span lap() noexcept {
        const std::uint64_t counted = ticks_.now() - began_tick_;
        const instant now = instant::now();
        const time_span took = now - began_;
        if (took.count() > 0) {
            const double share = static_cast<double>(lap_length.count()) / static_cast<double>(took.count());
            ticks_a_lap_ = static_cast<std::uint64_t>(static_cast<double>(counted) * share);
        }
        began_ = now;
        began_tick_ = ticks_.now();
        return took;
    }

  private:
    const ticks ticks_;
    instant began_;
    std::uint64_t began_tick_ = 0;
    std::uint64_t ticks_a_lap_ = 0;  // at first: ask the clock
};

}  // namespace parimap::detail

#endif
