// SPDX-License-Identifier: MIT
// parallel_map: the results of all items, in input order, in a std::vector.
#ifndef PARIMAP_PARALLEL_MAP_HPP
#define PARIMAP_PARALLEL_MAP_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/engine/blocking.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/frontend/frontend.hpp>
#include <parimap/detail/results/vector_results.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI {

/// parallel_map([pool,] [options,] f, range, ranges...)
///
/// Calls f(item), or f(a, b, ...) with the elements of several ranges zipped, for every item, and returns what f
/// returned as a std::vector in input order; nothing if f returns void. The calling thread works along.
///
/// f is shared by all workers and called through const&. Results need to be movable only.
/// If items throw: no item behind the first failed one starts any more, all before it finish, and the exception of
/// the failed item with the lowest index is thrown, as by a serial loop.
/// Throws cancelled (stop token, terminate()) and pool_closed.
/// Cost: no allocation for an item; a batch of cheap items costs one claim.
struct parallel_map_fn : detail::frontend<parallel_map_fn> {
  private:
    friend detail::frontend<parallel_map_fn>;
    friend struct map_async_fn;

    template <class Core, class F, class... Ranges>
    static auto run(const Core& core, const map_options& options, F&& f, Ranges&&... inputs) {
        detail::check_ranges<Ranges...>();
        if constexpr (detail::are_ranges<Ranges...>) {
            using types = detail::call_types<F, Ranges...>;
            const typename types::function& shared = f;
            if constexpr (types::invocation_type::returns_void) {
                detail::run_blocking<detail::no_results, types::zipped>(core, options,
                                                                        detail::make_view(std::forward<Ranges>(inputs)...), shared,
                                                                        [](detail::no_results&, std::uint64_t, std::size_t*) {});
            } else if constexpr (!std::is_move_constructible_v<typename types::value>) {
                static_assert(
                    types::invocation_type::returns_void,  // it does not: so the text comes when f is known
                    "parimap: what f returns goes into a std::vector and cannot be moved there; return a std::unique_ptr to it, "
                    "or look at the results one by one where they are, with ordered_imap");
            } else {
                using results = detail::vector_results<typename types::value,
                                                       types::source::pulled ? detail::way_into_vector::moved
                                                                             : detail::best_way_into_vector<typename types::value>>;
                return detail::run_blocking<results, types::zipped>(
                    core, options, detail::make_view(std::forward<Ranges>(inputs)...), shared,
                    [](results& r, std::uint64_t items, std::size_t*) { return r.take(items); });
            }
        }
    }
};

inline constexpr parallel_map_fn parallel_map{};

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
