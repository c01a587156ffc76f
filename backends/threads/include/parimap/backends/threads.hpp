// SPDX-License-Identifier: MIT
// The threads backend: a fixed set of std::thread over one queue.
#ifndef PARIMAP_BACKENDS_THREADS_HPP
#define PARIMAP_BACKENDS_THREADS_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/backend.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/scheduler/worker_threads.hpp>

#include <cstddef>
#include <string_view>

namespace parimap::inline PARIMAP_ABI::backends {

// The trap: the thread that fails to start. The threads before it already serve the queue, so they must be let go and
// joined before the exception leaves; worker_threads does.
class [[gnu::visibility("default")]] threads {
  public:
    static constexpr std::string_view name = "threads";

    explicit threads(std::size_t workers, std::size_t stack_size = 0) : workers_(workers, stack_size) {}

    std::size_t concurrency() const noexcept { return workers_.count(); }

    void submit(task& t) { workers_.submit(t); }

  private:
    detail::worker_threads workers_;
};

static_assert(check_backend<threads>());

}  // namespace parimap::backends

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
