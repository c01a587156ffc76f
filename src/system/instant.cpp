// SPDX-License-Identifier: MIT
// Times of the steady clock, for headers: <chrono> takes longer to compile than a stream's own code.

#include <parimap/detail/system/instant.hpp>

#include <chrono>
#include <cstdint>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE instant instant::now() noexcept {
    const auto since_begin = std::chrono::steady_clock::now().time_since_epoch();
    return instant(std::chrono::duration_cast<std::chrono::nanoseconds>(since_begin).count());
}

PARIMAP_INLINE instant instant::in_seconds(double seconds) noexcept {
    const instant begin = now();
    // Compared as floating-point numbers, so that a very long time does not overflow.
    const double nanoseconds = 1e9 * seconds;
    if (nanoseconds >= static_cast<double>((never() - begin).count())) return never();
    return nanoseconds > 0 ? begin + time_span::nanoseconds(static_cast<std::int64_t>(nanoseconds)) : begin;
}

}  // namespace parimap::detail
