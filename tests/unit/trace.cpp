// SPDX-License-Identifier: MIT
// Reports as text and JSON, and trace files: that they are what others can read.
#include "support/catch.hpp"
#include "support/items.hpp"
#include "support/trace_files.hpp"

#include <parimap/detail/watch/call_record.hpp>
#include <parimap/detail/watch/watching.hpp>
#include <parimap/parimap.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <clocale>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

using namespace parimap_test;
using namespace std::chrono_literals;
using parimap::map_options;
using parimap::pool;
using parimap::run_report;

namespace {

// The backend is the build's default.
constexpr bool is_serial = pool::backend_name() == "serial";

// A locale whose numbers have a decimal comma, while it lives: one that is installed, or one made here where that can be done.
class comma_locale {
  public:
    comma_locale() {
        for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE", "fr_FR"})
            is_set_ = is_set_ || std::setlocale(LC_ALL, name);
        if (is_set_) return;
        const std::string folder = "locale_" + std::to_string(::getpid());
        const std::string make =
            "mkdir -p " + folder + " && localedef -i de_DE -f UTF-8 " + folder + "/de_DE.UTF-8 >/dev/null 2>&1";
        const bool is_made = std::system(make.c_str()) == 0;
        ::setenv("LOCPATH", folder.c_str(), 1);
        is_set_ = is_made && std::setlocale(LC_ALL, "de_DE.UTF-8");
        ::unsetenv("LOCPATH");
        (void)std::system(("rm -r " + folder).c_str());
    }
    ~comma_locale() { std::setlocale(LC_ALL, "C"); }
    comma_locale(const comma_locale&) = delete;
    comma_locale& operator=(const comma_locale&) = delete;

    bool is_set() const noexcept { return is_set_; }

