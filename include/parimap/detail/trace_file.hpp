// SPDX-License-Identifier: MIT
// Trace files: what ran when, as Chrome's and Perfetto's viewers show it.
#ifndef PARIMAP_DETAIL_TRACE_FILE_HPP
#define PARIMAP_DETAIL_TRACE_FILE_HPP

#include <parimap/detail/call_record.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

namespace parimap::detail {

/// A file of the Trace Event Format: a JSON array of events. It is a whole array after each call that was added, so it
/// can be loaded as it is, even if the program ends badly later. The first call of the process begins it anew.
///
/// A pool shows as a process, its workers as threads, the consumer as thread 0.
class trace_file {
  public:
    /// PARIMAP_TRACE, as it was when first asked for; or empty.
    static const std::string& path_from_environment() {
        static const std::string path = [] {
            const char* text = std::getenv("PARIMAP_TRACE");
            return std::string(text ? text : "");
        }();
        return path;
    }

    /// A file that cannot be written costs the trace alone.
    [[gnu::cold]] static void append(const std::string& path, const call_record& call) {
        struct known_pool {
            std::string path;
            std::uint64_t pool;
        };
        static std::mutex mutex;
        static auto* const known = new std::vector<known_pool>;
        std::lock_guard lock(mutex);
        bool is_new_file = true;
        bool is_new_pool = true;
        for (const known_pool& k : *known) {
            if (k.path != path) continue;
            is_new_file = false;
            is_new_pool = is_new_pool && k.pool != call.pool_id;
        }
        std::FILE* const file = std::fopen(path.c_str(), is_new_file ? "wb" : "r+b");
        if (!file) return;
        if (is_new_file) {
            std::fputs("[\n{\"ph\":\"M\",\"name\":\"trace\",\"pid\":0,\"tid\":0,\"args\":{}}", file);
        } else {
            std::fseek(file, -3, SEEK_END);  // over the end of the array
        }
        if (is_new_pool) {
            known->push_back({path, call.pool_id});
            name_lanes(file, call);
        }
        for (const traced_event& e : call.consumer_waits.events()) add_event(file, call.pool_id, 0, e);
        for (std::size_t seat = 0; seat < call.seats.size(); ++seat) {
            for (const traced_event& e : call.seats[seat].events.events()) add_event(file, call.pool_id, seat + 1, e);
        }
        std::fputs("\n]\n", file);
        std::fclose(file);
    }

  private:
    [[gnu::cold]] static void name_lanes(std::FILE* file, const call_record& call) {
        const auto pool = static_cast<unsigned long long>(call.pool_id);
        std::fprintf(file, ",\n{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":%llu,\"tid\":0,\"args\":{\"name\":\"parimap pool %llu, %.*s\"}}",
                     pool, pool, static_cast<int>(call.backend.size()), call.backend.data());
        for (std::size_t lane = 0; lane <= call.seats.size(); ++lane) {
            std::fprintf(file, ",\n{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":%llu,\"tid\":%zu,\"args\":{\"name\":\"", pool, lane);
            std::fprintf(file, lane == 0 ? "consumer\"}}" : "worker %zu\"}}", lane - 1);
        }
    }

    /// A batch of a worker's, or a wait of the consumer's, which has no items.
    [[gnu::cold]] static void add_event(std::FILE* file, std::uint64_t pool, std::size_t lane, const traced_event& e) {
        using microseconds = std::chrono::duration<double, std::micro>;
        const auto first = static_cast<unsigned long long>(e.first);
        const auto items = static_cast<unsigned long long>(e.items);
        std::fprintf(file, ",\n{\"ph\":\"X\",\"cat\":\"parimap\",\"pid\":%llu,\"tid\":%zu,\"ts\":%.3f,\"dur\":%.3f,",
                     static_cast<unsigned long long>(pool), lane, microseconds(e.begin.time_since_epoch()).count(),
                     microseconds(e.end - e.begin).count());
        if (items == 0) {
            std::fputs("\"name\":\"wait for a result\"}", file);
        } else {
            std::fprintf(file, "\"name\":\"items %llu to %llu\",\"args\":{\"first\":%llu,\"items\":%llu}}", first, first + items - 1, first, items);
        }
    }
};

}  // namespace parimap::detail

#endif
