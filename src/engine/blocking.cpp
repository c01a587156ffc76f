// SPDX-License-Identifier: MIT
// The caller's side of a blocking call: supplies the items, works along, and throws what a serial loop would have.

#include <parimap/detail/engine/blocking.hpp>

#include <parimap/detail/engine/observer.hpp>
#include <parimap/detail/engine/waiting.hpp>
#include <parimap/detail/scheduler/scheduler.hpp>
#include <parimap/errors.hpp>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE blocking_base::blocking_base(const blocking_setup& setup)
    : batched_call(setup.core, setup.options,
                   setup.options.window ? std::min(setup.options.window, setup.core.size()) : setup.core.size(),
                   setup.traits.with_token),
      options_(setup.options),
      traits_(setup.traits) {}

PARIMAP_INLINE blocking_base::~blocking_base() = default;

/// However supplying ends, nothing may run once this call is gone.
struct blocking_base::ending {
    blocking_base& self;
    ~ending() {
        self.pool_.finish(self);
        self.obey_no_more();
        if (self.input_failure_ || self.is_cancelled()) self.observation_.set_failed();
        self.observation_.finish();
    }
};

PARIMAP_INLINE std::uint64_t blocking_base::run() {
    pool_.open(*this, true);  // throws where the pool is closed, and the input has not been asked for anything
    {
        const ending guard{*this};
        obey(options_.stop);
        begin();
        if (traits_.pulled) {
            supply();
        } else {
            observation_.supply_ends_with(idle_cause::nothing_left);
            claims_.raise_limit(total_);
        }
    }
    report();
    return total_;
}

PARIMAP_INLINE void blocking_base::begin() {
    try {
        total_ = begin_input(!is_cancelled());
    } catch (...) {
        note_failed(0);
        throw;
    }
    if (total_ != unknown_size && total_ > room()) too_short();
    if (traits_.pulled) {
        reserve(pace_.set_window(options_.window, total_, traits_.bytes_per_item, traits_.bytes_in_ring));
    } else {
        prepare(total_);
        if (!traits_.in_sequence) pace_.set_total(total_);
    }
    observation_.begin(total_ == unknown_size ? std::nullopt : std::optional(total_));
}

PARIMAP_INLINE void blocking_base::too_short() {
    throw std::length_error("parimap: the output range is shorter than the input; make it at least as long");
}

PARIMAP_INLINE void blocking_base::note_failed(std::uint64_t item) const noexcept {
    if (options_.failed_index) *options_.failed_index = static_cast<std::size_t>(item);
}

/// Pulls items as long as fewer than a window of them are unfinished, then waits, or works where it must.
PARIMAP_INLINE void blocking_base::supply() {
    while (pull_next()) {
        if (has_room()) continue;
        observation_.supply_ends_with(idle_cause::slow_item);
        for (bool may_nap = true; !has_room();) wait(may_nap, [this] { return has_room(); });
        observation_.supply_ends_with(idle_cause::input);
    }
    observation_.supply_ends_with(idle_cause::nothing_left);
}

PARIMAP_INLINE bool blocking_base::has_room() noexcept {
    const std::uint64_t finished = monitor_.finished();
    const std::uint64_t window = pace_.window(finished);
    set_max_lag(window);
    return pulled_ - finished < window || !claims_.is_open(pulled_);  // or there will be no next item
}

PARIMAP_INLINE bool blocking_base::pull_next() {
    const std::uint64_t finished = monitor_.finished();
    if (!claims_.is_open(pulled_)) return false;  // cancelled, or an item before has failed
    std::uint64_t owned = 0;
    try {
        if (pulled_ == room()) {
            if (has_more()) too_short();
            total_ = pulled_;
            return false;
        }
        prepare(pulled_ + 1);
        switch (pull(owned)) {
            case pull_result::end: total_ = pulled_; return false;
            case pull_result::no_room: {  // an item that nobody has started sits in the way
                bool may_nap = false;     // and is long overdue
                wait(may_nap, [&] { return monitor_.finished() > finished; });
                return true;
            }
            case pull_result::item: break;
        }
    } catch (...) {
        input_failure_ = std::current_exception();
        total_ = pulled_;
        return false;
    }
    if (traits_.items_own) pace_.item_owns(owned);
    claims_.raise_limit(++pulled_);
    pool_.announce(*this);
    return true;
}

/// Works along where it must, or sleeps until ready(), which a finished item can make true: first until half of
/// what is under way has finished, if items are cheap, then until any item has. May return early.
template <class Ready>
void blocking_base::wait(bool& may_nap, Ready ready) noexcept {
    if (pool_.caller_must_help() && pool_.help(*this, stint::one_batch)) return;
    const std::uint64_t finished = monitor_.finished();
    const awaited what{.item = no_item,
                       .enough = finished + std::max<std::uint64_t>(1, (pulled_ - finished) / 2),
                       .deadline = instant::never(),
                       .consumer = nullptr};
    wait_once(*this, pool_, monitor_, claims_, pace_, what, may_nap, ready);
}

/// Throws if not all items have finished: the failure with the lowest index, as a serial loop would have; or what
/// the input threw behind all of them; or cancelled.
PARIMAP_INLINE void blocking_base::report() {
    const std::uint64_t not_run = first_not_run();
    if (const std::uint64_t failed = failure().failed_item(); failed < not_run) {
        note_failed(failed);
        std::rethrow_exception(failure().take_failure());
    }
    if (not_run < total_)
        throw cancelled("parimap: the call was stopped by its stop token or terminate() before all items had finished");
    if (input_failure_) {
        note_failed(total_);
        std::rethrow_exception(std::exchange(input_failure_, nullptr));
    }
}

}  // namespace parimap::detail
