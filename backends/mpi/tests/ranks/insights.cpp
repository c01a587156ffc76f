// SPDX-License-Identifier: MIT
// Reports and traces of calls over ranks: who was busy where, what travelled, and who waited for it.
#include "ranks.hpp"

#include <nlohmann/json.hpp>

#include <unistd.h>
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <ranges>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace parimap_test;
using parimap::map_options;
using parimap::run_report;

namespace {

// 2 ms, or more where the machine has other things to do.
const auto takes_2ms = [](int i) {
    pass_time(2000);
    return i;
};

void check(const run_report& report, std::size_t items, std::size_t workers_of_each) {
    REQUIRE(report.backend == "mpi");
    REQUIRE(report.items == items);
    REQUIRE(report.workers.size() == workers_of_each * static_cast<std::size_t>(ranks));
    REQUIRE(report.ranks.size() == static_cast<std::size_t>(ranks) - 1);
    std::size_t all = 0;
    for (std::size_t seat = 0; seat < report.workers.size(); ++seat) {
        const parimap::worker_report& w = report.workers[seat];
        CAPTURE(seat, w.items, w.busy.count(), report.wall.count());
        REQUIRE(static_cast<std::size_t>(w.rank) == seat / workers_of_each);
        const double sum =
            (w.busy + w.waiting_for_input + w.waiting_for_consumer + w.held_up + w.waiting_for_network + w.idle).count();
        REQUIRE(sum <= 1.05 * report.wall.count() + 0.005);
        if (w.rank == 0) REQUIRE(w.waiting_for_network.count() == 0);
        all += w.items;
    }
    REQUIRE(all == items);
    for (std::size_t i = 0; i < report.ranks.size(); ++i) REQUIRE(report.ranks[i].rank == static_cast<int>(i) + 1);
}

}  // namespace

TEST_CASE("P10 a report says how long workers of other ranks were busy, not how long their results took to read") {
    for (const std::size_t workers : {1U, 2U}) {
        pool p(workers);
        run_report report;
        (void)parimap::parallel_map(p, map_options{.insights = &report}, takes_2ms, std::views::iota(0, 400));
        check(report, 400, workers);
        std::size_t elsewhere = 0;
        for (const parimap::worker_report& w : report.workers) {
            REQUIRE(w.busy.count() >= 0.0015 * static_cast<double>(w.items));
            if (w.rank > 0) elsewhere += w.items;
        }
        REQUIRE(elsewhere > 0);
        std::size_t messages = 0;
        for (const parimap::rank_report& other : report.ranks) {
            messages += other.messages_to;
            REQUIRE((other.messages_to == 0) == (other.bytes_to == 0));
            REQUIRE((other.messages_from == 0) == (other.bytes_from == 0));
        }
        REQUIRE(messages > 0);
        std::ostringstream table;
        table << report;
        REQUIRE(table.str().find("network  rank") != std::string::npos);
        REQUIRE(table.str().find("rank 1: ") != std::string::npos);
        const auto json = nlohmann::json::parse(report.to_json());
        REQUIRE(json["ranks"].size() == report.ranks.size());
        REQUIRE(json["workers"].back()["rank"] == ranks - 1);
    }
}

TEST_CASE("P10 streams and reductions over ranks are reported too, and workers that wait for what travels") {
    pool p(1);
    run_report report;
    // Each result is 1 MB, which takes longer to bring than to make.
    const auto large = [](int i) { return std::vector<char>(1'000'000, static_cast<char>(i)); };
    std::size_t got = 0;
    for (const auto& r : parimap::unordered_imap(p, map_options{.chunk = 1, .insights = &report}, large, std::views::iota(0, 200)))
        got += r.size();
    REQUIRE(got == 200'000'000);
    check(report, 200, 1);
    std::size_t bytes = 0;
    std::size_t elsewhere = 0;
    for (const parimap::rank_report& other : report.ranks) bytes += other.bytes_from;
    for (const parimap::worker_report& w : report.workers) {
        if (w.rank > 0) elsewhere += w.items;
        if (w.rank > 0 && w.items > 0) REQUIRE(w.waiting_for_network.count() > 0);
    }
    REQUIRE(bytes >= elsewhere * 1'000'000);
    REQUIRE(bytes <= elsewhere * 1'001'000);

    REQUIRE(parimap::parallel_map_reduce(p, map_options{.insights = &report}, takes_2ms, std::plus<>(), 0,
                                         std::views::iota(0, 300)) == 300 * 299 / 2);
    check(report, 300, 1);
    for (const parimap::worker_report& w : report.workers) REQUIRE(w.busy.count() >= 0.0015 * static_cast<double>(w.items));
}

