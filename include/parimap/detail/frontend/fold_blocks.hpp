// SPDX-License-Identifier: MIT
// The fold over blocks of items: a reduction whose items are the blocks.
#ifndef PARIMAP_DETAIL_FRONTEND_FOLD_BLOCKS_HPP
#define PARIMAP_DETAIL_FRONTEND_FOLD_BLOCKS_HPP

#include <parimap/detail/engine/blocking.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/frontend/fold_of_block.hpp>
#include <parimap/detail/frontend/frontend.hpp>
#include <parimap/detail/ranges/block_of_elements.hpp>
#include <parimap/detail/ranges/indexed_source.hpp>
#include <parimap/detail/ranges/pulled_blocks.hpp>
#include <parimap/detail/ranges/pulled_item.hpp>
#include <parimap/detail/ranges/range_access.hpp>
#include <parimap/detail/results/reduction.hpp>
#include <parimap/detail/system/atomic.hpp>
#include <parimap/detail/system/item_number.hpp>
#include <parimap/detail/system/step_failed.hpp>
#include <parimap/options.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <ranges>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

inline constexpr std::uint64_t fold_blocks_of_sized = 128;
inline constexpr std::uint64_t fold_block_of_unsized = 1024;

template <class T, bool Zipped, class Core, class View, class Make, class Step, class Merge>
T fold_blocks(const Core& core, const map_options& options, View view, const Make& make, const Step& step, const Merge& merge) {
    constexpr bool may_travel = !std::is_same_v<Core, pool_core>;
    using held_make = held_function<Core, Make>;
    using held_step = held_function<Core, Step>;
    using merging = fold_merge<T, held_function<Core, Merge>>;
    using results = reduction<T, merging>;
    constexpr std::size_t none = ~std::size_t{0};
    std::size_t failed_block = 0;  // what the view throws when it is asked is told of its first item
    std::uint64_t length = options.block ? options.block : fold_block_of_unsized;
    map_options of_blocks = options;
    of_blocks.failed_index = &failed_block;
    const auto run = [&](auto blocks, const auto& fold) -> T {
        const merging op{merge};
        const auto take = [&](results& r, std::uint64_t count, std::size_t* failed_index) -> T {
            std::uint64_t combining = 0;
            try {
                auto all = r.take(count, combining);
                return all ? std::move(all->get()) : std::invoke(make);
            } catch (...) {
                *failed_index = static_cast<std::size_t>(combining);
                throw;
            }
        };
        return run_blocking<results, false>(core, of_blocks, std::move(blocks), fold, take, core->size(), op);
    };
    core->throw_unless_open();
    try {
        if constexpr (some_sized_range<View>) {
            if (options.block == 0)
                length = std::max<std::uint64_t>(1, (size_of(view) + fold_blocks_of_sized - 1) / fold_blocks_of_sized);
        }
        of_blocks.chunk = options.chunk ? std::max<std::size_t>(1, options.chunk / static_cast<std::size_t>(length)) : 0;
        if constexpr (indexed_range<View>) {
            using source = indexed_source<View, Zipped>;
            const iterator_of<View> begin = begin_of(view);
            const std::uint64_t items = size_from(view, begin);
            failed_block = none;
            const elements_from element(begin);
            const auto numbers = std::views::iota(std::uint64_t{0}, items / length + (items % length > 0 ? 1 : 0));
            const auto end_of_block = [&](std::uint64_t first) { return first + std::min(length, items - first); };
            if constexpr (may_travel) {
                of_blocks.block = static_cast<std::size_t>(length << 32U) + static_cast<std::size_t>(items);  // compared by ranks
                if (core.to_others && !core.to_others->is_joint()) {
                    using traits = travelling_element<View, Zipped>;
                    const auto copied = [&](std::uint64_t block) {
                        block_of_elements<traits> made{block * length, {}};
                        const std::uint64_t end = end_of_block(made.first);
                        made.elements.reserve(static_cast<std::size_t>(end - made.first));
                        for (std::uint64_t item = made.first; item < end; ++item) {
                            try {
                                made.elements.push_back(traits::keep_element(element[item]));
                            } catch (...) {
                                throw step_failed{item, std::current_exception()};
                            }
                        }
                        return made;
                    };
                    return run(view_of(numbers | std::views::transform(copied)),
                               fold_of_block<T, held_make, held_step, traits, Zipped>{make, step});
                }
            }
            return run(view_of(numbers), [&](std::stop_token stop, std::uint64_t block) {
                const auto apply = [&](T& total, std::uint64_t i) {
                    fold_step<T, Step, source>::call(step, total, static_cast<typename source::item>(element[i]));
                };
                return fold_block<T>(make, block * length, end_of_block(block * length), stop, apply);
            });
        } else {
            failed_block = none;
            if (options.window > 0 && options.window < length) {
                throw std::invalid_argument("parimap: parallel_fold gathers this input in blocks of " + std::to_string(length) +
                                            " items, which do not fit into the window of " + std::to_string(options.window) +
                                            "; ask for smaller blocks with map_options::block");
            }
            of_blocks.window = options.window / static_cast<std::size_t>(length);
            atomic<bool> has_failed{false};  // here; of other processes the engine tells between blocks
            const auto check = [&] {
                if (options.stop.stop_requested() || has_failed.load(std::memory_order_relaxed) || core->is_terminated())
                    throw_fold_stopped();
            };
            using traits = std::conditional_t<may_travel, travelling_element<View, Zipped>, pulled_item<View, Zipped>>;
            using fold = fold_of_block<T, held_make, held_step, traits, Zipped>;
            pulled_blocks<View, traits, decltype(check)> gathered(view, static_cast<std::size_t>(length), check);
            if constexpr (may_travel) {
                if (core.to_others || core.with_root) return run(view_of(gathered), fold{make, step});
            }
            return run(view_of(gathered), [&](std::stop_token stop, block_of_elements<traits>&& block) {
                try {
                    return fold{make, step}(std::move(stop), std::move(block));
                } catch (...) {
                    has_failed.store(true, std::memory_order_relaxed);
                    throw;
                }
            });
        }
    } catch (const step_failed& failed) {
        if (options.failed_index && failed.item != no_item) *options.failed_index = static_cast<std::size_t>(failed.item);
        std::rethrow_exception(failed.exception);
    } catch (...) {
        if (options.failed_index && failed_block != none) *options.failed_index = failed_block * static_cast<std::size_t>(length);
        throw;
    }
}

}  // namespace parimap::detail

#endif
