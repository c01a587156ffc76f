// SPDX-License-Identifier: MIT
// All of parimap.
#ifndef PARIMAP_PARIMAP_HPP
#define PARIMAP_PARIMAP_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

// IWYU pragma: begin_exports
#include <parimap/backend.hpp>
#include <parimap/blocks.hpp>
#include <parimap/catching.hpp>
#include <parimap/codec.hpp>
#include <parimap/cpu_count.hpp>
#include <parimap/default_backend.hpp>
#include <parimap/errors.hpp>
#include <parimap/format_progress.hpp>
#include <parimap/imap.hpp>
#include <parimap/insights.hpp>
#include <parimap/journal_file.hpp>
#include <parimap/map_async.hpp>
#include <parimap/options.hpp>
#include <parimap/ordered_imap.hpp>
#include <parimap/parallel_find_if.hpp>
#include <parimap/parallel_fold.hpp>
#include <parimap/parallel_for_each.hpp>
#include <parimap/parallel_map.hpp>
#include <parimap/parallel_map_into.hpp>
#include <parimap/parallel_map_reduce.hpp>
#include <parimap/per_worker.hpp>
#include <parimap/pool.hpp>
#include <parimap/progress.hpp>
#include <parimap/progress_bar.hpp>
#include <parimap/progress_options.hpp>
#include <parimap/pull_from.hpp>
#include <parimap/read_ahead.hpp>
#include <parimap/session.hpp>
#include <parimap/share.hpp>
#include <parimap/travels.hpp>
#include <parimap/unordered_imap.hpp>
#include <parimap/unpacked.hpp>
#include <parimap/unseq.hpp>
#include <parimap/version.hpp>
// IWYU pragma: end_exports

#include <stop_token>  // IWYU pragma: export (for map_options::stop and functions that take one)

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
