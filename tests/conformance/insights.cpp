// SPDX-License-Identifier: MIT
// Reports: where the time of a call went.
#include "support/backend_under_test.hpp"
#include "support/catch.hpp"
#include "support/gate.hpp"
#include "support/items.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <range/v3/view/filter.hpp>

using namespace parimap_test;
using namespace std::chrono_literals;
using parimap::map_options;
using parimap::run_report;

namespace {

// The parts of the report agree with one another.
void check_sums(const run_report& r, std::size_t items, std::size_t workers) {
    REQUIRE(r.items == items);
    REQUIRE(r.workers.size() == workers);
    std::size_t counted = 0;
    std::size_t batches = 0;
    for (const parimap::worker_report& w : r.workers) {
        counted += w.items;
        batches += w.batches;
        const double sum = (w.busy + w.waiting_for_input + w.waiting_for_consumer + w.held_up + w.idle).count();
        REQUIRE(sum <= r.wall.count() * 1.0001);
        REQUIRE(w.busy.count() >= 0);
    }
    REQUIRE(counted == items);
    REQUIRE(batches == r.batches);
    REQUIRE(r.smallest_batch <= r.largest_batch);
    REQUIRE(r.load_balance() >= 0);
    REQUIRE(r.load_balance() <= 1.0001);
    REQUIRE(r.utilisation() <= 1.0001);
    REQUIRE(std::is_sorted(r.slowest.begin(), r.slowest.end(), [](auto& a, auto& b) { return a.time > b.time; }));
}

bool says(const run_report& r, const std::string& words) {
    INFO(r.verdict());
    CHECK(r.verdict().find(words) != std::string::npos);
    return r.verdict().find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("insights of every frontend agree with the call") {
    const auto items = numbers(3000);
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t chunk : sizes{0, 1, 64}) {
            CAPTURE(workers, chunk);
            pool p{workers};
            const auto check = [&](auto call) {
                run_report report;
                call(map_options{.chunk = chunk, .insights = &report});
                check_sums(report, items.size(), p.size());
                REQUIRE(report.failed == 0);
                REQUIRE(report.backend == pool::backend_name());
                if (chunk > 0) REQUIRE(report.largest_batch <= chunk);
                REQUIRE(report.slowest.size() == report.slowest_wanted);
            };
            check([&](const map_options& o) { (void)parimap::parallel_map(p, o, twice, items); });
            check([&](const map_options& o) { (void)parimap::parallel_map_reduce(p, o, twice, std::plus<>{}, 0, items); });
            check([&](const map_options& o) { (void)parimap::map_async(p, o, twice, items).get(); });
            check([&](const map_options& o) { (void)drain(parimap::ordered_imap(p, o, twice, items)); });
            check([&](const map_options& o) {
                auto imap = parimap::unordered_imap(p, o, twice, items);
                while (imap.next()) {
                }
                REQUIRE(o.insights);  // the report is there at the stream's end, though the handle lives on
            });
            check([&](const map_options& o) {
                parimap::parallel_for_each(p, o, twice, items | ranges::views::filter([](int) { return true; }));
            });
        }
    }
}

TEST_CASE("insights name the slowest items") {
    pool p{3};
    run_report report;
    report.slowest_wanted = 2;
    const auto f = [](int i) {
        if (i == 40) std::this_thread::sleep_for(60ms);
        if (i == 70) std::this_thread::sleep_for(30ms);
    };
    parimap::parallel_for_each(p, map_options{.insights = &report}, f, numbers(100));
    REQUIRE(report.slowest_wanted == 2);
    REQUIRE(report.slowest.size() == 2);
    REQUIRE(report.slowest[0].index == 40);
    REQUIRE(report.slowest[1].index == 70);
    REQUIRE(report.slowest[0].time >= 55ms);
    REQUIRE(report.slowest[0].begun.count() >= 0);
    REQUIRE(report.slowest[0].begun + report.slowest[0].time <= report.wall * 1.01);
    const map_options options{.insights = &report};
    report.slowest_wanted = 0;
    parimap::parallel_for_each(p, options, f, numbers(100));
    REQUIRE(report.slowest.empty());
    REQUIRE(report.items == 100);
}

