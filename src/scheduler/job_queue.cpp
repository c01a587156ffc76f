// SPDX-License-Identifier: MIT
// The jobs of submit() and map_async(), as a call of their own.

#include <parimap/detail/scheduler/job_queue.hpp>

#include <parimap/detail/system/atomic.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE void job_queue::push(std::unique_ptr<single_job> job) {
    const lock held(mutex_);
    jobs_.push_back(std::move(job));
    count_.store(jobs_.size(), std::memory_order_release);
}

PARIMAP_INLINE void job_queue::work(std::size_t /*seat*/, stint length) noexcept {
    while (std::unique_ptr<single_job> job = pop()) {
        job->run();
        if (is_one_batch_at_most(length) || (length == stint::fair && calls_.count() > 1)) return;
    }
}

PARIMAP_INLINE void job_queue::cancel() noexcept {
    while (std::unique_ptr<single_job> job = pop()) job->cancel();
}

PARIMAP_INLINE std::unique_ptr<single_job> job_queue::pop() noexcept {
    const lock held(mutex_);
    if (jobs_.empty()) return nullptr;
    std::unique_ptr<single_job> job = std::move(jobs_.front());
    jobs_.pop_front();
    count_.store(jobs_.size(), std::memory_order_release);
    return job;
}

}  // namespace parimap::detail
