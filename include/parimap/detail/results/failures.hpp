// SPDX-License-Identifier: MIT
// Why a result is missing, and which failure a blocking call throws.
#ifndef PARIMAP_DETAIL_RESULTS_FAILURES_HPP
#define PARIMAP_DETAIL_RESULTS_FAILURES_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/system/item_number.hpp>
#include <parimap/detail/system/mutex.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// Why a result is missing.
enum class failure_of { item, input };

/// The failure of the item with the lowest index. Results of blocking calls derive from it.
class first_failure {
  public:
    static constexpr bool failure_stops = true;

    void fail(std::size_t /*seat*/, std::uint64_t item, std::exception_ptr exception, failure_of /*whose*/) noexcept {
        const lock held(mutex_);
        if (item >= item_) return;
        item_ = item;
        std::swap(exception_, exception);  // the one before goes when the lock is free: its destructor is the program's own
    }

    std::uint64_t failed_item() const noexcept { return item_; }
    std::exception_ptr take_failure() noexcept { return std::move(exception_); }

    /// How many results there is room for at all. Hidden by results that have a limit.
    static constexpr std::uint64_t room() noexcept { return no_item; }
    /// Makes room for the results of the items below `limit`. Hidden by results that store them.
    void prepare(std::uint64_t /*limit*/) noexcept {}

  private:
    mutex mutex_;
    std::uint64_t item_ = no_item;
    std::exception_ptr exception_;
};

}  // namespace parimap::detail

#endif
