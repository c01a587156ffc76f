// SPDX-License-Identifier: MIT
// What came of pulling an element.
#ifndef PARIMAP_DETAIL_RANGES_PULL_RESULT_HPP
#define PARIMAP_DETAIL_RANGES_PULL_RESULT_HPP

#include <parimap/detail/form.hpp>

namespace parimap::inline PARIMAP_ABI::detail {

enum class pull_result {
    item,     ///< there is one more
    no_room,  ///< its place is still taken, by one that has not started
    end       ///< there is no more
};

}  // namespace parimap::detail

#endif
