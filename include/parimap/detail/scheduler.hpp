// SPDX-License-Identifier: MIT
// The scheduler of one pool: gives out the seats, sends workers to the calls that have unstarted items, ends calls.
#ifndef PARIMAP_DETAIL_SCHEDULER_HPP
#define PARIMAP_DETAIL_SCHEDULER_HPP

#include <parimap/backend.hpp>
#include <parimap/detail/call.hpp>
#include <parimap/detail/call_list.hpp>
#include <parimap/detail/job_queue.hpp>
#include <parimap/detail/place.hpp>
#include <parimap/detail/seats.hpp>
#include <parimap/errors.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

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

    // ---- calls --------------------------------------------------------------------------------------------------

    void open(call& c) {
        std::lock_guard lock(mutex_);
        throw_if_closed();
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
            c.join();
        }
        {
            // A nested call may be reached through jobs of other pools: its items still run on this pool's seat.
            const seated on(*this, seat);
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
    bool runs_at_once() const noexcept { return backend_needs_caller(); }

    /// Whether a worker that has just finished a batch should look at other calls before it takes the next.
    bool others_wait() const noexcept { return calls_.count() > 2 || jobs_.claimable(); }

    /// Whether the calling thread has to run items itself when it waits: inside a job, and where B7 says so.
    bool caller_must_help() const noexcept { return place_of_caller() != nullptr || backend_needs_caller(); }

    /// Says that the owner of c, about to sleep, wants c.changed() to be called when a seat becomes free.
    void want_seat(call& c, bool wanted) noexcept {
        std::lock_guard lock(mutex_);
        c.owner_wants_seat_ = wanted;
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
        if (at_once || backend_needs_caller()) return run_now(std::move(job), place_of_caller());
        {
            std::lock_guard lock(mutex_);
            throw_if_closed();
            jobs_.push(std::move(job));
        }
        send_worker(nullptr);
    }

    const place* place_of_caller() const noexcept {
        const place* p = current_place;
        while (p && p->owner != this) p = p->outer;
        return p;
    }

    // ---- the pool's end -----------------------------------------------------------------------------------------

    void close() noexcept {
        std::lock_guard lock(mutex_);
        closed_ = true;
    }

    void terminate() noexcept {
        std::vector<call*> stopped;
        {
            std::lock_guard lock(mutex_);
            closed_ = terminated_ = true;
            stopped = calls_.all();
            for (call* c : stopped) c->join();  // keeps it alive while it is told
        }
        for (call* c : stopped) c->cancel();
        std::lock_guard lock(mutex_);
        for (call* c : stopped) leave(*c);
    }

    /// Waits until what was handed to the workers has returned.
    void join() {
        if (place_of_caller()) {
            throw error("parimap: join() inside a job of the same pool would wait for itself; call it outside");
        }
        std::unique_lock lock(mutex_);
        if (!closed_) throw error("parimap: join() before close() or terminate(); call one of them first");
        while (jobs_at_once_ > 0 || !calls_.all_are_quiet()) {
            if (backend_needs_caller() && seats_.any_free() && calls_.any_wants_worker()) {
                serve(nullptr, lock);  // nobody else may ever do it
            } else {
                changed_.wait(lock);
            }
        }
    }

    /// Waits for submitted jobs alone: the end of a pool object.
    void finish_jobs() noexcept {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return jobs_at_once_ == 0 && jobs_.is_quiet(); });
    }

  protected:
    explicit scheduler(std::size_t size) : seats_(size, *this, &run_task), jobs_(size) { open(jobs_); }
    ~scheduler() = default;

  private:
    /// The submit() that this thread is in, for a backend that runs the task at once (B7): such a task may only work
    /// for the call that its own thread waits for.
    struct submission {
        const scheduler* owner;
        call* scope;
    };
    static inline thread_local constinit const submission* current_submission_ = nullptr;

    virtual void submit_to_backend(task& t) = 0;
    virtual bool backend_needs_caller() const noexcept = 0;

    void throw_if_closed() const {
        if (terminated_ || (closed_ && !place_of_caller())) {
            throw pool_closed("parimap: this pool was closed, terminated or moved from; make a new pool for new work");
        }
    }

    /// Sends an idle worker for work if there is a seat for it. scope: the call of the sending thread, if it has one.
    /// A backend that cannot take the task (out of memory, say) costs parallelism alone: whoever waits for a call
    /// works on it himself in the end.
    /// False if there was none to send.
    bool send_worker(call* scope) noexcept {
        runner* r = nullptr;
        {
            std::lock_guard lock(mutex_);
            r = seats_.send_one();
            if (!r) {
                tell_owners();  // one of them may sit on a seat, inside a job, and could do it
                return false;
            }
        }
        const submission mine{this, scope};
        const submission* outer = std::exchange(current_submission_, &mine);
        bool is_sent = true;
        try {
            submit_to_backend(*r);
        } catch (...) {
            std::lock_guard lock(mutex_);
            seats_.has_arrived();
            seats_.is_idle(*r);
            is_sent = false;
        }
        current_submission_ = outer;
        return is_sent;
    }

    static void run_task(task& t) noexcept {
        auto& r = static_cast<runner&>(t);
        r.owner->run(r);
    }

    /// What a backend's worker does: takes a seat and works until no call has an item to start.
    void run(runner& r) noexcept {
        const submission* inside = std::exchange(current_submission_, nullptr);
        const bool at_once = inside && inside->owner == this && backend_needs_caller();
        std::unique_lock lock(mutex_);
        seats_.has_arrived();
        if (seats_.any_free() && (!at_once || inside->scope)) serve(at_once ? inside->scope : nullptr, lock);
        seats_.is_idle(r);
        current_submission_ = inside;
    }

    /// Works on a free seat, for one call or for all in turn, until there is nothing to start.
    void serve(call* only, std::unique_lock<std::mutex>& lock) noexcept {
        const std::size_t seat = seats_.take();
        {
            const seated on(*this, seat);
            while (work_for(only ? only : calls_.next(), seat, lock)) {
            }
        }
        give_back(seat);
    }

    bool work_for(call* c, std::size_t seat, std::unique_lock<std::mutex>& lock) noexcept {
        if (!c || !c->wants_worker()) return false;
        c->join();
        lock.unlock();
        c->work(seat, stint::fair);
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
            const seated on(*this, seat);
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

    static std::uint64_t next_id() noexcept {
        static std::atomic<std::uint64_t> last{0};
        return last.fetch_add(1, std::memory_order_relaxed) + 1;
    }

    const std::uint64_t id_ = next_id();
    mutable std::mutex mutex_;
    std::condition_variable changed_;  // a worker left, a seat was freed, a job returned
    seats seats_;
    call_list calls_;
    job_queue jobs_;
    std::size_t jobs_at_once_ = 0;  // running in run_now()
    bool closed_ = false;
    bool terminated_ = false;
};

}  // namespace parimap::detail

#endif
