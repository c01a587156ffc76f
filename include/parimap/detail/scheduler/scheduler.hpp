// SPDX-License-Identifier: MIT
// The scheduler of one pool: gives out the seats, sends workers to the calls that have unstarted items, ends calls.
#ifndef PARIMAP_DETAIL_SCHEDULER_SCHEDULER_HPP
#define PARIMAP_DETAIL_SCHEDULER_SCHEDULER_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/scheduler/backend_port.hpp>
#include <parimap/detail/scheduler/call.hpp>
#include <parimap/detail/scheduler/place.hpp>
#include <parimap/detail/scheduler/single_job.hpp>
#include <parimap/detail/system/atomic.hpp>
#include <parimap/detail/system/inner_threads.hpp>
#include <parimap/detail/system/instant.hpp>
#include <parimap/detail/system/mutex.hpp>
#include <parimap/detail/system/owned.hpp>
#include <parimap/detail/system/process.hpp>
#include <parimap/pool_options.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace parimap::inline PARIMAP_ABI::detail {

struct runner;

/// The part of a pool that all backends share. Who may run: at most size() threads hold a seat. A backend's worker
/// takes one while it runs items; the thread of a call from outside may take one to work on its own call; a job's
/// nested calls work on the job's seat. There is one task for each seat, so the backend never holds more than size().
///
/// Wake-ups. An idle worker is sent for whenever an item can be started and a seat is free: by announce() when items
/// appear, by a worker that claims more than it can start, and by whoever frees a seat. Idle workers are found under
/// the mutex, and a worker looks at every call once more, under the same mutex, before it becomes idle, so none is
/// missed. announce() skips the mutex only when all seats are already at work on the call: see there.
class PARIMAP_EXPORT scheduler {
  public:
    /// Throws std::invalid_argument for 0 workers or too many, and what the backend throws.
    /// seats_afar: those of workers in other processes, whom the backend does not know.
    static std::shared_ptr<scheduler> make(const pool_options& options, owned<backend_port> (*make_backend)(const pool_options&),
                                           std::size_t seats_afar = 0);

    scheduler(owned<backend_port> backend, const pool_options& options, std::size_t seats_afar);
    ~scheduler();
    scheduler(const scheduler&) = delete;
    scheduler& operator=(const scheduler&) = delete;

    /// How many seats there are, with those of workers in other processes,
    std::size_t size() const noexcept { return size_; }
    /// and without.
    std::size_t size_here() const noexcept { return size_here_; }

    std::string_view backend_name() const noexcept { return backend_->name(); }

    /// The number of the first seat here, where seats are counted over several processes.
    std::size_t first_index() const noexcept { return first_index_; }
    /// Before the first call.
    void count_seats_from(std::size_t first) noexcept { first_index_ = first; }

    /// A number that no other pool of this process ever had.
    std::uint64_t id() const noexcept { return id_; }

    /// The same for people to read: pools of modules that do not share their symbols may have the same.
    std::uint32_t number() const noexcept { return static_cast<std::uint32_t>(id_); }

    // ---- calls --------------------------------------------------------------------------------------------------

    /// blocks: the calling thread stays in it until its end.
    void open(call& c, bool blocks = false);

    /// Throws where open() would.
    void throw_unless_open() const;

    /// Tells that c has new items to start, for up to so many workers. The caller stored them before.
    void announce(call& c, std::uint64_t workers = 1) noexcept;

    /// The same for one worker, by the owner of c, who may be done with them in a moment: nobody comes before that whom it takes no
    /// time to wait.
    void announce_in_a_moment(call& c) noexcept;

    /// Runs items of c on the calling thread while it can: on its own seat inside a job, else on a free one.
    /// False if there was no seat or nothing to start.
    bool help(call& c, stint length) noexcept;

    /// Returns when nothing of c is left to start and no worker is in it, working along wherever it can, and takes c
    /// from the list. Nothing touches c afterwards.
    void finish(call& c);

    /// Waits only for the workers in c, whatever is left to start: the end of a stream that is given up.
    void abandon(call& c) noexcept;

    /// Waits for the workers in c, of which nothing is left to start. It stays open.
    void wait_until_left(call& c) noexcept;

    /// Between these two c does not end: other processes may have items of it. False if it has ended.
    bool join_from_afar(call& c) noexcept;
    void leave_from_afar(call& c) noexcept;

    /// Whether one of the workers here is not in c, as far as that can be known without a lock.
    bool has_idle_worker(const call& c) const noexcept { return c.active_.load(std::memory_order_relaxed) < size_here_; }

    /// Whether nobody works on c, and nothing of it can be started.
    bool is_quiet(const call& c) const noexcept;

    /// Has all who wait look again: something ended from outside.
    void wake_owners() noexcept;

    bool is_terminated() const noexcept;

    /// Whether the backend may run a worker's task inside submit, on the thread that announces (B7).
    bool runs_at_once() const noexcept { return needs_caller(); }

    /// Whether a worker that has just finished a batch should look at other calls before it takes the next.
    bool others_wait() const noexcept;

    /// Whether the calling thread has to run items itself when it waits: inside a job, and where B7 says so.
    bool caller_must_help() const noexcept { return place_of_caller() != nullptr || needs_caller(); }

    /// Says that the owner of c, about to sleep, wants c.changed() to be called when a seat becomes free.
    void want_seat(call& c, bool wanted) noexcept;

    /// Whether any thread works on c.
    static bool has_worker(const call& c) noexcept { return c.has_worker(); }

