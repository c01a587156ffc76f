// SPDX-License-Identifier: MIT
// The tbb backend: threads in a oneTBB arena, where a flow graph's one function_node runs the tasks.
#ifndef PARIMAP_BACKENDS_TBB_HPP
#define PARIMAP_BACKENDS_TBB_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/backend.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/scheduler/worker_threads.hpp>

#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <optional>
#include <string_view>

namespace parimap::inline PARIMAP_ABI::backends {

// The trap: oneTBB never promises a thread. What it has is fixed when it is first used, bounded by the smallest limit that
// anybody sets, and shared by all arenas; tasks that block take it from the others. So the workers of a pool are threads of
// its own, for which the pool's arena keeps a place each. Nothing is shared with other pools, no limit is changed, and no
// job waits for what others do with oneTBB. Its threads come along for the algorithms that items call: the arena has room for
// as many as it has now. (Asking for more prints a warning.)
class [[gnu::visibility("default")]] tbb {
  public:
    static constexpr std::string_view name = "tbb";

    explicit tbb(std::size_t workers, std::size_t stack_size = 0)
        : arena_(static_cast<int>(workers + spare_threads()), static_cast<unsigned>(workers)) {
        // A graph takes the arena that it is made in.
        arena_.execute([this] {
            graph_.emplace(context_);
            node_.emplace(*graph_, ::tbb::flow::unlimited, [](task* t) noexcept {
                t->run(*t);
                return ::tbb::flow::continue_msg();
            });
        });
        workers_.emplace(
            workers, stack_size, [](detail::task_queue& queue, void* self) { static_cast<tbb*>(self)->serve(queue); }, this);
    }

    tbb(const tbb&) = delete;
    tbb& operator=(const tbb&) = delete;

    std::size_t concurrency() const noexcept { return workers_->count(); }

    void submit(task& t) { workers_->submit(t); }

  private:
    static std::size_t spare_threads() {
        const std::size_t limit = ::tbb::global_control::active_value(::tbb::global_control::max_allowed_parallelism);
        return std::min(limit, static_cast<std::size_t>(::tbb::info::default_concurrency())) - 1;
    }

    void serve(detail::task_queue& queue) {
        try {
            arena_.execute([&] { queue.serve([this](task& t) noexcept { node_->try_put(&t); }); });
        } catch (const std::exception&) {
            queue.serve();  // oneTBB has no memory for one more thread, and the tasks need none of it
        }
    }

    ::tbb::task_arena arena_;
    // Isolated: a cancelled task group around the place where the pool is made must not cancel the pool.
    ::tbb::task_group_context context_{::tbb::task_group_context::isolated};
    std::optional<::tbb::flow::graph> graph_;
    // Lightweight: the node runs the task where it is put, in the worker, instead of making another task for it.
    using node = ::tbb::flow::function_node<task*, ::tbb::flow::continue_msg, ::tbb::flow::queueing_lightweight>;
    std::optional<node> node_;
    std::optional<detail::worker_threads> workers_;  // gone before what they work in
};

static_assert(check_backend<tbb>());

}  // namespace parimap::backends

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
