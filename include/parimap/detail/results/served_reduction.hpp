// SPDX-License-Identifier: MIT
// A reduction where some of its items run: it sends what they are combined to.
#ifndef PARIMAP_DETAIL_RESULTS_SERVED_REDUCTION_HPP
#define PARIMAP_DETAIL_RESULTS_SERVED_REDUCTION_HPP

#include <parimap/codec.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/results/failures.hpp>
#include <parimap/detail/results/kept.hpp>
#include <parimap/detail/results/reduction.hpp>
#include <parimap/detail/results/served_boxes.hpp>
#include <parimap/detail/results/served_results.hpp>
#include <parimap/detail/system/atomic.hpp>
#include <parimap/detail/system/item_number.hpp>
#include <parimap/detail/travel/byte_stream.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <tuple>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// A reduction of its own over the numbers that the items have where they come from, so that the tree is the same everywhere. Its incomplete
/// nodes go at the call's end: a value for each row of neighbours that ran here, about, and not one for each item. Held: Op, or a
/// const reference to it.
template <class R, class Op, class Held = Op>
class served_reduction {
    using reduction_here = reduction<R, Op>;

  public:
    static constexpr bool failure_stops = false;
    static constexpr bool keeps_at_hand = reduction_here::keeps_at_hand;

    served_reduction(std::size_t seats, served_numbers& numbers, int rank, Held op)
        : numbers_(numbers), boxes_(seats, rank), op_(std::forward<Held>(op)), here_(seats, op_) {}

    // ---- by workers ----------------------------------------------------------------------------------------------

    template <class Put>
    class writer {
      public:
        writer(served_reduction& all, std::size_t seat, Put put) noexcept : all_(all), seat_(seat), put_(std::move(put)) {}

        void begin(std::uint64_t /*place*/) noexcept {}
        void pause(std::uint64_t /*place*/) noexcept {
            if (next_ != no_item) put_.pause(next_);
        }

        /// Neighbours by their places may come from anywhere.
        template <class Make>
        void operator()(std::uint64_t place, Make&& make) {
            const std::uint64_t item = all_.numbers_.of(place).item;
            if (item != next_) {
                pause(place);
                next_ = no_item;
                put_.begin(item);
            }
            next_ = item;
            const served_boxes::stopwatch running(all_.boxes_, seat_, item);
            try {
                put_(item, make);
            } catch (...) {  // those behind it in the batch run all the same, and are no neighbours of those before
                pause(place);
                next_ = no_item;
                throw;
            }
            next_ = item + 1;
            all_.has_run(seat_, place);
        }

      private:
        served_reduction& all_;
        const std::size_t seat_;
        Put put_;
        std::uint64_t next_ = no_item;
    };

    template <class RunBatch>
    auto with_writer(std::size_t seat, RunBatch run_batch) {
        return here_.with_writer(seat, [&]<class Put>(Put put) { return run_batch(writer<Put>(*this, seat, std::move(put))); });
    }

    /// No item is at work: the place of the latest one may be another's by now.
    void flush(std::size_t seat) noexcept {
        try {
            here_.flush(seat);
        } catch (...) {
            boxes_.add_failure(seat, here_.blamed(seat, no_item), std::current_exception(), served_kind::blamed);
        }
    }

    /// The item that has failed may be one that another than the one at work is combined with.
    void fail(std::size_t seat, std::uint64_t place, std::exception_ptr exception, failure_of /*whose*/) noexcept {
        served_numbers::number& at_work = numbers_.of(place);
        boxes_.add_failure(seat, here_.blamed(seat, at_work.item), exception, served_kind::blamed);
        if (at_work.is_done.load(std::memory_order_relaxed)) return;
        try {
            has_run(seat, place);
        } catch (...) {
            boxes_.add_failure(seat, at_work.item, exception, served_kind::failure);
            at_work.is_done.store(true, std::memory_order_release);
        }
    }

    // ---- by who carries them -------------------------------------------------------------------------------------

    void time_items() noexcept { boxes_.time_items(); }

    void fail_unread(std::uint64_t item, const std::exception_ptr& exception) noexcept {
        boxes_.add_failure(boxes_.last(), item, exception, served_kind::failure);
    }

    bool write(byte_writer& out, std::uint64_t cost) { return boxes_.write(out, cost); }

    bool keeps_any() const noexcept { return keeps_any_.load(std::memory_order_relaxed); }

    void write_kept(byte_writer& out) {
        keeps_any_.store(false, std::memory_order_relaxed);
        for (auto& [part, value] : here_.take_parts()) {
            try {
                boxes_.add(boxes_.last(), part.first(), served_kind::combined, [&p = part, &v = value](byte_writer& to) {
                    to.plain(p);
                    codec<R>::write(to, v.get());
                });
            } catch (...) {
                boxes_.add_failure(boxes_.last(), part.first(), std::current_exception(), served_kind::blamed);
            }
        }
        while (boxes_.write(out, 0)) {
        }
        out.plain(part_of_results{.entries = 1, .cost = 0});
        out.plain(served_entry{.item = no_item, .bytes = 0, .kind = served_kind::settled});
    }

  private:
    void has_run(std::size_t seat, std::uint64_t place) {
        boxes_.add_run(seat, numbers_.of(place).item);
        keeps_any_.store(true, std::memory_order_relaxed);
        numbers_.of(place).is_done.store(true, std::memory_order_release);
    }

    served_numbers& numbers_;
    served_boxes boxes_;
    Held op_;
    reduction_here here_;
    atomic<bool> keeps_any_{false};
};

template <class R, class Op>
    requires reduction<R, Op>::stays_elsewhere
struct served_for<reduction<R, Op>, R> {
    using elsewhere = served_reduction<R, Op>;
    using together = served_reduction<R, Op, const Op&>;
    using function = Op;

    static void write(byte_writer& out, const reduction<R, Op>& here) { codec<Op>::write(out, here.op()); }
    static std::tuple<Op> read(byte_reader& in) { return {codec<Op>::read(in)}; }
    static std::tuple<const Op&> own(std::size_t /*seats*/, const Op& op) noexcept { return {op}; }
};

}  // namespace parimap::detail

#endif
