// SPDX-License-Identifier: MIT
// journal_file: the file of map_options::journal, with a text that says which call it is of.
#ifndef PARIMAP_JOURNAL_FILE_HPP
#define PARIMAP_JOURNAL_FILE_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/form.hpp>

#include <string>

namespace parimap::inline PARIMAP_ABI {

/// For map_options::journal, where a path alone would not do: map_options{.journal = journal_file{.path = "scan.journal", .key = seed}}.
struct journal_file {
    /// Empty: no journal.
    std::string path = {};
    /// Which call it is: its parameters, its seed, the name of its input. A call with another key is refused the file's results.
    std::string key = {};
};

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
