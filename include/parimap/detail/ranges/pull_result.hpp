// SPDX-License-Identifier: MIT
// What came of pulling an element, and how many there are.
#ifndef PARIMAP_DETAIL_RANGES_PULL_RESULT_HPP
#define PARIMAP_DETAIL_RANGES_PULL_RESULT_HPP

#include <parimap/detail/form.hpp>

#include <cstdint>
#include <limits>

namespace parimap::inline PARIMAP_ABI::detail {

inline constexpr std::uint64_t unknown_size = std::numeric_limits<std::uint64_t>::max();

enum class pull_result {
    item,     ///< there is one more
    no_room,  ///< its place is still taken, by one that has not started
    end       ///< there is no more
};

}  // namespace parimap::detail

#endif
