// SPDX-License-Identifier: MIT
// The scheduler of one pool: gives out the seats, sends workers to the calls that have unstarted items, ends calls.

#include <parimap/detail/scheduler/scheduler.hpp>

#include <parimap/detail/scheduler/call_list.hpp>
#include <parimap/detail/scheduler/job_queue.hpp>
#include <parimap/detail/scheduler/seats.hpp>
#include <parimap/detail/scheduler/standby.hpp>
#include <parimap/detail/system/asymmetric_fence.hpp>
#include <parimap/detail/system/atomic.hpp>
#include <parimap/detail/system/cache_line.hpp>
#include <parimap/detail/system/cpu_limits.hpp>
#include <parimap/detail/system/instant.hpp>
#include <parimap/detail/system/yield.hpp>
#include <parimap/errors.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

// What has its mutex. (Consumers read what is beside it for every result.)
struct alignas(cache_line) scheduler::guarded {
    guarded(std::size_t size, scheduler& owner, time_span spin)
        : seating(size, owner, &run_task), waiting(spin > time_span() ? size : most_spinning(size), spin), jobs(size, calls) {}

    /// One CPU is left to who makes the work.
    static std::size_t most_spinning(std::size_t size) { return std::min<std::size_t>(size, cpus_of_affinity_mask()) - 1; }

    detail::mutex mutex;
    condition_variable changed;  // a worker left, a seat was freed, a job returned
    seats seating;
    standby waiting;
    std::uint64_t latest_call = 0;  // when one of those was called
    call_list calls;
    job_queue jobs;
    std::size_t jobs_at_once = 0;  // running in run_now()
    std::vector<std::shared_ptr<const void>> kept;
    bool closed = false;
    atomic<bool> terminated{false};  // written under the mutex
};

PARIMAP_INLINE std::shared_ptr<scheduler> scheduler::make(const pool_options& options,
                                                          owned<backend_port> (*make_backend)(const pool_options&),
                                                          std::size_t seats_afar) {
    constexpr std::size_t most_workers = std::size_t{1} << 15U;  // more than the default of Linux for all threads of a machine
    const std::size_t workers = options.workers;
    if (workers == 0) {
        throw std::invalid_argument("parimap: a pool needs at least one worker; leave the number out for cpu_count()");
    }
    if (workers > most_workers) {
        throw std::invalid_argument("parimap: a pool of " + std::to_string(workers) + " workers, where " +
                                    std::to_string(most_workers) +
                                    " are the most; a negative number, perhaps? Leave it out for cpu_count()");
    }
    if (options.inner_threads > most_workers) {
        throw std::invalid_argument("parimap: inner_threads is " + std::to_string(options.inner_threads) + ", where " +
                                    std::to_string(most_workers) + " are the most; leave it out for what OpenMP does by itself");
    }
    // Instant while the process has one thread; once the workers are there it would cost the first call milliseconds.
    (void)asymmetric_fence::available();
    watch_process();
    return std::make_shared<scheduler>(make_backend(options), options, seats_afar);
}

PARIMAP_INLINE scheduler::scheduler(owned<backend_port> backend, const pool_options& options, std::size_t seats_afar)
    : size_here_(std::max<std::size_t>(1, backend->concurrency())),
      size_(size_here_ + seats_afar),
      inner_threads_(static_cast<int>(options.inner_threads)),
      guarded_(new guarded(size_here_, *this, options.spin)),
      backend_(std::move(backend)) {
    open(guarded_->jobs);
}

PARIMAP_INLINE scheduler::~scheduler() = default;

PARIMAP_INLINE bool scheduler::others_wait() const noexcept {
    constexpr std::size_t own = 2;  // the one that the worker is in, and the queue of jobs
    return guarded_->calls.count() > own || guarded_->jobs.claimable();
}

