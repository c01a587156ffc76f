// SPDX-License-Identifier: MIT
// What becomes of items that came from another process, as bytes on their way back.
#ifndef PARIMAP_DETAIL_RESULTS_SERVED_BOXES_HPP
#define PARIMAP_DETAIL_RESULTS_SERVED_BOXES_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/results/failures.hpp>
#include <parimap/detail/system/atomic.hpp>
#include <parimap/detail/system/cache_line.hpp>
#include <parimap/detail/system/instant.hpp>
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
    std::uint64_t worker = 0;
    std::uint64_t slowest = 0;       // an item that has run since the part before,
    std::uint64_t slowest_time = 0;  // and nanoseconds; 0 where items are not timed
};

enum class served_kind : std::uint8_t {
    value,     ///< of an item
    failure,   ///< of an item
    dropped,   ///< items that were stopped
    returned,  ///< items that somebody else may run
    run,       ///< items whose results stay here, and come with others'
    combined,  ///< such results, as a part_of_tree and a value
    blamed,    ///< a failure of an item that has been told of before
    settled    ///< nothing stays here any more
};

/// Before each of them.
struct served_entry {
    std::uint64_t item;   // of the dropped, the lowest; of those that are returned or have run, the first
    std::uint32_t bytes;  // behind it; how many were dropped, are returned or have run
    served_kind kind;
    bool begins_archive = false;  // the one of those before has ended
};

/// Items have a place here, in the order in which they came, and their number where they come from.
class served_numbers {
  public:
    struct number {
        std::uint64_t item = 0;
        atomic<bool> has_item{false};  // which is not let go of yet
        atomic<bool> is_done{false};   // its result or failure was written
    };

    served_numbers() : numbers_(most_items_served) {}

    number& of(std::uint64_t place) noexcept { return numbers_[static_cast<std::size_t>(place % most_items_served)]; }

  private:
    std::vector<number> numbers_;
};

/// A box for each seat, and one for who carries them, in which results lie as bytes.
class served_boxes {
    struct alignas(cache_line) box {
        detail::mutex mutex;
        byte_writer out;
        std::uint64_t entries = 0;
        std::uint64_t slowest = 0;
        std::uint64_t slowest_time = 0;
        served_entry run{.item = 0, .bytes = 0, .kind = served_kind::run};  // behind all others
        std::vector<std::pair<std::uint64_t, served_kind>>
            lost;  // failures for which there was no memory; its own is there from the outset
    };

  public:
    served_boxes(std::size_t seats, int rank) : seats_(seats), rank_(rank), boxes_(std::make_unique<box[]>(seats + 1)) {
        for (std::size_t seat = 0; seat <= seats; ++seat) boxes_[seat].lost.reserve(most_items_served);
    }

    /// From now on, before the first item starts.
    void time_items() noexcept { is_timed_ = true; }

    /// While an item runs, until stop() or the end of it.
    class stopwatch {
      public:
        stopwatch(served_boxes& all, std::size_t seat, std::uint64_t item) noexcept
            : box_(all.is_timed_ ? &all.boxes_[seat] : nullptr), item_(item), start_(box_ ? instant::now() : instant()) {}
        ~stopwatch() { stop(); }
        stopwatch(const stopwatch&) = delete;
        stopwatch& operator=(const stopwatch&) = delete;

        void stop() noexcept {
            box* const to = std::exchange(box_, nullptr);
            if (!to) return;
            const auto took = static_cast<std::uint64_t>((instant::now() - start_).count());
            const lock held(to->mutex);
            if (took <= to->slowest_time) return;
            to->slowest = item_;
            to->slowest_time = took;
        }

      private:
        box* box_;
        const std::uint64_t item_;
        const instant start_;
    };

    /// That of who carries them.
    std::size_t last() const noexcept { return seats_; }

    /// What write(out) writes. All or nothing.
    template <class Write>
    void add(std::size_t seat, std::uint64_t item, served_kind kind, Write write) {
        const lock held(boxes_[seat].mutex);
        add(boxes_[seat], item, kind, write);
    }

    /// kind: failure or blamed.
    void add_failure(std::size_t seat, std::uint64_t item, const std::exception_ptr& exception, served_kind kind) noexcept {
        const lock held(boxes_[seat].mutex);
        box& to = boxes_[seat];
        try {
            to.out.end_archive();  // whose codec may have thrown in the middle
            add(to, item, kind, [&](byte_writer& out) { write_exception(out, exception, rank_); });
            to.out.end_archive();
        } catch (...) {
            to.lost.emplace_back(item, kind);
        }
    }

    /// The item has run. Throws where it does not follow the one before, and there is no memory to say that.
    void add_run(std::size_t seat, std::uint64_t item) {
        const lock held(boxes_[seat].mutex);
        box& to = boxes_[seat];
        if (to.run.bytes > 0 && item != to.run.item + to.run.bytes) end_run(to);
        if (to.run.bytes++ == 0) to.run.item = item;
    }

    /// Writes what is there, or much of it; false if there is nothing.
    bool write(byte_writer& out, std::uint64_t cost) {
        constexpr std::size_t much = std::size_t{1} << 22U;
        const std::size_t before = out.size();
        for (std::size_t seat = 0; seat <= seats_ && out.size() - before < much; ++seat) {
            box& from = boxes_[seat];
            std::vector<std::byte> bytes;
            part_of_results head{.entries = 0, .cost = cost, .worker = seat};
            {
                const lock held(from.mutex);
                while (!from.lost.empty()) {
                    const std::exception_ptr no_memory = std::make_exception_ptr(std::bad_alloc());
                    const auto [item, kind] = from.lost.back();
                    add(from, item, kind, [&](byte_writer& o) { write_exception(o, no_memory, rank_); });
                    from.lost.pop_back();
                }
                if (from.run.bytes > 0) end_run(from);
                bytes = from.out.take();
                head.entries = std::exchange(from.entries, 0U);
                if (head.entries == 0) continue;
                head.slowest = from.slowest;
                head.slowest_time = std::exchange(from.slowest_time, 0U);
            }
            out.plain(head);
            out.bytes(bytes.data(), bytes.size());
        }
        return out.size() > before;
    }

  private:
    template <class Write>
    static void add(box& to, std::uint64_t item, served_kind kind, Write write) {
        const std::size_t before = to.out.size();
        try {
            const std::size_t head = to.out.leave_room<served_entry>();
            const std::size_t start = to.out.size();
            const bool begins = !to.out.has_archive();
            write(to.out);
            const std::size_t bytes = to.out.size() - start;
            if (bytes > std::numeric_limits<std::uint32_t>::max())
                throw std::length_error("parimap: a result of more than 4 GB cannot travel; return it in parts");
            to.out.fill(head, served_entry{item, static_cast<std::uint32_t>(bytes), kind, begins});
            to.out.end_archive_that_refers_back();
        } catch (...) {
            to.out.cut(before);
            throw;
        }
        ++to.entries;
    }

    static void end_run(box& to) {
        to.out.plain(to.run);
        to.run.bytes = 0;
        ++to.entries;
    }

    const std::size_t seats_;
    const int rank_;
    bool is_timed_ = false;
    const std::unique_ptr<box[]> boxes_;
};

}  // namespace parimap::detail

#endif
