// SPDX-License-Identifier: MIT
// What peers without ranges need: item i of several random-access ranges.
#ifndef BENCH_PEERS_RANGES_HPP
#define BENCH_PEERS_RANGES_HPP

#include <cstddef>
#include <ranges>
#include <type_traits>

namespace bench {

/// f of the elements at i.
template <class F, class... Ranges>
auto call_at(std::size_t i, const F& f, const Ranges&... ranges) {
    return f(std::ranges::begin(ranges)[static_cast<std::ranges::range_difference_t<const Ranges>>(i)]...);
}

template <class F, class... Ranges>
using result_of = std::decay_t<std::invoke_result_t<const F&, std::ranges::range_reference_t<const Ranges>...>>;

template <class Range, class... Ranges>
std::size_t size_of(const Range& range, const Ranges&...) {
    return static_cast<std::size_t>(std::ranges::size(range));
}

}  // namespace bench

#endif
