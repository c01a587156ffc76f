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
#include <vector>

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
    void put(unsigned level, std::uint64_t node, unsigned child, unsigned count, kept<R> value, std::uint64_t& combining) {
        lock held(mutex_);
        incomplete& n = nodes_[{level, node}];
        if (n.count != child) {
            n.waiting[child].emplace(std::move(value));
            return;
        }
        if (!n.folded) {
            held.unlock();
            return go_on(level, node, count, std::move(value), combining);
        }
        kept<R> left = taken(n.folded);
        held.unlock();
        join(level, node, child, count, left, value, combining);
    }

    /// Children of a node, from `child` on: one, or the first `count`.
    struct part {
        std::uint64_t node;
        unsigned level;
        unsigned child;
        unsigned count;

        std::uint64_t first() const noexcept { return first_item(level, node, child); }
    };

    /// What put() wants, of everything that is here; nothing is here then.
    std::vector<std::pair<part, kept<R>>> take_parts() {
        std::vector<std::pair<part, kept<R>>> all;
        const lock held(mutex_);
        for (auto& [place, node] : nodes_) {
            if (node.folded) all.emplace_back(part{place.second, place.first, 0, node.count}, std::move(*node.folded));
            for (unsigned child = 0; child < fan; ++child) {
                if (node.waiting[child])
                    all.emplace_back(part{place.second, place.first, child, 1}, std::move(*node.waiting[child]));
            }
        }
        nodes_.clear();
        return all;
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
    /// A node of which some children are there. `folded` are the first `count`; while a worker combines them with the next, which no other
    /// brings, they are with it.
    struct incomplete {
        std::optional<kept<R>> folded;
        unsigned count = 0;
        std::array<std::optional<kept<R>>, fan> waiting;
    };

    static kept<R> taken(std::optional<kept<R>>& from) {
        kept<R> value = std::move(*from);
        from.reset();
        return value;
    }

    /// By who has what is folded of the node: `right` are `count` children from `child` on, and `left` all before them.
    void join(unsigned level, std::uint64_t node, unsigned child, unsigned count, kept<R>& left, kept<R>& right,
              std::uint64_t& combining) {
        combining = first_item(level, node, child);
        kept<R> both = kept<R>::combined(op_, left, right);
        combining = no_item;
        go_on(level, node, child + count, std::move(both), combining);
    }

    /// The same once the first `count` children are in `folded`: with the next, if it is there, or with the node above. (It calls itself,
    /// at most as often as there are results that wait on each level.)
    void go_on(unsigned level, std::uint64_t node, unsigned count, kept<R> folded, std::uint64_t& combining) {
        lock held(mutex_);
        const auto found = nodes_.find({level, node});
        if (count == fan) {
            nodes_.erase(found);
            held.unlock();
            return put(level + 1, node / fan, static_cast<unsigned>(node % fan), 1, std::move(folded), combining);
        }
        incomplete& n = found->second;
        n.count = count;
        if (!n.waiting[count]) {
            n.folded.emplace(std::move(folded));
            return;
        }
        kept<R> next = taken(n.waiting[count]);
        held.unlock();
        join(level, node, count, 1, folded, next, combining);
    }

    const Op& op_;
    mutex mutex_;
    std::map<std::pair<unsigned, std::uint64_t>, incomplete> nodes_;  // by level and number
};

}  // namespace parimap::detail

#endif
