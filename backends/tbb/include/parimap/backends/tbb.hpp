// SPDX-License-Identifier: MIT
// The tbb backend: a oneTBB flow graph whose one function_node runs the tasks.
#ifndef PARIMAP_BACKENDS_TBB_HPP
#define PARIMAP_BACKENDS_TBB_HPP

#include <parimap/backend.hpp>

#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/task_arena.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

namespace parimap::backends {

// The trap: oneTBB has as many threads as the process has CPUs, minus one, so on one CPU it has none, and a task that
// nobody waits for never runs. Two things make it run: a global limit raised by what our pools need, for as long as
// they live, and enqueue(), which gets a thread even where somebody else's global limit says one.
class tbb {
  public:
    static constexpr std::string_view name = "tbb";

    explicit tbb(std::size_t workers) : threads_(workers), workers_(workers), arena_(static_cast<int>(workers), 0) {
        // A graph takes the arena that it is made in.
        arena_.execute([this] {
            graph_.emplace(context_);
            node_.emplace(*graph_, ::tbb::flow::unlimited, [](task* t) noexcept {
                t->run(*t);
                return ::tbb::flow::continue_msg();
            });
        });
    }

    ~tbb() { graph_->wait_for_all(); }

    tbb(const tbb&) = delete;
    tbb& operator=(const tbb&) = delete;

    std::size_t concurrency() const noexcept { return workers_; }

    void submit(task& t) {
        graph_->reserve_wait();  // until the node has the task, the graph does not know of it
        try {
            arena_.enqueue([this, &t] {
                node_->try_put(&t);  // a pointer: messages are copied at every hop
                graph_->release_wait();
            });
        } catch (...) {
            graph_->release_wait();
            throw;
        }
    }

  private:
    /// Threads that live pools need beside those that oneTBB has anyway. One limit for all pools: of several, the
    /// smallest would hold.
    class thread_share {
      public:
        explicit thread_share(std::size_t threads) : threads_(threads) { change(threads_, true); }
        ~thread_share() { change(threads_, false); }
        thread_share(const thread_share&) = delete;
        thread_share& operator=(const thread_share&) = delete;

      private:
        static void change(std::size_t threads, bool more) {
            static std::mutex mutex;
            static std::size_t all = 0;
            static std::unique_ptr<::tbb::global_control> limit;
            const std::lock_guard lock(mutex);
            all = more ? all + threads : all - threads;
            limit.reset();
            if (all == 0) return;
            limit = std::make_unique<::tbb::global_control>(
                ::tbb::global_control::max_allowed_parallelism,
                static_cast<std::size_t>(::tbb::info::default_concurrency()) + all);
        }

        const std::size_t threads_;
    };

    const thread_share threads_;
    const std::size_t workers_;
    ::tbb::task_arena arena_;
    // Isolated: a cancelled task group around the place where the pool is made must not cancel the pool.
    ::tbb::task_group_context context_{::tbb::task_group_context::isolated};
    std::optional<::tbb::flow::graph> graph_;
    // Lightweight: the node runs the task where it is put, in the arena's own task, instead of making another. The engine
    // sees to it that there are never more tasks than workers, so the node need not count.
    using node = ::tbb::flow::function_node<task*, ::tbb::flow::continue_msg, ::tbb::flow::queueing_lightweight>;
    std::optional<node> node_;
};

static_assert(check_backend<tbb>());

}  // namespace parimap::backends

#endif