    /// Whether help(c) could start something now.
    bool can_help(const call& c) noexcept;

    // ---- single jobs --------------------------------------------------------------------------------------------

    /// Has the job run soon, on a worker; at once, on this thread, if asked for or where there may be no worker (B7).
    void submit(std::unique_ptr<single_job> job, bool at_once = false);

    const place* place_of_caller() const noexcept;

    /// Whether the thread whose innermost place this is runs an item, no job alone, of a pool with workers in other processes.
    static bool is_in_far_item(const place* innermost) noexcept;

    /// What the calling thread is doing, as this pool and all calls on it note it.
    thread_slots slots() const noexcept { return slots_(); }

    /// Holds the value until the pool ends.
    void keep(std::shared_ptr<const void> value);

    // ---- the pool's end -----------------------------------------------------------------------------------------

    /// Whether this is a child that fork() made: the workers stayed with its parent, perhaps with the mutex held.
    bool is_inherited() const noexcept { return birth_.is_another(); }
    const birth_process& birth() const noexcept { return birth_; }

    void throw_if_inherited() const;
    [[noreturn]] static void throw_inherited();

    /// Whether c could wait for what works in it to return: not in another process, and not on a thread that works in it and is
    /// about to end the process.
    bool can_be_left(const call& c) const noexcept;

    /// The end of a pool object: closes it and waits for submitted jobs. Where its threads cannot be joined any more, because
    /// the process ends on one of them, on a thread that they may wait for or while another thread is in a call, or because they
    /// are in another process, they are let go.
    static void end(const std::shared_ptr<scheduler>& pool) noexcept;

    /// The end of the default pool, which other static objects and threads may use until the very end of the process: its
    /// workers go, if nobody uses them just now, and what comes later runs on the threads that call, as on the serial backend.
    void retire() noexcept;

    void close() noexcept;

    void terminate() noexcept;

    /// Waits until what was handed to the workers has returned.
    void join();

  private:
    struct guarded;

    bool needs_caller() const noexcept { return retired_.load(std::memory_order_relaxed) || backend_->caller_must_help(); }

    /// Waits for submitted jobs alone. False, at once, if another thread is in a blocking call: then the end that is waited for
    /// can only be that of the process.
    bool finish_jobs(bool closing) noexcept;

    /// Whether exit() was called on another thread than the main one, or in a job of another pool: jobs of this pool may wait for
    /// that thread, and those who use the pool may go on with it until they are no more.
    bool is_left_by_process() const noexcept { return (!is_main_thread() || slots().innermost) && is_in_exit(); }

    bool can_help(const call& c, const lock& held) const noexcept;
    void help(call& c, stint length, lock& held) noexcept;

    void throw_if_closed() const;

    /// Sends an idle worker for work if there is a seat for it. scope: the call of the sending thread, if it has one.
    /// A backend that cannot take the task (out of memory, say) costs parallelism alone: whoever waits for a call
    /// works on it himself in the end.
    /// False if there was none to send.
    bool send_worker(call* scope, bool at_once = true) noexcept;
    bool send_worker(call* scope, bool at_once, lock& held) noexcept;

    static void run_task(task& t) noexcept;

    /// What a backend's worker does: takes a seat and works until no call has an item to start.
    void run(runner& r) noexcept;

    /// Works on a free seat, for one call or for all in turn, until there is nothing to start.
    bool serve(call* only, std::uint64_t latest_old, lock& held) noexcept;

    void work_for(call& c, std::size_t seat, lock& held) noexcept;

    /// A worker without work waits for some, for a while. False if it was not called.
    bool stand_by(std::uint64_t& latest_old, instant& idle_since, lock& held) noexcept;

    /// On the caller's seat, or on a free one, for which it waits.
    void run_now(std::unique_ptr<single_job> job, const place* here);

    // ---- all below: with the mutex held --------------------------------------------------------------------------

    void give_back(std::size_t seat) noexcept;

    void leave(call& c) noexcept;

    void tell_owners() noexcept;

    void remove(call& c) noexcept;

    [[gnu::visibility("default")]] static inline constinit atomic<std::uint64_t> last_id_{0};
    // Those that were let go, so that they are not lost for tools that look for lost memory.
    [[gnu::visibility("default")]] static inline constinit atomic<scheduler*> last_let_go_{nullptr};

    /// A number in the low half; in the high half what tells modules apart that the dynamic linker gave a counter each.
    static std::uint64_t next_id() noexcept;

    const std::uint64_t id_ = next_id();
    const slots_of_thread slots_ = &slots_of_this_module;
    const birth_process birth_;
    const std::size_t size_here_;
    const std::size_t size_;
    const int inner_threads_;  // of a parallel region inside a job; 0: as many as without us
    std::size_t first_index_ = 0;
    const owned<guarded> guarded_;
    atomic<bool> retired_{false};        // written under the mutex
    atomic<std::size_t> sending_{0};     // threads inside backend_->submit()
    std::shared_ptr<scheduler> itself_;  // once it was let go
    scheduler* next_let_go_ = nullptr;
    const owned<backend_port> backend_;  // goes first: its end returns when the last task has
};

/// What parimap::this_worker_index() returns.
inline std::size_t index_of_this_worker() noexcept {
    const place* const here = current_place;
    return here ? here->owner->first_index() + here->seat : no_worker;
}

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/scheduler/scheduler.cpp>  // IWYU pragma: keep
#endif

#endif
