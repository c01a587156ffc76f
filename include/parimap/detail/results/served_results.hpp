// SPDX-License-Identifier: MIT
// The results of items that came from another process, on their way back.
#ifndef PARIMAP_DETAIL_RESULTS_SERVED_RESULTS_HPP
#define PARIMAP_DETAIL_RESULTS_SERVED_RESULTS_HPP

#include <parimap/codec.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/results/failures.hpp>
#include <parimap/detail/system/atomic.hpp>
#include <parimap/detail/system/cache_line.hpp>
#include <parimap/detail/system/mutex.hpp>
#include <parimap/detail/travel/byte_stream.hpp>
#include <parimap/detail/travel/exceptions.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <memory>
#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

/// No more items of a call are with another process at any time.
inline constexpr std::uint64_t most_items_served = std::uint64_t{1} << 13U;

/// Items on their way there: those from `first` on, in so many bytes.
struct part_of_items {
    std::uint64_t first;
    std::uint64_t count;
    std::uint64_t bytes;
};

/// What a worker has written: so many entries, of which the values took so long each.
struct part_of_results {
    std::uint64_t entries;
    std::uint64_t cost;  // nanoseconds; 0 where it is not known
};

enum class served_kind : std::uint8_t { value, failure, dropped, returned };

/// Before each result.
struct served_entry {
    std::uint64_t item;   // of the dropped, the lowest; of those that are returned, the first
    std::uint32_t bytes;  // behind it; how many were dropped or are returned
    served_kind kind;
    bool begins_archive = false;  // the one of those before has ended
};

/// Items have a place here, in the order in which they came, and their number where they come from.
class served_numbers {
  public:
    struct number {
        std::uint64_t item = 0;
        bool has_item = false;        // which has not started
        atomic<bool> is_done{false};  // its result or failure was written
    };

    served_numbers() : numbers_(most_items_served) {}

    number& of(std::uint64_t place) noexcept { return numbers_[static_cast<std::size_t>(place % most_items_served)]; }

  private:
    std::vector<number> numbers_;
};

/// A box for each seat, and one for who carries them, in which results lie as bytes.
template <class R>
class served_results {
    struct alignas(cache_line) box {
        detail::mutex mutex;
        byte_writer out;
        std::uint64_t entries = 0;
        std::vector<std::uint64_t>
            lost;  // items that failed, for whose failure there was no memory; its own is there from the outset
    };

  public:
    static constexpr bool failure_stops = false;

    served_results(std::size_t seats, served_numbers& numbers, int rank)
        : seats_(seats), numbers_(numbers), rank_(rank), boxes_(std::make_unique<box[]>(seats + 1)) {
        for (std::size_t seat = 0; seat <= seats; ++seat) boxes_[seat].lost.reserve(most_items_served);
    }

    // ---- by workers ----------------------------------------------------------------------------------------------

    template <class RunBatch>
    auto with_writer(std::size_t seat, RunBatch run_batch) {
        return run_batch([this, &box = boxes_[seat]](std::uint64_t place, auto&& make) {
            R value(make());
            const lock held(box.mutex);
            add(box, numbers_.of(place).item, served_kind::value, [&](byte_writer& out) { codec<R>::write(out, value); });
            numbers_.of(place).is_done.store(true, std::memory_order_release);
        });
    }

    void fail(std::size_t seat, std::uint64_t place, std::exception_ptr exception, failure_of /*whose*/) noexcept {
        const lock held(boxes_[seat].mutex);
        add_failure(boxes_[seat], numbers_.of(place).item, exception);
        numbers_.of(place).is_done.store(true, std::memory_order_release);
    }

    // ---- by who carries them -------------------------------------------------------------------------------------

    /// An item that could not be read.
    void fail_unread(std::uint64_t item, const std::exception_ptr& exception) noexcept {
        const lock held(boxes_[seats_].mutex);
        add_failure(boxes_[seats_], item, exception);
    }

    /// Writes what is there, or much of it; false if there is nothing.
    bool write(byte_writer& out, std::uint64_t cost) {
        constexpr std::size_t much = std::size_t{1} << 22U;
        const std::size_t before = out.size();
        for (std::size_t seat = 0; seat <= seats_ && out.size() - before < much; ++seat) {
            box& from = boxes_[seat];
            std::vector<std::byte> bytes;
            std::uint64_t entries = 0;
            {
                const lock held(from.mutex);
                while (!from.lost.empty()) {
                    const std::exception_ptr no_memory = std::make_exception_ptr(std::bad_alloc());
                    add(from, from.lost.back(), served_kind::failure,
                        [&](byte_writer& o) { write_exception(o, no_memory, rank_); });
                    from.lost.pop_back();
                }
                bytes = from.out.take();
                entries = std::exchange(from.entries, 0U);
            }
            if (entries == 0) continue;
            out.plain(part_of_results{entries, cost});
            out.bytes(bytes.data(), bytes.size());
        }
        return out.size() > before;
    }

  private:
    /// All or nothing.
    template <class Write>
    static void add(box& to, std::uint64_t item, served_kind kind, Write write) {
        const std::size_t before = to.out.size();
        try {
            const std::size_t head = to.out.template leave_room<served_entry>();
            const std::size_t start = to.out.size();
            const bool begins = !to.out.has_archive();
            write(to.out);
            const std::size_t bytes = to.out.size() - start;
            if (bytes > std::numeric_limits<std::uint32_t>::max())
                throw std::length_error("parimap: a result of more than 4 GB cannot travel; return it in parts");
            to.out.fill(head, served_entry{item, static_cast<std::uint32_t>(bytes), kind, begins});
        } catch (...) {
            to.out.cut(before);
            throw;
        }
        ++to.entries;
    }

    void add_failure(box& to, std::uint64_t item, const std::exception_ptr& exception) noexcept {
        try {
            to.out.end_archive();  // whose codec may have thrown in the middle
            add(to, item, served_kind::failure, [&](byte_writer& out) { write_exception(out, exception, rank_); });
            to.out.end_archive();
        } catch (...) {
            to.lost.push_back(item);
        }
    }

    const std::size_t seats_;
    served_numbers& numbers_;
    const int rank_;
    const std::unique_ptr<box[]> boxes_;
};

}  // namespace parimap::detail

#endif
