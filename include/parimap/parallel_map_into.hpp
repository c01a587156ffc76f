// SPDX-License-Identifier: MIT
// parallel_map_into: results written where the caller wants them.
#ifndef PARIMAP_PARALLEL_MAP_INTO_HPP
#define PARIMAP_PARALLEL_MAP_INTO_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/engine/blocking.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/frontend/frontend.hpp>
#include <parimap/detail/ranges/element_traits.hpp>
#include <parimap/detail/results/into_results.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI {

/// parallel_map_into([pool,] [options,] out, f, range, ranges...)
///
/// As parallel_map, but result i is assigned to out[i]; returns how many there are. out is a sized random-access
/// range: a container by name, a span, a view; its elements are references, or tuples of them. If it is shorter than a sized input, std::length_error is thrown before
/// any item runs; if the input's size is not known, when an item finds no room, after the items before it. When the
/// call throws, the results of the items that ran stand in out.
/// Cost: as parallel_map. Numbers that are computed in next to no time are stored past the caches if they are 64 MiB and
/// more, and all inputs are arrays apart from out.
struct parallel_map_into_fn : detail::frontend<parallel_map_into_fn> {
  private:
    friend detail::frontend<parallel_map_into_fn>;
    static constexpr detail::argument_places places = {.function = 1, .inputs = 2};

    template <class Core, class Out, class F, class... Ranges>
    static std::size_t run(const Core& core, const map_options& options, Out&& out, F&& f, Ranges&&... inputs) {
        detail::check_ranges<Ranges...>();
        constexpr bool has_room = detail::indexed_range<std::remove_reference_t<Out>>;
        static_assert(has_room,
                      "parimap: parallel_map_into's output must be a sized random-access range, such as a "
                      "std::vector of the right size or a std::span");
        if constexpr (has_room && detail::are_ranges<Ranges...>) {
            using types = detail::call_types<F, Ranges...>;
            using out_view = detail::view_of_t<Out>;
            static_assert(!types::invocation_type::returns_void,
                          "parimap: f returns void, so parallel_map_into has nothing to write; use parallel_for_each");
            static_assert(!detail::shows_proxies<out_view>,
                          "parimap: the elements of the output range are written through objects, as those of a vector<bool> are, "
                          "and may share bytes, so workers cannot write them side by side; use a vector<char>. If you know that "
                          "they share none, use parallel_for_each over the indices, views::iota(0, n)");
            if constexpr (!types::invocation_type::returns_void) {
                static_assert(std::is_assignable_v<detail::reference_of<out_view>, typename types::invocation_type::result>,
                              "parimap: what f returns cannot be assigned to an element of the output range");
                const typename types::function& shared = f;
                const bool past_caches = detail::suits_nontemporal(out, inputs...);
                return detail::run_blocking<detail::into_results<out_view, typename types::value>, types::zipped>(
                    core, options, detail::make_view(std::forward<Ranges>(inputs)...), shared,
                    [](auto&, std::uint64_t items, std::size_t*) { return static_cast<std::size_t>(items); },
                    detail::view_of(std::forward<Out>(out)), past_caches);
            }
        }
        return 0;
    }
};

inline constexpr parallel_map_into_fn parallel_map_into{};

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
