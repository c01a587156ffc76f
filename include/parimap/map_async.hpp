// SPDX-License-Identifier: MIT
// map_async: parallel_map in the background.
#ifndef PARIMAP_MAP_ASYNC_HPP
#define PARIMAP_MAP_ASYNC_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/form.hpp>
#include <parimap/detail/frontend/frontend.hpp>
#include <parimap/detail/scheduler/promised_job.hpp>
#include <parimap/parallel_map.hpp>

#include <deque>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI {

namespace detail {

template <class R>
inline constexpr bool is_reference_wrapper = false;
template <class R>
inline constexpr bool is_reference_wrapper<std::reference_wrapper<R>> = true;

/// What stands for the argument while it is checked: std::ref(range) for the range.
template <class R>
struct referred : std::type_identity<R> {};
template <class R>
    requires is_reference_wrapper<std::remove_cvref_t<R>>
struct referred<R> : std::type_identity<typename std::remove_cvref_t<R>::type&> {};

/// The view that a call keeps which outlasts the function that made it: as view_of, but containers given by name are copied.
template <class R>
auto lasting_view_of(R&& range) {
    using bare = std::remove_cvref_t<R>;
    if constexpr (is_reference_wrapper<bare>) {
        return view_of(range.get());
    } else if constexpr (!std::is_lvalue_reference_v<R> || is_initializer_list<bare> || range_v3_view<bare>) {
        return view_of(std::forward<R>(range));
    } else if constexpr (std::is_array_v<bare>) {
        using copy = std::deque<std::remove_cv_t<std::remove_all_extents_t<bare>>>;
        static_assert(std::rank_v<bare> == 1, "parimap: map_async does not copy arrays of arrays; refer to it with std::ref");
        return keeping_view<copy>(copy(std::begin(range), std::end(range)));
    } else {
        // (A container says that it can be copied, whatever it holds.)
        static_assert(std::is_copy_constructible_v<bare> &&
                          (!requires { typename bare::allocator_type; } || std::is_copy_constructible_v<value_of<bare>>),
                      "parimap: map_async copies the ranges that are given by name, as std::async does, and this one cannot be "
                      "copied; std::move it, or refer to it with std::ref");
        return keeping_view<bare>(std::as_const(range));
    }
}

}  // namespace detail

/// map_async([pool,] [options,] f, range, ranges...)
///
/// Returns at once with a std::future of parallel_map's result. As with std::async, ranges given by name are copied and
/// temporaries moved in; std::ref(range), or a view, refers to what must then live until the map has ended. Dropping the future
/// does not cancel the map: the pool's destructor waits for it. Single-pass ranges are read by a worker. Inside a job the map
/// runs before map_async returns.
struct map_async_fn : detail::frontend<map_async_fn> {
    using frontend::operator();  // with a braced list of items

    template <class Backend = default_backend, class Journal = detail::journal_of_this_file, class... Args>
    [[nodiscard]] auto operator()(Args&&... args) const {
        return with_pool<Backend, Journal>(std::forward<Args>(args)...);
    }

  private:
    friend detail::frontend<map_async_fn>;
    static constexpr auto keeps = detail::keeps_in_journal::in_another_call;
    using other = parallel_map_fn::plain;

    template <class Core, class F, class... Ranges>
    static auto run(const Core& core, const map_options& options, F&& f, Ranges&&... inputs) {
        return run_by<parallel_map_fn>(core, options, std::forward<F>(f), std::forward<Ranges>(inputs)...);
    }

    /// Map::run is called by the job.
    template <class Map, class Core, class F, class... Ranges>
    static auto run_by(const Core& core, const map_options& options, F&& f, Ranges&&... inputs) {
        detail::check_ranges<typename detail::referred<Ranges>::type...>();
        if constexpr (detail::are_ranges<typename detail::referred<Ranges>::type...>) {
            using function = std::decay_t<F>;
            // The pool waits for the job, so the job does not own the pool.
            const Core unowned = detail::without_owning(core);
            map_options inside = options;
            if (!detail::current_place) inside.progress.allow_inside_job();
            auto map = [unowned, options = std::move(inside), f = function(std::forward<F>(f)),
                        views = std::make_tuple(detail::lasting_view_of(std::forward<Ranges>(inputs))...)]() mutable {
                try {
                    return std::apply([&](auto&... view) { return Map::run(unowned, options, f, std::move(view)...); }, views);
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
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
