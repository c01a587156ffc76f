// SPDX-License-Identifier: MIT
// A call whose batches are run in other processes too: what those who carry them know of it, on both sides.
#ifndef PARIMAP_DETAIL_ENGINE_FAR_WORK_HPP
#define PARIMAP_DETAIL_ENGINE_FAR_WORK_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/scheduler/calls_that_stay_here.hpp>  // IWYU pragma: export
#include <parimap/detail/scheduler/scheduler.hpp>
#include <parimap/detail/system/instant.hpp>
#include <parimap/detail/travel/byte_stream.hpp>
#include <parimap/detail/travel/code_place.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

// Two processes and one call. Here, where the call was made, far_work gives batches away and takes results; there, a served_work runs
// them on the workers of its own pool. A carrier, of which each process has one, brings bytes from the one to the other. All member
// functions of both are called by its thread alone, or by the threads that make calls, one at a time.
//
//   here, far_work                      there, served_work
//   describe()          once ->         serve_far_call(), the function that describe() names, makes it
//   give_items()        ----->          take_items()
//   take_results()      <-----          give_results()
//   first_stopped()     ----->          stop_items_from()
//   wants_returned()    ----->          return_items()
//   keeps_results()     ----->          let_results_go()

/// The call, where it was made. An item that was given away is finished when take_results() has seen it, whatever became of it.
class far_work {
  public:
    far_work(const far_work&) = delete;
    far_work& operator=(const far_work&) = delete;

    /// Where serve_far_call is for this call's types, and behind it what it reads: f. Throws error where something cannot travel.
    virtual code_place describe(byte_writer& out) const = 0;

    /// Whether to tell what the slowest items take.
    virtual bool times_items() const noexcept = 0;

    /// Whether there is an item to give away, a guess,
    virtual bool has_items() const noexcept = 0;
    /// whether nobody has it yet,
    virtual bool has_unclaimed() const noexcept = 0;
    /// and which is the first that nobody has had.
    virtual std::uint64_t first_unclaimed() const noexcept = 0;

    /// Gives up to `most` items to the workers behind a seat; returns how many. The call may end once none is away. is_hungry: they have had
    /// nothing to do for a while, so that a single item that waits behind another is worth the way.
    virtual std::uint64_t give_items(std::size_t seat, std::uint64_t most, bool is_hungry, byte_writer& out) noexcept = 0;

    /// Returns how many of those items came back.
    virtual std::uint64_t take_results(std::size_t seat, byte_reader& in) = 0;

    /// Nothing from here on is wanted any more; no_item while all are.
    virtual std::uint64_t first_stopped() const noexcept = 0;

    /// Whether a worker here has nothing to do, nor is there anything to give away.
    virtual bool wants_returned() const noexcept = 0;
    /// Items that came back wait for whoever takes them, or results of some that have run are still to come: the call may not end before.
    /// Where it was stopped, such items are dropped.
    virtual bool has_returned() noexcept = 0;

    /// Whether the workers behind a seat have run items whose results they still keep, to combine them with others'.
    virtual bool keeps_results(std::size_t seat) const noexcept = 0;

    /// How many items one worker should have at a time,
    virtual std::uint64_t batch() const noexcept = 0;
    /// whether to run what it then has takes longer than to send it, as far as is known,
    virtual bool is_worth_sending() const noexcept = 0;
    /// and how many may be away from here at once.
    virtual std::uint64_t most_away() const noexcept = 0;

    /// Between these two the call does not end. False if it has.
    virtual bool hold() noexcept = 0;
    virtual void let_go() noexcept = 0;

  protected:
    far_work() = default;
    ~far_work() = default;
};

/// The same call in another process.
class served_work {
  public:
    served_work(const served_work&) = delete;
    served_work& operator=(const served_work&) = delete;
    virtual ~served_work() = default;

    /// The slowest of them travel with the results. Before any comes.
    virtual void time_items() noexcept = 0;

    virtual void take_items(byte_reader& in) = 0;

