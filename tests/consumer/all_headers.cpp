// SPDX-License-Identifier: MIT
// Nothing but headers, one after another, for a compiler that is told to know C++17 only.
#include <parimap/pool.hpp>

#include <parimap/backends/threads.hpp>
#include <parimap/parimap.hpp>
#include <parimap/progress_options.hpp>