PARIMAP_INLINE void scheduler::open(call& c, bool blocks) {
    throw_if_inherited();
    const lock held(guarded_->mutex);
    throw_if_closed();
    c.holds_outsider_ = blocks && !place_of_caller();
    guarded_->calls.add(c);
}

PARIMAP_INLINE void scheduler::throw_unless_open() const {
    throw_if_inherited();
    const lock held(guarded_->mutex);
    throw_if_closed();
}

PARIMAP_INLINE void scheduler::announce(call& c, std::uint64_t workers) noexcept {
    if (c.workers_after_news() >= std::min(size_here(), c.max_workers_)) return;
    while (workers-- > 0 && send_worker(&c)) {
    }
}

PARIMAP_INLINE void scheduler::announce_in_a_moment(call& c) noexcept {
    if (c.workers_after_news() < std::min(size_here(), c.max_workers_)) send_worker(&c, false);
}

PARIMAP_INLINE bool scheduler::help(call& c, stint length) noexcept {
    lock held(guarded_->mutex);
    if (!can_help(c, held)) return false;
    help(c, length, held);
    return true;
}

PARIMAP_INLINE void scheduler::help(call& c, stint length, lock& held) noexcept {
    const place* here = place_of_caller();
    const std::size_t seat = here ? here->seat : guarded_->seating.take();
    guarded_->calls.join(c);
    held.unlock();
    {
        // A nested call may be reached through jobs of other pools: its items still run on this pool's seat.
        const seated on(slots().innermost, *this, seat, &c);
        const inner_threads_scope threads(inner_threads_);
        c.work(seat, length);
    }
    held.relock();
    leave(c);
    if (!here) give_back(seat);
    if (guarded_->calls.any_wants_worker()) send_worker(nullptr, true, held);
}

PARIMAP_INLINE void scheduler::finish(call& c) {
    lock held(guarded_->mutex);
    for (bool may_spin = true;;) {  // the workers in c may be done in a moment
        if (c.is_quiet()) break;
        if (can_help(c, held)) {
            help(c, stint::whole, held);
        } else if (may_spin && c.has_worker() && guarded_->calls.count() <= 2 * size()) {
            held.unlock();
            guarded_->waiting.spin_until([&c] { return !c.has_worker(); });
            held.relock();
            may_spin = false;
        } else {
            guarded_->changed.wait(held);
        }
    }
    remove(c);
}

PARIMAP_INLINE void scheduler::abandon(call& c) noexcept {
    lock held(guarded_->mutex);
    remove(c);
    guarded_->changed.wait(held, [&c] { return !c.has_worker(); });
}

PARIMAP_INLINE void scheduler::wait_until_left(call& c) noexcept {
    lock held(guarded_->mutex);
    guarded_->changed.wait(held, [&c] { return !c.has_worker(); });
}

PARIMAP_INLINE bool scheduler::join_from_afar(call& c) noexcept {
    const lock held(guarded_->mutex);
    if (c.listing_ == call::listing::none) return false;
    c.is_worked_on_afar_.store(true, std::memory_order_relaxed);
    return true;
}

PARIMAP_INLINE void scheduler::leave_from_afar(call& c) noexcept {
    const lock held(guarded_->mutex);
    c.is_worked_on_afar_.store(false, std::memory_order_relaxed);
    tell_owners();
}

PARIMAP_INLINE bool scheduler::is_quiet(const call& c) const noexcept {
    const lock held(guarded_->mutex);
    return c.is_quiet();
}

PARIMAP_INLINE void scheduler::wake_owners() noexcept {
    const lock held(guarded_->mutex);
    tell_owners();
}

PARIMAP_INLINE bool scheduler::is_terminated() const noexcept { return guarded_->terminated.load(std::memory_order_relaxed); }

PARIMAP_INLINE void scheduler::want_seat(call& c, bool wanted) noexcept {
    const lock held(guarded_->mutex);
    guarded_->calls.want_seat(c, wanted);
}

