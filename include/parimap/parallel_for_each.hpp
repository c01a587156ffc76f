// SPDX-License-Identifier: MIT
// parallel_for_each: f for every item, results dropped.
#ifndef PARIMAP_PARALLEL_FOR_EACH_HPP
#define PARIMAP_PARALLEL_FOR_EACH_HPP

#include <parimap/detail/blocking.hpp>
#include <parimap/detail/frontend.hpp>
#include <parimap/detail/vector_results.hpp>

#include <cstdint>
#include <utility>

namespace parimap {

/// parallel_for_each([pool,] [options,] f, range, ranges...)
///
/// As parallel_map, but what f returns is dropped. Elements of forward ranges can be changed in place.
struct parallel_for_each_fn : detail::frontend<parallel_for_each_fn> {
    template <class F, class... Ranges>
    static void run(const detail::pool_core& core, const map_options& options, F&& f, Ranges&&... inputs) {
        detail::check_ranges<Ranges...>();
        if constexpr (detail::are_ranges<Ranges...>) {
            using types = detail::call_types<F, Ranges...>;
            const typename types::function& shared = f;
            detail::run_blocking<detail::no_results, types::zipped>(
                *core, options, detail::make_view(std::forward<Ranges>(inputs)...), shared,
                [](detail::no_results&, std::uint64_t) {});
        }
    }
};

inline constexpr parallel_for_each_fn parallel_for_each{};

}  // namespace parimap

#endif
