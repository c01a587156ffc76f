// SPDX-License-Identifier: MIT
// The fold over blocks of items: a reduction whose items are the blocks.
#ifndef PARIMAP_DETAIL_FRONTEND_FOLD_BLOCKS_HPP
#define PARIMAP_DETAIL_FRONTEND_FOLD_BLOCKS_HPP

#include <parimap/detail/engine/blocking.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/indexed_source.hpp>
#include <parimap/detail/ranges/invocation.hpp>
#include <parimap/detail/ranges/pulled_blocks.hpp>
#include <parimap/detail/ranges/range_access.hpp>
#include <parimap/detail/results/reduction.hpp>
#include <parimap/detail/scheduler/scheduler.hpp>
#include <parimap/detail/system/atomic.hpp>
#include <parimap/detail/system/item_number.hpp>
#include <parimap/errors.hpp>
#include <parimap/options.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <ranges>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// Which item of a block threw. (The engine knows the block.)
class failed_step {
  public:
    void note(std::uint64_t item) noexcept { lower(item_, item); }
    bool is_noted() const noexcept { return item_.load(std::memory_order_relaxed) != no_item; }

    /// The item, if it is in the block that failed; else the block's first: blocks could not be merged.
    std::uint64_t in_block(std::uint64_t block, std::uint64_t length) const noexcept {
        const std::uint64_t item = item_.load(std::memory_order_relaxed);
        return item / length == block ? item : block * length;
    }

    /// A block that begins with this item was stopped: no item of it has failed.
    [[noreturn]] void throw_stopped(std::uint64_t first) {
        lower(stopped_, first);
        throw cancelled("parimap: the call was stopped before all items had been folded");
    }
    bool is_stop(std::uint64_t block, std::uint64_t length) const noexcept {
        const std::uint64_t first = stopped_.load(std::memory_order_relaxed);
        return first != no_item && first / length == block;
    }

  private:
    static void lower(atomic<std::uint64_t>& least, std::uint64_t item) noexcept {
        std::uint64_t old = least.load(std::memory_order_relaxed);
        while (item < old && !least.compare_exchange_weak(old, item, std::memory_order_relaxed)) {
        }
    }

    atomic<std::uint64_t> item_{no_item};
    atomic<std::uint64_t> stopped_{no_item};
};

inline constexpr std::uint64_t fold_blocks_of_sized = 128;
inline constexpr std::uint64_t fold_block_of_unsized = 1024;
inline constexpr std::uint64_t fold_items_between_looks = 64;  // whether the call was stopped

/// One block: apply(total, step, i) for each i from `first` up to `end`.
template <class T, class Make, class Step, class ForEach>
T fold_block(const Make& make, std::uint64_t first, std::uint64_t end, const std::stop_token& stop, failed_step& failed,
             const Step& step, const ForEach& apply) {
    T total = make();
    std::uint64_t item = first;
    while (item < end) {
        if (stop.stop_requested()) failed.throw_stopped(first);
        try {
            for (const std::uint64_t next = std::min(end, item + fold_items_between_looks); item < next; ++item)
                apply(total, step, item);
        } catch (...) {
            failed.note(item);
            throw;
        }
    }
    return total;
}

/// step(total, ...) as a function of the item alone.
template <class T, class F, class Source>
struct fold_step {
    static void call(const F& step, T& total, typename Source::item&& item) {
        const auto with_total = [&]<class... Args>(Args && ... args)
            requires std::is_invocable_v<const F&, T&, Args...>
        {
            std::invoke(step, total, std::forward<Args>(args)...);
        };
        invocation<decltype(with_total), Source>::call(
            with_total, [] { return std::stop_token(); }, std::forward<typename Source::item>(item));
    }
};

template <class T, bool Zipped, class View, class Make, class Step, class Merge>
T fold_blocks(scheduler& core, const map_options& options, View view, const Make& make, const Step& step, const Merge& merge) {
    const auto op = [&merge](T&& left, T&& right) -> T {
        std::invoke(merge, left, std::move(right));
        return std::move(left);
    };
    using results = reduction<T, decltype(op)>;
    constexpr std::size_t none = ~std::size_t{0};
    std::size_t failed_block = 0;  // what the view throws when it is asked is told of its first item
    std::uint64_t items_read = no_item;
    failed_step failed;
    std::uint64_t length = options.block ? options.block : fold_block_of_unsized;
    map_options of_blocks = options;
    of_blocks.failed_index = &failed_block;
    const auto take = [&](results& r, std::uint64_t blocks, std::size_t* failed_index) -> T {
        auto all = [&] {
            std::uint64_t combining = 0;
            try {
                return r.take(blocks, combining);
            } catch (...) {
                *failed_index = static_cast<std::size_t>(combining);
                throw;
            }
        }();
        return all ? std::move(all->get()) : make();
    };
    core.throw_unless_open();
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
            const auto fold = [&](std::stop_token stop, std::uint64_t block) {
                const auto apply = [&](T& total, const Step& s, std::uint64_t i) {
                    fold_step<T, Step, source>::call(s, total, static_cast<typename source::item>(element[i]));
                };
                const std::uint64_t first = block * length;
                return fold_block<T>(make, first, first + std::min(length, items - first), stop, failed, step, apply);
            };
            const std::uint64_t blocks = items / length + (items % length > 0 ? 1 : 0);
            return run_blocking<results, false>(core, of_blocks, view_of(std::views::iota(std::uint64_t{0}, blocks)), fold, take,
                                                core.size(), op);
        } else {
            failed_block = none;
            if (options.window > 0 && options.window < length) {
                throw std::invalid_argument("parimap: parallel_fold gathers this input in blocks of " + std::to_string(length) +
                                            " items, which do not fit into the window of " + std::to_string(options.window) +
                                            "; ask for smaller blocks with map_options::block");
            }
            of_blocks.window = options.window / static_cast<std::size_t>(length);
            const auto check = [&](std::uint64_t first) {
                if (options.stop.stop_requested() || failed.is_noted() || core.is_terminated()) failed.throw_stopped(first);
            };
            using blocks = pulled_blocks<View, Zipped, decltype(check)>;
            const auto fold = [&](std::stop_token stop, typename blocks::block&& block) {
                const auto apply = [&](T& total, const Step& s, std::uint64_t i) {
                    fold_step<T, Step, blocks>::call(s, total,
                                                     blocks::pass(block.items[static_cast<std::size_t>(i - block.first)]));
                };
                return fold_block<T>(make, block.first, block.first + block.items.size(), stop, failed, step, apply);
            };
            blocks gathered(view, static_cast<std::size_t>(length), check);
            const struct note_read {
                const blocks& all;
                std::uint64_t& items;
                ~note_read() { items = all.items_read(); }
            } when_it_ends{gathered, items_read};
            return run_blocking<results, false>(core, of_blocks, view_of(gathered), fold, take, core.size(), op);
        }
    } catch (...) {
        if (options.failed_index && failed_block != none && !failed.is_stop(failed_block, length)) {
            *options.failed_index = static_cast<std::size_t>(std::min(failed.in_block(failed_block, length), items_read));
        }
        throw;
    }
}

}  // namespace parimap::detail

#endif