PARIMAP_INLINE bool scheduler::can_help(const call& c) noexcept {
    lock held(guarded_->mutex);
    return can_help(c, held);
}

PARIMAP_INLINE bool scheduler::can_help(const call& c, const lock& /*held*/) const noexcept {
    return c.wants_worker() && (place_of_caller() || guarded_->seating.any_free());
}

PARIMAP_INLINE void scheduler::submit(std::unique_ptr<single_job> job, bool at_once) {
    throw_if_inherited();
    if (!at_once && !needs_caller()) {
        lock held(guarded_->mutex);
        throw_if_closed();
        if (!retired_.load(std::memory_order_relaxed)) {  // since that look at it: nobody would come for the job
            guarded_->jobs.push(std::move(job));
            guarded_->calls.has_news(guarded_->jobs);
            send_worker(nullptr, true, held);
            return;
        }
    }
    run_now(std::move(job), place_of_caller());
}

PARIMAP_INLINE void scheduler::keep(std::shared_ptr<const void> value) {
    const lock held(guarded_->mutex);
    guarded_->kept.push_back(std::move(value));
}

PARIMAP_INLINE const place* scheduler::place_of_caller() const noexcept {
    const place* p = slots().innermost;
    while (p && p->owner != this) p = p->outer;
    return p;
}

PARIMAP_INLINE bool scheduler::is_in_far_item(const place* innermost) noexcept {
    const auto is_one = [](const place& p) {
        const scheduler& owner = *p.owner;
        return owner.size() > owner.size_here() && p.running && p.running != &owner.guarded_->jobs;
    };
    while (innermost && !is_one(*innermost)) innermost = innermost->outer;
    return innermost != nullptr;
}

PARIMAP_INLINE void scheduler::throw_if_inherited() const {
    if (is_inherited()) [[unlikely]]
        throw_inherited();
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
        const lock held(guarded_->mutex);
        if (retired_.load(std::memory_order_relaxed) || guarded_->calls.count() > 1 || guarded_->jobs_at_once > 0 ||
            !guarded_->jobs.is_quiet())
            return;
        retired_.store(true, std::memory_order_relaxed);
        guarded_->waiting.hurry();
    }
    while (sending_.load(std::memory_order_acquire) > 0) yield();
    backend_->end();
}

PARIMAP_INLINE void scheduler::close() noexcept {
    if (is_inherited()) return;
    const lock held(guarded_->mutex);
    guarded_->closed = true;
    guarded_->waiting.hurry();
}

PARIMAP_INLINE void scheduler::terminate() noexcept {
    if (is_inherited()) return;
    lock held(guarded_->mutex);
    guarded_->closed = true;
    guarded_->terminated.store(true, std::memory_order_relaxed);
    guarded_->waiting.hurry();
    while (call* c = guarded_->calls.next_to_tell()) {
        c->is_told_ = true;
        guarded_->calls.join(*c);  // keeps it alive while it is told
        held.unlock();
        c->cancel();
        held.relock();
        leave(*c);
    }
}

PARIMAP_INLINE void scheduler::join() {
    throw_if_inherited();
    if (place_of_caller()) {
        throw error("parimap: join() inside a job of the same pool would wait for itself; call it outside");
    }
    lock held(guarded_->mutex);
    if (!guarded_->closed) throw error("parimap: join() before close() or terminate(); call one of them first");
    while (guarded_->jobs_at_once > 0 || !guarded_->calls.all_are_quiet()) {
        if (needs_caller() && guarded_->seating.any_free() && guarded_->calls.any_wants_worker()) {
            serve(nullptr, guarded_->calls.latest(), held);  // nobody else may ever do it
        } else {
            guarded_->changed.wait(held);
        }
    }
}

