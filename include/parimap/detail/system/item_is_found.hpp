// SPDX-License-Identifier: MIT
// What ends a search.
#ifndef PARIMAP_DETAIL_SYSTEM_ITEM_IS_FOUND_HPP
#define PARIMAP_DETAIL_SYSTEM_ITEM_IS_FOUND_HPP

#include <parimap/detail/form.hpp>

namespace parimap::inline PARIMAP_ABI::detail {

/// Thrown for an item that is searched for, wherever it runs: it ends the call, as a failure does. What lies behind does not start, what
/// lies before may still end it earlier.
struct [[gnu::visibility("default")]] item_is_found {};

}  // namespace parimap::detail

#endif
