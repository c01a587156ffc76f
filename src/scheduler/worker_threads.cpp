// SPDX-License-Identifier: MIT
// Threads that serve a queue of tasks, all of them or none.

#include <parimap/detail/scheduler/worker_threads.hpp>

#include <cstddef>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

struct worker_threads::threads {
    std::vector<std::thread> all;
};

PARIMAP_INLINE worker_threads::worker_threads(std::size_t count)
    : worker_threads(
          count, [](task_queue& queue, void*) { queue.serve(); }, nullptr) {}

PARIMAP_INLINE worker_threads::worker_threads(std::size_t count, void (*serve)(task_queue&, void*), void* context)
    : count_(count), threads_(new threads) {
    std::vector<std::thread>& all = threads_->all;
    all.reserve(count);
    try {
        while (all.size() < count) all.emplace_back([this, serve, context] { serve(queue_, context); });
    } catch (const std::system_error& failure) {
        stop();
        throw std::system_error(failure.code(), "parimap: the system gave " + std::to_string(all.size()) + " of the " +
                                                    std::to_string(count) +
                                                    " threads of a pool; ask for fewer workers, or raise its limits (ulimit -u, "
                                                    "ulimit -v, pids.max of the control group)");
    } catch (...) {
        stop();
        throw;
    }
}

PARIMAP_INLINE worker_threads::~worker_threads() { stop(); }

PARIMAP_INLINE void worker_threads::stop() noexcept {
    queue_.close();
    for (std::thread& thread : threads_->all) thread.join();
}

}  // namespace parimap::detail
