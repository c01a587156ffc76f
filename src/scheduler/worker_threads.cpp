// SPDX-License-Identifier: MIT
// Threads that serve a queue of tasks, all of them or none.

#include <parimap/detail/scheduler/worker_threads.hpp>

#include <cstddef>
#include <string>
#include <system_error>
#include <vector>

#include <limits.h>
#include <pthread.h>
#include <unistd.h>

namespace parimap::inline PARIMAP_ABI::detail {

// (Of pthreads: a std::thread has the stack that the system gives.)
struct worker_threads::threads {
    task_queue& queue;
    void (*serve)(task_queue&, void*);
    void* context;
    std::vector<pthread_t> all;

    static void* run(void* started) {
        const auto* const self = static_cast<const threads*>(started);
        self->serve(self->queue, self->context);
        return nullptr;
    }
};

namespace worker_stack {

/// What pthread_create() is told of it; null where the system chooses.
class attributes {
  public:
    explicit attributes(std::size_t size) {
        if (size == 0) return;
        if (const int failure = pthread_attr_init(&made_)) throw std::system_error(failure, std::generic_category());
        is_made_ = true;
        const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        const std::size_t whole = size > std::size_t(-1) - page ? size : (size + page - 1) / page * page;
        if (const int failure = pthread_attr_setstacksize(&made_, whole)) {
            pthread_attr_destroy(&made_);
            throw std::system_error(
                failure, std::generic_category(),
                "parimap: a stack_size of " + std::to_string(size) + " bytes; the least is " + std::to_string(PTHREAD_STACK_MIN));
        }
    }
    ~attributes() {
        if (is_made_) pthread_attr_destroy(&made_);
    }
    attributes(const attributes&) = delete;
    attributes& operator=(const attributes&) = delete;

    const pthread_attr_t* get() const noexcept { return is_made_ ? &made_ : nullptr; }

  private:
    pthread_attr_t made_;
    bool is_made_ = false;
};

}  // namespace worker_stack

PARIMAP_INLINE worker_threads::worker_threads(std::size_t count, std::size_t stack_size)
    : worker_threads(
          count, stack_size, [](task_queue& queue, void*) { queue.serve(); }, nullptr) {}

PARIMAP_INLINE worker_threads::worker_threads(std::size_t count, std::size_t stack_size, void (*serve)(task_queue&, void*),
                                              void* context)
    : count_(count), threads_(new threads{queue_, serve, context, {}}) {
    std::vector<pthread_t>& all = threads_->all;
    all.reserve(count);
    const worker_stack::attributes stack(stack_size);
    while (all.size() < count) {
        pthread_t started{};
        if (const int failure = pthread_create(&started, stack.get(), &threads::run, threads_.get())) {
            const std::size_t given = all.size();
            stop();
            throw std::system_error(failure, std::generic_category(),
                                    "parimap: the system gave " + std::to_string(given) + " of the " + std::to_string(count) +
                                        " threads of a pool" +
                                        (stack_size ? " with stacks of " + std::to_string(stack_size) + " bytes" : "") +
                                        "; ask for fewer workers" + (stack_size ? ", for smaller stacks" : "") +
                                        ", or raise its limits (ulimit -u, ulimit -v, pids.max of the control group)");
        }
        all.push_back(started);
    }
}

PARIMAP_INLINE worker_threads::~worker_threads() { stop(); }

PARIMAP_INLINE void worker_threads::stop() noexcept {
    queue_.close();
    for (const pthread_t thread : threads_->all) pthread_join(thread, nullptr);
    threads_->all.clear();
}

}  // namespace parimap::detail
