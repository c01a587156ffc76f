// SPDX-License-Identifier: MIT
// Which seat of which pool the calling thread holds, and which task it is just handing in.
#ifndef PARIMAP_DETAIL_SCHEDULER_PLACE_HPP
#define PARIMAP_DETAIL_SCHEDULER_PLACE_HPP

#include <parimap/detail/form.hpp>

#include <cstddef>

namespace parimap::inline PARIMAP_ABI {

inline constexpr std::size_t no_worker = static_cast<std::size_t>(-1);

namespace detail {

class scheduler;
class call;

/// Where a thread is working: on which seat of which pool, for which call, and inside which other job. Innermost first.
struct place {
    scheduler* owner;
    std::size_t seat;
    const call* running;  // null where single jobs are run at once
    const place* outer;
};

/// The submit() that a thread is in, for a backend that runs the task at once (B7): such a task may only work for the call
/// that its own thread waits for.
struct submission {
    const scheduler* owner;
    call* scope;
};

// There must be one of each for a thread, also in a program of several modules that are compiled with hidden symbols: so these
// are visible, and the dynamic linker makes them one. It cannot where a plug-in is loaded into a program that exports nothing
// (-rdynamic does); so a pool also knows those of the module that made it, and they hold for all that concerns the pool.
[[gnu::visibility("default")]] inline thread_local constinit const place* current_place = nullptr;
[[gnu::visibility("default")]] inline thread_local constinit const submission* current_submission = nullptr;

/// The calling thread's, of one module.
struct thread_slots {
    const place*& innermost;
    const submission*& submitting;
};
using slots_of_thread = thread_slots (*)() noexcept;

inline thread_slots slots_of_this_module() noexcept { return {current_place, current_submission}; }

/// Makes the calling thread the holder of a seat while it lives.
class seated {
  public:
    seated(const place*& innermost, scheduler& owner, std::size_t seat, const call* running) noexcept
        : innermost_(innermost), place_{&owner, seat, running, innermost} {
        innermost_ = &place_;
    }
    ~seated() { innermost_ = place_.outer; }
    seated(const seated&) = delete;
    seated& operator=(const seated&) = delete;

  private:
    const place*& innermost_;
    place place_;
};

}  // namespace detail
}  // namespace parimap

#endif
