// SPDX-License-Identifier: MIT
// The threads backend: a fixed set of std::thread over one queue.
#ifndef PARIMAP_BACKENDS_THREADS_HPP
#define PARIMAP_BACKENDS_THREADS_HPP

#include <parimap/backend.hpp>
#include <parimap/detail/task_queue.hpp>

#include <cstddef>
#include <string_view>
#include <thread>
#include <vector>

namespace parimap::backends {

// The trap: the thread that fails to start. The threads before it already serve the queue, so the constructor must
// let them go and join them before the exception leaves.
class threads {
  public:
    static constexpr std::string_view name = "threads";

    explicit threads(std::size_t workers) {
        workers_.reserve(workers);
        try {
            while (workers_.size() < workers) workers_.emplace_back([this] { queue_.serve(); });
        } catch (...) {
            stop();
            throw;
        }
    }

    ~threads() { stop(); }

    threads(const threads&) = delete;
    threads& operator=(const threads&) = delete;

    std::size_t concurrency() const noexcept { return workers_.size(); }

    void submit(task& t) { queue_.push(t); }

  private:
    void stop() noexcept {
        queue_.close();
        for (std::thread& worker : workers_) worker.join();
    }

    detail::task_queue queue_;
    std::vector<std::thread> workers_;
};

static_assert(check_backend<threads>());

}  // namespace parimap::backends

#endif