PARIMAP_INLINE bool scheduler::finish_jobs(bool closing) noexcept {
    lock held(guarded_->mutex);
    if (guarded_->calls.any_holds_outsider()) return false;
    guarded_->closed = guarded_->closed || closing;
    guarded_->waiting.hurry();
    guarded_->changed.wait(held, [this] { return guarded_->jobs_at_once == 0 && guarded_->jobs.is_quiet(); });
    return true;
}

PARIMAP_INLINE void scheduler::throw_if_closed() const {
    if (is_terminated() || (guarded_->closed && !place_of_caller())) {
        throw pool_closed("parimap: this pool was closed, terminated or moved from; make a new pool for new work");
    }
}

PARIMAP_INLINE void scheduler::throw_inherited() {
    throw error(
        "parimap: this pool was made before fork(), and its workers are in the parent process; make a new pool in the child");
}

PARIMAP_INLINE bool scheduler::send_worker(call* scope, bool at_once) noexcept {
    lock held(guarded_->mutex);
    if (scope) {
        guarded_->calls.has_news(*scope);
        scope->is_worth_joining_ = scope->is_worth_joining_ || at_once;
    }
    return send_worker(scope, at_once, held);
}

PARIMAP_INLINE bool scheduler::send_worker(call* scope, bool at_once, lock& held) noexcept {
    const bool is_called = guarded_->seating.wants_one_more() && guarded_->waiting.call_one();
    if (is_called) {
        guarded_->latest_call = guarded_->calls.latest();
        guarded_->seating.is_coming();
    }
    if (at_once) {
        guarded_->waiting.hurry();  // also those who wait for a moment already
    } else if (is_called) {
        guarded_->waiting.hint();
    }
    if (is_called) return true;
    runner* const r = retired_.load(std::memory_order_relaxed) ? nullptr : guarded_->seating.send_one();
    if (!r) {
        tell_owners();  // one of them may sit on a seat, inside a job, and could do it
        return false;
    }
    r->latest_call = guarded_->calls.latest();
    sending_.fetch_add(1, std::memory_order_relaxed);
    held.unlock();
    const submission*& submitting = slots().submitting;
    const submission mine{this, scope};
    const submission* outer = std::exchange(submitting, &mine);
    bool is_sent = true;
    try {
        backend_->submit(*r);
    } catch (...) {
        is_sent = false;
    }
    submitting = outer;
    held.relock();
    if (!is_sent) {
        guarded_->seating.has_arrived();
        guarded_->seating.is_idle(*r);
        tell_owners();
    }
    sending_.fetch_sub(1, std::memory_order_release);
    // A call has an owner, who works on it in the end. For a job nobody else might ever come.
    if (!is_sent && guarded_->seating.all_are_free() && guarded_->jobs.wants_worker())
        serve(&guarded_->jobs, guarded_->calls.latest(), held);
    return is_sent;
}

PARIMAP_INLINE void scheduler::run_task(task& t) noexcept {
    auto& r = static_cast<runner&>(t);
    r.owner->run(r);
}

PARIMAP_INLINE void scheduler::run(runner& r) noexcept {
    const submission*& submitting = slots().submitting;
    const submission* inside = std::exchange(submitting, nullptr);
    const bool at_once = inside && inside->owner == this && backend_->caller_must_help();
    lock held(guarded_->mutex);
    std::uint64_t latest_old = r.latest_call;
    instant idle_since = instant::never();
    do {
        guarded_->seating.has_arrived();
        if (guarded_->seating.any_free() && (!at_once || inside->scope)) {
            if (serve(at_once ? inside->scope : nullptr, latest_old, held)) idle_since = instant::never();
        }
    } while (!at_once && stand_by(latest_old, idle_since, held));
    guarded_->seating.is_idle(r);
    submitting = inside;
}

PARIMAP_INLINE bool scheduler::serve(call* only, std::uint64_t latest_old, lock& held) noexcept {
    const std::size_t seat = guarded_->seating.take();
    // Until the list has nothing left: what next() found may be another's by now, but not what stands behind it.
    bool any = false;
    while (call* c = only ? (only->wants_worker() ? only : nullptr) : guarded_->calls.next(latest_old)) {
        work_for(*c, seat, held);
        any = true;
    }
    give_back(seat);
    return any;
}

