// SPDX-License-Identifier: MIT
// A queue of tasks that worker threads serve, for backends whose runtime gives threads but no queue that sleeps.
#ifndef PARIMAP_DETAIL_SCHEDULER_TASK_QUEUE_HPP
#define PARIMAP_DETAIL_SCHEDULER_TASK_QUEUE_HPP

#include <parimap/backend.hpp>

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>

namespace parimap::detail {

/// First in, first out. push() from any thread; each worker calls serve(), which returns after close() once the
/// queue is empty. A worker without a task sleeps. Allocates nothing.
class task_queue {
  public:
    void push(task& t) {
        {
            std::lock_guard lock(mutex_);
            t.next = nullptr;
            *tail_ = &t;
            tail_ = &t.next;
        }
        wake_.notify_one();
    }

    void serve() noexcept {
        serve([](task& t) noexcept { t.run(t); });
    }

    /// The same with the backend's own way to run a task.
    template <class Run>
    void serve(Run run_task) noexcept {
        while (task* t = pop(true)) {
            run_task(*t);
            is_served();
        }
    }

    /// Runs the first task, if there is one.
    bool serve_one() noexcept {
        task* t = pop(false);
        if (!t) return false;
        t->run(*t);
        is_served();
        return true;
    }

    /// Returns when no thread is inside a task.
    void wait_until_served() noexcept {
        std::unique_lock lock(mutex_);
        served_.wait(lock, [this] { return running_ == 0; });
    }

    void close() noexcept {
        {
            std::lock_guard lock(mutex_);
            closed_ = true;
        }
        wake_.notify_all();
    }

  private:
    task* pop(bool wait) noexcept {
        std::unique_lock lock(mutex_);
        if (wait) wake_.wait(lock, [this] { return head_ != nullptr || closed_; });
        if (!head_) return nullptr;
        task* t = std::exchange(head_, head_->next);
        if (!head_) tail_ = &head_;
        ++running_;
        return t;
    }

    void is_served() noexcept {
        std::lock_guard lock(mutex_);
        if (--running_ == 0) served_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable wake_;    // a task came, or the end
    std::condition_variable served_;  // no task runs
    task* head_ = nullptr;
    task** tail_ = &head_;
    std::size_t running_ = 0;
    bool closed_ = false;
};

}  // namespace parimap::detail

#endif
