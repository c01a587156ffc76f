// SPDX-License-Identifier: MIT
// Threads that serve a queue of tasks, all of them or none.
#ifndef PARIMAP_DETAIL_SCHEDULER_WORKER_THREADS_HPP
#define PARIMAP_DETAIL_SCHEDULER_WORKER_THREADS_HPP

#include <parimap/backend.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/scheduler/task_queue.hpp>
#include <parimap/detail/system/owned.hpp>

#include <cstddef>

namespace parimap::inline PARIMAP_ABI::detail {

/// So many threads, from construction to destruction, for the backends whose runtime does not promise any.
class PARIMAP_EXPORT worker_threads {
  public:
    /// Each thread calls queue.serve(), which returns when the queue is closed. Throws std::system_error where the system has not so
    /// many threads, or not with such stacks; those that had started are gone then. stack_size: in bytes; 0: what the system gives.
    explicit worker_threads(std::size_t count, std::size_t stack_size = 0);

    /// Each thread calls serve(queue, context), which passes on to queue.serve().
    worker_threads(std::size_t count, std::size_t stack_size, void (*serve)(task_queue&, void*), void* context);

    ~worker_threads();
    worker_threads(const worker_threads&) = delete;
    worker_threads& operator=(const worker_threads&) = delete;

    std::size_t count() const noexcept { return count_; }

    void submit(task& t) { queue_.push(t); }

  private:
    struct threads;  // so that this header does without <pthread.h>

    void stop() noexcept;

    task_queue queue_;
    const std::size_t count_;
    const owned<threads> threads_;
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/scheduler/worker_threads.cpp>  // IWYU pragma: keep
#endif

#endif
