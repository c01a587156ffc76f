// SPDX-License-Identifier: MIT
// What a call wants of the class that keeps its results.
#ifndef PARIMAP_DETAIL_RESULTS_RESULTS_HPP
#define PARIMAP_DETAIL_RESULTS_RESULTS_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/results/failures.hpp>
#include <parimap/detail/system/item_number.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>

namespace parimap::inline PARIMAP_ABI::detail {

/// Where the results of a call go. By workers, each on its own seat:
///   with_writer(seat, run_batch)         returns run_batch(put), where put(item, make) says that the item's result is what make()
///                                        returns. make() may throw; then the item has no result yet. put may keep at hand what a
///                                        batch needs; then put.begin(item) is called before its first item, and what it throws is the
///                                        failure of that item, and put.pause(next) after its last
///   flush(seat)                          by a worker that leaves, where put keeps something at hand. What it throws is a failure of the
///                                        latest item
///   keeps_at_hand                        whether that may wait until then, and the batches of a seat lie far from those of others; else it
///                                        is called after each batch
///   with_writer(seat, bound_by_memory, run_batch)    in its place, where it matters that items cost no more than the memory that
///                                                    they touch
///   fail(seat, item, exception, whose)   the item has no result: it threw, or could not be read. It must be able to, without memory
///   blamed(seat, item)                   called first, where the failure may be that of another item than the one at work
///   failure_stops                        whether a failure ends the call, or spoils its own item alone
template <class Put>
concept writes_batches = requires(Put& put, std::uint64_t item) {
    put.begin(item);
    put.pause(item);
};

template <class R>
concept results_of_call = requires(R& results, std::size_t seat, std::uint64_t item, std::exception_ptr exception) {
    { R::failure_stops } -> std::convertible_to<bool>;
    { results.fail(seat, item, exception, failure_of::item) } noexcept;
};

/// Those of a stream. By the consumer:
///   reserve(window)       once, before the first item is available: no more than the window are, beyond those that were popped
///   prepare(limit)        before the items below the limit are available
///   front()               the next entry to hand over, a result or a failure; null if it is not there. The same until pop(entry)
///   item_of(entry)        its item
///   due()                 the item that front() waits for, or no_item where any may be the next
///   in_order              whether entries come in the order of the items
///   bytes_in_ring, bytes_per_result    the memory that a result takes, in a ring as large as the window and in all
template <class R>
concept results_of_stream = results_of_call<R> && requires(R& results, typename R::entry& entry, std::uint64_t number) {
    { R::in_order } -> std::convertible_to<bool>;
    { R::bytes_in_ring } -> std::convertible_to<std::uint64_t>;
    { R::bytes_per_result } -> std::convertible_to<std::uint64_t>;
    results.reserve(number);
    { results.prepare(number) } noexcept;
    { results.front() } noexcept -> std::same_as<typename R::entry*>;
    { results.item_of(entry) } noexcept -> std::same_as<std::uint64_t>;
    { results.due() } noexcept -> std::same_as<std::uint64_t>;
    { results.pop(entry) } noexcept;
    { entry.is_value() } noexcept -> std::same_as<bool>;
    entry.get();
    { entry.exception() } noexcept -> std::same_as<std::exception_ptr>;
    { entry.whose_failure() } noexcept -> std::same_as<failure_of>;
};

/// Those of a call that waits for all its items. By its caller:
///   room()             how many results there is room for at all
///   prepare(limit)     before the items below the limit are available. May throw
///   first_failure      the base that keeps the failure to be thrown
template <class R>
concept results_of_blocking_call =
    results_of_call<R> && std::derived_from<R, first_failure> && requires(R& results, std::uint64_t number) {
        { results.room() } noexcept -> std::same_as<std::uint64_t>;
        results.prepare(number);
    };

}  // namespace parimap::detail

#endif
