// SPDX-License-Identifier: MIT
// The stop tokens of the running items of one call, so that exactly those whose results are unwanted are stopped.

#include <parimap/detail/engine/stop_registry.hpp>

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

struct stop_registry::entry {
    std::stop_source source{std::nostopstate};
    std::uint64_t item = no_item;
};

PARIMAP_INLINE stop_registry::stop_registry(std::size_t seats) : seats_(seats), running_(seats > 0 ? new entry[seats] : nullptr) {}

PARIMAP_INLINE stop_registry::~stop_registry() = default;

PARIMAP_INLINE std::stop_token stop_registry::start(std::size_t seat, std::uint64_t item) {
    const lock held(mutex_);
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
    const lock held(mutex_);
    running_[seat].item = no_item;
}

PARIMAP_INLINE void stop_registry::stop_from(std::uint64_t item) noexcept {
    for (;;) {
        std::stop_source hit(std::nostopstate);
        {
            const lock held(mutex_);
            stopped_from_ = item < stopped_from_ ? item : stopped_from_;
            for (std::size_t seat = 0; seat < seats_; ++seat) {
                entry& e = running_[seat];
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