PARIMAP_INLINE void scheduler::work_for(call& c, std::size_t seat, lock& held) noexcept {
    guarded_->calls.join(c);
    held.unlock();
    {
        const seated on(slots().innermost, *this, seat, &c);
        const inner_threads_scope threads(inner_threads_);
        c.work(seat, stint::fair);
    }
    held.relock();
    leave(c);
}

PARIMAP_INLINE bool scheduler::stand_by(std::uint64_t& latest_old, instant& idle_since, lock& held) noexcept {
    const auto is_over = [this] { return guarded_->closed || retired_.load(std::memory_order_relaxed); };
    standby& waiting = guarded_->waiting;
    const instant now = instant::now();
    idle_since = earlier(idle_since, now);
    if (!retired_.load(std::memory_order_relaxed) && guarded_->seating.wants_one_more() && guarded_->calls.any_wants_worker()) {
        // It was opened just now. If it is there in a moment it is worth a worker.
        guarded_->seating.is_coming();
        latest_old = guarded_->calls.latest();
        const standby::news seen = waiting.seen();
        const bool has_time = now < idle_since + waiting.time();
        held.unlock();
        if (has_time) {
            waiting.spin(seen, now + standby::moment);
        } else {
            nap();  // one who makes one short call after the other is not to be disturbed by each
        }
        held.relock();
        return true;
    }
    if (!waiting.has_room() || is_over()) return false;
    const instant end = idle_since + waiting.time();
    waiting.enter();
    for (bool has_time = true; has_time && !waiting.is_called() && !is_over();) {
        const standby::news seen = waiting.seen();
        held.unlock();
        has_time = waiting.spin(seen, end);
        held.relock();
    }
    latest_old = guarded_->latest_call;
    return waiting.leave();
}

PARIMAP_INLINE void scheduler::run_now(std::unique_ptr<single_job> job, const place* here) {
    lock held(guarded_->mutex);
    throw_if_closed();
    if (!here) guarded_->changed.wait(held, [this] { return guarded_->seating.any_free() || is_terminated(); });
    if (is_terminated()) {
        held.unlock();
        return job->cancel();
    }
    const std::size_t seat = here ? here->seat : guarded_->seating.take();
    ++guarded_->jobs_at_once;
    held.unlock();
    {
        const seated on(slots().innermost, *this, seat, nullptr);
        const inner_threads_scope threads(inner_threads_);
        job->run();
        job.reset();
    }
    held.relock();
    --guarded_->jobs_at_once;
    if (!here) guarded_->seating.give_back(seat);
    tell_owners();
    const bool more = guarded_->calls.any_wants_worker();
    held.unlock();
    if (more) send_worker(nullptr);
}

PARIMAP_INLINE void scheduler::give_back(std::size_t seat) noexcept {
    guarded_->seating.give_back(seat);
    tell_owners();
}

PARIMAP_INLINE void scheduler::leave(call& c) noexcept {
    c.leave();
    tell_owners();
}

PARIMAP_INLINE void scheduler::tell_owners() noexcept {
    guarded_->changed.notify_all();
    guarded_->calls.tell_owners();
}

PARIMAP_INLINE void scheduler::remove(call& c) noexcept {
    guarded_->calls.remove(c);
    guarded_->changed.notify_all();
}

PARIMAP_INLINE std::uint64_t scheduler::next_id() noexcept {
    const auto module = reinterpret_cast<std::uintptr_t>(&last_id_) >> 4U;
    return (static_cast<std::uint64_t>(module) << 32U) | ((last_id_.fetch_add(1, std::memory_order_relaxed) + 1) & 0xFFFFFFFFU);
}

}  // namespace parimap::detail
