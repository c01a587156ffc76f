// SPDX-License-Identifier: MIT
// The jobs of submit() and map_async(), as a call of their own.
#ifndef PARIMAP_DETAIL_SCHEDULER_JOB_QUEUE_HPP
#define PARIMAP_DETAIL_SCHEDULER_JOB_QUEUE_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/scheduler/call.hpp>
#include <parimap/detail/scheduler/call_list.hpp>
#include <parimap/detail/scheduler/single_job.hpp>
#include <parimap/detail/system/atomic.hpp>
#include <parimap/detail/system/mutex.hpp>

#include <cstddef>
#include <deque>
#include <memory>

namespace parimap::inline PARIMAP_ABI::detail {

/// First come, first started. Every pool has one; it is open as long as the pool is.
class PARIMAP_EXPORT job_queue final : public call {
  public:
    /// calls: all of the pool's, of which it is one.
    job_queue(std::size_t max_workers, const call_list& calls) : call(max_workers), calls_(calls) {}

    void push(std::unique_ptr<single_job> job);

    bool claimable() const noexcept override { return count_.load(std::memory_order_acquire) > 0; }

  private:
    void work(std::size_t /*seat*/, stint length) noexcept override;

    void cancel() noexcept override;

    void changed() noexcept override {}

    std::unique_ptr<single_job> pop() noexcept;

    const call_list& calls_;
    mutex mutex_;
    std::deque<std::unique_ptr<single_job>> jobs_;
    atomic<std::size_t> count_{0};  // jobs_.size(), for those without the lock
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/scheduler/job_queue.cpp>  // IWYU pragma: keep
#endif

#endif
