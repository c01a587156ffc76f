// SPDX-License-Identifier: MIT
// Combines results in a tree that the number of items alone decides.
#ifndef PARIMAP_DETAIL_RESULTS_REDUCTION_HPP
#define PARIMAP_DETAIL_RESULTS_REDUCTION_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/results/failures.hpp>
#include <parimap/detail/system/atomic.hpp>
#include <parimap/detail/system/cache_line.hpp>
#include <parimap/detail/system/item_number.hpp>
#include <parimap/detail/system/mutex.hpp>
#include <parimap/detail/system/slot.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

/// A result that stands by itself if it is small, and on the heap if it is not: combining moves large ones about no stack, and a
/// worker's may be small.
template <class R>
class kept {
    static constexpr bool is_small = sizeof(R) <= 1024;

  public:
    /// From what make() returns, without a move.
    template <class Make>
    static kept from(Make&& make) {
        return kept(std::in_place, make);
    }
    R& get() noexcept {
        if constexpr (is_small) {
            return value_;
        } else {
            return *value_;
        }
    }

  private:
    template <class Make>
    kept(std::in_place_t, Make& make)
        requires(is_small)
        : value_(make()) {}
    template <class Make>
    kept(std::in_place_t, Make& make)
        requires(!is_small)
        : value_(new R(make())) {}

    std::conditional_t<is_small, R, std::unique_ptr<R>> value_;
};

/// The tree: leaves of leaf_size consecutive items, each folded from left to right; two neighbours on one level, the
/// left one with an even number, make a node of the next. What is left over at the right end is folded from the right.
/// So every node is known before the number of items is, and whoever completes one combines it (the scheme of
/// pairwise summation with a binary counter). Memory is needed for leaves under way and nodes whose sibling is missing.
template <class R, class Op>
class reduction : public first_failure {
  public:
    static constexpr std::uint64_t leaf_size = 32;

    reduction(std::size_t seats, const Op& op) : op_(op), seats_(seats) {}

    template <class RunBatch>
    auto with_writer(std::size_t seat, RunBatch run_batch) {
        return run_batch([this, &here = seats_[seat]](std::uint64_t item, auto&& make) { this->put(here, item, make); });
    }

    /// What op throws counts as the failure of the first item of its right operand, whichever item completed the node.
    void fail(std::size_t seat, std::uint64_t item, std::exception_ptr exception, failure_of whose) noexcept {
        const std::uint64_t combining = std::exchange(seats_[seat].combining, no_item);
        first_failure::fail(seat, combining == no_item ? item : combining, std::move(exception), whose);
    }

    /// The combination of all items; nothing if there was none. After the last item. While op runs, `combining` is
    /// the first item of its right operand.
    std::optional<kept<R>> take(std::uint64_t items, std::uint64_t& combining) {
        std::optional<kept<R>> all;
        std::uint64_t first = items - items % leaf_size;
        if (const std::uint64_t rest = items % leaf_size) {
            all.emplace(fold(*leaves_.at(items / leaf_size), items / leaf_size, rest, combining));
        }
        for (auto node = waiting_.rbegin(); node != waiting_.rend(); ++node) {
            if (all) {
                combining = first;
                combine(all, node->second, *all);
            } else {
                all.emplace(std::move(node->second));
            }
            first = node->first.first * leaf_size;
        }
        combining = 0;
        return all;
    }

  private:
    struct leaf {
        std::array<slot<R>, leaf_size> results;
        atomic<std::uint64_t> missing{leaf_size};
    };

    struct alignas(cache_line) at_seat {
        std::uint64_t number = no_item;     // the leaf of the seat's latest item, so that the next item of
        leaf* latest = nullptr;             // the leaf finds it without the lock; it exists until then
        std::uint64_t combining = no_item;  // the first item of op's right operand, while op runs
    };

    template <class Make>
    void put(at_seat& here, std::uint64_t item, Make make) {
        here.combining = no_item;
        const std::uint64_t number = item / leaf_size;
        leaf& l = leaf_of(here, number);
        l.results[static_cast<std::size_t>(item % leaf_size)].build(make);
        if (l.missing.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
        climb(number, fold(l, number, leaf_size, here.combining), here.combining);
    }

    leaf& leaf_of(at_seat& here, std::uint64_t number) {
        if (here.number != number) {
            const lock held(mutex_);
            std::unique_ptr<leaf>& l = leaves_[number];
            if (!l) l = std::make_unique_for_overwrite<leaf>();
            here.number = number;
            here.latest = l.get();
        }
        return *here.latest;
    }

    /// What op makes of two of them, in `to`, which may be one of the two.
    void combine(std::optional<kept<R>>& to, kept<R>& left, kept<R>& right) {
        kept<R> both = kept<R>::from([&]() -> R { return std::invoke(op_, std::move(left.get()), std::move(right.get())); });
        to.emplace(std::move(both));
    }

    kept<R> fold(leaf& l, std::uint64_t number, std::uint64_t count, std::uint64_t& combining) {
        std::optional<kept<R>> all(kept<R>::from([&]() -> R { return R(std::move(l.results[0].get())); }));
        for (std::uint64_t i = 1; i < count; ++i) {
            combining = number * leaf_size + i;
            kept<R> both = kept<R>::from([&]() -> R {
                return std::invoke(op_, std::move(all->get()), std::move(l.results[static_cast<std::size_t>(i)].get()));
            });
            all.emplace(std::move(both));
        }
        combining = no_item;
        return std::move(*all);
    }

    /// Puts the finished leaf into the tree, and combines upwards as long as the sibling is there.
    void climb(std::uint64_t number, kept<R>&& folded, std::uint64_t& combining) {
        std::optional<kept<R>> node(std::move(folded));
        std::uint64_t first = number;  // of the leaves below the node
        for (std::uint64_t width = 1;; width *= 2) {
            const bool is_left = (first / width) % 2 == 0;
            const std::uint64_t sibling = is_left ? first + width : first - width;
            std::optional<kept<R>> other;
            {
                const lock held(mutex_);
                if (width == 1) leaves_.erase(number);
                const auto found = waiting_.find({sibling, width});
                if (found == waiting_.end()) {
                    waiting_.emplace(std::pair(first, width), std::move(*node));
                    return;
                }
                other.emplace(std::move(found->second));
                waiting_.erase(found);
            }
            combining = (is_left ? sibling : first) * leaf_size;
            combine(node, is_left ? *node : *other, is_left ? *other : *node);
            combining = no_item;
            if (!is_left) first = sibling;
        }
    }

    const Op& op_;
    std::vector<at_seat> seats_;
    mutex mutex_;
    std::unordered_map<std::uint64_t, std::unique_ptr<leaf>> leaves_;
    std::map<std::pair<std::uint64_t, std::uint64_t>, kept<R>> waiting_;  // by first leaf and width
};

}  // namespace parimap::detail

#endif
