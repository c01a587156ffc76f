// SPDX-License-Identifier: MIT
// Which threads may call MPI.
#ifndef PARIMAP_BACKENDS_MPI_THREADS_HPP
#define PARIMAP_BACKENDS_MPI_THREADS_HPP

#include <parimap/backends/mpi/communicator.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/errors.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

/// Throws error where a process that says it has one thread is to have workers beside it.
inline void need_threads(int threads, const std::vector<std::size_t>& workers) {
    if (threads != MPI_THREAD_SINGLE || std::all_of(workers.begin(), workers.end(), [](std::size_t n) { return n == 1; })) return;
    throw error(
        "parimap: MPI was started for one thread (MPI_THREAD_SINGLE), and a rank of this pool has several workers; ask for "
        "MPI_THREAD_FUNNELED or more in MPI_Init_thread, or make the pool with one worker a rank");
}

/// Those of the rank that makes calls.
class mpi_threads {
  public:
    /// level: that MPI was started for.
    explicit mpi_threads(int level) noexcept : level_(level) {}

    int level() const noexcept { return level_; }

    /// Whether one that makes no calls may talk to the other ranks, beside all else.
    bool are_many() const noexcept { return level_ >= MPI_THREAD_MULTIPLE; }

    bool may_talk_here() const noexcept {
        if (level_ > MPI_THREAD_FUNNELED) return true;
        int is_main = 0;
        MPI_Is_thread_main(&is_main);
        return is_main;
    }

    /// Throws error where a call that begins here would have nobody to talk to the other ranks.
    void need_one_that_talks() const {
        if (are_many() || may_talk_here() || carrying_ > 0) return;
        throw error(
            "parimap: MPI was started for calls of one thread (MPI_THREAD_FUNNELED), and this is another one; make the calls on "
            "this pool on the thread that started MPI, or start it with MPI_THREAD_MULTIPLE");
    }

    /// While one exists, the thread that made it talks again and again, if it may.
    class carrying {
      public:
        explicit carrying(mpi_threads& threads) noexcept : threads_(threads.may_talk_here() ? &threads : nullptr) {
            if (threads_) ++threads_->carrying_;
        }
        ~carrying() {
            if (threads_) --threads_->carrying_;
        }
        carrying(const carrying&) = delete;
        carrying& operator=(const carrying&) = delete;

      private:
        mpi_threads* const threads_;
    };

  private:
    const int level_;
    std::atomic<int> carrying_{0};
};

}  // namespace parimap::detail

#endif
