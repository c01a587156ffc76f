// SPDX-License-Identifier: MIT
// The scheduler of one pool: gives out the seats, sends workers to the calls that have unstarted items, ends calls.
#ifndef PARIMAP_DETAIL_SCHEDULER_SCHEDULER_HPP
#define PARIMAP_DETAIL_SCHEDULER_SCHEDULER_HPP

#include <parimap/backend.hpp>
#include <parimap/detail/scheduler/call.hpp>
#include <parimap/detail/scheduler/call_list.hpp>
#include <parimap/detail/scheduler/job_queue.hpp>
#include <parimap/detail/scheduler/place.hpp>
#include <parimap/detail/scheduler/seats.hpp>
#include <parimap/detail/system/cache_line.hpp>
#include <parimap/detail/system/process.hpp>
#include <parimap/errors.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

namespace parimap::detail {

/// The part of a pool that all backends share. Who may run: at most size() threads hold a seat. A backend's worker
/// takes one while it runs items; the thread of a call from outside may take one to work on its own call; a job's
/// nested calls work on the job's seat. There is one task for each seat, so the backend never holds more than size().
///
/// Wake-ups. An idle worker is sent for whenever an item can be started and a seat is free: by announce() when items
/// appear, by a worker that claims more than it can start, and by whoever frees a seat. Idle workers are found under
/// the mutex, and a worker looks at every call once more, under the same mutex, before it becomes idle, so none is
/// missed. announce() skips the mutex only when all seats are already at work on the call: see there.
class scheduler {
  public:
    scheduler(const scheduler&) = delete;
    scheduler& operator=(const scheduler&) = delete;

    std::size_t size() const noexcept { return seats_.size(); }

    virtual std::string_view backend_name() const noexcept = 0;

    /// A number that no other pool of this process ever had.
    std::uint64_t id() const noexcept { return id_; }

    /// The same for people to read: pools of modules that do not share their symbols may have the same.
    std::uint32_t number() const noexcept { return static_cast<std::uint32_t>(id_); }

    // ---- calls --------------------------------------------------------------------------------------------------

    /// blocks: the calling thread stays in it until its end.
    void open(call& c, bool blocks = false) {
        throw_if_inherited();
        std::lock_guard lock(mutex_);
        throw_if_closed();
        c.holds_outsider_ = blocks && !place_of_caller();
        calls_.add(c);
    }

    /// Tells that c has new items to start, for up to so many workers. The caller stored them before.
    void announce(call& c, std::uint64_t workers = 1) noexcept {
        // Pairs with the fence in call::leave(): either a leaving worker sees the new items, or this thread sees it gone.
        std::atomic_thread_fence(std::memory_order_seq_cst);
        if (c.active_.load(std::memory_order_relaxed) >= std::min(size(), c.max_workers_)) return;
        while (workers-- > 0 && send_worker(&c)) {
        }
    }

    /// Runs items of c on the calling thread while it can: on its own seat inside a job, else on a free one.
    /// False if there was no seat or nothing to start.
    bool help(call& c, stint length) noexcept {
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

    /// Returns when nothing of c is left to start and no worker is in it, working along wherever it can, and takes c
    /// from the list. Nothing touches c afterwards.
    void finish(call& c) {
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

    /// Waits only for the workers in c, whatever is left to start: the end of a stream that is given up.
    void abandon(call& c) noexcept {
        std::unique_lock lock(mutex_);
        remove(c);
        changed_.wait(lock, [&c] { return !c.has_worker(); });
    }

    /// Waits for the workers in c, of which nothing is left to start. It stays open.
    void wait_until_left(call& c) noexcept {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&c] { return !c.has_worker(); });
    }

    /// Has all who wait look again: something ended from outside.
    void wake_owners() noexcept {
        std::lock_guard lock(mutex_);
        tell_owners();
    }

    bool is_terminated() const noexcept {
        std::lock_guard lock(mutex_);
        return terminated_;
    }

    /// Whether the backend may run a worker's task inside submit, on the thread that announces (B7).
    bool runs_at_once() const noexcept { return needs_caller(); }

    /// Whether a worker that has just finished a batch should look at other calls before it takes the next.
    bool others_wait() const noexcept { return calls_.count() > 2 || jobs_.claimable(); }

