// SPDX-License-Identifier: MIT
// Items by number: what all parts of a call know them by.
#ifndef PARIMAP_DETAIL_SYSTEM_ITEM_NUMBER_HPP
#define PARIMAP_DETAIL_SYSTEM_ITEM_NUMBER_HPP

#include <parimap/detail/form.hpp>

#include <cstdint>
#include <limits>

namespace parimap::inline PARIMAP_ABI::detail {

/// The place of an item in the input, from 0.
using item_number = std::uint64_t;

/// In place of one: there is none; as a limit: there is no limit; where any would do: any.
inline constexpr item_number no_item = std::numeric_limits<item_number>::max();

/// In place of how many items there are.
inline constexpr std::uint64_t unknown_size = no_item;

}  // namespace parimap::detail

#endif