TEST_CASE("P10 the slowest items of a report may have run on any rank") {
    pool p(1);
    run_report report;
    report.slowest_wanted = 3;
    // Two that are slow wherever they run, and those of other ranks before those of this one.
    const auto uneven = [](int i) {
        pass_time(i == 150 || i == 151 ? 60'000 : this_rank == 0 ? 500 : 8'000);
        return this_rank;
    };
    const auto check_slowest = [&](const std::vector<int>& rank_of) {
        REQUIRE(report.slowest.size() == 3);
        std::set<std::size_t> items;
        for (const parimap::slow_item& one : report.slowest) {
            REQUIRE(items.insert(one.index).second);
            REQUIRE(one.time.count() >= 0.008);
            REQUIRE(one.begun.count() >= 0);
            REQUIRE(one.begun.count() + one.time.count() <= 1.05 * report.wall.count() + 0.005);
        }
        REQUIRE(items.contains(150));
        REQUIRE(items.contains(151));
        REQUIRE(report.slowest.front().time.count() >= 0.06);
        items.erase(150);
        items.erase(151);
        if (rank_of.empty()) return;
        REQUIRE(std::ranges::count_if(rank_of, [](int rank) { return rank > 0; }) > 3);
        if (report.slowest.back().time.count() < 0.016) REQUIRE(rank_of.at(*items.begin()) > 0);  // else the machine was slow
    };
    check_slowest(parimap::parallel_map(p, map_options{.insights = &report}, uneven, std::views::iota(0, 300)));
    (void)parimap::parallel_map_reduce(p, map_options{.insights = &report}, uneven, std::plus<>(), 0, std::views::iota(0, 300));
    check_slowest({});
}

TEST_CASE("P10 the network is named where the workers of other ranks waited for it") {
    run_report report;
    report.wall = run_report::seconds(1);
    report.items = 100;
    report.workers.resize(2);
    for (parimap::worker_report& w : report.workers) w.waiting_for_network = run_report::seconds(0.6);
    REQUIRE(report.verdict().find("the network is the bottleneck") != std::string::npos);
    REQUIRE(report.verdict().find("60 %") != std::string::npos);
}

TEST_CASE("P10 a trace has a lane for each worker of each rank") {
    pool p(1);
    const std::string path = "/tmp/parimap_ranks_trace_" + std::to_string(::getpid()) + ".json";
    (void)parimap::parallel_map(p, map_options{.trace = path}, takes_2ms, std::views::iota(0, 400));
    std::ifstream file(path);
    const auto events = nlohmann::json::parse(file);
    std::remove(path.c_str());
    std::set<int> lanes_of_others;
    std::size_t items_of_others = 0;
    for (const auto& event : events) {
        if (event.value("name", "") == "thread_name" &&
            event["args"]["name"].get<std::string>().find(", rank ") != std::string::npos)
            lanes_of_others.insert(event["tid"].get<int>());
    }
    REQUIRE(lanes_of_others.size() == static_cast<std::size_t>(ranks) - 1);
    double last_end = 0;
    for (const auto& event : events) {
        if (event.value("ph", "") != "X" || !lanes_of_others.contains(event["tid"].get<int>())) continue;
        items_of_others += event["args"].value("items", std::size_t{0});
        last_end = std::max(last_end, event["ts"].get<double>() + event["dur"].get<double>());
        REQUIRE(event["dur"].get<double>() >= 0);
    }
    REQUIRE(items_of_others > 0);
    REQUIRE(last_end > 0);
}
