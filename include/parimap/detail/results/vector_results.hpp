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

/// A string, a vector or the like: an empty one costs nothing to make, and nothing fails where one takes the place of it.
template <class R>
concept container = requires { typename R::allocator_type; } && std::is_nothrow_default_constructible_v<R> &&
                    std::is_nothrow_move_assignable_v<R> && sizeof(R) <= 64;

/// How results come into the vector of a call that knows their number: numbers are made in it, containers are assigned to empty ones in
/// it. All others, and those whose number is not known, are made elsewhere, and move there in the end.
enum class way_into_vector { moved, assigned, made };

/// vector<bool> packs its elements, so two workers could not write to neighbours.
template <class R>
inline constexpr way_into_vector best_way_into_vector = std::is_same_v<R, bool>             ? way_into_vector::moved
                                                        : is_trivial<R> && std::copyable<R> ? way_into_vector::made
                                                        : container<R>                      ? way_into_vector::assigned
                                                                                            : way_into_vector::moved;

template <class R, way_into_vector Way>
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

template <class R>
class vector_results<R, way_into_vector::assigned> : public first_failure {
  public:
    void prepare(std::uint64_t limit) { out_.resize(static_cast<std::size_t>(limit)); }

    template <class RunBatch>
    auto with_writer(std::size_t /*seat*/, RunBatch run_batch) {
        return run_batch([data = out_.data()](std::uint64_t item, auto&& make) { data[item] = make(); });
    }

    std::vector<R> take(std::uint64_t /*items*/) { return std::move(out_); }

  private:
    std::vector<R> out_;
};

template <class R>
class vector_results<R, way_into_vector::made> : public first_failure {
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
