// SPDX-License-Identifier: MIT
// Stands in place of the library's header of this name in models.
#ifndef PARIMAP_DETAIL_SYSTEM_YIELD_HPP
#define PARIMAP_DETAIL_SYSTEM_YIELD_HPP

#include "model/checker/sleeping.hpp"

#include <parimap/detail/form.hpp>

namespace parimap::inline PARIMAP_ABI::detail {

using model::yield;

inline void nap() { yield(); }
inline void pause() { yield(); }

}  // namespace parimap::detail

#endif
