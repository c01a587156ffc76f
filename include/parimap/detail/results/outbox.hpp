// SPDX-License-Identifier: MIT
// A queue from one worker at a time to one consumer, in linked blocks that are used again.
#ifndef PARIMAP_DETAIL_RESULTS_OUTBOX_HPP
#define PARIMAP_DETAIL_RESULTS_OUTBOX_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/system/atomic.hpp>
#include <parimap/detail/system/cache_line.hpp>

#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// Unbounded, first in, first out, no lock. The writer builds entries in place; the reader empties them. Blocks go
/// back to the writer over a stack that it takes as a whole, so no compare-and-swap ever meets a reused block.
template <class Entry>
class outbox {
  public:
    static constexpr std::size_t block_size = sizeof(Entry) >= 2048 ? 2 : 4096 / sizeof(Entry);

    outbox() noexcept = default;
    outbox(const outbox&) = delete;
    outbox& operator=(const outbox&) = delete;
    ~outbox() {
        while (front()) pop();
        delete_all(head_);
        delete_all(returned_.load(std::memory_order_acquire));
        delete_all(spare_);
    }

    // ---- by the writer -------------------------------------------------------------------------------------------

    /// Room for the next entry. It is not in the queue before push().
    void* room() {
        if (!tail_ || written_ == block_size) append_block();
        return tail_->at(written_);
    }

    void push() noexcept { tail_->count.store(++written_, std::memory_order_release); }

    // ---- by the reader -------------------------------------------------------------------------------------------

    Entry* front() noexcept {
        if (!head_) head_ = first_.load(std::memory_order_acquire);
        while (head_) {
            // The writer's cache line is fetched only when all that was seen in it is read.
            if (read_ == known_) known_ = head_->count.load(std::memory_order_acquire);
            if (read_ < known_) return std::launder(static_cast<Entry*>(head_->at(read_)));
            block* next = read_ == block_size ? head_->next.load(std::memory_order_acquire) : nullptr;
            if (!next) return nullptr;
            give_back(std::exchange(head_, next));
            read_ = known_ = 0;
        }
        return nullptr;
    }

    /// Destroys the front entry.
    void pop() noexcept {
        std::destroy_at(std::launder(static_cast<Entry*>(head_->at(read_))));
        ++read_;
    }

  private:
    struct block {
        atomic<std::size_t> count{0};
        atomic<block*> next{nullptr};
        alignas(Entry) std::byte storage[block_size * sizeof(Entry)];

        void* at(std::size_t i) noexcept { return storage + i * sizeof(Entry); }
    };

    void append_block() {
        if (!spare_) spare_ = returned_.exchange(nullptr, std::memory_order_acquire);
        block* b = spare_;
        if (b) {
            spare_ = b->next.load(std::memory_order_relaxed);
            b->count.store(0, std::memory_order_relaxed);
            b->next.store(nullptr, std::memory_order_relaxed);
        } else {
            b = new block;
        }
        if (tail_) {
            tail_->next.store(b, std::memory_order_release);
        } else {
            first_.store(b, std::memory_order_release);
        }
        tail_ = b;
        written_ = 0;
    }

    void give_back(block* b) noexcept {
        block* top = returned_.load(std::memory_order_relaxed);
        do {
            b->next.store(top, std::memory_order_relaxed);
        } while (!returned_.compare_exchange_weak(top, b, std::memory_order_release, std::memory_order_relaxed));
    }

    static void delete_all(block* b) noexcept {
        while (b) delete std::exchange(b, b->next.load(std::memory_order_relaxed));
    }

    // the writer's
    alignas(cache_line) block* tail_ = nullptr;
    block* spare_ = nullptr;
    std::size_t written_ = 0;
    // shared
    atomic<block*> first_{nullptr};
    atomic<block*> returned_{nullptr};
    // the reader's
    alignas(cache_line) block* head_ = nullptr;
    std::size_t read_ = 0;
    std::size_t known_ = 0;
};

}  // namespace parimap::detail

#endif
