// SPDX-License-Identifier: MIT
// A call that was made in another process, as far as its types do not matter.

#include <parimap/detail/engine/served_base.hpp>

#include <parimap/detail/system/item_number.hpp>
#include <parimap/options.hpp>

#include <algorithm>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE served_base::served_base(const served_setup& setup)
    : batched_call(*setup.workers, map_options{}, setup.workers->size(), setup.with_token),
      keep_(setup.workers),
      numbers_(setup.numbers) {}

PARIMAP_INLINE served_base::~served_base() = default;

PARIMAP_INLINE void served_base::start() { pool_.open(*this); }

PARIMAP_INLINE void served_base::end() noexcept {
    cancel();
    pool_.abandon(*this);
}

PARIMAP_INLINE void served_base::take_items(byte_reader& in) {
    const std::uint64_t before = received_;
    while (!in.is_at_end()) {
        const auto head = in.plain<part_of_items>();
        for (std::uint64_t item = head.first; item < head.first + head.count; ++item) {
            served_numbers::number& here = numbers_.of(received_);
            here.item = item;
            here.is_done.store(false, std::memory_order_relaxed);
            try {
                read_item(received_, in);
                ++received_;
            } catch (...) {
                fail_unread(item, std::current_exception());
                ++unread_;
            }
        }
        in.end_archive();
    }
    if (received_ == before) return;
    claims_.raise_limit(received_);
    pool_.announce(*this, received_ - before);
}

PARIMAP_INLINE bool served_base::give_results(byte_writer& out) {
    const std::size_t passed = out.leave_room<std::uint64_t>();
    const bool any = write_finished(out);
    const bool dropped = is_stopped_ && drop_stopped(out);
    while (oldest_ < received_ && is_done(oldest_)) ++oldest_;
    out.fill(passed, oldest_ + unread_);
    const bool kept = write_kept(out);
    return any || dropped || kept;
}

/// Once no item is at work, so that nothing more can be combined here.
PARIMAP_INLINE bool served_base::write_kept(byte_writer& out) {
    if (!are_results_wanted_ && !is_stopped_) return false;
    if (oldest_ < received_ || !keeps_results() || !pool_.is_quiet(*this)) return false;
    are_results_wanted_ = false;
    write_kept_results(out);
    return true;
}

PARIMAP_INLINE bool served_base::write_finished(byte_writer& out) {
    return write_results(out, static_cast<std::uint64_t>(pace_.item_cost().count()));
}

/// Once nothing of it runs, and nothing may start, what was not run comes back.
PARIMAP_INLINE bool served_base::drop_stopped(byte_writer& out) {
    if (!pool_.is_quiet(*this)) return false;
    const bool any = write_finished(out);  // what finished meanwhile
    std::uint64_t lowest = no_item;
    std::uint32_t dropped = 0;
    for (; oldest_ < received_; ++oldest_) {
        if (is_done(oldest_)) continue;
        drop_item(oldest_);
        lowest = std::min(lowest, numbers_.of(oldest_).item);
        ++dropped;
    }
    if (dropped == 0) return any;
    out.plain(part_of_results{.entries = 1, .cost = 0});
    out.plain(served_entry{.item = lowest, .bytes = dropped, .kind = served_kind::dropped});
    return true;
}

/// As a thief would who runs none of them. (Its seat is the one behind those of the workers.)
PARIMAP_INLINE void served_base::return_items(std::uint64_t most, byte_writer& out) {
    const std::size_t seat = pool_.size_here();
    out.plain(oldest_ + unread_);
    const std::size_t start = out.leave_room<part_of_results>();
    std::uint64_t parts = 0;
    while (most > 0 && claims_.claim(seat, most, most, no_item)) {
        claims::batch batch = claims_.batch_of(seat);
        for (item_range places; batch.pop(claims::max_batch, places);) {
            for (; places.first < places.end; ++parts) {
                served_entry one{.item = numbers_.of(places.first).item, .bytes = 0, .kind = served_kind::returned};
                for (; places.first < places.end && numbers_.of(places.first).item == one.item + one.bytes;
                     ++places.first, ++one.bytes) {
                    numbers_.of(places.first).is_done.store(true, std::memory_order_relaxed);
                    drop_item(places.first);
                }
                out.plain(one);
                most -= std::min<std::uint64_t>(most, one.bytes);
            }
        }
    }
    out.fill(start, part_of_results{.entries = parts, .cost = 0});
}

PARIMAP_INLINE void served_base::stop_items_from(std::uint64_t item) noexcept {
    while (oldest_ < received_ && is_done(oldest_)) ++oldest_;
    // Those that came last, as far as they lie behind it. (Others of them may stand before one that does not.)
    std::uint64_t place = received_;
    while (place > oldest_ && numbers_.of(place - 1).item >= item) --place;
    stop_from(place);
    is_stopped_ = true;
}

}  // namespace parimap::detail
