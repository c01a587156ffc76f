// SPDX-License-Identifier: MIT
// Trace files: what ran when, as Chrome's and Perfetto's viewers show it.
#ifndef PARIMAP_DETAIL_TRACE_FILE_HPP
#define PARIMAP_DETAIL_TRACE_FILE_HPP

#include <parimap/detail/call_record.hpp>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

#include <unistd.h>

namespace parimap::detail {

/// A file of the Trace Event Format: a JSON array of events. It is a whole array after each call that was added, so it
/// can be loaded as it is, even if the program ends badly later. The first call of the process begins it anew.
///
/// A pool shows as a process, its workers and the threads that consume its streams as threads.
class trace_file {
  public:
    /// PARIMAP_TRACE, as it was when first asked for; or empty. %p in it is the process, for programs that start others.
    static const std::string& path_from_environment() {
        static const std::string path = [] {
            const char* text = std::getenv("PARIMAP_TRACE");
            std::string name(text ? text : "");
            if (const std::size_t at = name.find("%p"); at != std::string::npos) name.replace(at, 2, std::to_string(::getpid()));
            return name;
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
        std::FILE* file = is_new_file ? nullptr : std::fopen(path.c_str(), "r+b");
        char end[4] = {};
        if (file && (std::fseek(file, -3, SEEK_END) != 0 || !std::fgets(end, sizeof(end), file) || end[0] != '\n')) {
            std::fclose(file);  // somebody else wrote to it
            file = nullptr;
        }
        const bool goes_on = file && std::fseek(file, -3, SEEK_END) == 0;  // over the end of the array
        if (!file) file = std::fopen(path.c_str(), "wb");
        if (!file) return;
        if (!goes_on) {
            std::fputs("[\n{\"ph\":\"M\",\"name\":\"trace\",\"pid\":0,\"tid\":0,\"args\":{}}", file);
        }
        if (is_new_pool || !goes_on) {
            known->push_back({path, call.pool_id});
            name_lanes(file, call);
        }
        add_lane(file, call, first_consumer + call.consumer, call.consumer_waits);
        for (std::size_t seat = 0; seat < call.seats.size(); ++seat) add_lane(file, call, seat, call.seats[seat].events);
        std::fputs("\n]\n", file);
        std::fclose(file);
    }

  private:
    static constexpr std::size_t first_consumer = 1'000'000;  // lanes below are seats

    [[gnu::cold]] static void name_lanes(std::FILE* file, const call_record& call) {
        const auto pool = static_cast<unsigned long long>(call.pool_id);
        std::fprintf(file, ",\n{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":%llu,\"tid\":0,\"args\":{\"name\":\"parimap pool %llu, %.*s\"}}",
                     pool, pool, static_cast<int>(call.backend.size()), call.backend.data());
        for (std::size_t seat = 0; seat < call.seats.size(); ++seat) name_lane(file, call, seat, "worker", seat);
    }

    static void name_lane(std::FILE* file, const call_record& call, std::size_t lane, const char* what, std::size_t number) {
        std::fprintf(file, ",\n{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":%llu,\"tid\":%zu,\"args\":{\"name\":\"%s %zu\"}}",
                     static_cast<unsigned long long>(call.pool_id), lane, what, number);
    }

    [[gnu::cold]] static void add_lane(std::FILE* file, const call_record& call, std::size_t lane, const event_log& log) {
        if (lane >= first_consumer && !log.events().empty()) name_lane(file, call, lane, "consumer", lane - first_consumer);
        for (const traced_event& e : log.events()) add_event(file, call.pool_id, lane, e);
        if (log.lost() > 0) {
            std::fprintf(file, ",\n{\"ph\":\"M\",\"name\":\"lost_events\",\"pid\":%llu,\"tid\":%zu,\"args\":{\"count\":%llu}}",
                         static_cast<unsigned long long>(call.pool_id), lane, static_cast<unsigned long long>(log.lost()));
        }
    }

    /// A batch of a worker's, or a wait of the consumer's, which has no items.
    [[gnu::cold]] static void add_event(std::FILE* file, std::uint64_t pool, std::size_t lane, const traced_event& e) {
        using microseconds = std::chrono::duration<double, std::micro>;
        const auto first = static_cast<unsigned long long>(e.first);
        const auto items = static_cast<unsigned long long>(e.items);
        char begin[40];  // numbers have a point in every locale
        char duration[40];
        const auto text = [](char (&to)[40], double number) {
            *std::to_chars(to, to + sizeof(to) - 1, number, std::chars_format::fixed, 3).ptr = 0;
            return to;
        };
        std::fprintf(file, ",\n{\"ph\":\"X\",\"cat\":\"parimap\",\"pid\":%llu,\"tid\":%zu,\"ts\":%s,\"dur\":%s,",
                     static_cast<unsigned long long>(pool), lane, text(begin, microseconds(e.begin.time_since_epoch()).count()),
                     text(duration, microseconds(e.end - e.begin).count()));
        if (items == 0) {
            std::fputs("\"name\":\"wait for a result\"}", file);
        } else {
            std::fprintf(file, "\"name\":\"items %llu to %llu\",\"args\":{\"first\":%llu,\"items\":%llu}}", first, first + items - 1, first, items);
        }
    }
};

}  // namespace parimap::detail

#endif
