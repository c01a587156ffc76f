// SPDX-License-Identifier: MIT
// Reports as text and JSON, and trace files: that they are what others can read.
#include "support/catch.hpp"
#include "support/items.hpp"
#include "support/trace_files.hpp"

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
    std::size_t expected = 0;
    for (int call = 0; call < 3; ++call) {
        CAPTURE(call);
        const auto slow_enough = [](int i) {
            if (i % 50 == 0) std::this_thread::sleep_for(1ms);
            return i;
        };
        if (call == 1) {
            (void)drain(parimap::ordered_imap(p, map_options{.trace = path}, slow_enough, numbers(400)));
        } else {
            (void)parimap::parallel_map(p, map_options{.trace = path}, slow_enough, numbers(400));
        }
        expected += 400;

        const auto events = read_json(path);
        REQUIRE(events.is_array());
        std::size_t items = 0;
        std::map<std::pair<std::uint64_t, std::uint64_t>, std::vector<std::pair<double, double>>> lanes;
        std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> names;
        for (const auto& e : events) {
            const auto lane = std::make_pair(e.at("pid").get<std::uint64_t>(), e.at("tid").get<std::uint64_t>());
            const std::string phase = e.at("ph");
            REQUIRE((phase == "M" || phase == "X"));
            REQUIRE(e.at("name").is_string());
            if (phase == "M") {
                if (e.at("name") == "thread_name") names[lane] = e.at("args").at("name");
                continue;
            }
            const double begin = e.at("ts");
            const double duration = e.at("dur");
            REQUIRE(duration >= 0);
            lanes[lane].emplace_back(begin, begin + duration);
            if (e.contains("args")) items += e.at("args").at("items").get<std::size_t>();
        }
        REQUIRE(items == expected);
        for (auto& [lane, times] : lanes) {
            REQUIRE(names.count(lane) == 1);
            std::sort(times.begin(), times.end());
            for (std::size_t i = 1; i < times.size(); ++i) REQUIRE(times[i].first >= times[i - 1].second - 0.002);
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
    REQUIRE(read_json(path).size() > 1);
}

TEST_CASE("trace: one that cannot be written costs nothing but the trace") {
    pool p{2};
    const map_options options{.trace = "no such folder/trace.json"};
    REQUIRE(parimap::parallel_map(p, options, same, numbers(50)) == numbers(50));
}
