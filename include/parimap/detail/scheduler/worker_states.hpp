// SPDX-License-Identifier: MIT
// One state for each worker, found without a lock.
#ifndef PARIMAP_DETAIL_SCHEDULER_WORKER_STATES_HPP
#define PARIMAP_DETAIL_SCHEDULER_WORKER_STATES_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/scheduler/scheduler.hpp>
#include <parimap/detail/system/atomic.hpp>

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

/// A fixed table of lists that only grow. A worker is a seat of a pool, or a thread outside all pools; it alone adds
/// and uses its own states, and the scheduler orders the threads that hold one seat after another.
template <class State>
class worker_states {
    struct worker {
        std::uint64_t pool;  // 0: outside, and `place` stands for the thread
        std::size_t place;
        auto operator<=>(const worker&) const = default;
    };

    struct node {
        worker owner;
        State state;
        node* next = nullptr;
        bool lent = false;
    };

  public:
    worker_states() = default;
    worker_states(const worker_states&) = delete;
    worker_states& operator=(const worker_states&) = delete;
    ~worker_states() {
        for (atomic<node*>& list : lists_) {
            for (node* n = list.load(std::memory_order_acquire); n;) delete std::exchange(n, n->next);
        }
    }

    /// The right to use a state while it lives.
    class loan {
      public:
        explicit loan(node* n) noexcept : node_(n) { node_->lent = true; }
        ~loan() { node_->lent = false; }
        loan(const loan&) = delete;
        loan& operator=(const loan&) = delete;
        State& get() const noexcept { return node_->state; }

      private:
        node* node_;
    };

    /// The calling worker's state, made if it has none, or if a call further out on this worker uses it just now.
    template <class Make>
    loan borrow(const Make& make) {
        const worker me = current_worker();
        atomic<node*>& list = lists_[static_cast<std::size_t>((me.place + me.pool) % lists_.size())];
        for (node* n = list.load(std::memory_order_acquire); n; n = n->next) {
            if (n->owner == me && !n->lent) return loan(n);
        }
        node* fresh = new node{me, std::invoke(make)};
        fresh->next = list.load(std::memory_order_relaxed);
        while (!list.compare_exchange_weak(fresh->next, fresh, std::memory_order_acq_rel, std::memory_order_relaxed)) {
        }
        return loan(fresh);
    }

    /// A forward range of State&.
    class range {
      public:
        class iterator {
          public:
            using value_type = State;
            using difference_type = std::ptrdiff_t;

            iterator() = default;
            explicit iterator(node* const* at) noexcept : at_(at) {}
            State& operator*() const noexcept { return (*at_)->state; }
            State* operator->() const noexcept { return &(*at_)->state; }
            iterator& operator++() noexcept { return ++at_, *this; }
            iterator operator++(int) noexcept { return iterator(at_++); }
            bool operator==(const iterator&) const = default;

          private:
            node* const* at_ = nullptr;
        };

        explicit range(std::vector<node*> nodes) noexcept : nodes_(std::move(nodes)) {}

        iterator begin() const noexcept { return iterator(nodes_.data()); }
        iterator end() const noexcept { return iterator(nodes_.data() + nodes_.size()); }
        std::size_t size() const noexcept { return nodes_.size(); }
        bool empty() const noexcept { return nodes_.empty(); }
        State& operator[](std::size_t i) const noexcept { return nodes_[i]->state; }

      private:
        std::vector<node*> nodes_;
    };

    /// All of them, by pool and seat; those of one seat as they were made.
    range in_order() const {
        std::vector<node*> nodes;
        for (const atomic<node*>& list : lists_) {
            for (node* n = list.load(std::memory_order_acquire); n; n = n->next) nodes.push_back(n);
        }
        std::ranges::reverse(nodes);  // lists have the newest first
        std::ranges::stable_sort(nodes, {}, &node::owner);
        return range(std::move(nodes));
    }

  private:
    static worker current_worker() noexcept {
        if (current_place) return {current_place->owner->id(), current_place->seat};
        return {0, std::hash<std::thread::id>{}(std::this_thread::get_id())};
    }

    std::array<atomic<node*>, 64> lists_{};
};

}  // namespace parimap::detail

#endif
