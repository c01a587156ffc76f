// SPDX-License-Identifier: MIT
// Traces: what ran when, as Chrome's and Perfetto's viewers show it.
#ifndef PARIMAP_DETAIL_WATCH_TRACE_EVENTS_HPP
#define PARIMAP_DETAIL_WATCH_TRACE_EVENTS_HPP

#include <parimap/detail/system/process_own.hpp>
#include <parimap/detail/text/number_text.hpp>
#include <parimap/detail/watch/call_record.hpp>
#include <parimap/detail/watch/trace_file.hpp>
#include <parimap/detail/watch/trace_run.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace parimap::detail {

/// PARIMAP_TRACE, as it was when first asked for; or empty. It lives for ever, for calls in destructors of static objects.
inline const std::string& trace_from_environment() {
    static const std::string* const pattern = [] {
        const char* text = std::getenv("PARIMAP_TRACE");
        return new std::string(text ? text : "");
    }();
    return *pattern;
}

/// The events of one call, of the Trace Event Format. A pool of a process shows as a process, its workers and the threads that
/// consume its streams as threads.
class trace_events {
  public:
    trace_events(trace_file& file, const call_record& call, std::uint64_t process)
        : file_(file), call_(call), pid_(std::to_string(process * 1000 + call.pool_id % 1000)) {}

    void name_lanes(const trace_writer& self) {
        add_name("process_name", 0, "parimap pool " + std::to_string(call_.pool_id) + ", " + std::string(call_.backend) + ", process " +
                                        std::to_string(self.process) + (self.rank != "-" ? ", rank " + self.rank : ""));
        for (std::size_t seat = 0; seat < call_.seats.size(); ++seat) add_name("thread_name", seat, "worker " + std::to_string(seat));
    }

    void add_lanes() {
        if (!call_.consumer_waits.events().empty()) add_name("thread_name", first_consumer + call_.consumer, "consumer " + std::to_string(call_.consumer));
        add_lane(first_consumer + call_.consumer, call_.consumer_waits);
        for (std::size_t seat = 0; seat < call_.seats.size(); ++seat) add_lane(seat, call_.seats[seat].events);
    }

  private:
    static constexpr std::size_t first_consumer = 1'000'000;  // lanes below are seats

    std::string begin(std::string_view phase, std::size_t lane) const {
        return ",\n{\"ph\":\"" + std::string(phase) + "\",\"pid\":" + pid_ + ",\"tid\":" + std::to_string(lane);
    }

    void add_name(std::string_view what, std::size_t lane, const std::string& name) {
        file_.add(begin("M", lane) + ",\"name\":\"" + std::string(what) + "\",\"args\":{\"name\":\"" + name + "\"}}");
    }

    void add_lane(std::size_t lane, const event_log& log) {
        for (const traced_event& e : log.events()) add_event(lane, e);
        if (log.lost() > 0) file_.add(begin("M", lane) + ",\"name\":\"lost_events\",\"args\":{\"count\":" + std::to_string(log.lost()) + "}}");
    }

    /// A batch of a worker's, or a wait of the consumer's, which has no items.
    void add_event(std::size_t lane, const traced_event& e) {
        using microseconds = std::chrono::duration<double, std::micro>;
        std::string text = begin("X", lane) + ",\"cat\":\"parimap\",\"ts\":" + fixed(microseconds(e.begin.time_since_epoch()).count(), 3, 0) +
                           ",\"dur\":" + fixed(microseconds(e.end - e.begin).count(), 3, 0);
        if (e.items == 0) {
            text += ",\"name\":\"wait for a result\"}";
        } else {
            const std::string first = std::to_string(e.first);
            text += ",\"name\":\"items " + first + " to " + std::to_string(e.first + e.items - 1) + "\",\"args\":{\"first\":" + first +
                    ",\"items\":" + std::to_string(e.items) + "}}";
        }
        file_.add(text);
    }

    trace_file& file_;
    const call_record& call_;
    const std::string pid_;
};

/// What this process knows of its trace files.
class [[gnu::visibility("default")]] trace_book {
  public:
    /// Adds the call to the file. The first call of a process begins it anew, unless others of its run have written to it. A file
    /// that cannot be written costs the trace alone.
    [[gnu::cold]] static void add(const std::string& path, const call_record& call) { process_own<trace_book>().add_call(path, call); }

  private:
    struct known_file {
        std::string path;
        bool is_ours = false;
        std::uint64_t begun = 0;
        std::vector<std::uint64_t> pools;  // whose lanes have names there
        std::chrono::milliseconds patience = std::chrono::seconds(10);
    };

    void add_call(const std::string& path, const call_record& call) {
        std::lock_guard lock(mutex_);
        known_file& known = file_at(path);
        trace_file file(path, known.patience);
        // Whoever holds it up for so long has stopped. The calls that follow look whether he goes on, and wait no more.
        known.patience = file.is_busy() ? std::chrono::milliseconds(0) : std::chrono::seconds(10);
        if (!file.is_open()) return;
        const bool goes_on = known.is_ours ? file.is_whole() : file.is_of_run(self_);
        if (!goes_on && !file.begin()) return;
        known.is_ours = true;
        if (known.begun != file.begun()) known.pools.clear();
        known.begun = file.begun();
        trace_events events(file, call, file.number_of(self_));
        const bool is_known_pool = std::find(known.pools.begin(), known.pools.end(), call.pool_id) != known.pools.end();
        if (!is_known_pool) events.name_lanes(self_);
        events.add_lanes();
        if (file.commit() && !is_known_pool) known.pools.push_back(call.pool_id);
    }

    known_file& file_at(const std::string& path) {
        const auto at = std::find_if(files_.begin(), files_.end(), [&](const known_file& f) { return f.path == path; });
        if (at != files_.end()) return *at;
        files_.emplace_back().path = path;
        return files_.back();
    }

    const trace_writer self_ = trace_writer::this_process();
    std::mutex mutex_;
    std::vector<known_file> files_;
};

}  // namespace parimap::detail

#endif
