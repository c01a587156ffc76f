// SPDX-License-Identifier: MIT
// What lies in one cache line goes from processor to processor together.
#ifndef PARIMAP_DETAIL_SYSTEM_CACHE_LINE_HPP
#define PARIMAP_DETAIL_SYSTEM_CACHE_LINE_HPP

#include <parimap/detail/form.hpp>

#include <cstddef>

namespace parimap::inline PARIMAP_ABI::detail {

/// Bytes, for alignas: what different threads write stands this far apart. (Not std::hardware_destructive_interference_size,
/// whose value follows the flags that a file is compiled with.)
inline constexpr std::size_t cache_line = 64;

}  // namespace parimap::detail

#endif
