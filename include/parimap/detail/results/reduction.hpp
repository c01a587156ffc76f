// SPDX-License-Identifier: MIT
// The results of parallel_map_reduce: each worker combines what it runs, as far as the tree lets it.
#ifndef PARIMAP_DETAIL_RESULTS_REDUCTION_HPP
#define PARIMAP_DETAIL_RESULTS_REDUCTION_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/results/failures.hpp>
#include <parimap/detail/results/folding.hpp>
#include <parimap/detail/results/kept.hpp>
#include <parimap/detail/results/reduction_tree.hpp>
#include <parimap/detail/system/cache_line.hpp>
#include <parimap/detail/system/few.hpp>
#include <parimap/detail/system/item_number.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

/// The lowest two levels of the tree a worker folds in registers, the others in what its seat keeps for it. What it has not completed
/// when it leaves, or when its next batch does not continue the one before, it puts into the tree that all share. So a node all of whose
/// items one worker runs one after another takes neither a lock nor memory.
template <class R, class Op>
class reduction : public first_failure {
    using tree = reduction_tree<R, Op>;
    static constexpr unsigned fan = tree::fan;
    static constexpr unsigned first_level = 3;  // in `path`
    static constexpr std::uint64_t run_length = std::uint64_t{fan} * fan;

    struct at_level {
        std::uint64_t node = 0;
        folding<R> children;
    };

    struct alignas(cache_line) at_seat {
        folding<R> items;  // as writer has them, between two batches and where they would be in no register
        folding<R> nodes;
        std::uint64_t next = no_item;       // behind the latest batch, until its end is put into the tree
        std::vector<at_level> path;         // by level, those that a batch came to
        std::uint64_t combining = no_item;  // the first item of op's right operand, while op runs
    };

  public:
    /// Whether a worker may keep what it has folded from one batch to the next. Not what may be large: its neighbours would wait for it, and
    /// be alive so long.
    static constexpr bool keeps_at_hand = folding<R>::is_plain;

    /// Whether another process combines what it can, and keeps what is left until the end: not where that may be large, and is one value for
    /// many items anyway.
    static constexpr bool stays_elsewhere = keeps_at_hand || !requires { Op::operands_are_few; };

    reduction(std::size_t seats, const Op& op) : tree_(op), seats_(seats) {}

    /// What a batch's items are given to, one after another. (Its functions hand no reference to it to others: so a loop over numbers
    /// keeps it in registers.)
    class writer {
      public:
        writer(reduction& all, at_seat& seat) noexcept : all_(&all), seat_(&seat), items_(seat.items), nodes_(seat.nodes) {}

        /// Before the batch's first item.
        void begin(std::uint64_t first) {
            if (seat_->next == first) return;
            if constexpr (folding<R>::is_plain) {  // copies, or else what is put into the tree
                items_.clear();
                nodes_.clear();
            }
            all_->flush(*seat_);
        }

        /// After those before `next`.
        void pause(std::uint64_t next) noexcept {
            if constexpr (folding<R>::is_plain) {
                seat_->items = items_;
                seat_->nodes = nodes_;
            }
            seat_->next = next;
        }

        template <class Make>
        [[gnu::always_inline]] void operator()(std::uint64_t item, Make&& make) {
            const auto child = static_cast<unsigned>(item % fan);
            if (items_.count() != child) [[unlikely]]
                return all_->put_one(*seat_, 1, item, kept<R>::from(make));  // the batch began inside this node
            items_.add(all_->tree_.op(), make);
            if (child + 1 == fan) add_node(item / fan);
        }

        /// Whether add_in_step() may begin with this item: it is the next one of its node, of which all before are here.
        bool is_in_step(std::uint64_t item) const noexcept
            requires folding<R>::is_plain
        {
            return items_.count() == item % fan && nodes_.count() == item / fan % fan;
        }

        /// As many items as pop(item) gives, in a loop that calls nothing. True after the last one of a node of level 2, which complete()
        /// then takes.
        template <class Pop, class Make>
        [[gnu::always_inline]] bool add_in_step(std::uint64_t& item, Pop&& pop, Make&& make)
            requires folding<R>::is_plain
        {
            const Op& op = all_->tree_.op();
            for (;;) {
                // Whether it is the first of its node each item would ask otherwise.
                if (items_.count() == 0) {
                    if (!pop(item)) return false;
                    items_.add(op, make);
                }
                while (items_.count() < fan) {
                    if (!pop(item)) [[unlikely]]
                        return false;
                    items_.add_another(op, make);
                }
                fold_node(item / fan);
                if ((item + 1) % run_length == 0) return true;
            }
        }
        void complete(std::uint64_t next) { all_->add(*seat_, (next - 1) / run_length, nodes_.take()); }

        /// Whether the items from this one up to `end` are enough for add_run().
        static constexpr bool can_add_run(std::uint64_t item, std::uint64_t end) noexcept
            requires folding<R>::is_plain
        {
            return item % run_length == 0 && end - item >= run_length;
        }

