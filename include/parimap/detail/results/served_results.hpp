// SPDX-License-Identifier: MIT
// The results of items that came from another process, on their way back.
#ifndef PARIMAP_DETAIL_RESULTS_SERVED_RESULTS_HPP
#define PARIMAP_DETAIL_RESULTS_SERVED_RESULTS_HPP

#include <parimap/codec.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/results/failures.hpp>
#include <parimap/detail/results/served_boxes.hpp>
#include <parimap/detail/travel/byte_stream.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <tuple>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// Each travels by itself.
template <class R>
class served_results {
  public:
    static constexpr bool failure_stops = false;

    served_results(std::size_t seats, served_numbers& numbers, int rank) : numbers_(numbers), boxes_(seats, rank) {}

    // ---- by workers ----------------------------------------------------------------------------------------------

    template <class RunBatch>
    auto with_writer(std::size_t seat, RunBatch run_batch) {
        return run_batch([this, seat](std::uint64_t place, auto&& make) {
            served_numbers::number& here = numbers_.of(place);
            served_boxes::stopwatch running(boxes_, seat, here.item);
            R value(make());
            running.stop();
            boxes_.add(seat, here.item, served_kind::value, [&](byte_writer& out) { codec<R>::write(out, value); });
            here.is_done.store(true, std::memory_order_release);
        });
    }

    void fail(std::size_t seat, std::uint64_t place, std::exception_ptr exception, failure_of /*whose*/) noexcept {
        served_numbers::number& here = numbers_.of(place);
        boxes_.add_failure(seat, here.item, exception, served_kind::failure);
        here.is_done.store(true, std::memory_order_release);
    }

    // ---- by who carries them -------------------------------------------------------------------------------------

    void time_items() noexcept { boxes_.time_items(); }

    /// An item that could not be read.
    void fail_unread(std::uint64_t item, const std::exception_ptr& exception) noexcept {
        boxes_.add_failure(boxes_.last(), item, exception, served_kind::failure);
    }

    /// Writes what is there, or much of it; false if there is nothing.
    bool write(byte_writer& out, std::uint64_t cost) { return boxes_.write(out, cost); }

    /// Whether something stays here until no item is at work,
    static constexpr bool keeps_any() noexcept { return false; }
    /// and writes it then.
    static void write_kept(byte_writer& /*out*/) noexcept {}

  private:
    served_numbers& numbers_;
    served_boxes boxes_;
};

/// What stands for a call's Results where its items are served, whose own result is R; and what its constructor takes besides.
template <class Results, class R>
struct served_for {
    using elsewhere = served_results<R>;  // what it takes has travelled
    using together = served_results<R>;   // all ranks make the call, and have it
    using function = void;                // that has to travel for it

    static void write(byte_writer& /*out*/, const Results& /*here*/) noexcept {}
    static std::tuple<> read(byte_reader& /*in*/) noexcept { return {}; }
    template <class... ResultsArgs>
    static std::tuple<> own(const ResultsArgs&... /*of Results*/) noexcept {
        return {};
    }
};

}  // namespace parimap::detail

#endif
