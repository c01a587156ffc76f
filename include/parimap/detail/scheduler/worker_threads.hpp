// SPDX-License-Identifier: MIT
// Threads that serve a queue of tasks, all of them or none.
#ifndef PARIMAP_DETAIL_SCHEDULER_WORKER_THREADS_HPP
#define PARIMAP_DETAIL_SCHEDULER_WORKER_THREADS_HPP

#include <parimap/detail/form.hpp>
#include <parimap/backend.hpp>
#include <parimap/detail/scheduler/task_queue.hpp>

#include <cstddef>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

/// So many threads, from construction to destruction, for the backends whose runtime does not promise any.
class PARIMAP_EXPORT worker_threads {
  public:
    /// Each thread calls serve(queue), which passes on to queue.serve() and so returns when the queue is closed. Throws
    /// std::system_error where the system has not so many threads; those that had started are gone then.
    template <class Serve>
    worker_threads(std::size_t count, Serve serve) {
        threads_.reserve(count);
        try {
            while (threads_.size() < count) threads_.emplace_back([this, serve] { serve(queue_); });
        } catch (const std::system_error& failure) {
            stop();
            throw std::system_error(failure.code(), "parimap: the system gave " + std::to_string(threads_.size()) + " of the " +
                                                        std::to_string(count) +
                                                        " threads of a pool; ask for fewer workers, or raise its limits (ulimit -u, "
                                                        "ulimit -v, pids.max of the control group)");
        } catch (...) {
            stop();
            throw;
        }
    }
    ~worker_threads() { stop(); }
    worker_threads(const worker_threads&) = delete;
    worker_threads& operator=(const worker_threads&) = delete;

    std::size_t count() const noexcept { return threads_.size(); }

    void submit(task& t) { queue_.push(t); }

  private:
    void stop() noexcept;

    task_queue queue_;
    std::vector<std::thread> threads_;
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/scheduler/worker_threads.cpp>  // IWYU pragma: keep
#endif

#endif
