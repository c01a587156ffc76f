// SPDX-License-Identifier: MIT
// The small helpers that every conformance test uses: items to map and ways to look at results.
#ifndef PARIMAP_TESTS_SUPPORT_ITEMS_HPP
#define PARIMAP_TESTS_SUPPORT_ITEMS_HPP

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

namespace parimap_test {

inline std::vector<int> numbers(std::size_t count) {
    std::vector<int> all(count);
    std::iota(all.begin(), all.end(), 0);
    return all;
}

inline constexpr auto same = [](int i) { return i; };
inline constexpr auto twice = [](int i) { return 2 * i; };

// What is left of a stream.
template <class Imap>
auto drain(Imap imap) {
    std::vector<typename decltype(imap.next())::value_type> all;
    while (auto result = imap.next()) all.push_back(std::move(*result));
    return all;
}

template <class T>
std::vector<T> sorted(std::vector<T> values) {
    std::sort(values.begin(), values.end());
    return values;
}

}  // namespace parimap_test

#endif
