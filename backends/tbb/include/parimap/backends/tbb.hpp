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
#include <utility>

namespace parimap::backends {

// The trap: oneTBB never promises a thread. It has as many as the process has CPUs, minus one, so on one CPU it has none.
// It takes an arena whose workers are all busy for one that needs nobody, and what they do is then missing in the other
// arenas. And a limit of one thread, set by somebody else, holds for all. So there is one arena, for all pools, which asks
// for a thread for each of their workers; a global limit raised by as many, for as long as the pools live; and enqueue(),
// which gets a thread even where the limit says one.
class tbb {
  public:
    static constexpr std::string_view name = "tbb";

    explicit tbb(std::size_t workers) : threads_(workers) {
        // A graph takes the arena that it is made in.
        threads_.arena()->execute([this] {
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

    std::size_t concurrency() const noexcept { return threads_.count(); }

    void submit(task& t) {
        graph_->reserve_wait();  // until the node has the task, the graph does not know of it
        try {
            threads_.arena()->enqueue([this, &t] {
                node_->try_put(&t);  // a pointer: messages are copied at every hop
                graph_->release_wait();
            });
        } catch (...) {
            graph_->release_wait();
            throw;
        }
    }

  private:
    /// A pool's part of what all pools share: the arena, and the limit of threads. Both are made anew when a pool comes or
    /// goes; what was put into an arena before runs there. One limit for all pools: of several, the smallest would hold.
    class thread_share {
      public:
        explicit thread_share(std::size_t threads) : threads_(threads) { change(threads_, true); }
        ~thread_share() { change(threads_, false); }
        thread_share(const thread_share&) = delete;
        thread_share& operator=(const thread_share&) = delete;

        std::size_t count() const noexcept { return threads_; }

        static std::shared_ptr<::tbb::task_arena> arena() {
            shared& all = of_all_pools();
            const std::lock_guard lock(all.mutex);
            return all.arena;
        }

      private:
        struct shared {
            std::mutex mutex;
            std::size_t threads = 0;
            std::unique_ptr<::tbb::global_control> limit;
            std::shared_ptr<::tbb::task_arena> arena;
        };

        static shared& of_all_pools() {
            static shared all;
            return all;
        }

        static void change(std::size_t threads, bool more) {
            shared& all = of_all_pools();
            const std::lock_guard lock(all.mutex);
            const std::size_t total = more ? all.threads + threads : all.threads - threads;
            std::unique_ptr<::tbb::global_control> limit;
            std::shared_ptr<::tbb::task_arena> arena;
            if (total > 0) {  // may throw, so before anything changes
                limit = std::make_unique<::tbb::global_control>(
                    ::tbb::global_control::max_allowed_parallelism,
                    static_cast<std::size_t>(::tbb::info::default_concurrency()) + total);
                arena = std::make_shared<::tbb::task_arena>(static_cast<int>(total), 0);
            }
            all.threads = total;
            all.limit = std::move(limit);
            all.arena = std::move(arena);
        }

        const std::size_t threads_;
    };

    const thread_share threads_;
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
