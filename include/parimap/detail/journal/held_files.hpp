// SPDX-License-Identifier: MIT
// The descriptors of open journals, which a forked process lets go of: their locks would outlive the process that they are for.
#ifndef PARIMAP_DETAIL_JOURNAL_HELD_FILES_HPP
#define PARIMAP_DETAIL_JOURNAL_HELD_FILES_HPP

#include <parimap/detail/form.hpp>

namespace parimap::inline PARIMAP_ABI::detail {

/// Closes it in processes that are forked from now on, if no more than 64 are held. From behind open() to before close().
PARIMAP_EXPORT void hold_file(int fd) noexcept;
PARIMAP_EXPORT void let_file_go(int fd) noexcept;

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/journal/held_files.cpp>  // IWYU pragma: keep
#endif

#endif
