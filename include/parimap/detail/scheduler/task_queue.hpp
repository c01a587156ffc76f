// SPDX-License-Identifier: MIT
// A queue of tasks that worker threads serve, for backends whose runtime gives threads but no queue that sleeps.
#ifndef PARIMAP_DETAIL_SCHEDULER_TASK_QUEUE_HPP
#define PARIMAP_DETAIL_SCHEDULER_TASK_QUEUE_HPP

#include <parimap/backend.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/system/mutex.hpp>

#include <cstddef>

namespace parimap::inline PARIMAP_ABI::detail {

/// First in, first out. push() from any thread; each worker calls serve(), which returns after close() once the
/// queue is empty. A worker without a task sleeps. Allocates nothing.
class PARIMAP_EXPORT task_queue {
  public:
    void push(task& t);

    void serve() noexcept;

    /// The same with the backend's own way to run a task.
    template <class Run>
    void serve(Run run_task) noexcept {
        while (task* t = pop(true)) {
            run_task(*t);
            is_served();
        }
    }

    /// Runs the first task, if there is one.
    bool serve_one() noexcept;

    /// Returns when no thread is inside a task.
    void wait_until_served() noexcept;

    void close() noexcept;

  private:
    task* pop(bool wait) noexcept;

    void is_served() noexcept;

    mutex mutex_;
    condition_variable wake_;    // a task came, or the end
    condition_variable served_;  // no task runs
    task* head_ = nullptr;
    task** tail_ = &head_;
    std::size_t running_ = 0;
    bool closed_ = false;
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/scheduler/task_queue.cpp>  // IWYU pragma: keep
#endif

#endif
