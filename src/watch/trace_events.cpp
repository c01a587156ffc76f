// SPDX-License-Identifier: MIT
// Traces: what ran when, as Chrome's and Perfetto's viewers show it.

#include <parimap/detail/watch/trace_events.hpp>

#include <parimap/detail/text/number_text.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE const std::string& trace_from_environment() {
    static const std::string* const pattern = [] {
        const char* text = std::getenv("PARIMAP_TRACE");
        return new std::string(text ? text : "");
    }();
    return *pattern;
}

PARIMAP_INLINE trace_events::trace_events(trace_file& file, const call_record& call, std::uint64_t process)
    : file_(file), call_(call), process_(process * 1000 + call.pool_id % 1000) {}

PARIMAP_INLINE void trace_events::name_lanes(const trace_writer& self) {
    add_name("process_name", 0,
             "parimap pool " + std::to_string(call_.pool_id) + ", " + std::string(call_.backend) + ", process " +
                 std::to_string(self.process) + (self.rank != "-" ? ", rank " + self.rank : ""));
    for (std::size_t seat = 0; seat < call_.seats.size(); ++seat) {
        const int rank = call_.seats[seat].rank;
        add_name("thread_name", seat, "worker " + std::to_string(seat) + (rank > 0 ? ", rank " + std::to_string(rank) : ""));
    }
}

PARIMAP_INLINE void trace_events::add_lanes() {
    if (!call_.consumer_waits.events().empty())
        add_name("thread_name", first_consumer + call_.consumer, "consumer " + std::to_string(call_.consumer));
    add_lane(first_consumer + call_.consumer, call_.consumer_waits);
    for (std::size_t seat = 0; seat < call_.seats.size(); ++seat) add_lane(seat, call_.seats[seat].events);
}

PARIMAP_INLINE json_object trace_events::begin(std::string_view phase, std::size_t lane) const {
    json_object event;
    event.add("ph", phase).add("pid", process_).add("tid", lane);
    return event;
}

PARIMAP_INLINE void trace_events::add(const json_object& event) { file_.add(",\n" + event.text()); }

PARIMAP_INLINE void trace_events::add_name(std::string_view what, std::size_t lane, const std::string& name) {
    add(begin("M", lane).add("name", what).add_raw("args", json_object().add("name", name).text()));
}

PARIMAP_INLINE void trace_events::add_lane(std::size_t lane, const event_log& log) {
    for (const traced_event& e : log.events()) add_event(lane, e);
    if (log.lost() == 0) return;
    add(begin("M", lane).add("name", "lost_events").add_raw("args", json_object().add("count", log.lost()).text()));
}

PARIMAP_INLINE void trace_events::add_event(std::size_t lane, const traced_event& e) {
    using microseconds = std::chrono::duration<double, std::micro>;
    json_object event = begin("X", lane);
    event.add("cat", "parimap")
        .add_raw("ts", fixed(microseconds(e.begin.time_since_epoch()).count(), 3, 0))
        .add_raw("dur", fixed(microseconds(e.end - e.begin).count(), 3, 0));
    if (e.items == 0) {
        event.add("name", "wait for a result");
    } else {
        event.add("name", "items " + std::to_string(e.first) + " to " + std::to_string(e.first + e.items - 1))
            .add_raw("args", json_object().add("first", e.first).add("items", e.items).text());
    }
    add(event);
}

PARIMAP_INLINE void trace_book::add_call(const std::string& path, const call_record& call) {
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

PARIMAP_INLINE trace_book::known_file& trace_book::file_at(const std::string& path) {
    const auto at = std::find_if(files_.begin(), files_.end(), [&](const known_file& f) { return f.path == path; });
    if (at != files_.end()) return *at;
    known_file made;
    made.path = path;
    files_.push_back(std::move(made));
    return files_.back();
}

}  // namespace parimap::detail
