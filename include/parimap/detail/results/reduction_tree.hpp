// SPDX-License-Identifier: MIT
// The tree in which results are combined: what its nodes are, and those that several workers complete together.
#ifndef PARIMAP_DETAIL_RESULTS_REDUCTION_TREE_HPP
#define PARIMAP_DETAIL_RESULTS_REDUCTION_TREE_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/results/kept.hpp>
#include <parimap/detail/system/item_number.hpp>
#include <parimap/detail/system/mutex.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// A node of level 1 is `fan` consecutive items, one of level 2 as many nodes of level 1, and so on; each is folded from left to
/// right. What is left over at the right end is a node with fewer children on each level, of which the last is the one below. So every
/// node is known before the number of items is, and that number alone decides which there are.
template <class R, class Op>
class reduction_tree {
  public:
    static constexpr unsigned fan = 8;

    explicit reduction_tree(const Op& op) : op_(op) {}

    const Op& op() const noexcept { return op_; }

    /// The first item of a child.
    static constexpr std::uint64_t first_item(unsigned level, std::uint64_t node, unsigned child) noexcept {
        return (node * fan + child) << (3 * (level - 1));
    }

    /// Adds children of a node: one, or the first `count`, folded. Whoever brings what completes a node combines it, and goes on with the
    /// node above. `combining` is the first item of op's right operand while op runs, and no_item otherwise. If op throws, the node
    /// is never completed.
    void put(unsigned level, std::uint64_t node, unsigned child, unsigned count, kept<R> folded, std::uint64_t& combining) {
        std::optional<kept<R>> value(std::move(folded));
        for (; fold_into(level, node, child, count, value, combining); ++level, count = 1) {
            child = static_cast<unsigned>(node % fan);
            node /= fan;
        }
    }

    /// The combination of all items; nothing if there was none. After the last item.
    std::optional<kept<R>> take(std::uint64_t items, std::uint64_t& combining) {
        std::optional<kept<R>> all;
        for (unsigned level = 1; items > 0; ++level, items /= fan) {
            if (items % fan == 0) continue;
            kept<R>& folded = *nodes_.at({level, items / fan}).folded;
            if (all) {
                combining = first_item(level, items / fan, static_cast<unsigned>(items % fan));
                kept<R> both = kept<R>::combined(op_, folded, *all);
                all.emplace(std::move(both));
            } else {
                all.emplace(std::move(folded));
            }
        }
        combining = 0;
        return all;
    }

  private:
    /// A node of which some children are there. `folded` are the first `count`.
    struct incomplete {
        std::optional<kept<R>> folded;
        unsigned count = 0;
        bool is_busy = false;  // a worker is combining them with the next
        std::array<std::optional<kept<R>>, fan> waiting;
    };

    /// Whether value is then the whole node, which is no more.
    bool fold_into(unsigned level, std::uint64_t number, unsigned child, unsigned count, std::optional<kept<R>>& value,
                   std::uint64_t& combining) {
        std::optional<kept<R>> left;
        {
            const lock held(mutex_);
            incomplete& n = nodes_[{level, number}];
            if (n.is_busy || n.count != child) {
                n.waiting[child].emplace(std::move(*value));
                return false;
            }
            n.is_busy = true;
            if (n.folded) move_to(left, n.folded);
        }
        for (;;) {
            if (left) {
                combining = first_item(level, number, child);
                kept<R> both = kept<R>::combined(op_, *left, *value);
                combining = no_item;
                value.emplace(std::move(both));
            }
            child += count;
            count = 1;
            const lock held(mutex_);
            const auto found = nodes_.find({level, number});
            if (child == fan) {
                nodes_.erase(found);
                return true;
            }
            incomplete& n = found->second;
            n.count = child;
            if (!n.waiting[child]) {
                n.folded.emplace(std::move(*value));
                n.is_busy = false;
                return false;
            }
            move_to(left, value);
            move_to(value, n.waiting[child]);
        }
    }

    static void move_to(std::optional<kept<R>>& to, std::optional<kept<R>>& from) {
        to.emplace(std::move(*from));
        from.reset();
    }

    const Op& op_;
    mutex mutex_;
    std::map<std::pair<unsigned, std::uint64_t>, incomplete> nodes_;  // by level and number
};

}  // namespace parimap::detail

#endif
