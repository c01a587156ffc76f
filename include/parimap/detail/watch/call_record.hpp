// SPDX-License-Identifier: MIT
// The raw numbers of one call, as its workers noted them: what reports and traces are made of.
#ifndef PARIMAP_DETAIL_WATCH_CALL_RECORD_HPP
#define PARIMAP_DETAIL_WATCH_CALL_RECORD_HPP

#include <parimap/detail/form.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace parimap::inline PARIMAP_ABI {

namespace detail {

/// Why a worker had nothing to start.
enum class idle_cause : unsigned char {
    nothing_left,  // all items were started, or the seat was at work elsewhere
    input,         // the input had not given the next item yet
    consumer,      // the window was full of results that nobody took
    slow_item,     // the window was full, and the consumer waited for an item in it
    network,       // of a worker on another rank, which had items: those of its own, or their results, were on the way
};
inline constexpr std::size_t idle_causes = 5;

struct traced_event {
    std::chrono::steady_clock::time_point begin;
    std::chrono::steady_clock::time_point end;
    std::uint64_t first;
    std::uint64_t items;
};

/// The first so many events, and how many came later.
class PARIMAP_EXPORT event_log {
  public:
    static constexpr std::size_t most = std::size_t{1} << 20;

    void add(const traced_event& event) noexcept;

    const std::vector<traced_event>& events() const noexcept { return events_; }
    std::uint64_t lost() const noexcept { return lost_; }

  private:
    std::vector<traced_event> events_;
    std::uint64_t lost_ = 0;
};

struct timed_item {
    std::uint64_t item;
    std::uint64_t ticks;
    std::uint64_t begun;  // in ticks, since the begin of the call
};

struct PARIMAP_EXPORT seat_record {
    using duration = std::chrono::steady_clock::duration;

    duration busy{};
    std::array<duration, idle_causes> idle{};
    std::uint64_t items = 0;
    std::uint64_t batches = 0;
    std::uint64_t smallest_batch = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t largest_batch = 0;
    std::vector<timed_item> slowest;   // as many as were reserved
    std::uint64_t slow_threshold = 0;  // what is not longer is not among them
    event_log events;
    int rank = 0;

    void add_batch(std::uint64_t count, duration time) noexcept;

    /// Keeps an item that took longer than the threshold.
    void note_slow(const timed_item& item) noexcept;
};

/// Messages with items to another rank, and with results from there.
struct rank_traffic {
    std::uint64_t messages_to = 0;
    std::uint64_t bytes_to = 0;
    std::uint64_t messages_from = 0;
    std::uint64_t bytes_from = 0;
};

struct call_record {
    std::chrono::steady_clock::time_point begin;
    std::chrono::steady_clock::time_point end;
    double seconds_per_tick = 0;
    std::uint64_t pool_id = 0;
    std::string_view backend;
    std::uint64_t items = 0;
    std::uint64_t failed = 0;
    bool stopped = false;   // by an exception that was no item's
    bool in_order = false;  // a stream in input order
    std::vector<seat_record> seats;
    std::vector<rank_traffic> others;  // the other ranks of the pool, from 1 on
    std::chrono::steady_clock::duration consumer_waited{};
    event_log consumer_waits;
    std::size_t consumer = 0;  // a number of its thread's
};

}  // namespace detail
}  // namespace parimap

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/watch/call_record.cpp>  // IWYU pragma: keep
#endif

#endif
