// SPDX-License-Identifier: MIT
// The concepts of <ranges> and what accesses a range, without its views, which take longer to compile than a stream's own code.
#ifndef PARIMAP_DETAIL_SYSTEM_STD_RANGES_HPP
#define PARIMAP_DETAIL_SYSTEM_STD_RANGES_HPP

#include <iterator>

#if defined(__GLIBCXX__) && __has_include(<bits/ranges_base.h>)
#include <bits/ranges_base.h>
#else
#include <ranges>
#endif

#endif