    /// Writes what has finished since, and before it how many items, in the order in which they came, are done with before the first that is
    /// not: no more than most_items_served may come behind that. False if nothing has finished.
    virtual bool give_results(byte_writer& out) = 0;

    /// No item from this one on starts any more, and the tokens of those that run are stopped. Those that did not start come back.
    virtual void stop_items_from(std::uint64_t item) noexcept = 0;

    /// Writes, as results, up to so many items that have not started and will not: somebody else has nothing to do.
    virtual void return_items(std::uint64_t most, byte_writer& out) = 0;

    /// No more items are known of: what is kept here of results comes back once none is at work. After a stop it does so by itself.
    virtual void let_results_go() noexcept = 0;

  protected:
    served_work() = default;
};

/// Makes the other side of a call from what describe() wrote behind the function's place.
using serve_far_call = std::unique_ptr<served_work> (*)(const std::shared_ptr<scheduler>& workers, int rank, byte_reader& in);

/// By which ranks see that they make the same call.
struct call_signature {
    std::uint64_t types = 0;
    std::uint64_t items = 0;
    std::uint64_t block = 0;  // map_options::block

    bool operator==(const call_signature&) const = default;
};

/// Who carries batches between processes.
class carrier {
  public:
    carrier(const carrier&) = delete;
    carrier& operator=(const carrier&) = delete;

    /// From now on other ranks take part in the call; returns its number.
    virtual std::uint32_t open(far_work& work, const call_signature& what) = 0;
    /// Returns when none has an item of it any more, and none is given away.
    virtual void close(far_work& work) noexcept = 0;
    /// Has each rank hold a value until the pool ends: the place of read_shared_value, and what that reads. Returns its number.
    virtual std::uint64_t share(std::shared_ptr<const void> here, byte_writer&& what) = 0;

    /// How many each rank has, this one first.
    virtual const std::vector<std::size_t>& workers() const noexcept = 0;

    /// Whether all ranks make the call, each with an f and an input of its own: then numbers of items travel, and no function.
    virtual bool is_joint() const noexcept = 0;
    /// What became of such a call, for all ranks: what a follower's follow() returns.
    virtual void tell(std::uint32_t call, const byte_writer& outcome) = 0;
    /// Why another rank did not take part in this call or one before it; null where none has said so.
    virtual std::exception_ptr take_refusal() noexcept = 0;

    /// Whether no thread of its own carries: then those that make calls have to, again and again while they are in one.
    virtual bool is_carried_by_callers() const noexcept = 0;
    /// Carries until wait(time), which lasts so long or less, says that it is enough.
    virtual void carry_until(const std::function<bool(time_span)>& wait) = 0;

  protected:
    carrier() = default;
    ~carrier() = default;
};

/// Who takes part, on the other ranks, in calls that all ranks make.
class follower {
  public:
    follower(const follower&) = delete;
    follower& operator=(const follower&) = delete;

    virtual int rank() const noexcept = 0;

    /// The next call of this rank, in the order in which all make them; returns its number.
    virtual std::uint64_t join(served_work& work, const call_signature& what) = 0;
    /// The same for one that cannot be made here: its items fail, and so does follow(), for that reason.
    virtual std::uint64_t refuse(std::exception_ptr why, const call_signature& what) = 0;

    /// Runs its items until the root has all results, and then returns the outcome, if it has one; also that of a stream that the root could
    /// not begin. Throws error where the root makes another call.
    virtual std::vector<std::byte> follow(std::uint64_t number, bool has_outcome) = 0;
    /// Runs its items until the root makes a call that this rank has not come to; those that are left run in later calls. Returns whether
    /// it has ended before.
    virtual bool follow_until_next(std::uint64_t number) = 0;

  protected:
    follower() = default;
    ~follower() = default;
};

/// A pool's scheduler, and who carries its batches to other processes; null where there are none.
struct far_core : std::shared_ptr<scheduler> {
    std::shared_ptr<carrier> to_others;
    std::shared_ptr<follower> with_root;  // on another rank than the root of calls that all make
};

}  // namespace parimap::detail

#endif
