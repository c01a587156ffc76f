// SPDX-License-Identifier: MIT
// The results of parallel_map_into on their way into the caller's range.
#ifndef PARIMAP_DETAIL_RESULTS_INTO_RESULTS_HPP
#define PARIMAP_DETAIL_RESULTS_INTO_RESULTS_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/range_access.hpp>
#include <parimap/detail/results/failures.hpp>
#include <parimap/detail/results/nontemporal.hpp>
#include <parimap/detail/system/std_ranges.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// Assigns result i to element i of a random-access range.
template <class View, class Result>
class into_results : public first_failure {
    using element = value_of<View>;
    static constexpr bool can_go_past_caches =
        nontemporal::available<element> && std::is_same_v<reference_of<View>, element&> &&
        (std::is_same_v<Result, element> || (std::is_arithmetic_v<Result> && std::is_arithmetic_v<element>));

  public:
    static constexpr bool stays_here = true;  // results are in this process, where the caller's range is

    into_results(View out, bool past_caches)
        : out_(std::move(out)), first_(begin_of(out_)), room_(size_from(out_, first_)), past_caches_(past_caches) {}

    std::uint64_t room() const noexcept { return room_; }

    template <class RunBatch>
    auto with_writer(std::size_t seat, bool bound_by_memory, RunBatch run_batch) {
        if constexpr (can_go_past_caches) {
            if (past_caches_ && bound_by_memory) {
                const nontemporal past_caches;
                return run_batch([&past_caches, out = elements_from(first_)](std::uint64_t item, auto&& make) {
                    past_caches.store(out[item], static_cast<element>(make()));
                });
            }
        }
        return with_writer(seat, run_batch);
    }

    template <class RunBatch>
    auto with_writer(std::size_t /*seat*/, RunBatch run_batch) {
        return run_batch([out = elements_from(first_)](std::uint64_t item, auto&& make) { out[item] = make(); });
    }

  private:
    View out_;
    iterator_of<View> first_;
    const std::uint64_t room_;
    const bool past_caches_;
};

/// A range that shows where its elements are without running anybody's code.
template <class R>
concept plain_array = std::ranges::contiguous_range<R> && std::ranges::sized_range<R> &&
                      (!std::ranges::view<R> || std::is_same_v<R, std::span<std::ranges::range_value_t<R>>> ||
                       std::is_same_v<R, std::span<const std::ranges::range_value_t<R>>>);

/// Whether the elements of out may be stored past the caches: there are many, and no input is seen to share memory with
/// them.
template <class Out, class... Inputs>
bool suits_nontemporal(Out& out, Inputs&... inputs) {
    if constexpr (plain_array<Out> && (plain_array<Inputs> && ...)) {
        const auto size = [](auto& range) { return static_cast<std::size_t>(std::ranges::size(range)); };
        const std::size_t items = std::min({size(out), size(inputs)...});
        const auto* begin = std::as_bytes(std::span(std::ranges::data(out), items)).data();
        const auto* end = begin + items * sizeof(std::ranges::range_value_t<Out>);
        const auto apart = [&](auto& input) {  // not const: some ranges can only be iterated as they were given
            const auto bytes = std::as_bytes(std::span(std::ranges::data(input), items));
            return std::less_equal<>{}(bytes.data() + bytes.size(), begin) || std::less_equal<>{}(end, bytes.data());
        };
        return items >= nontemporal::worthwhile / sizeof(std::ranges::range_value_t<Out>) && (apart(inputs) && ...);
    } else {
        return false;
    }
}

}  // namespace parimap::detail

#endif
