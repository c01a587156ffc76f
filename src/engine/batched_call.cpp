// SPDX-License-Identifier: MIT
// A running map or stream, whatever its types: claims batches for the seats that work in it, and ends it.

#include <parimap/detail/engine/batched_call.hpp>

#include <parimap/detail/engine/observer.hpp>
#include <parimap/detail/scheduler/place.hpp>
#include <parimap/detail/scheduler/scheduler.hpp>
#include <parimap/detail/system/instant.hpp>
#include <parimap/detail/system/yield.hpp>
#include <parimap/errors.hpp>

#include <algorithm>
#include <optional>
#include <stop_token>

namespace parimap::inline PARIMAP_ABI::detail {

struct canceller {
    batched_call* self;
    void operator()() const noexcept { self->cancel(); }
};

struct batched_call::stop_callback : std::stop_callback<canceller> {
    using std::stop_callback<canceller>::stop_callback;
};

PARIMAP_INLINE batched_call::batched_call(scheduler& core, const map_options& options, std::size_t max_workers, bool with_token)
    : call(max_workers),
      pool_(core),
      claims_(core.size()),
      monitor_(core.size()),
      pace_(core.size(), options.chunk, core.size() - core.size_here()),
      tokens_(with_token ? core.size() : 0),
      observation_(observer::for_call(options, core, claims_)),
      birth_(core.birth()) {
    // What takes results from a journal makes its call without this option.
    if (options.journal)
        throw error(
            "parimap: these options were made where parimap::journal is linked, and used by a call that was compiled without; link "
            "it "
            "there too, or leave .journal out");
}

PARIMAP_INLINE batched_call::~batched_call() = default;

PARIMAP_INLINE void batched_call::cancel() noexcept {
    cancelled_.store(true, std::memory_order_seq_cst);
    stop_from(0);
    monitor_.signal();    // a consumer,
    pool_.wake_owners();  // or the owner of a blocking call
}

PARIMAP_INLINE void batched_call::throw_inherited() { scheduler::throw_inherited(); }

PARIMAP_INLINE void batched_call::item_failed(std::size_t seat) noexcept { observation_.item_failed(seat); }

PARIMAP_INLINE void batched_call::obey(const stop_request& stop) {
    if (stop.token() && stop.token()->stop_possible())
        on_stop_ = owned<stop_callback>(new stop_callback(*stop.token(), canceller{this}));
}

PARIMAP_INLINE void batched_call::obey_no_more() noexcept { on_stop_ = owned<stop_callback>(); }

PARIMAP_INLINE void batched_call::stop_from(std::uint64_t item) noexcept {
    claims_.close_from(item);
    tokens_.stop_from(item);
}

PARIMAP_INLINE std::uint64_t batched_call::first_not_run() const noexcept {
    return std::min(claims_.next(), first_dropped_.load(std::memory_order_relaxed));
}

PARIMAP_INLINE void batched_call::note_dropped(std::uint64_t item) noexcept {
    std::uint64_t old = first_dropped_.load(std::memory_order_relaxed);
    while (item < old && !first_dropped_.compare_exchange_weak(old, item, std::memory_order_relaxed)) {
    }
}

PARIMAP_INLINE void batched_call::work(std::size_t seat, stint length) noexcept {
    // The module of this call may have a place of its own: see place.hpp.
    const seated here(current_place, pool_, seat, this);
    observation_.enter(seat);
    run_batches(seat, length);
    {
        const floating_point_scope as_the_caller(floating_point_mode_);
        flush(seat, claims_.latest_started(seat));
    }
    observation_.leave(seat);
}

PARIMAP_INLINE void batched_call::run_batches(std::size_t seat, stint length) noexcept {
    bool is_patient = true;
    for (std::uint64_t batches = 0;;) {
        const std::uint64_t unclaimed = claims_.limit() - std::min(claims_.limit(), claims_.next());
        const bool just_one = length == stint::one_item;
        const std::uint64_t most = just_one ? 1 : pace_.batch(unclaimed);
        const std::uint64_t most_stolen = just_one ? 1 : pace_.ideal_batch();
        const std::uint64_t least_robbed = is_patient ? pace_.least_robbed() : 1;
        if (!claims_.claim(seat, most, most_stolen, max_lag(), least_robbed)) {
            if (least_robbed == 1 || !claims_.claimable()) return;
            is_patient = has_news_after_patience();
            continue;
        }
        is_patient = true;
        // A worker sends two more, which do the same: a large pool is awake soon. An owner sends one, for he may be done
        // before anybody comes.
        const std::uint64_t left = claims_.left_for_others(seat, length == stint::fair ? 2 : 1);
        if (left > 0) {
            if (length != stint::whole || pace_.is_worth_help(batches, unclaimed)) {
                pool_.announce(*this, left);
            } else {
                // For each batch: a worker that looks between the claim and its end sees nothing to start, and goes.
                pool_.announce_in_a_moment(*this);
            }
        }
        ++batches;
        // What the last item of all takes nobody needs to know, and may be less than to look at the clock.
        const bool is_measured = left > 0 || !pace_.knows_total();
        do {
            run_batch(seat, is_measured);
        } while (claims_.has_rest(seat));
        if (is_one_batch_at_most(length) || (length == stint::fair && pool_.others_wait())) return;
    }
}

/// What is left in others' batches is worth less than taking a part of it: they may be done with it in that time. False if not.
PARIMAP_INLINE bool batched_call::has_news_after_patience() const noexcept {
    const instant end = instant::now() + pace::worth_robbing;
    for (;;) {
        for (int i = 0; i < 32; ++i) pause();  // not to take from them the line that they write for each item
        if (claims_.has_batch() || !claims_.has_loot()) return true;
        if (instant::now() >= end) return false;
        yield();  // to one of them, if this is its CPU
    }
}

// The one place where a batch is run and its results brought back. (A distributed backend will pack the batch here.)
PARIMAP_INLINE void batched_call::run_batch(std::size_t seat, bool is_measured) noexcept {
    std::optional<observed_batch> watching = observation_.begin_batch(seat);
    is_measured = is_measured || watching;
    const instant start = is_measured ? instant::now() : instant();
    const items_run run = [&] {
        const floating_point_scope as_the_caller(floating_point_mode_);
        return run_items(seat, watching ? &*watching : nullptr);
    }();
    const instant end = is_measured ? instant::now() : instant();  // before it wakes a consumer, which is not their cost
    if (is_measured && run.count > 0) pace_.measured(end - start, run.count);
    observation_.end_batch(seat, run.first, run.count, start, end);
    monitor_.after_batch(run.told, run.first + run.count);  // also where all were dropped: who waits for any item must look again
}

}  // namespace parimap::detail
