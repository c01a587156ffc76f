// SPDX-License-Identifier: MIT
// What the scheduler knows of a running map, stream or queue of jobs.
#ifndef PARIMAP_DETAIL_SCHEDULER_CALL_HPP
#define PARIMAP_DETAIL_SCHEDULER_CALL_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/system/atomic.hpp>

#include <cstddef>
#include <cstdint>

namespace parimap::inline PARIMAP_ABI::detail {

class scheduler;
class call_list;

/// How long a thread that got a seat stays with a call.
enum class stint {
    one_item,   // a consumer that nobody works for: while it runs items it takes none, so others soon had none
    one_batch,  // a consumer that works while it waits for a result
    fair,       // a worker: until nothing is left to start, or another call should get the seat
    whole       // the owner of a blocking call: until nothing is left to start
};

/// Whether it is over after a batch, whoever else waits.
constexpr bool is_one_batch_at_most(stint length) noexcept { return length == stint::one_item || length == stint::one_batch; }

/// One running map or stream, as the scheduler sees it: something that has items to start. All of its bookkeeping
/// here belongs to the scheduler and its mutex.
class call {
  public:
    call(const call&) = delete;
    call& operator=(const call&) = delete;

  protected:
    /// At most max_workers seats work for it at once.
    explicit call(std::size_t max_workers) noexcept : max_workers_(max_workers) {}
    virtual ~call() = default;

  private:
    friend scheduler;
    friend call_list;

    /// Runs items on this seat.
    virtual void work(std::size_t seat, stint length) noexcept = 0;
    /// Whether there is an item that could be started now. Any thread, no lock of its own.
    virtual bool claimable() const noexcept = 0;
    /// Starts no further item and wakes whoever waits for one. Any thread.
    virtual void cancel() noexcept = 0;
    /// A seat became free, or a worker left. Called with the scheduler's mutex held.
    virtual void changed() noexcept = 0;

    // ---- with the scheduler's mutex held ---

    bool wants_worker() const noexcept { return active_.load(std::memory_order_relaxed) < max_workers_ && claimable(); }
    bool has_worker() const noexcept {
        return active_.load(std::memory_order_relaxed) > 0 || is_worked_on_afar_.load(std::memory_order_relaxed);
    }
    bool is_quiet() const noexcept { return !has_worker() && !claimable(); }

    void join() noexcept { active_.fetch_add(1, std::memory_order_relaxed); }
    void leave() noexcept {
        active_.fetch_sub(1, std::memory_order_relaxed);
        detail::atomic_thread_fence(std::memory_order_seq_cst);
    }

    /// Without the mutex, by who has just made items available: its fence pairs with that of leave(). Either a leaving worker sees
    /// the new items in its next look at claimable(), or this thread sees it gone.
    std::size_t workers_after_news() const noexcept {
        detail::atomic_thread_fence(std::memory_order_seq_cst);
        return active_.load(std::memory_order_relaxed);
    }

    enum class listing : unsigned char { none, busy, idle };

    const std::size_t max_workers_;
    atomic<std::size_t> active_{0};          // written under the mutex
    bool owner_wants_seat_ = false;          // the owner, waiting, would work if there were a seat
    bool holds_outsider_ = false;            // a thread from outside stays in it until its end
    atomic<bool> is_worked_on_afar_{false};  // written under the mutex: items are with another process, or about to be
    bool is_told_ = false;                   // that the pool was terminated
    bool is_worth_joining_ = false;          // at once, also by who could leave it to its owner for a moment
    std::uint64_t number_ = 0;               // of the pool's calls, as they were opened
    listing listing_ = listing::none;        // where call_list has it
    call* before_ = nullptr;                 // its neighbours there
    call* behind_ = nullptr;
};

}  // namespace parimap::detail

#endif
