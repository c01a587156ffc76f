// SPDX-License-Identifier: MIT
// The stop tokens of the running items of one call, so that exactly those whose results are unwanted are stopped.

#include <parimap/detail/engine/stop_registry.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE std::stop_token stop_registry::start(std::size_t seat, std::uint64_t item) {
    std::lock_guard lock(mutex_);
    entry& e = running_[seat];
    if (!e.source.stop_possible()) e.source = std::stop_source();
    e.item = item;
    if (item >= stopped_from_) {
        // The stop came between the claim and here.
        std::stop_source late = std::exchange(e.source, std::stop_source(std::nostopstate));
        late.request_stop();
        return late.get_token();
    }
    return e.source.get_token();
}

PARIMAP_INLINE void stop_registry::finish(std::size_t seat) noexcept {
    std::lock_guard lock(mutex_);
    running_[seat].item = no_item;
}

PARIMAP_INLINE void stop_registry::stop_from(std::uint64_t item) noexcept {
    for (;;) {
        std::stop_source hit(std::nostopstate);
        {
            std::lock_guard lock(mutex_);
            stopped_from_ = item < stopped_from_ ? item : stopped_from_;
            for (entry& e : running_) {
                if (e.item != no_item && e.item >= item && e.source.stop_possible()) {
                    hit = std::exchange(e.source, std::stop_source(std::nostopstate));
                    break;
                }
            }
        }
        if (!hit.stop_possible()) return;
        hit.request_stop();  // runs the user's callbacks, so without the lock
    }
}

}  // namespace parimap::detail
