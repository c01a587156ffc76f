// SPDX-License-Identifier: MIT
// How the thread that made a call waits for something that a finished item makes true.
#ifndef PARIMAP_DETAIL_ENGINE_WAITING_HPP
#define PARIMAP_DETAIL_ENGINE_WAITING_HPP

#include <parimap/detail/engine/monitor.hpp>
#include <parimap/detail/engine/observer.hpp>
#include <parimap/detail/engine/pace.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/scheduler/scheduler.hpp>
#include <parimap/detail/system/instant.hpp>
#include <parimap/detail/system/item_number.hpp>

#include <cstdint>

namespace parimap::inline PARIMAP_ABI::detail {

/// What one wait looks at.
struct awaited {
    std::uint64_t item;    ///< the item whose end is waited for, or no_item: any
    std::uint64_t enough;  ///< so many finished items are worth a look, where items come in batches
    instant deadline;      ///< the wait is over then, whatever came
    observer* consumer;    ///< notes how long a consumer waits; null where nobody does
};

/// Waits once: where the thread may run items itself, until a seat is free for it; where items come in batches, first for one nap;
/// else until the item has finished. May return early. may_nap: whether this wait may still have its nap. (Its members are those of a call.)
template <class Call, class Ready>
void wait_once(Call& c, scheduler& pool, monitor& sleeper, claims& workers, const pace& tempo, const awaited& what, bool& may_nap,
               Ready ready) {
    const auto urgently = [&](instant deadline, auto also) {
        const observer::consumer_wait waiting(what.consumer);
        sleeper.wait_urgently(what.item, workers, deadline, [&] { return ready() || also(); });
    };
    const auto nothing_else = [] { return false; };
    if (pool.caller_must_help()) {
        pool.want_seat(c, true);
        urgently(what.deadline, [&] { return pool.can_help(c); });
        pool.want_seat(c, false);
    } else if (tempo.batched() && may_nap) {
        may_nap = false;
        const observer::consumer_wait waiting(what.consumer);
        sleeper.wait_patiently(what.enough, what.deadline, ready);
    } else if (scheduler::has_worker(c)) {
        urgently(what.deadline, nothing_else);
    } else {
        // The backend may be held up, by other users of its runtime say: a call must not hang for that. Who has a deadline does not
        // hang, and must not be late for an item that he runs.
        urgently(earlier(what.deadline, instant::now() + monitor::patience_with_backend), nothing_else);
        const bool has_deadline = what.deadline != instant::never();
        if (!has_deadline && !ready() && !scheduler::has_worker(c)) pool.help(c, stint::one_item);
    }
}

}  // namespace parimap::detail

#endif
