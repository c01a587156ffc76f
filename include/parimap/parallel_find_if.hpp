// SPDX-License-Identifier: MIT
// parallel_find_if: where the first item is of which something is true; and whether it is of any, all or none.
#ifndef PARIMAP_PARALLEL_FIND_IF_HPP
#define PARIMAP_PARALLEL_FIND_IF_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/engine/blocking.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/frontend/finding.hpp>
#include <parimap/detail/frontend/frontend.hpp>
#include <parimap/detail/results/vector_results.hpp>
#include <parimap/detail/system/item_is_found.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI {

namespace detail {

template <bool Wanted, class Core, class Predicate, class... Ranges>
std::optional<std::size_t> find_first(const Core& core, const map_options& options, const Predicate& predicate,
                                      Ranges&&... inputs) {
    check_ranges<Ranges...>();
    if constexpr (are_ranges<Ranges...>) {
        using function = std::decay_t<const Predicate&>;  // of a function: a pointer to it
        const function& shared = predicate;
        const finding<held_function<Core, function>, Wanted> search_for(shared);
        std::size_t ended_by = ~std::size_t{0};
        map_options search = options;
        search.failed_index = &ended_by;
        try {
            run_blocking<no_results, (sizeof...(Ranges) > 1)>(core, search, make_view(std::forward<Ranges>(inputs)...), search_for,
                                                              [](no_results&, std::uint64_t, std::size_t*) {});
        } catch (const item_is_found&) {
            return ended_by;
        } catch (...) {
            if (options.failed_index && ended_by != ~std::size_t{0}) *options.failed_index = ended_by;
            throw;
        }
    }
    return std::nullopt;
}

}  // namespace detail

/// parallel_find_if([pool,] [options,] predicate, range, ranges...)
///
/// The index of the first item for which predicate(item) is true, or predicate(a, b, ...) for the elements of several ranges zipped;
/// std::nullopt where there is none. Always the lowest: what a serial loop finds, and it throws what a serial loop throws, so that a
/// failure behind the item found is none. Items behind one that satisfies do not start any more, and a std::stop_token that the predicate
/// takes first is stopped in those that run; all before it are looked at. predicate is shared by all workers and called through
/// const&. An endless range is refused: take() a part of it.
/// Throws what predicate throws, cancelled (stop token, terminate()) and pool_closed.
/// Cost: that of parallel_for_each, and one exception for each worker that finds one.
struct parallel_find_if_fn : detail::frontend<parallel_find_if_fn> {
  private:
    friend detail::frontend<parallel_find_if_fn>;
    static constexpr auto keeps = detail::keeps_in_journal::not_at_all;

    template <class Core, class Predicate, class... Ranges>
    static std::optional<std::size_t> run(const Core& core, const map_options& options, const Predicate& predicate,
                                          Ranges&&... inputs) {
        return detail::find_first<true>(core, options, predicate, std::forward<Ranges>(inputs)...);
    }
};

/// parallel_any_of([pool,] [options,] predicate, range, ranges...): whether predicate is true for one item at least; not for none. With
/// the guarantees of parallel_find_if.
struct parallel_any_of_fn : detail::frontend<parallel_any_of_fn> {
  private:
    friend detail::frontend<parallel_any_of_fn>;
    static constexpr auto keeps = detail::keeps_in_journal::not_at_all;

    template <class Core, class Predicate, class... Ranges>
    static bool run(const Core& core, const map_options& options, const Predicate& predicate, Ranges&&... inputs) {
        return detail::find_first<true>(core, options, predicate, std::forward<Ranges>(inputs)...).has_value();
    }
};

/// parallel_none_of([pool,] [options,] predicate, range, ranges...): whether predicate is true for no item. With the guarantees of
/// parallel_find_if.
struct parallel_none_of_fn : detail::frontend<parallel_none_of_fn> {
  private:
    friend detail::frontend<parallel_none_of_fn>;
    static constexpr auto keeps = detail::keeps_in_journal::not_at_all;

    template <class Core, class Predicate, class... Ranges>
    static bool run(const Core& core, const map_options& options, const Predicate& predicate, Ranges&&... inputs) {
        return !detail::find_first<true>(core, options, predicate, std::forward<Ranges>(inputs)...);
    }
};

/// parallel_all_of([pool,] [options,] predicate, range, ranges...): whether predicate is true for every item; also where there is none.
/// Ends at the first for which it is false. With the guarantees of parallel_find_if.
struct parallel_all_of_fn : detail::frontend<parallel_all_of_fn> {
  private:
    friend detail::frontend<parallel_all_of_fn>;
    static constexpr auto keeps = detail::keeps_in_journal::not_at_all;

    template <class Core, class Predicate, class... Ranges>
    static bool run(const Core& core, const map_options& options, const Predicate& predicate, Ranges&&... inputs) {
        return !detail::find_first<false>(core, options, predicate, std::forward<Ranges>(inputs)...);
    }
};

inline constexpr parallel_find_if_fn parallel_find_if{};
inline constexpr parallel_any_of_fn parallel_any_of{};
inline constexpr parallel_all_of_fn parallel_all_of{};
inline constexpr parallel_none_of_fn parallel_none_of{};

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
