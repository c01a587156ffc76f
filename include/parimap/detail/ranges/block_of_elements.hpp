// SPDX-License-Identifier: MIT
// Consecutive elements of a range.
#ifndef PARIMAP_DETAIL_RANGES_BLOCK_OF_ELEMENTS_HPP
#define PARIMAP_DETAIL_RANGES_BLOCK_OF_ELEMENTS_HPP

#include <parimap/detail/form.hpp>

#include <cstdint>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

/// Traits: what one is kept as, and how it is passed on, as pulled_item says; or travelling_element.
template <class Traits>
struct block_of_elements {
    std::uint64_t first;  // the number of its first element
    std::vector<typename Traits::kept> elements;
};

template <class View, bool Zipped>
struct travelling_element;

}  // namespace parimap::detail

#endif
