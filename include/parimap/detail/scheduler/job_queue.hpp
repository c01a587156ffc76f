// SPDX-License-Identifier: MIT
// The jobs of submit() and map_async(), as a call of their own.
#ifndef PARIMAP_DETAIL_SCHEDULER_JOB_QUEUE_HPP
#define PARIMAP_DETAIL_SCHEDULER_JOB_QUEUE_HPP

#include <parimap/detail/scheduler/call.hpp>

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

namespace parimap::detail {

/// One job.
class single_job {
  public:
    virtual ~single_job() = default;
    virtual void run() noexcept = 0;
    /// Instead of run(): the pool was terminated first.
    virtual void cancel() noexcept = 0;
};

/// First come, first started. Every pool has one; it is open as long as the pool is.
class job_queue final : public call {
  public:
    explicit job_queue(std::size_t max_workers) noexcept : call(max_workers) {}

    void push(std::unique_ptr<single_job> job) {
        std::lock_guard lock(mutex_);
        jobs_.push_back(std::move(job));
        count_.store(jobs_.size(), std::memory_order_release);
    }

    bool claimable() const noexcept override { return count_.load(std::memory_order_acquire) > 0; }

  private:
    void work(std::size_t /*seat*/, stint length) noexcept override {
        while (std::unique_ptr<single_job> job = pop()) {
            job->run();
            if (length != stint::whole) return;
        }
    }

    void cancel() noexcept override {
        while (std::unique_ptr<single_job> job = pop()) job->cancel();
    }

    void changed() noexcept override {}

    std::unique_ptr<single_job> pop() noexcept {
        std::lock_guard lock(mutex_);
        if (jobs_.empty()) return nullptr;
        std::unique_ptr<single_job> job = std::move(jobs_.front());
        jobs_.pop_front();
        count_.store(jobs_.size(), std::memory_order_release);
        return job;
    }

    std::mutex mutex_;
    std::deque<std::unique_ptr<single_job>> jobs_;
    std::atomic<std::size_t> count_{0};  // jobs_.size(), for those without the lock
};

}  // namespace parimap::detail

#endif