    /// Whether the calling thread has to run items itself when it waits: inside a job, and where B7 says so.
    bool caller_must_help() const noexcept { return place_of_caller() != nullptr || needs_caller(); }

    /// Says that the owner of c, about to sleep, wants c.changed() to be called when a seat becomes free.
    void want_seat(call& c, bool wanted) noexcept {
        std::lock_guard lock(mutex_);
        calls_.want_seat(c, wanted);
    }

    /// Whether any thread works on c.
    static bool has_worker(const call& c) noexcept { return c.has_worker(); }

    /// Whether help(c) could start something now.
    bool can_help(call& c) noexcept {
        std::lock_guard lock(mutex_);
        return c.wants_worker() && (place_of_caller() || seats_.any_free());
    }

    // ---- single jobs --------------------------------------------------------------------------------------------

    /// Has the job run soon, on a worker; at once, on this thread, if asked for or where there may be no worker (B7).
    void submit(std::unique_ptr<single_job> job, bool at_once = false) {
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

    const place* place_of_caller() const noexcept {
        const place* p = slots().innermost;
        while (p && p->owner != this) p = p->outer;
        return p;
    }

    /// What the calling thread is doing, as this pool and all calls on it note it.
    thread_slots slots() const noexcept { return slots_(); }

    // ---- the pool's end -----------------------------------------------------------------------------------------

    /// Whether this is a child that fork() made: the workers stayed with its parent, perhaps with the mutex held.
    bool is_inherited() const noexcept { return forks.load(std::memory_order_relaxed) != forks_at_birth_; }

    void throw_if_inherited() const {
        if (is_inherited()) [[unlikely]] throw_inherited();
    }

    /// Whether c could wait for what works in it to return: not in another process, and not on a thread that works in it and is
    /// about to end the process.
    bool can_be_left(const call& c) const noexcept {
        if (is_inherited()) return false;
        const place* p = slots().innermost;
        while (p && p->running != &c) p = p->outer;
        return p == nullptr;
    }

    /// The end of a pool object: closes it and waits for submitted jobs. Where its threads cannot be joined any more, because
    /// the process ends on one of them, on a thread that they may wait for or while another thread is in a call, or because they
    /// are in another process, they are let go.
    static void end(const std::shared_ptr<scheduler>& pool) noexcept {
        if (!pool->is_inherited() && !pool->place_of_caller() && !pool->is_left_by_process() && pool->finish_jobs(true)) return;
        pool->itself_ = pool;
        pool->next_let_go_ = last_let_go_.load(std::memory_order_relaxed);
        while (!last_let_go_.compare_exchange_weak(pool->next_let_go_, pool.get())) {
        }
    }

    /// The end of the default pool, which other static objects and threads may use until the very end of the process: its
    /// workers go, if nobody uses them just now, and what comes later runs on the threads that call, as on the serial backend.
    void retire() noexcept {
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

    void close() noexcept {
        if (is_inherited()) return;
        std::lock_guard lock(mutex_);
        closed_ = true;
    }

    void terminate() noexcept {
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

    /// Waits until what was handed to the workers has returned.
    void join() {
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

  protected:
    explicit scheduler(std::size_t size) : seats_(size, *this, &run_task), jobs_(size) { open(jobs_); }
    ~scheduler() = default;

  private:
    virtual void submit_to_backend(task& t) = 0;
    virtual bool backend_needs_caller() const noexcept = 0;
    /// Its destructor, before that of the scheduler. Nothing is submitted to it any more.
    virtual void end_backend() noexcept = 0;

    bool needs_caller() const noexcept { return retired_.load(std::memory_order_relaxed) || backend_needs_caller(); }

    /// Waits for submitted jobs alone. False, at once, if another thread is in a blocking call: then the end that is waited for
    /// can only be that of the process.
    bool finish_jobs(bool closing) noexcept {
        std::unique_lock lock(mutex_);
        if (calls_.any_holds_outsider()) return false;
        closed_ = closed_ || closing;
        changed_.wait(lock, [this] { return jobs_at_once_ == 0 && jobs_.is_quiet(); });
        return true;
    }

    /// Whether exit() was called on another thread than the main one, or in a job of another pool: jobs of this pool may wait for
    /// that thread, and those who use the pool may go on with it until they are no more.
    bool is_left_by_process() const noexcept { return (!is_main_thread() || slots().innermost) && is_in_exit(); }

    void throw_if_closed() const {
        if (terminated_ || (closed_ && !place_of_caller())) {
            throw pool_closed("parimap: this pool was closed, terminated or moved from; make a new pool for new work");
        }
    }

    [[noreturn]] static void throw_inherited() {
        throw error("parimap: this pool was made before fork(), and its workers are in the parent process; make a new pool in the child");
    }

    /// Sends an idle worker for work if there is a seat for it. scope: the call of the sending thread, if it has one.
    /// A backend that cannot take the task (out of memory, say) costs parallelism alone: whoever waits for a call
    /// works on it himself in the end.
    /// False if there was none to send.
    bool send_worker(call* scope) noexcept {
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

    static void run_task(task& t) noexcept {
        auto& r = static_cast<runner&>(t);
        r.owner->run(r);
    }

    /// What a backend's worker does: takes a seat and works until no call has an item to start.
    void run(runner& r) noexcept {
        const submission*& submitting = slots().submitting;
        const submission* inside = std::exchange(submitting, nullptr);
        const bool at_once = inside && inside->owner == this && backend_needs_caller();
        std::unique_lock lock(mutex_);
        seats_.has_arrived();
        if (seats_.any_free() && (!at_once || inside->scope)) serve(at_once ? inside->scope : nullptr, lock);
        seats_.is_idle(r);
        submitting = inside;
    }

    /// Works on a free seat, for one call or for all in turn, until there is nothing to start.
    void serve(call* only, std::unique_lock<std::mutex>& lock) noexcept {
        const std::size_t seat = seats_.take();
        while (work_for(only ? only : calls_.next(), seat, lock)) {
        }
        give_back(seat);
    }

    bool work_for(call* c, std::size_t seat, std::unique_lock<std::mutex>& lock) noexcept {
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

    /// On the caller's seat, or on a free one, for which it waits.
    void run_now(std::unique_ptr<single_job> job, const place* here) {
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

    // ---- all below: with the mutex held --------------------------------------------------------------------------

    void give_back(std::size_t seat) noexcept {
        seats_.give_back(seat);
        tell_owners();
    }

    void leave(call& c) noexcept {
        c.leave();
        tell_owners();
    }

    void tell_owners() noexcept {
        changed_.notify_all();
        calls_.tell_owners();
    }

    void remove(call& c) noexcept {
        calls_.remove(c);
        changed_.notify_all();
    }

    [[gnu::visibility("default")]] static inline constinit std::atomic<std::uint64_t> last_id_{0};
    // Those that were let go, so that they are not lost for tools that look for lost memory.
    [[gnu::visibility("default")]] static inline constinit std::atomic<scheduler*> last_let_go_{nullptr};

    /// A number in the low half; in the high half what tells modules apart that the dynamic linker gave a counter each.
    static std::uint64_t next_id() noexcept {
        const auto module = reinterpret_cast<std::uintptr_t>(&last_id_) >> 4U;
        return (static_cast<std::uint64_t>(module) << 32U) | ((last_id_.fetch_add(1, std::memory_order_relaxed) + 1) & 0xFFFFFFFFU);
    }

    const std::uint64_t id_ = next_id();
    const slots_of_thread slots_ = &slots_of_this_module;
    const unsigned forks_at_birth_ = forks.load(std::memory_order_relaxed);
    alignas(cache_line) mutable std::mutex mutex_;  // what is above, consumers read for every result
    std::condition_variable changed_;  // a worker left, a seat was freed, a job returned
    seats seats_;
    call_list calls_;
    job_queue jobs_;
    std::size_t jobs_at_once_ = 0;  // running in run_now()
    bool closed_ = false;
    bool terminated_ = false;
    std::atomic<bool> retired_{false};     // written under the mutex
    std::atomic<std::size_t> sending_{0};  // threads inside submit_to_backend()
    std::shared_ptr<scheduler> itself_;    // once it was let go
    scheduler* next_let_go_ = nullptr;
};

}  // namespace parimap::detail

#endif
