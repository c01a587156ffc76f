// SPDX-License-Identifier: MIT
// A queue of tasks that worker threads serve, for backends whose runtime gives threads but no queue that sleeps.

#include <parimap/detail/scheduler/task_queue.hpp>

#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE void task_queue::push(task& t) {
    {
        const lock held(mutex_);
        t.next = nullptr;
        *tail_ = &t;
        tail_ = &t.next;
    }
    wake_.notify_one();
}

PARIMAP_INLINE void task_queue::serve() noexcept {
    serve([](task& t) noexcept { t.run(t); });
}

PARIMAP_INLINE bool task_queue::serve_one() noexcept {
    task* t = pop(false);
    if (!t) return false;
    t->run(*t);
    is_served();
    return true;
}

PARIMAP_INLINE void task_queue::wait_until_served() noexcept {
    lock held(mutex_);
    served_.wait(held, [this] { return running_ == 0; });
}

PARIMAP_INLINE void task_queue::close() noexcept {
    {
        const lock held(mutex_);
        closed_ = true;
    }
    wake_.notify_all();
}

PARIMAP_INLINE task* task_queue::pop(bool wait) noexcept {
    lock held(mutex_);
    if (wait) wake_.wait(held, [this] { return head_ != nullptr || closed_; });
    if (!head_) return nullptr;
    task* t = std::exchange(head_, head_->next);
    if (!head_) tail_ = &head_;
    ++running_;
    return t;
}

PARIMAP_INLINE void task_queue::is_served() noexcept {
    const lock held(mutex_);
    if (--running_ == 0) served_.notify_all();
}

}  // namespace parimap::detail
