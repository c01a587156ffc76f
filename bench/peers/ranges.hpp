// SPDX-License-Identifier: MIT
// What peers without ranges or streams need: item i of several random-access ranges, and a window of items under way.
#ifndef BENCH_PEERS_RANGES_HPP
#define BENCH_PEERS_RANGES_HPP

#include <cstddef>
#include <deque>
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

/// op of `from`, and f of the elements from first to last.
template <class F, class Op, class... Pointers>
double reduce_some(std::size_t first, std::size_t last, const F& f, const Op& op, double from, Pointers... in) {
    for (std::size_t i = first; i < last; ++i) from = op(from, f(in[i]...));
    return from;
}

/// How many items peers that hand them out one by one have under way: more than four for each worker on 16 CPUs, so that
/// workers seldom wait for one long item, and few enough to stay in a cache.
inline constexpr std::size_t in_flight = 64;

/// Consumes in order what the futures of start(0), start(1), ... give, with at most `width` of them under way.
template <class Start, class Consume>
void slide(std::size_t count, std::size_t width, const Start& start, Consume& consume) {
    std::deque<decltype(start(count))> window;
    for (std::size_t i = 0; i < count; ++i) {
        if (window.size() == width) {
            consume(window.front().get());
            window.pop_front();
        }
        window.push_back(start(i));
    }
    for (auto& future : window) consume(future.get());
}

}  // namespace bench

#endif
