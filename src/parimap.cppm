// SPDX-License-Identifier: MIT
// The C++20 module: `import parimap;` brings all that <parimap/parimap.hpp> declares for users.
module;

#include <parimap/parimap.hpp>

export module parimap;

export namespace parimap {

// Pools and backends
using parimap::backend;
using parimap::basic_pool;
using parimap::pool_options;
using parimap::check_backend;
using parimap::cpu_count;
using parimap::default_backend;
using parimap::default_pool;
using parimap::no_worker;
using parimap::pool;
using parimap::task;
using parimap::this_worker_index;

// Calls, and what they can be told
using parimap::blocks;
using parimap::imap;
using parimap::index_block;
using parimap::journal_file;
using parimap::map_async;
using parimap::map_options;
using parimap::ordered_imap;
using parimap::parallel_all_of;
using parimap::parallel_any_of;
using parimap::parallel_find_if;
using parimap::parallel_fold;
using parimap::parallel_for_each;
using parimap::parallel_map;
using parimap::parallel_map_into;
using parimap::parallel_map_reduce;
using parimap::parallel_none_of;
using parimap::pull_from;
using parimap::read_ahead;
using parimap::unordered_imap;

// Functions
using parimap::catching;
using parimap::per_worker;
using parimap::result;
using parimap::unpacked;
using parimap::unseq;

// Many machines
using parimap::basic_session;
using parimap::byte_reader;
using parimap::byte_writer;
using parimap::codec;
using parimap::session;
using parimap::share;
using parimap::shared;
using parimap::travels;

// Bars and reports
using parimap::format_progress;
using parimap::progress;
using parimap::progress_bar;
using parimap::progress_options;
using parimap::progress_sink;
using parimap::progress_snapshot;
using parimap::progress_write;
using parimap::run_report;
using parimap::slow_item;
using parimap::worker_report;

// Errors
using parimap::cancelled;
using parimap::error;
using parimap::pool_closed;
using parimap::remote_error;
using parimap::timed_out;

namespace backends {
#if defined(PARIMAP_USE_SERIAL)
using parimap::backends::serial;
#endif
#if defined(PARIMAP_USE_THREADS)
using parimap::backends::threads;
#endif
#if defined(PARIMAP_USE_OPENMP)
using parimap::backends::openmp;
#endif
#if defined(PARIMAP_USE_TBB)
using parimap::backends::tbb;
#endif
}  // namespace backends

}  // namespace parimap