  private:
    bool is_set_ = false;
};

// In which no two numbers are the same that a report could take for one another.
parimap::detail::call_record unlike_numbers() {
    parimap::detail::call_record call;
    call.end = call.begin + 4s;
    call.seconds_per_tick = 1e-6;
    call.backend = "some";
    call.items = 30;
    call.failed = 2;
    call.stopped = true;
    call.in_order = true;
    call.consumer_waited = 700ms;
    call.seats.resize(2);
    parimap::detail::seat_record& first = call.seats[0];
    parimap::detail::seat_record& second = call.seats[1];
    first.idle = {100ms, 200ms, 300ms, 400ms, 500ms};  // in the order of idle_cause
    first.slowest.reserve(2);
    first.add_batch(4, 600ms);
    first.add_batch(7, 400ms);
    first.note_slow({8, 40, 1'500'000});
    first.note_slow({9, 2'500, 250'000});
    second.idle = {160ms, 240ms, 360ms, 440ms, 560ms};
    second.slowest.reserve(1);
    second.rank = 1;
    second.add_batch(14, 250ms);
    second.add_batch(5, 250ms);
    second.note_slow({20, 1'250'000, 750'000});
    call.others.push_back({11, 12, 13, 14});
    return call;
}

}  // namespace

TEST_CASE("trace: a report can be printed and read as JSON") {
    pool p{2};
    run_report report;
    parimap::parallel_for_each(p, map_options{.insights = &report}, same, numbers(1000));
    std::ostringstream table;
    table << report;
    REQUIRE(table.str().find("1000 items in ") == 0);
    REQUIRE(table.str().find("verdict: " + report.verdict()) != std::string::npos);
    const auto json = nlohmann::json::parse(report.to_json());
    REQUIRE(json.at("items") == 1000);
    REQUIRE(json.at("workers").size() == p.size());
    REQUIRE(json.at("slowest").size() == 5);
    REQUIRE(json.at("verdict") == report.verdict());
    REQUIRE(json.at("wall").get<double>() > 0);
}

TEST_CASE("trace: a report has each number of a call in its place, in its JSON and in its table") {
    run_report report;
    parimap::detail::report_request(&report).fill(unlike_numbers());
    const auto json = nlohmann::json::parse(report.to_json());
    const auto expected = nlohmann::json::parse(R"({
        "backend": "some", "wall": 4, "consumer_waiting": 0.7, "items": 30, "failed": 2, "stopped": true, "in_order": true,
        "batches": 4, "smallest_batch": 4, "largest_batch": 14, "mean_batch": 7.5, "load_balance": 0.75, "utilisation": 0.1875,
        "workers": [
            {"busy": 1, "waiting_for_input": 0.2, "waiting_for_consumer": 0.3, "held_up": 0.4, "idle": 0.1, "items": 11,
             "batches": 2, "waiting_for_network": 0.5, "rank": 0},
            {"busy": 0.5, "waiting_for_input": 0.24, "waiting_for_consumer": 0.36, "held_up": 0.44, "idle": 0.16, "items": 19,
             "batches": 2, "waiting_for_network": 0.56, "rank": 1}],
        "ranks": [{"rank": 1, "messages_to": 11, "bytes_to": 12, "messages_from": 13, "bytes_from": 14}],
        "slowest": [{"index": 20, "time": 1.25, "begun": 0.75}, {"index": 9, "time": 0.0025, "begun": 0.25},
                    {"index": 8, "time": 0.00004, "begun": 1.5}]
    })");
    for (const auto& [name, value] : expected.items()) {
        CAPTURE(name, json.at(name).dump());
        REQUIRE(json.at(name) == value);
    }
    REQUIRE(json.at("verdict") == report.verdict());
    REQUIRE(json.size() == expected.size() + 1);

    std::ostringstream table;
    table << report;
    REQUIRE(table.str() ==
            "30 items in 4.00 s on 2 workers (some), 2 failed\n"
            "worker      items  batches     busy    input consumer  held up     idle  network  rank\n"
            "     0         11        2    25.0%     5.0%     7.5%    10.0%     2.5%    12.5%     0\n"
            "     1         19        2    12.5%     6.0%     9.0%    11.0%     4.0%    14.0%     1\n"
            "rank 1: 11 messages of 12 bytes to it, 13 of 14 from it\n"
            "batches: 4, of 4 to 14 items, 7.5 in the mean; load balance 0.75\n"
            "the consumer waited for 700.00 ms\n"
            "slowest: item 20 took 1.25 s\n"
            "         item 9 took 2.50 ms\n"
            "         item 8 took 40.00 us\n"
            "verdict: " +
                report.verdict() + '\n');
}

TEST_CASE("trace: a report keeps a worker's slowest items in whatever order they run") {
    std::vector<std::uint64_t> times{1, 2, 3, 4, 5};
    do {
        CAPTURE(times);
        parimap::detail::seat_record seat;
        seat.slowest.reserve(2);
        for (const std::uint64_t time : times) {
            if (time > seat.slow_threshold) seat.note_slow({time, time, 0});
        }
        std::vector<std::uint64_t> kept;
        for (const parimap::detail::timed_item& item : seat.slowest) kept.push_back(item.item);
        REQUIRE(sorted(kept) == std::vector<std::uint64_t>{4, 5});
    } while (std::next_permutation(times.begin(), times.end()));
}

TEST_CASE("trace: a report's numbers have a point in every locale") {
    run_report report;
    report.wall = 1500ms;
    report.items = 3;
    report.batches = 2;
    report.workers.resize(2);
    report.workers[0].busy = 750ms;
    report.slowest.push_back({1, 2500us});
    const auto text = [&] {
        std::ostringstream out;
        out << report;
        return out.str() + report.verdict() + report.to_json();
    };
    const std::string expected = text();
    REQUIRE(expected.find("3 items in 1.50 s") == 0);
    REQUIRE(expected.find("     0          0        0    50.0%     0.0%") != std::string::npos);
    const comma_locale locale;
    if (locale.is_set()) REQUIRE(std::strchr(std::localeconv()->decimal_point, ','));
    REQUIRE(text() == expected);
}

TEST_CASE("trace: it is a JSON array of events after every call, with all batches and no two at once on a worker") {
    const temporary_path file("report");
    const std::string& path = file.path;
    pool p{3};
    const auto microseconds_now = [] {
        return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now().time_since_epoch()).count();
    };
    const double test_began = microseconds_now();
    constexpr double rounding = 0.002;
    for (int call = 1; call <= 3; ++call) {
        CAPTURE(call);
        const auto slow_enough = [](int i) {
            if (i % 50 == 0) std::this_thread::sleep_for(1ms);
            return i;
        };
        if (call == 2) {
            (void)drain(parimap::ordered_imap(p, map_options{.trace = path}, slow_enough, numbers(400)));
        } else {
            (void)parimap::parallel_map(p, map_options{.trace = path}, slow_enough, numbers(400));
        }

        const auto events = read_json(path);
        REQUIRE(events.is_array());
        std::vector<int> runs(400);  // of each item
        std::map<std::pair<std::uint64_t, std::uint64_t>, std::vector<std::pair<double, double>>> lanes;
        std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> names;
        std::map<std::uint64_t, std::string> pool_names;
        for (const auto& e : events) {
            const auto lane = std::make_pair(e.at("pid").get<std::uint64_t>(), e.at("tid").get<std::uint64_t>());
            const std::string phase = e.at("ph");
            REQUIRE((phase == "M" || phase == "X"));
            REQUIRE(e.at("name").is_string());
            if (phase == "M") {
                if (e.at("name") == "thread_name") names[lane] = e.at("args").at("name");
                if (e.at("name") == "process_name") pool_names[lane.first] = e.at("args").at("name");
                continue;
            }
            const double begin = e.at("ts");
            const double duration = e.at("dur");
            REQUIRE(duration >= 0);
            REQUIRE(begin >= test_began - rounding);
            REQUIRE(begin + duration <= microseconds_now() + rounding);
            lanes[lane].emplace_back(begin, begin + duration);
            if (!e.contains("args")) continue;
            const std::size_t first = e.at("args").at("first");
            const std::size_t end = first + e.at("args").at("items").get<std::size_t>();
            REQUIRE(e.at("name") == "items " + std::to_string(first) + " to " + std::to_string(end - 1));
            int slow_items = 0;
            for (std::size_t i = first; i < end; ++i) {
                ++runs.at(i);
                if (i % 50 == 0) ++slow_items;
            }
            REQUIRE(duration >= 1000 * slow_items - rounding);
        }
        REQUIRE(runs == std::vector<int>(400, call));
        for (auto& [lane, times] : lanes) {
            REQUIRE(names.count(lane) == 1);
            const std::string whose = std::string(pool::backend_name()) + ", process " + std::to_string(::getpid());
            REQUIRE(pool_names[lane.first].find("parimap pool ") == 0);
            REQUIRE(pool_names[lane.first].find(", " + whose) != std::string::npos);
            std::sort(times.begin(), times.end());
            for (std::size_t i = 1; i < times.size(); ++i) REQUIRE(times[i].first >= times[i - 1].second - rounding);
        }
    }
}

