// SPDX-License-Identifier: MIT
// The scheduler of one pool: gives out the seats, sends workers to the calls that have unstarted items, ends calls.

#include <parimap/detail/scheduler/scheduler.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE void scheduler::open(call& c, bool blocks) {
    throw_if_inherited();
    std::lock_guard lock(mutex_);
    throw_if_closed();
    c.holds_outsider_ = blocks && !place_of_caller();
    calls_.add(c);
}

PARIMAP_INLINE void scheduler::announce(call& c, std::uint64_t workers) noexcept {
    // Pairs with the fence in call::leave(): either a leaving worker sees the new items, or this thread sees it gone.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (c.active_.load(std::memory_order_relaxed) >= std::min(size(), c.max_workers_)) return;
    while (workers-- > 0 && send_worker(&c)) {
    }
}

PARIMAP_INLINE bool scheduler::help(call& c, stint length) noexcept {
    const place* here = place_of_caller();
    std::size_t seat = no_worker;
    {
        std::lock_guard lock(mutex_);
        if (!c.wants_worker() || !(here || seats_.any_free())) return false;
        seat = here ? here->seat : seats_.take();
        calls_.join(c);
    }
    {
        // A nested call may be reached through jobs of other pools: its items still run on this pool's seat.
        const seated on(slots().innermost, *this, seat, &c);
        c.work(seat, length);
    }
    bool more = false;
    {
        std::lock_guard lock(mutex_);
        leave(c);
        if (!here) give_back(seat);
        more = calls_.any_wants_worker();
    }
    if (more) send_worker(nullptr);
    return true;
}

PARIMAP_INLINE void scheduler::finish(call& c) {
    const bool inside = place_of_caller() != nullptr;
    std::unique_lock lock(mutex_);
    for (;;) {
        if (c.is_quiet()) break;
        if (c.wants_worker() && (inside || seats_.any_free())) {
            lock.unlock();
            help(c, stint::whole);
            lock.lock();
        } else {
            changed_.wait(lock);
        }
    }
    remove(c);
}

PARIMAP_INLINE void scheduler::abandon(call& c) noexcept {
    std::unique_lock lock(mutex_);
    remove(c);
    changed_.wait(lock, [&c] { return !c.has_worker(); });
}

PARIMAP_INLINE void scheduler::wait_until_left(call& c) noexcept {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&c] { return !c.has_worker(); });
}

PARIMAP_INLINE void scheduler::wake_owners() noexcept {
    std::lock_guard lock(mutex_);
    tell_owners();
}

PARIMAP_INLINE bool scheduler::is_terminated() const noexcept {
    std::lock_guard lock(mutex_);
    return terminated_;
}

PARIMAP_INLINE void scheduler::want_seat(call& c, bool wanted) noexcept {
    std::lock_guard lock(mutex_);
    calls_.want_seat(c, wanted);
}

PARIMAP_INLINE bool scheduler::can_help(call& c) noexcept {
    std::lock_guard lock(mutex_);
    return c.wants_worker() && (place_of_caller() || seats_.any_free());
}

PARIMAP_INLINE void scheduler::submit(std::unique_ptr<single_job> job, bool at_once) {
    throw_if_inherited();
    if (at_once || needs_caller()) return run_now(std::move(job), place_of_caller());
    {
        std::lock_guard lock(mutex_);
        throw_if_closed();
        jobs_.push(std::move(job));
        calls_.has_news(jobs_);
    }
    send_worker(nullptr);
}

PARIMAP_INLINE const place* scheduler::place_of_caller() const noexcept {
    const place* p = slots().innermost;
    while (p && p->owner != this) p = p->outer;
    return p;
}

PARIMAP_INLINE void scheduler::throw_if_inherited() const {
    if (is_inherited()) [[unlikely]] throw_inherited();
}

PARIMAP_INLINE bool scheduler::can_be_left(const call& c) const noexcept {
    if (is_inherited()) return false;
    const place* p = slots().innermost;
    while (p && p->running != &c) p = p->outer;
    return p == nullptr;
}

PARIMAP_INLINE void scheduler::end(const std::shared_ptr<scheduler>& pool) noexcept {
    if (!pool->is_inherited() && !pool->place_of_caller() && !pool->is_left_by_process() && pool->finish_jobs(true)) return;
    pool->itself_ = pool;
    pool->next_let_go_ = last_let_go_.load(std::memory_order_relaxed);
    while (!last_let_go_.compare_exchange_weak(pool->next_let_go_, pool.get())) {
    }
}

PARIMAP_INLINE void scheduler::retire() noexcept {
    if (is_inherited() || place_of_caller() || (slots().innermost && is_in_exit())) return;
    if (is_main_thread() && !finish_jobs(false)) return;
    {
        std::lock_guard lock(mutex_);
        if (retired_.load(std::memory_order_relaxed) || calls_.count() > 1 || jobs_at_once_ > 0 || !jobs_.is_quiet()) return;
        retired_.store(true, std::memory_order_relaxed);
    }
    while (sending_.load(std::memory_order_acquire) > 0) std::this_thread::yield();
    end_backend();
}

PARIMAP_INLINE void scheduler::close() noexcept {
    if (is_inherited()) return;
    std::lock_guard lock(mutex_);
    closed_ = true;
}

PARIMAP_INLINE void scheduler::terminate() noexcept {
    if (is_inherited()) return;
    std::unique_lock lock(mutex_);
    closed_ = terminated_ = true;
    while (call* c = calls_.next_to_tell()) {
        c->is_told_ = true;
        calls_.join(*c);  // keeps it alive while it is told
        lock.unlock();
        c->cancel();
        lock.lock();
        leave(*c);
    }
}

