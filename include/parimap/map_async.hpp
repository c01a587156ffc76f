// SPDX-License-Identifier: MIT
// map_async: parallel_map in the background.
#ifndef PARIMAP_MAP_ASYNC_HPP
#define PARIMAP_MAP_ASYNC_HPP

#include <parimap/detail/frontend.hpp>
#include <parimap/detail/promised_job.hpp>
#include <parimap/parallel_map.hpp>

#include <future>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

namespace parimap {

/// map_async([pool,] [options,] f, range, ranges...)
///
/// Returns at once with a std::future of parallel_map's result. Containers given by name are referred to, so they must
/// outlive it; temporaries are moved in. Dropping the future does not cancel the map: the pool's destructor waits for
/// it. Single-pass ranges are read by a worker. Inside a job the map runs before map_async returns.
struct map_async_fn : detail::frontend<map_async_fn> {
    template <class F, class... Ranges>
    static auto run(const detail::pool_core& core, const map_options& options, F&& f, Ranges&&... inputs) {
        detail::check_ranges<Ranges...>();
        if constexpr (detail::are_ranges<Ranges...>) {
            using types = detail::call_types<F, Ranges...>;
            // The pool waits for the job, so the job does not own the pool.
            const detail::pool_core unowned(detail::pool_core(), core.get());
            map_options inside = options;
            if (!detail::current_place) inside.progress.allow_inside_job();
            auto map = [unowned, options = std::move(inside), f = typename types::function(std::forward<F>(f)),
                        views = std::make_tuple(detail::view_of(std::forward<Ranges>(inputs))...)]() mutable {
                try {
                    return std::apply([&](auto&... view) { return parallel_map_fn::run(unowned, options, f, std::move(view)...); },
                                      views);
                } catch (const pool_closed&) {
                    if (!unowned->is_terminated()) throw;
                    throw cancelled("parimap: the pool was terminated before this map had finished");
                }
            };
            using result = decltype(map());
            auto job = std::make_unique<detail::promised_job<result, decltype(map)>>(std::move(map));
            std::future<result> future = job->future();
            core->submit(std::move(job), core->place_of_caller() != nullptr);
            return future;
        }
    }
};

inline constexpr map_async_fn map_async{};

}  // namespace parimap

#endif
