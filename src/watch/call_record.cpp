// SPDX-License-Identifier: MIT
// The raw numbers of one call, as its workers noted them: what reports and traces are made of.

#include <parimap/detail/watch/call_record.hpp>

#include <algorithm>
#include <cstdint>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE void event_log::add(const traced_event& event) noexcept {
    if (events_.size() < most) {
        try {
            return events_.push_back(event);
        } catch (...) {  // no memory: the event is lost, the work is not
        }
    }
    ++lost_;
}

PARIMAP_INLINE void seat_record::add_batch(std::uint64_t count, duration time) noexcept {
    busy += time;
    items += count;
    ++batches;
    smallest_batch = std::min(smallest_batch, count);
    largest_batch = std::max(largest_batch, count);
}

PARIMAP_INLINE void seat_record::note_slow(const timed_item& item) noexcept {
    const auto less = [](const timed_item& a, const timed_item& b) { return a.ticks < b.ticks; };
    if (slowest.size() < slowest.capacity()) {
        slowest.push_back(item);
    } else if (!slowest.empty()) {
        *std::min_element(slowest.begin(), slowest.end(), less) = item;
    }
    if (slowest.size() == slowest.capacity()) {
        slow_threshold = slowest.empty() ? ~std::uint64_t{0} : std::min_element(slowest.begin(), slowest.end(), less)->ticks;
    }
}

}  // namespace parimap::detail
