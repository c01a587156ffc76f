// SPDX-License-Identifier: MIT
// progress_options: what a progress bar says and where; progress_sink: who takes the counts instead.
#ifndef PARIMAP_PROGRESS_OPTIONS_HPP
#define PARIMAP_PROGRESS_OPTIONS_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/watch/bar_options.hpp>  // IWYU pragma: export

// Whoever writes map_options{.progress = progress_options{}} has asked for the bar that a map opens.
#include <parimap/progress_bar.hpp>

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
