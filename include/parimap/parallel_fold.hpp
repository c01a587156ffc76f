// SPDX-License-Identifier: MIT
// parallel_fold: all items folded into one value in place, always with the same bits.
#ifndef PARIMAP_PARALLEL_FOLD_HPP
#define PARIMAP_PARALLEL_FOLD_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/engine/blocking.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/frontend/fold_blocks.hpp>
#include <parimap/detail/frontend/frontend.hpp>
#include <parimap/detail/ranges/changes_first.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI {

/// parallel_fold([pool,] [options,] make, step, merge, range, ranges...)
///
/// Folds blocks of consecutive items: T total = make(), then step(total, item), or step(total, a, b, ...) with the elements of several
/// ranges zipped, for one item of the block after another; merge(left, std::move(right)) joins two neighbours, in input order. Returns
/// make() for an empty input. T = decayed make() needs to be movable only; make, step and merge are shared by all workers and called
/// through const&.
///
/// How many items a block has follows from their number: a 128th of it, or map_options::block; 1,024 where the input's size is not known.
/// So does the order in which blocks are merged, and the result has the same bits on every backend and for every number of workers.
/// Each worker has at most two T; others wait for their neighbours, around each block that is late at most eight on each level of a
/// tree (three levels, of 128 blocks): a few in all where blocks take equally long.
/// A block is one item for chunk, progress, report and trace, and idle workers take no part of one. Input that is not random access is
/// gathered into blocks, which an explicit window has to hold: else std::invalid_argument. Over mpi ranks so is all input that travels.
/// If step throws, no block behind starts any more, and failed_index is its item; if merge throws, the first item of its right operand.
/// Throws cancelled (stop token, terminate(); seen between any 64 items, and of a single-pass input
/// once a block has been read) and pool_closed.
struct parallel_fold_fn : detail::frontend<parallel_fold_fn> {
  private:
    friend detail::frontend<parallel_fold_fn>;
    static constexpr auto keeps = detail::keeps_in_journal::not_at_all;

    template <class Core, class Make, class Step, class Merge, class... Ranges>
    static std::decay_t<std::invoke_result_t<const std::decay_t<Make>&>> run(const Core& core, const map_options& options,
                                                                             Make&& make, Step&& step, Merge&& merge,
                                                                             Ranges&&... inputs) {
        static_assert(sizeof...(Ranges) > 0, "parimap: after make, step and merge comes at least one range of items");
        detail::check_given_ranges<Ranges...>();
        using total = std::decay_t<std::invoke_result_t<const std::decay_t<Make>&>>;
        if constexpr (detail::are_ranges<Ranges...>) {
            const std::decay_t<Make>& shared_make = make;
            const std::decay_t<Step>& shared_step = step;
            const std::decay_t<Merge>& shared_merge = merge;
            static_assert(
                std::is_invocable_v<const std::decay_t<Merge>&, total&, total&&>,
                "parimap: merge must be callable through const& as merge(T& left, T&& right), where T is what make() returns");
            static_assert(
                detail::can_change_first<std::decay_t<Step>, total> && detail::can_change_first<std::decay_t<Merge>, total>,
                "parimap: step and merge change their first argument in place, and what they return is not looked at: let them "
                "take "
                "it as T&, where T is what make() returns");
            return detail::fold_blocks<total, (sizeof...(Ranges) > 1)>(
                core, options, detail::make_view(std::forward<Ranges>(inputs)...), shared_make, shared_step, shared_merge);
        } else {
            return make();
        }
    }
};

inline constexpr parallel_fold_fn parallel_fold{};

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