PARIMAP_INLINE void scheduler::join() {
    throw_if_inherited();
    if (place_of_caller()) {
        throw error("parimap: join() inside a job of the same pool would wait for itself; call it outside");
    }
    std::unique_lock lock(mutex_);
    if (!closed_) throw error("parimap: join() before close() or terminate(); call one of them first");
    while (jobs_at_once_ > 0 || !calls_.all_are_quiet()) {
        if (needs_caller() && seats_.any_free() && calls_.any_wants_worker()) {
            serve(nullptr, lock);  // nobody else may ever do it
        } else {
            changed_.wait(lock);
        }
    }
}

PARIMAP_INLINE bool scheduler::finish_jobs(bool closing) noexcept {
    std::unique_lock lock(mutex_);
    if (calls_.any_holds_outsider()) return false;
    closed_ = closed_ || closing;
    changed_.wait(lock, [this] { return jobs_at_once_ == 0 && jobs_.is_quiet(); });
    return true;
}

PARIMAP_INLINE void scheduler::throw_if_closed() const {
    if (terminated_ || (closed_ && !place_of_caller())) {
        throw pool_closed("parimap: this pool was closed, terminated or moved from; make a new pool for new work");
    }
}

PARIMAP_INLINE void scheduler::throw_inherited() {
    throw error("parimap: this pool was made before fork(), and its workers are in the parent process; make a new pool in the child");
}

PARIMAP_INLINE bool scheduler::send_worker(call* scope) noexcept {
    runner* r = nullptr;
    {
        std::lock_guard lock(mutex_);
        if (scope) calls_.has_news(*scope);
        r = retired_.load(std::memory_order_relaxed) ? nullptr : seats_.send_one();
        if (!r) {
            tell_owners();  // one of them may sit on a seat, inside a job, and could do it
            return false;
        }
        sending_.fetch_add(1, std::memory_order_relaxed);
    }
    const submission*& submitting = slots().submitting;
    const submission mine{this, scope};
    const submission* outer = std::exchange(submitting, &mine);
    bool is_sent = true;
    try {
        submit_to_backend(*r);
    } catch (...) {
        std::lock_guard lock(mutex_);
        seats_.has_arrived();
        seats_.is_idle(*r);
        is_sent = false;
    }
    submitting = outer;
    sending_.fetch_sub(1, std::memory_order_release);
    return is_sent;
}

PARIMAP_INLINE void scheduler::run_task(task& t) noexcept {
    auto& r = static_cast<runner&>(t);
    r.owner->run(r);
}

PARIMAP_INLINE void scheduler::run(runner& r) noexcept {
    const submission*& submitting = slots().submitting;
    const submission* inside = std::exchange(submitting, nullptr);
    const bool at_once = inside && inside->owner == this && backend_needs_caller();
    std::unique_lock lock(mutex_);
    seats_.has_arrived();
    if (seats_.any_free() && (!at_once || inside->scope)) serve(at_once ? inside->scope : nullptr, lock);
    seats_.is_idle(r);
    submitting = inside;
}

PARIMAP_INLINE void scheduler::serve(call* only, std::unique_lock<std::mutex>& lock) noexcept {
    const std::size_t seat = seats_.take();
    while (work_for(only ? only : calls_.next(), seat, lock)) {
    }
    give_back(seat);
}

PARIMAP_INLINE bool scheduler::work_for(call* c, std::size_t seat, std::unique_lock<std::mutex>& lock) noexcept {
    if (!c || !c->wants_worker()) return false;
    calls_.join(*c);
    lock.unlock();
    {
        const seated on(slots().innermost, *this, seat, c);
        c->work(seat, stint::fair);
    }
    lock.lock();
    leave(*c);
    return true;
}

PARIMAP_INLINE void scheduler::run_now(std::unique_ptr<single_job> job, const place* here) {
    std::unique_lock lock(mutex_);
    throw_if_closed();
    if (!here) changed_.wait(lock, [this] { return seats_.any_free() || terminated_; });
    if (terminated_) {
        lock.unlock();
        return job->cancel();
    }
    const std::size_t seat = here ? here->seat : seats_.take();
    ++jobs_at_once_;
    lock.unlock();
    {
        const seated on(slots().innermost, *this, seat, nullptr);
        job->run();
        job.reset();
    }
    lock.lock();
    --jobs_at_once_;
    if (!here) seats_.give_back(seat);
    tell_owners();
    const bool more = calls_.any_wants_worker();
    lock.unlock();
    if (more) send_worker(nullptr);
}

PARIMAP_INLINE void scheduler::give_back(std::size_t seat) noexcept {
    seats_.give_back(seat);
    tell_owners();
}

PARIMAP_INLINE void scheduler::leave(call& c) noexcept {
    c.leave();
    tell_owners();
}

PARIMAP_INLINE void scheduler::tell_owners() noexcept {
    changed_.notify_all();
    calls_.tell_owners();
}

PARIMAP_INLINE void scheduler::remove(call& c) noexcept {
    calls_.remove(c);
    changed_.notify_all();
}

PARIMAP_INLINE std::uint64_t scheduler::next_id() noexcept {
    const auto module = reinterpret_cast<std::uintptr_t>(&last_id_) >> 4U;
    return (static_cast<std::uint64_t>(module) << 32U) | ((last_id_.fetch_add(1, std::memory_order_relaxed) + 1) & 0xFFFFFFFFU);
}

}  // namespace parimap::detail
