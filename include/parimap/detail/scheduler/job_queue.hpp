// SPDX-License-Identifier: MIT
// The jobs of submit() and map_async(), as a call of their own.
#ifndef PARIMAP_DETAIL_SCHEDULER_JOB_QUEUE_HPP
#define PARIMAP_DETAIL_SCHEDULER_JOB_QUEUE_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/scheduler/call.hpp>
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
    explicit job_queue(std::size_t max_workers) noexcept : call(max_workers) {}

    void push(std::unique_ptr<single_job> job);

    bool claimable() const noexcept override { return count_.load(std::memory_order_acquire) > 0; }

  private:
    void work(std::size_t /*seat*/, stint length) noexcept override;

    void cancel() noexcept override;

    void changed() noexcept override {}

    std::unique_ptr<single_job> pop() noexcept;

    mutex mutex_;
    std::deque<std::unique_ptr<single_job>> jobs_;
    atomic<std::size_t> count_{0};  // jobs_.size(), for those without the lock
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/scheduler/job_queue.cpp>  // IWYU pragma: keep
#endif

#endif
