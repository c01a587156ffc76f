// SPDX-License-Identifier: MIT
// Giving the CPU to another thread, by a name of the engine's own: see atomic.hpp. For sources, for <thread> takes long to compile.
#ifndef PARIMAP_DETAIL_SYSTEM_YIELD_HPP
#define PARIMAP_DETAIL_SYSTEM_YIELD_HPP

#include <parimap/detail/form.hpp>

#include <thread>

namespace parimap::inline PARIMAP_ABI::detail {

using std::this_thread::yield;

}  // namespace parimap::detail

#endif
