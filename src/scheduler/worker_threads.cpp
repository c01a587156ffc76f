// SPDX-License-Identifier: MIT
// Threads that serve a queue of tasks, all of them or none.

#include <parimap/detail/scheduler/worker_threads.hpp>

#include <thread>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE void worker_threads::stop() noexcept {
    queue_.close();
    for (std::thread& thread : threads_) thread.join();
}

}  // namespace parimap::detail
