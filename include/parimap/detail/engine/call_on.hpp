// SPDX-License-Identifier: MIT
// How a call is made, by the pool that it is made on.
#ifndef PARIMAP_DETAIL_ENGINE_CALL_ON_HPP
#define PARIMAP_DETAIL_ENGINE_CALL_ON_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/scheduler/scheduler.hpp>
#include <parimap/options.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// Core: a scheduler, or what a pool is made of: a pointer to one. Pools with workers in other processes have a type of their own, for
/// which call_on_far.hpp says what is different.
template <class Core>
struct call_on {
    /// Makes and runs a blocking call; take(results, items, failed_index) gets its results before they go, and tells there, if it is not
    /// null, which item is to blame for what it throws. args: of its constructor, behind the scheduler and the options.
    template <class Call, class Take, class... Args>
    static decltype(auto) run(Core& core, Take take, const map_options& options, Args&&... args) {
        scheduler& workers = [&]() -> scheduler& {
            if constexpr (std::is_same_v<Core, scheduler>) {
                return core;
            } else {
                return *core;
            }
        }();
        Call call(workers, options, std::forward<Args>(args)...);
        const auto items = call.run();
        return take(call.results(), items, options.failed_index);
    }

    /// Starts a stream.
    template <class Call, class... Args>
    static Call* start(Core& core, const map_options& options, Args&&... args) {
        auto made = std::make_unique<Call>(core, options, std::forward<Args>(args)...);
        made->start(options);
        return made.release();
    }
};

}  // namespace parimap::detail

#endif
