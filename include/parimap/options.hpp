// SPDX-License-Identifier: MIT
// map_options: what every frontend can be told beside the function and its items.
#ifndef PARIMAP_OPTIONS_HPP
#define PARIMAP_OPTIONS_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/form.hpp>
#include <parimap/detail/journal/journal_request.hpp>
#include <parimap/detail/system/stop_request.hpp>
#include <parimap/detail/watch/watching.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace parimap::inline PARIMAP_ABI {

/// Options of one call, for designated initialisers: map_options{.window = 16}.
struct map_options {
    /// The most items a worker takes at a time; 0 adapts to the measured cost of an item.
    std::size_t chunk = 0;
    /// The most items taken from the input and not yet handed back; 0 starts at twice the workers and grows
    /// only while items are so cheap, and so quickly read, that bigger batches pay, and what they own is not much.
    std::size_t window = 0;
    /// A std::stop_token that stops the call early: no further item starts and the call throws cancelled.
    detail::stop_request stop = {};
    /// Where the index of the item whose exception leaves the call is written; may be null.
    std::size_t* failed_index = nullptr;
    /// A progress bar, from progress_options (parimap/progress.hpp). It counts items when they are finished, wherever the
    /// consumer is. `.progress = {}` is a bar with the defaults; left out there is none. A call inside a job has none unless
    /// its options say `nested`.
    detail::progress_request progress = std::nullopt;
    /// Where a report of the call's time is written (a run_report*, parimap/insights.hpp); may be null.
    detail::report_request insights = {};
    /// A file that the call is added to as trace events, for Perfetto (ui.perfetto.dev) or chrome://tracing. Empty: the one
    /// that PARIMAP_TRACE in the environment names, if any. %p in it is the process, %r a launcher's rank.
    std::string trace = {};
    /// How many items parallel_fold folds in a row; 0: a 128th of the input, or 1,024 where its size is not known. Its result depends
    /// on it where merge is associative only nearly.
    std::size_t block = 0;
    /// A file that results are appended to as they finish, and that the same call takes them from when it is made again, after a kill: a path,
    /// or a journal_file (parimap/journal_file.hpp). Needs the component parimap::journal. Results have a codec (parimap/codec.hpp): they are
    /// trivially copyable, or cereal can archive them. Items that throw are run again. Throws error, before the first item, if the file is in
    /// use, damaged, no journal, or that of a call with another key, number of items or type of results; an item whose result cannot be
    /// written fails. parallel_fold, searches and pools over several mpi ranks refuse it. Cost: a system call an item.
    detail::journal_request journal = {};
};

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
