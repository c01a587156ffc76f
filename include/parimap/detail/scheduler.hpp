// SPDX-License-Identifier: MIT
// The scheduler of one pool: gives out the seats, sends workers to the calls that have unstarted items, ends calls.
#ifndef PARIMAP_DETAIL_SCHEDULER_HPP
#define PARIMAP_DETAIL_SCHEDULER_HPP

#include <parimap/backend.hpp>
#include <parimap/detail/call.hpp>
#include <parimap/detail/job_queue.hpp>
#include <parimap/detail/place.hpp>
#include <parimap/errors.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
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

    std::size_t size() const noexcept { return runners_.size(); }

    virtual std::string_view backend_name() const noexcept = 0;

    /// A number that no other pool of this process ever had.
    std::uint64_t id() const noexcept { return id_; }

    // ---- calls --------------------------------------------------------------------------------------------------

    void open(call& c) {
        std::lock_guard lock(mutex_);
        throw_if_closed();
        calls_.push_back(&c);
        open_calls_.store(calls_.size(), std::memory_order_relaxed);
    }

    /// Tells that c has new items to start, for up to so many workers. The caller stored them before.
    void announce(call& c, std::uint64_t workers = 1) noexcept {
        // Pairs with the fence in leave(): either a leaving worker sees the new items, or this thread sees it gone.
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
            if (!wants_worker(c) || !(here || seat_is_free())) return false;
            seat = here ? here->seat : take_seat();
            join(c);
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
            more = anything_to_start();
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
            if (is_quiet(c)) break;
            if (wants_worker(c) && (inside || seat_is_free())) {
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
        changed_.wait(lock, [&c] { return c.active_.load(std::memory_order_relaxed) == 0; });
    }

    /// Waits for the workers in c, of which nothing is left to start. It stays open.
    void wait_until_left(call& c) noexcept {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&c] { return c.active_.load(std::memory_order_relaxed) == 0; });
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
    bool others_wait() const noexcept { return open_calls_.load(std::memory_order_relaxed) > 2 || jobs_.claimable(); }

    /// Whether the calling thread has to run items itself when it waits: inside a job, and where B7 says so.
    bool caller_must_help() const noexcept { return place_of_caller() != nullptr || backend_needs_caller(); }

    /// Says that the owner of c, about to sleep, wants c.changed() to be called when a seat becomes free.
    void want_seat(call& c, bool wanted) noexcept {
        std::lock_guard lock(mutex_);
        c.owner_wants_seat_ = wanted;
    }

    /// Whether any thread works on c.
    static bool has_worker(const call& c) noexcept { return c.active_.load(std::memory_order_relaxed) > 0; }

    /// Whether help(c) could start something now.
    bool can_help(call& c) noexcept {
        std::lock_guard lock(mutex_);
        return wants_worker(c) && (place_of_caller() || seat_is_free());
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
            for (call* c : calls_) {
                c->active_.fetch_add(1, std::memory_order_relaxed);  // keeps it alive while it is told
                stopped.push_back(c);
            }
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
        const auto all_quiet = [this] {
            return jobs_at_once_ == 0 && std::all_of(calls_.begin(), calls_.end(), [](const call* c) { return is_quiet(*c); });
        };
        while (!all_quiet()) {
            if (backend_needs_caller() && seat_is_free() && anything_to_start()) {
                serve(nullptr, lock);  // nobody else may ever do it
            } else {
                changed_.wait(lock);
            }
        }
    }

    /// Waits for submitted jobs alone: the end of a pool object.
    void finish_jobs() noexcept {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return jobs_at_once_ == 0 && is_quiet(jobs_); });
    }

  protected:
    explicit scheduler(std::size_t seats) : runners_(seats), jobs_(seats) {
        open(jobs_);
        free_seats_.reserve(seats);
        idle_runners_.reserve(seats);
        for (std::size_t seat = seats; seat-- > 0;) {
            free_seats_.push_back(seat);
            runners_[seat].run = [](task& t) noexcept {
                auto& self = static_cast<runner&>(t);
                self.owner->run(self);
            };
            runners_[seat].owner = this;
            idle_runners_.push_back(&runners_[seat]);
        }
    }
    ~scheduler() = default;

  private:
    struct runner : task {
        scheduler* owner = nullptr;
    };

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
            if (idle_runners_.empty() || free_seats_.size() <= runners_on_the_way_) {
                tell_owners();  // one of them may sit on a seat, inside a job, and could do it
                return false;
            }
            r = idle_runners_.back();
            idle_runners_.pop_back();
            ++runners_on_the_way_;
        }
        const submission mine{this, scope};
        const submission* outer = std::exchange(current_submission_, &mine);
        bool is_sent = true;
        try {
            submit_to_backend(*r);
        } catch (...) {
            std::lock_guard lock(mutex_);
            idle_runners_.push_back(r);
            --runners_on_the_way_;
            is_sent = false;
        }
        current_submission_ = outer;
        return is_sent;
    }

    /// What a backend's worker does: takes a seat and works until no call has an item to start.
    void run(runner& r) noexcept {
        const submission* inside = std::exchange(current_submission_, nullptr);
        const bool at_once = inside && inside->owner == this && backend_needs_caller();
        std::unique_lock lock(mutex_);
        --runners_on_the_way_;
        if (seat_is_free() && (!at_once || inside->scope)) serve(at_once ? inside->scope : nullptr, lock);
        idle_runners_.push_back(&r);
        current_submission_ = inside;
    }

    /// Works on a free seat, for one call or for all in turn, until there is nothing to start.
    void serve(call* only, std::unique_lock<std::mutex>& lock) noexcept {
        const std::size_t seat = take_seat();
        {
            const seated on(*this, seat);
            while (work_for(only ? only : next_call(), seat, lock)) {
            }
        }
        give_back(seat);
    }

    bool work_for(call* c, std::size_t seat, std::unique_lock<std::mutex>& lock) noexcept {
        if (!c || !wants_worker(*c)) return false;
        join(*c);
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
        if (!here) changed_.wait(lock, [this] { return seat_is_free() || terminated_; });
        if (terminated_) {
            lock.unlock();
            return job->cancel();
        }
        const std::size_t seat = here ? here->seat : take_seat();
        ++jobs_at_once_;
        lock.unlock();
        {
            const seated on(*this, seat);
            job->run();
            job.reset();
        }
        lock.lock();
        --jobs_at_once_;
        if (!here) free_seats_.push_back(seat);
        tell_owners();
        const bool more = anything_to_start();
        lock.unlock();
        if (more) send_worker(nullptr);
    }

    // ---- all below: with the mutex held --------------------------------------------------------------------------

    static bool wants_worker(const call& c) noexcept {
        return c.active_.load(std::memory_order_relaxed) < c.max_workers_ && c.claimable();
    }

    static bool is_quiet(const call& c) noexcept {
        return c.active_.load(std::memory_order_relaxed) == 0 && !c.claimable();
    }

    bool anything_to_start() const noexcept {
        return std::any_of(calls_.begin(), calls_.end(), [](const call* c) { return wants_worker(*c); });
    }

    /// The next call in turn that wants a worker; it goes to the back of the line.
    call* next_call() noexcept {
        const auto found = std::find_if(calls_.begin(), calls_.end(), [](const call* c) { return wants_worker(*c); });
        if (found == calls_.end()) return nullptr;
        calls_.splice(calls_.end(), calls_, found);
        return calls_.back();
    }

    bool seat_is_free() const noexcept { return !free_seats_.empty(); }

    std::size_t take_seat() noexcept {
        const std::size_t seat = free_seats_.back();
        free_seats_.pop_back();
        return seat;
    }

    void give_back(std::size_t seat) noexcept {
        free_seats_.push_back(seat);
        tell_owners();
    }

    void join(call& c) noexcept { c.active_.fetch_add(1, std::memory_order_relaxed); }

    void leave(call& c) noexcept {
        c.active_.fetch_sub(1, std::memory_order_relaxed);
        // Pairs with the fence in announce(): what it announced is seen by the look at claimable() that follows.
        std::atomic_thread_fence(std::memory_order_seq_cst);
        tell_owners();
    }

    void tell_owners() noexcept {
        changed_.notify_all();
        for (call* c : calls_) {
            if (c->owner_wants_seat_) c->changed();
        }
    }

    void remove(call& c) noexcept {
        calls_.remove(&c);
        open_calls_.store(calls_.size(), std::memory_order_relaxed);
        changed_.notify_all();
    }

    static std::uint64_t next_id() noexcept {
        static std::atomic<std::uint64_t> last{0};
        return last.fetch_add(1, std::memory_order_relaxed) + 1;
    }

    const std::uint64_t id_ = next_id();
    mutable std::mutex mutex_;
    std::condition_variable changed_;  // a worker left, a seat was freed, a job returned
    std::vector<runner> runners_;
    std::vector<runner*> idle_runners_;
    std::vector<std::size_t> free_seats_;
    std::size_t runners_on_the_way_ = 0;  // submitted, not yet begun
    std::list<call*> calls_;
    std::atomic<std::size_t> open_calls_{0};  // calls_.size(), for those without the lock
    job_queue jobs_;
    std::size_t jobs_at_once_ = 0;  // running in run_now()
    bool closed_ = false;
    bool terminated_ = false;
};

}  // namespace parimap::detail

#endif
