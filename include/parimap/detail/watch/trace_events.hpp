// SPDX-License-Identifier: MIT
// Traces: what ran when, as Chrome's and Perfetto's viewers show it.
#ifndef PARIMAP_DETAIL_WATCH_TRACE_EVENTS_HPP
#define PARIMAP_DETAIL_WATCH_TRACE_EVENTS_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/system/process_own.hpp>
#include <parimap/detail/text/json_text.hpp>
#include <parimap/detail/watch/call_record.hpp>
#include <parimap/detail/watch/trace_file.hpp>
#include <parimap/detail/watch/trace_run.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

/// PARIMAP_TRACE, as it was when first asked for; or empty. It lives for ever, for calls in destructors of static objects.
PARIMAP_EXPORT const std::string& trace_from_environment();

/// The events of one call, of the Trace Event Format. A pool of a process shows as a process, its workers and the threads that
/// consume its streams as threads.
class PARIMAP_EXPORT trace_events {
  public:
    trace_events(trace_file& file, const call_record& call, std::uint64_t process);

    void name_lanes(const trace_writer& self);

    void add_lanes();

  private:
    static constexpr std::size_t first_consumer = 1'000'000;  // lanes below are seats

    json_object begin(std::string_view phase, std::size_t lane) const;
    void add(const json_object& event);

    void add_name(std::string_view what, std::size_t lane, const std::string& name);

    void add_lane(std::size_t lane, const event_log& log);

    /// A batch of a worker's, or a wait of the consumer's, which has no items.
    void add_event(std::size_t lane, const traced_event& e);

    trace_file& file_;
    const call_record& call_;
    const std::uint64_t process_;  // as the file numbers it, and the pool in it
};

/// What this process knows of its trace files.
class PARIMAP_EXPORT trace_book {
  public:
    /// Adds the call to the file. The first call of a process begins it anew, unless others of its run have written to it. A file
    /// that cannot be written costs the trace alone.
    [[gnu::cold]] static void add(const std::string& path, const call_record& call) {
        process_own<trace_book>().add_call(path, call);
    }

  private:
    struct known_file {
        std::string path;
        bool is_ours = false;
        std::uint64_t begun = 0;
        std::vector<std::uint64_t> pools;  // whose lanes have names there
        std::chrono::milliseconds patience = std::chrono::seconds(10);
    };

    void add_call(const std::string& path, const call_record& call);

    known_file& file_at(const std::string& path);

    const trace_writer self_ = trace_writer::this_process();
    std::mutex mutex_;
    std::vector<known_file> files_;
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/watch/trace_events.cpp>  // IWYU pragma: keep
#endif

#endif
