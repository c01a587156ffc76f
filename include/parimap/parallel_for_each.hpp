// SPDX-License-Identifier: MIT
// parallel_for_each: f for every item, results dropped.
#ifndef PARIMAP_PARALLEL_FOR_EACH_HPP
#define PARIMAP_PARALLEL_FOR_EACH_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/engine/blocking.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/frontend/frontend.hpp>
#include <parimap/detail/ranges/element_traits.hpp>
#include <parimap/detail/results/vector_results.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI {

/// parallel_for_each([pool,] [options,] f, range, ranges...)
///
/// As parallel_map, but what f returns is dropped. Elements of forward ranges can be changed in place, if they are objects in
/// memory. Those of a std::vector<bool>, and of all ranges that show objects through which an element is written, may share
/// a word with their neighbours, and are refused unless f takes them by value.
struct parallel_for_each_fn : detail::frontend<parallel_for_each_fn> {
  private:
    friend detail::frontend<parallel_for_each_fn>;
    static constexpr auto keeps = detail::keeps_in_journal::that_it_was_done;

    template <class Core, class F, class... Ranges>
    static void run(const Core& core, const map_options& options, F&& f, Ranges&&... inputs) {
        detail::check_ranges<Ranges...>();
        if constexpr (detail::are_ranges<Ranges...>) {
            constexpr bool zipped = sizeof...(Ranges) > 1;
            using view = decltype(detail::make_view(std::declval<Ranges>()...));
            constexpr bool may_share_words = detail::could_write_proxies<std::decay_t<F>, view, zipped>();
            static_assert(!may_share_words,
                          "parimap: the elements of this range are written through objects, as those of a vector<bool> are, and "
                          "may share bytes, so workers cannot write them side by side; use a vector<char>. To read, let f "
                          "take a value, such as bool, or pass std::as_const(range). If you know that they share none, run over "
                          "the indices, views::iota(0, n)");
            if constexpr (!may_share_words) {
                using types = detail::call_types<F, Ranges...>;
                const typename types::function& shared = f;
                detail::run_blocking<detail::no_results, zipped>(core, options, detail::make_view(std::forward<Ranges>(inputs)...),
                                                                 shared, [](detail::no_results&, std::uint64_t, std::size_t*) {});
            }
        }
    }
};

inline constexpr parallel_for_each_fn parallel_for_each{};

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
