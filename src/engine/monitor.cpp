// SPDX-License-Identifier: MIT
// How the consumer of a call sleeps, and which finished item wakes it.

#include <parimap/detail/engine/monitor.hpp>

#include <parimap/detail/system/atomic.hpp>
#include <parimap/detail/system/yield.hpp>

#include <cstddef>
#include <cstdint>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE monitor::monitor(std::size_t seats) : seats_(seats), finished_(seats) {}

PARIMAP_INLINE monitor::~monitor() = default;

PARIMAP_INLINE monitor::tally::tally(atomic<std::uint64_t>& shared) noexcept
    : shared_(shared), count_(shared.load(std::memory_order_relaxed)) {}

PARIMAP_INLINE void monitor::after_items(std::uint64_t first, std::uint64_t end) noexcept {
    if (waiting_.load(std::memory_order_acquire) != urgent) return;
    const std::uint64_t due = due_.load(std::memory_order_relaxed);
    if (due == no_item || (first <= due && due < end)) signal();
    give_way();
}

PARIMAP_INLINE void monitor::after_batch(std::uint64_t first, std::uint64_t end) noexcept {
    detail::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with wait_patiently()
    after_items(first, end);
    if (waiting_.load(std::memory_order_acquire) != patient) return;
    if (finished() >= enough_.load(std::memory_order_relaxed)) signal();
    give_way();
}

PARIMAP_INLINE void monitor::signal() noexcept {
    {
        const lock held(mutex_);
        if (signalled_.exchange(1, std::memory_order_relaxed) != 0) return;
    }
    wake_.notify_one();
}

PARIMAP_INLINE std::uint64_t monitor::finished() const noexcept {
    std::uint64_t sum = 0;
    for (std::size_t seat = 0; seat < seats_; ++seat) sum += finished_[seat].items.load(std::memory_order_acquire);
    return sum;
}

PARIMAP_INLINE void monitor::give_way() const noexcept {
    if (signalled_.load(std::memory_order_relaxed) != 0) yield();
}

PARIMAP_INLINE void monitor::begin_wait(int how) {
    {
        const lock held(mutex_);
        signalled_.store(0, std::memory_order_relaxed);
    }
    waiting_.store(how, std::memory_order_release);
}

PARIMAP_INLINE void monitor::end_wait(instant deadline) {
    if (deadline != instant()) {
        lock held(mutex_);
        while (signalled_.load(std::memory_order_relaxed) == 0 && wake_.wait_until(held, deadline)) {
        }
    }
    waiting_.store(nobody, std::memory_order_relaxed);
}

}  // namespace parimap::detail
