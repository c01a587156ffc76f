// SPDX-License-Identifier: MIT
// The results of parallel_map on their way into a std::vector.
#ifndef PARIMAP_DETAIL_RESULTS_VECTOR_RESULTS_HPP
#define PARIMAP_DETAIL_RESULTS_VECTOR_RESULTS_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/results/failures.hpp>
#include <parimap/detail/results/grown_vector.hpp>
#include <parimap/detail/system/slot.hpp>

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

/// Slots that never move while their number grows: segments of 64, 64, 128, 256, ... slots.
template <class T>
class growing_slots {
  public:
    /// By one thread, before others use the slots below `count`.
    void grow(std::uint64_t count) {
        while (made_ < count) {
            const std::size_t s = segment_of(made_);
            const std::uint64_t length = s == 0 ? first_length : first_length << (s - 1);
            segments_[s] = std::make_unique<slot<T>[]>(static_cast<std::size_t>(length));
            made_ += length;
        }
    }

    slot<T>& operator[](std::uint64_t i) noexcept {
        const std::size_t s = segment_of(i);
        return segments_[s][static_cast<std::size_t>(s == 0 ? i : i - (first_length << (s - 1)))];
    }

  private:
    static constexpr std::uint64_t first_length = 64;
    static std::size_t segment_of(std::uint64_t i) noexcept { return static_cast<std::size_t>(std::bit_width(i / first_length)); }

    std::array<std::unique_ptr<slot<T>[]>, 59> segments_;
    std::uint64_t made_ = 0;
};

/// Any movable result: built in a slot, moved into the vector at the end.
template <class R, bool InPlace>
class vector_results : public first_failure {
  public:
    void prepare(std::uint64_t limit) { slots_.grow(limit); }

    template <class RunBatch>
    auto with_writer(std::size_t /*seat*/, RunBatch run_batch) {
        return run_batch([this](std::uint64_t item, auto&& make) { slots_[item].build(make); });
    }

    std::vector<R> take(std::uint64_t items) {
        std::vector<R> out;
        out.reserve(static_cast<std::size_t>(items));
        for (std::uint64_t i = 0; i < items; ++i) {
            out.push_back(std::move(slots_[i].get()));
            slots_[i].reset();
        }
        return out;
    }

  private:
    growing_slots<R> slots_;
};

/// Results that can stand in the vector before they are known, for an input whose size is.
template <class R>
class vector_results<R, true> : public first_failure {
  public:
    void prepare(std::uint64_t limit) { out_.make_room(static_cast<std::size_t>(limit)); }

    template <class RunBatch>
    auto with_writer(std::size_t /*seat*/, RunBatch run_batch) {
        return run_batch(
            [data = out_.data()](std::uint64_t item, auto&& make) { ::new (static_cast<void*>(data + item)) R(make()); });
    }

    std::vector<R> take(std::uint64_t /*items*/) { return out_.take(); }

  private:
    grown_vector<R> out_;
};

/// vector<bool> packs its elements, so two workers could not write to neighbours.
template <class R>
inline constexpr bool can_stand_in_vector = is_trivial<R> && std::copyable<R> && !std::is_same_v<R, bool>;

/// Results that nobody wants.
class no_results : public first_failure {
  public:
    template <class RunBatch>
    auto with_writer(std::size_t /*seat*/, RunBatch run_batch) {
        return run_batch([](std::uint64_t /*item*/, auto&& make) { static_cast<void>(make()); });
    }
};

}  // namespace parimap::detail

#endif
