// SPDX-License-Identifier: MIT
// Stands in place of the library's header of this name in models.
#ifndef PARIMAP_DETAIL_SYSTEM_ATOMIC_HPP
#define PARIMAP_DETAIL_SYSTEM_ATOMIC_HPP

#include "model/checker/atomic.hpp"

#include <parimap/detail/form.hpp>

namespace parimap::inline PARIMAP_ABI::detail {

template <class T>
using atomic = model::atomic<T>;

using model::atomic_thread_fence;

}  // namespace parimap::detail

#endif