TEST_CASE("insights are there also when a call fails or a stream is left") {
    pool p{2};
    run_report report;
    const auto f = [](int i) {
        if (i == 10) throw std::runtime_error("item");
        return i;
    };
    REQUIRE_THROWS_AS(parimap::parallel_map(p, map_options{.insights = &report}, f, numbers(100)), std::runtime_error);
    REQUIRE(report.failed >= 1);
    REQUIRE(report.items >= 11);
    REQUIRE_FALSE(report.stopped);
    {
        auto imap = parimap::ordered_imap(p, map_options{.insights = &report}, same, numbers(100'000));
        (void)imap.next();
    }
    REQUIRE(report.items >= 1);
    REQUIRE(report.items < 100'000);
    REQUIRE_FALSE(report.stopped);
    {
        auto imap = parimap::ordered_imap(p, map_options{.insights = &report}, same, numbers(100'000));
        (void)imap.next();
        imap.cancel();
    }
    REQUIRE(report.stopped);
    parimap::parallel_for_each(p, map_options{.insights = &report}, same, std::vector<int>{});
    REQUIRE(report.items == 0);
    REQUIRE_FALSE(report.stopped);
    REQUIRE(says(report, "no item"));

    const auto items = numbers(100);
    auto breaks = items | ranges::views::filter([](int i) {
                      if (i == 10) throw std::runtime_error("input");
                      return true;
                  });
    REQUIRE_THROWS_AS(parimap::parallel_map(p, map_options{.insights = &report}, same, breaks), std::runtime_error);
    REQUIRE(report.stopped);
    REQUIRE(report.failed == 0);
    for (const bool in_order : {true, false}) {
        CAPTURE(in_order);
        report.stopped = false;
        const map_options options{.insights = &report};
        if (in_order) {
            REQUIRE_THROWS_AS(drain(parimap::ordered_imap(p, options, same, breaks)), std::runtime_error);
        } else {
            REQUIRE_THROWS_AS(drain(parimap::unordered_imap(p, options, same, breaks)), std::runtime_error);
        }
        REQUIRE(report.stopped);
        REQUIRE(report.failed == 0);
    }
}

TEST_CASE("insights say when one item, the consumer or the input holds the call up") {
    pool p{2};
    run_report report;
    parimap::parallel_for_each(
        p, map_options{.insights = &report},
        [](int i) {
            if (i == 5) std::this_thread::sleep_for(200ms);
        },
        numbers(20));
    if (!is_serial) REQUIRE(says(report, "one item took"));
    if (!is_serial) REQUIRE(says(report, "item 5"));
    run_report::seconds busy{0};
    for (const parimap::worker_report& w : report.workers) busy += w.busy;
    REQUIRE(busy >= 200ms);
    REQUIRE(busy <= report.wall * static_cast<double>(report.workers.size()));

    for (auto&& unused : parimap::ordered_imap(p, map_options{.window = 4, .insights = &report}, same, numbers(30))) {
        (void)unused;
        std::this_thread::sleep_for(10ms);
    }
    REQUIRE(says(report, "the consumer is the bottleneck"));

    const auto items = numbers(30);
    const auto slowly = ranges::views::filter([](int) {
        std::this_thread::sleep_for(10ms);
        return true;
    });
    (void)drain(parimap::unordered_imap(p, map_options{.insights = &report}, same, items | slowly));
    if (!is_serial) REQUIRE(says(report, "the input is the bottleneck"));

    if (!is_serial) {
        (void)drain(parimap::ordered_imap(
            p, map_options{.window = 3, .insights = &report},
            [](int i) {
                std::this_thread::sleep_for(i % 3 == 0 ? 20ms : 1ms);
                return i;
            },
            numbers(30)));
        REQUIRE(says(report, "hold up"));
        REQUIRE(report.consumer_waiting.count() > 0);
    }
}

namespace {

// A report that says how busy the workers were, and in all else what is given.
run_report report_of(std::size_t workers, std::size_t items, double busy) {
    run_report r;
    r.wall = run_report::seconds(1);
    r.items = items;
    r.batches = items;
    for (std::size_t i = 0; i < workers; ++i) {
        r.workers.emplace_back();
        r.workers.back().busy = run_report::seconds(busy);
    }
    return r;
}

bool advises(const run_report& r, const std::string& words) { return r.verdict().find(words) != std::string::npos; }

}  // namespace

TEST_CASE("insights advise more CPUs only where these would have had work") {
    REQUIRE(advises(report_of(4, 100, 0.98), "more CPUs"));
    REQUIRE_FALSE(advises(report_of(1, 100, 0.98), "more CPUs"));
    REQUIRE_FALSE(advises(report_of(4, 1, 0.98), "more CPUs"));
    run_report failed = report_of(4, 100, 0.98);
    failed.failed = 2;
    REQUIRE_FALSE(advises(failed, "more CPUs"));
    REQUIRE(says(failed, "2 items failed"));
    run_report stopped = report_of(4, 100, 0.98);
    stopped.stopped = true;
    REQUIRE_FALSE(advises(stopped, "more CPUs"));
    REQUIRE(says(stopped, "stopped"));
    REQUIRE(says(report_of(4, 1, 0.98), "there was one item"));
    REQUIRE(says(report_of(1, 100, 0.98), "the worker was busy 98 % of the time"));
    REQUIRE(says(report_of(4, 4, 0.98), "there were 4 items, for 4 workers"));
    REQUIRE_FALSE(advises(report_of(4, 4, 0.98), "more CPUs"));
    run_report long_item = report_of(4, 100, 0.98);
    long_item.slowest.push_back({7, run_report::seconds(0.9)});
    REQUIRE_FALSE(advises(long_item, "more CPUs"));
    REQUIRE(says(long_item, "with item 7 for 90 % of it"));
    for (run_report* const r : {&failed, &stopped}) {  // a call that ended early says nothing of its items in general
        for (parimap::worker_report& w : r->workers) w.busy = run_report::seconds(0.1);
        REQUIRE_FALSE(advises(*r, "too few or too small"));
    }

    pool p{2};
    run_report report;
    parimap::parallel_for_each(
        p, map_options{.insights = &report}, [](int) { std::this_thread::sleep_for(5ms); }, numbers(1));
    REQUIRE_FALSE(advises(report, "more CPUs"));
    pool one{1};
    parimap::parallel_for_each(
        one, map_options{.insights = &report}, [](int) { std::this_thread::sleep_for(1ms); }, numbers(5));
    REQUIRE_FALSE(advises(report, "more CPUs"));
    std::stop_source stop;
    const map_options options{.stop = stop.get_token(), .insights = &report};
    const auto stops = [&](int i) {
        if (i == 20) stop.request_stop();
        std::this_thread::sleep_for(1ms);
        return i;
    };
    REQUIRE_THROWS_AS(parimap::parallel_map(p, options, stops, numbers(1000)), parimap::cancelled);
    REQUIRE(report.stopped);
    REQUIRE_FALSE(advises(report, "more CPUs"));
}

TEST_CASE("insights of few items tell them from a long one") {
    run_report few = report_of(2, 3, 0.75);
    few.slowest.push_back({1, run_report::seconds(0.5)});
    REQUIRE_FALSE(advises(few, "one item took"));
    run_report idle = report_of(4, 2, 0);
    idle.workers[0].busy = idle.workers[1].busy = run_report::seconds(0.98);
    idle.slowest.push_back({0, run_report::seconds(0.98)});
    REQUIRE(says(idle, "there were 2 items, for 4 workers"));
    idle.workers[1].busy = run_report::seconds(0.01);
    REQUIRE(says(idle, "one item took 98 % of the run"));
    run_report uneven = report_of(4, 40, 0.1);
    uneven.workers[0].busy = run_report::seconds(0.9);
    REQUIRE(says(uneven, "the load is uneven"));
    run_report tiny = report_of(4, 40, 0);  // done before another worker is awake
    tiny.wall = run_report::seconds(3e-5);
    tiny.workers[0].busy = run_report::seconds(1e-5);
    REQUIRE(says(tiny, "too few or too small"));
    tiny.failed = 1;
    REQUIRE(says(tiny, "1 item failed"));
    run_report alone = report_of(1, 40, 0.1);
    alone.workers[0].waiting_for_input = run_report::seconds(0.9);
    REQUIRE(says(alone, "the worker waited for it 90 % of its time"));
    tiny.workers[0].held_up = tiny.wall * 4;
    REQUIRE(says(tiny, "hold up"));
    REQUIRE(says(tiny, "1 item failed"));
}

TEST_CASE("insights count workers that nobody needed to what all waited for") {
    if (is_serial) return;
    pool p{4};
    run_report report;
    const auto items = numbers(20);
    const auto slowly = ranges::views::filter([](int) {
        std::this_thread::sleep_for(5ms);
        return true;
    });
    parimap::parallel_for_each(p, map_options{.insights = &report}, same, items | slowly);
    REQUIRE(says(report, "the input is the bottleneck"));
    (void)drain(parimap::ordered_imap(p, map_options{.insights = &report}, same, items | slowly));
    REQUIRE(says(report, "the input is the bottleneck"));
    const auto take_5ms = [](int i) {
        std::this_thread::sleep_for(5ms);
        return i;
    };
    (void)drain(parimap::unordered_imap(p, map_options{.window = 1, .insights = &report}, take_5ms, numbers(20)));
    REQUIRE(says(report, "a larger window"));
    check_sums(report, 20, 4);
}

TEST_CASE("insights count as idle who has nothing left to start before a call ends") {
    if (is_serial) return;
    pool p{2};
    run_report report;
    const auto idle_for_the_long_one = [&] {
        rendezvous both{2};
        parimap::parallel_for_each(
            p, map_options{.chunk = 1, .insights = &report},
            [&](int i) {
                both.arrive_and_wait();
                if (i == 0) std::this_thread::sleep_for(20ms);
            },
            numbers(2));
        return std::any_of(report.workers.begin(), report.workers.end(),
                           [](const auto& w) { return w.items > 0 && w.idle >= 10ms; });
    };
    REQUIRE(eventually(idle_for_the_long_one));  // a loaded machine may keep who is done from saying so for as long
}

TEST_CASE("insights advise nothing that was done already") {
    run_report slow = report_of(4, 100, 0.1);
    slow.slowest.push_back({99, run_report::seconds(0.8), run_report::seconds(0.2)});
    REQUIRE(advises(slow, "split it, or put it first"));
    slow.slowest.front().begun = run_report::seconds(0.01);
    REQUIRE(says(slow, "split it"));
    REQUIRE_FALSE(advises(slow, "put it first"));

    run_report held = report_of(4, 100, 0.4);
    for (parimap::worker_report& w : held.workers) w.held_up = run_report::seconds(0.5);
    held.in_order = true;
    REQUIRE(advises(held, "or unordered_imap"));
    held.in_order = false;
    REQUIRE_FALSE(advises(held, "unordered_imap"));
    REQUIRE(says(held, "a larger window would use"));

    pool p{3};
    run_report report;
    (void)drain(parimap::unordered_imap(p, map_options{.insights = &report}, same, numbers(30)));
    REQUIRE_FALSE(report.in_order);
    (void)drain(parimap::ordered_imap(p, map_options{.insights = &report}, same, numbers(30)));
    REQUIRE(report.in_order);
    REQUIRE_FALSE(report.stopped);
    (void)parimap::parallel_map(p, map_options{.insights = &report}, same, numbers(30));
    REQUIRE_FALSE(report.in_order);
}
