// SPDX-License-Identifier: MIT
// A file of source that knows no journals.
#include "calls.hpp"

std::size_t call_without_journal(const parimap::map_options& options, counting f) {
    return parimap::parallel_map(options, f, {1, 2, 3}).size();
}
