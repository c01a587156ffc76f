// SPDX-License-Identifier: MIT
// Workers that have found nothing to do, and look for it a little longer before they sleep.

#include <parimap/detail/scheduler/standby.hpp>

#include <parimap/detail/system/yield.hpp>

#include <cstdint>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE bool standby::leave() noexcept {
    --spinning_;
    if (called_ == 0) return false;
    --called_;
    return true;
}

PARIMAP_INLINE bool standby::call_one() noexcept {
    if (called_ == spinning_) return false;
    ++called_;
    return true;
}

PARIMAP_INLINE bool standby::spin(news seen, instant end) const noexcept {
    constexpr int looks_between_yields = 16;
    bool was_hint = false;
    for (;;) {
        for (int look = 0; look < looks_between_yields; ++look) {
            if (hurries_.load(std::memory_order_relaxed) != seen.hurries) return true;
            pause();
        }
        const instant now = instant::now();
        if (!was_hint && hints_.load(std::memory_order_relaxed) != seen.hints) {
            was_hint = true;
            end = now + moment;
        }
        if (now >= end) return was_hint;
        yield();  // whoever waits for this CPU may be the one who has the work
    }
}

PARIMAP_INLINE bool standby::go_on(instant end) noexcept {
    for (int i = 0; i < 4; ++i) pause();
    return instant::now() < end;
}

}  // namespace parimap::detail