        /// All items of a node of level 2, of which make(item) is the result. Leaves `item` behind them, or at the one that threw. (The
        /// sums of eight items each do not wait for one another, which hides how long an addition takes.)
        template <class Make>
        [[gnu::always_inline]] void add_run(std::uint64_t& item, Make&& make)
            requires folding<R>::is_plain
        {
            const std::uint64_t node = item / run_length;
            for (unsigned child = 0; child < fan; ++child) {
                folding<R> items;
                for (unsigned i = 0; i < fan; ++i, ++item) items.add(all_->tree_.op(), [&]() -> R { return make(item); });
                seat_->combining = item - fan;
                nodes_.add(all_->tree_.op(), [&]() -> R { return items.value(); });
                seat_->combining = no_item;
            }
            all_->add(*seat_, node, nodes_.take());
        }

      private:
        using here = std::conditional_t<folding<R>::is_plain, folding<R>, folding<R>&>;

        [[gnu::always_inline]] void add_node(std::uint64_t node) {
            const auto child = static_cast<unsigned>(node % fan);
            if (nodes_.count() != child) [[unlikely]]
                return all_->put_one(*seat_, 2, node, items_.take());
            fold_node(node);
            if (child + 1 == fan) all_->add(*seat_, node / fan, nodes_.take());
        }

        [[gnu::always_inline]] void fold_node(std::uint64_t node) {
            seat_->combining = node * fan;
            nodes_.add(all_->tree_.op(), [this]() -> R {
                if constexpr (folding<R>::is_plain) {
                    const R folded = items_.value();
                    items_.clear();
                    return folded;
                } else {
                    return std::move(items_.take().get());
                }
            });
            seat_->combining = no_item;
        }

        reduction* all_;
        at_seat* seat_;
        here items_;  // of the node of level 1 that the latest item is in
        here nodes_;  // and of that of level 2
    };

    template <class RunBatch>
    auto with_writer(std::size_t seat, RunBatch run_batch) {
        return run_batch(writer(*this, seats_[seat]));
    }

    /// By a worker that leaves.
    void flush(std::size_t seat) { flush(seats_[seat]); }

    /// What op throws counts as the failure of the first item of its right operand, whichever item completed the node.
    std::uint64_t blamed(std::size_t seat, std::uint64_t item) noexcept {
        const std::uint64_t combining = std::exchange(seats_[seat].combining, no_item);
        return combining == no_item ? item : combining;
    }

    using part = typename tree::part;
    using value_part = std::pair<part, kept<R>>;

    /// Adds what another reduction over the same items has combined,
    void put_part(std::size_t seat, const part& p, kept<R> value) {
        put(seats_[seat], p.level, p.node, p.child, p.count, std::move(value));
    }
    /// or has, all of it: all seats are flushed.
    std::vector<value_part> take_parts() { return tree_.take_parts(); }

    const Op& op() const noexcept { return tree_.op(); }

    /// The combination of all items; nothing if there was none. After the last item. While op runs, `combining` is
    /// the first item of its right operand.
    std::optional<kept<R>> take(std::uint64_t items, std::uint64_t& combining) { return tree_.take(items, combining); }

  private:
    void put(at_seat& seat, unsigned level, std::uint64_t node, unsigned child, unsigned count, kept<R> folded) {
        tree_.put(level, node, child, count, std::move(folded), seat.combining);
    }

    /// One child of a node whose first ones are another batch's.
    [[gnu::noinline]] void put_one(at_seat& seat, unsigned level, std::uint64_t child, kept<R> value) {
        put(seat, level, child / fan, static_cast<unsigned>(child % fan), 1, std::move(value));
    }

    /// A whole node of level 2.
    [[gnu::noinline]] void add(at_seat& seat, std::uint64_t number, kept<R> folded) {
        std::optional<kept<R>> value(std::move(folded));
        for (unsigned level = first_level;; ++level, number /= fan) {
            if (seat.path.size() == level - first_level) seat.path.emplace_back();
            at_level& here = seat.path[level - first_level];
            const auto child = static_cast<unsigned>(number % fan);
            if (here.children.count() != child || (child > 0 && here.node != number / fan))
                return put_one(seat, level, number, std::move(*value));
            here.node = number / fan;
            seat.combining = tree::first_item(level, here.node, child);
            here.children.add(tree_.op(), [&value]() -> R { return std::move(value->get()); });
            seat.combining = no_item;
            if (child + 1 < fan) return;
            value.emplace(here.children.take());
        }
    }

    [[gnu::noinline]] void flush(at_seat& seat) {
        if (seat.next == no_item) return;
        // Where one fails the call has failed, and none of the others is wanted.
        const std::uint64_t last = std::exchange(seat.next, no_item) - 1;
        std::vector<at_level> path = std::exchange(seat.path, {});
        try {
            if (const unsigned count = seat.items.count()) put(seat, 1, last / fan, 0, count, seat.items.take());
            if (const unsigned count = seat.nodes.count()) put(seat, 2, last / fan / fan, 0, count, seat.nodes.take());
            unsigned level = first_level;
            for (at_level& here : path) {
                if (const unsigned count = here.children.count()) put(seat, level, here.node, 0, count, here.children.take());
                ++level;
            }
        } catch (...) {  // also where no op failed, but memory did: of an item that has run
            if (seat.combining == no_item) seat.combining = last;
            seat.items.clear();
            seat.nodes.clear();
            throw;
        }
    }

    tree tree_;
    const few<at_seat> seats_;
};

}  // namespace parimap::detail

#endif
