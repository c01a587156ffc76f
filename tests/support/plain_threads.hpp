// SPDX-License-Identifier: MIT
// A backend that is worker threads and nothing else, for tests of what stands below pools.
#ifndef PARIMAP_TESTS_SUPPORT_PLAIN_THREADS_HPP
#define PARIMAP_TESTS_SUPPORT_PLAIN_THREADS_HPP

#include <parimap/backend.hpp>
#include <parimap/detail/scheduler/worker_threads.hpp>

#include <cstddef>
#include <string_view>

namespace parimap_test {

class plain_threads {
  public:
    static constexpr std::string_view name = "plain_threads";

    explicit plain_threads(std::size_t workers) : workers_(workers) {}

    std::size_t concurrency() const noexcept { return workers_.count(); }
    void submit(parimap::task& t) { workers_.submit(t); }

  private:
    parimap::detail::worker_threads workers_;
};

}  // namespace parimap_test

#endif