TEST_CASE("trace: one of several consumers gives each a lane, and one that was spoilt begins anew") {
    const temporary_path file("streams");
    const std::string& path = file.path;
    pool p{2};
    const auto consume = [&] {
        for (int i = 0; i < 5; ++i) {
            (void)drain(parimap::ordered_imap(
                p, map_options{.trace = path},
                [](int n) {
                    std::this_thread::sleep_for(1ms);
                    return n;
                },
                numbers(5)));
        }
    };
    std::thread other(consume);
    consume();
    other.join();
    std::map<std::uint64_t, std::vector<std::pair<double, double>>> waits;
    for (const auto& e : read_json(path)) {
        if (e.at("name") != "wait for a result") continue;
        waits[e.at("tid")].emplace_back(e.at("ts"), e.at("ts").get<double>() + e.at("dur").get<double>());
    }
    if (!is_serial) REQUIRE(waits.size() == 2);
    for (auto& [lane, times] : waits) {
        std::sort(times.begin(), times.end());
        for (std::size_t i = 1; i < times.size(); ++i) REQUIRE(times[i].first >= times[i - 1].second - 0.002);
    }
    std::ofstream(path) << "spoilt";
    (void)parimap::parallel_map(p, map_options{.trace = path}, same, numbers(5));
    std::set<std::uint64_t> named;
    std::set<std::uint64_t> used;
    for (const auto& e : read_json(path)) {
        if (e.at("name") == "thread_name") named.insert(e.at("tid").get<std::uint64_t>());
        if (e.at("ph") == "X") used.insert(e.at("tid").get<std::uint64_t>());
    }
    REQUIRE_FALSE(used.empty());
    REQUIRE(std::includes(named.begin(), named.end(), used.begin(), used.end()));
}

TEST_CASE("trace: one that cannot be written costs nothing but the trace") {
    pool p{2};
    const map_options options{.trace = "no such folder/trace.json"};
    REQUIRE(parimap::parallel_map(p, options, same, numbers(50)) == numbers(50));
}
