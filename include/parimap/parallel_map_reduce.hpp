// SPDX-License-Identifier: MIT
// parallel_map_reduce: the results of all items combined into one value, always with the same bits.
#ifndef PARIMAP_PARALLEL_MAP_REDUCE_HPP
#define PARIMAP_PARALLEL_MAP_REDUCE_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/engine/blocking.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/frontend/frontend.hpp>
#include <parimap/detail/results/reduction.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI {

/// parallel_map_reduce([pool,] [options,] f, op, init, range, ranges...)
///
/// op(init, r0 op r1 op ... op rn) for the results of f in input order, as a decayed init. op must be associative as
/// far as you care, need not be commutative, and is called from several workers through const&:
/// op(R, R) -> R between results, op(T, R) -> T once, with init on the left. The order in which results are combined
/// depends on their number alone, so even floating-point sums have the same bits on every backend, for every number of
/// workers, chunk and window, and for a list as for a vector. Empty input gives init.
/// If op throws, it counts as a failure of the first item of its right operand; else as parallel_map.
struct parallel_map_reduce_fn : detail::frontend<parallel_map_reduce_fn> {
  private:
    friend detail::frontend<parallel_map_reduce_fn>;
    static constexpr detail::argument_places places = {.function = 0, .inputs = 3};

    template <class Core, class F, class Op, class Init, class... Ranges>
    static std::decay_t<Init> run(const Core& core, const map_options& options, F&& f, Op&& op, Init&& init, Ranges&&... inputs) {
        static_assert(sizeof...(Ranges) > 0, "parimap: after f, op and the initial value comes at least one range of items");
        detail::check_given_ranges<Ranges...>();
        if constexpr (detail::are_ranges<Ranges...>) {
            using types = detail::call_types<F, Ranges...>;
            using value = typename types::value;
            using total = std::decay_t<Init>;
            using operation = std::decay_t<Op>;
            static_assert(!types::invocation_type::returns_void,
                          "parimap: f returns void, so there is nothing to reduce; use parallel_for_each");
            constexpr bool combines = std::is_invocable_r_v<value, const operation&, value, value> &&
                                      std::is_invocable_r_v<total, const operation&, total, value>;
            static_assert(combines,
                          "parimap: op must be callable through const& as op(R, R) -> R on results of f and as "
                          "op(T, R) -> T with init on the left");
            if constexpr (combines) {
                const typename types::function& shared = f;
                const operation& shared_op = op;
                using results = detail::reduction<value, operation>;
                const auto take = [&](results& r, std::uint64_t items, std::size_t* failed_index) -> total {
                    std::uint64_t combining = 0;
                    try {
                        auto all = r.take(items, combining);
                        if (!all) return std::forward<Init>(init);
                        return std::invoke(shared_op, total(std::forward<Init>(init)), std::move(all->get()));
                    } catch (...) {
                        if (failed_index) *failed_index = static_cast<std::size_t>(combining);
                        throw;
                    }
                };
                return detail::run_blocking<results, types::zipped>(
                    core, options, detail::make_view(std::forward<Ranges>(inputs)...), shared, take, core->size(), shared_op);
            }
        }
        return std::forward<Init>(init);
    }
};

inline constexpr parallel_map_reduce_fn parallel_map_reduce{};

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
