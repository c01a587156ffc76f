// SPDX-License-Identifier: MIT
// The openmp backend: workers are OpenMP tasks; inside a parallel region of the user's, tasks of that team.
#ifndef PARIMAP_BACKENDS_OPENMP_HPP
#define PARIMAP_BACKENDS_OPENMP_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#if !defined(_OPENMP)
#error "parimap's openmp backend needs OpenMP: link parimap::openmp, or compile with -fopenmp"
#endif

#include <parimap/backend.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/scheduler/task_queue.hpp>
#include <parimap/detail/scheduler/worker_threads.hpp>
#include <parimap/errors.hpp>

#include <omp.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <string_view>
#include <thread>

namespace parimap::inline PARIMAP_ABI::backends {

// The trap: threads of an OpenMP team that have no task do not sleep. libomp's spin for as long as the region is open,
// and for a while after it; libgomp's spin, too, before they sleep. So a region that hands each submitted task to the
// runtime burns a CPU for each idle worker. Here the region has one task for each worker, open for the pool's life,
// and a worker without work sleeps inside its task, where the runtime leaves it alone.
class [[gnu::visibility("default")]] openmp {
  public:
    static constexpr std::string_view name = "openmp";

    /// OMP_THREAD_LIMIT and OMP_DYNAMIC may leave it fewer workers, of which concurrency() knows. Throws std::system_error where
    /// the system has not so many threads.
    explicit openmp(std::size_t workers) : workers_(as_many_as_there_are(workers)), host_([this] { host(); }) {
        team_.wait(0);
        static const end_of_process at_exit;
    }

    openmp(std::size_t workers, std::size_t stack_size) : openmp((refuse(stack_size), workers)) {}

    ~openmp() {
        while (offered_->serve_one()) {
        }
        offered_->wait_until_served();
        queue_.close();
        host_.join();
    }

    openmp(const openmp&) = delete;
    openmp& operator=(const openmp&) = delete;

    std::size_t concurrency() const noexcept { return static_cast<std::size_t>(team_.load()); }

    /// The team's other threads may never come to a barrier while this one waits.
    bool caller_must_help() const noexcept { return in_region_of_user(); }

    void submit(task& t) {
        if (in_region_of_user()) {
            offer_to_team(t);
        } else {
            queue_.push(t);
        }
    }

  private:
    static inline thread_local constinit bool is_worker_ = false;

    static void refuse(std::size_t stack_size) {
        if (stack_size != 0) {
            throw error(
                "parimap: OpenMP's runtime makes the stacks of the backend openmp, and fixes their size when the program starts; "
                "set "
                "OMP_STACKSIZE in the environment in place of stack_size, as in OMP_STACKSIZE=64M");
        }
    }

    // Both runtimes end the process where the system refuses them a thread, so it is asked for as many first.
    static int as_many_as_there_are(std::size_t workers) {
        const detail::worker_threads proof(workers);
        return static_cast<int>(workers);
    }

    // exit() may end the runtime while other threads still submit: libomp then crashes in whoever calls it. What is left is told
    // before that, for it was made after the runtime.
    struct end_of_process {
        ~end_of_process() { runtime_ends_.store(true, std::memory_order_relaxed); }
    };
    static inline constinit std::atomic<bool> runtime_ends_{false};

    static bool in_region_of_user() noexcept {
        return !is_worker_ && !runtime_ends_.load(std::memory_order_relaxed) && omp_in_parallel();
    }

    // Runs on a thread of its own, since a region keeps the thread that opens it. No exception leaves it: the queue
    // and the tasks throw none.
    void host() noexcept {
        detail::task_queue* const queue = &queue_;
        std::atomic<int>* const team = &team_;
        const int workers = workers_;
        std::atomic<int> serving{0};
        // Each thread makes one task and runs it itself, at once. Tasks that others may run end badly in libomp: where one
        // thread makes more than 256 it runs one of them itself and makes no more; and the thief of a task gives its
        // memory back to the maker when the region may have ended and the maker is gone.
#pragma omp parallel num_threads(workers) default(none) shared(queue, team, serving)
        {
            const int threads = omp_get_num_threads();
#pragma omp task if (false) default(none) firstprivate(queue, team, threads) shared(serving)
            {
                is_worker_ = true;
                // The pool is there when no thread has a call of the runtime before it any more.
                if (serving.fetch_add(1) + 1 == threads) {
                    team->store(threads);
                    team->notify_one();
                }
                queue->serve();
                is_worker_ = false;
            }
        }
    }

    // The runtime runs the OpenMP task when a thread of the team waits somewhere, perhaps only at the region's end,
    // when the pool may be gone. So it owns its share of the queue, and finds it empty then.
    void offer_to_team(task& t) {
        auto* const share = new std::shared_ptr<detail::task_queue>(offered_);
        offered_->push(t);
#pragma omp task default(none) firstprivate(share)
        {
            (*share)->serve_one();
            delete share;
        }
    }

    const int workers_;         // asked for,
    std::atomic<int> team_{0};  // and there; 0 until all of them serve
    detail::task_queue queue_;
    const std::shared_ptr<detail::task_queue> offered_ = std::make_shared<detail::task_queue>();
    std::thread host_;
};

static_assert(check_backend<openmp>());

}  // namespace parimap::backends

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
