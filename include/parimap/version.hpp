// SPDX-License-Identifier: MIT
// Which version of parimap these headers are. Written here and nowhere else: CMakeLists.txt and detail/form.hpp read it.
#ifndef PARIMAP_VERSION_HPP
#define PARIMAP_VERSION_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#define PARIMAP_VERSION_MAJOR 0
#define PARIMAP_VERSION_MINOR 1
#define PARIMAP_VERSION_PATCH 0

/// The version as a number, for `#if PARIMAP_VERSION >= 10203`, which is 1.2.3.
#define PARIMAP_VERSION (10000 * PARIMAP_VERSION_MAJOR + 100 * PARIMAP_VERSION_MINOR + PARIMAP_VERSION_PATCH)

/// The version as a text: "1.2.3".
#define PARIMAP_VERSION_STRING PARIMAP_DETAIL_DOTTED(PARIMAP_VERSION_MAJOR, PARIMAP_VERSION_MINOR, PARIMAP_VERSION_PATCH)

// Two steps: an argument next to # stays as it is written.
#define PARIMAP_DETAIL_DOTTED(major, minor, patch) PARIMAP_DETAIL_DOTTED_AS_WRITTEN(major, minor, patch)
#define PARIMAP_DETAIL_DOTTED_AS_WRITTEN(major, minor, patch) #major "." #minor "." #patch

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
