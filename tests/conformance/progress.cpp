// SPDX-License-Identifier: MIT
// Progress: what a bar counts is what has finished, in every frontend, however the call ends.
#include "support/backend_under_test.hpp"
#include "support/bar_on_terminal.hpp"
#include "support/captured_output.hpp"
#include "support/catch.hpp"
#include "support/gate.hpp"
#include "support/generator.hpp"
#include "support/items.hpp"
#include "support/pseudo_terminal.hpp"
#include "support/recording_sink.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <range/v3/view/filter.hpp>

using namespace parimap_test;
using namespace std::chrono_literals;
using parimap::map_options;

namespace {

map_options watched_by(const std::shared_ptr<recording_sink>& sink, std::size_t chunk = 0, std::size_t window = 0) {
    return map_options{.chunk = chunk, .window = window, .progress = told_to(sink)};
}

// f, and how many of its calls have ended, by returning or throwing.
template <class F>
struct counting {
    F f;
    std::shared_ptr<std::atomic<std::size_t>> ended = std::make_shared<std::atomic<std::size_t>>(0);

    auto operator()(int i) const {
        struct at_end {
            std::atomic<std::size_t>& n;
            ~at_end() { ++n; }
        } guard{*ended};
        return f(i);
    }
};
template <class F>
counting(F) -> counting<F>;

constexpr std::size_t count = 500;

}  // namespace

TEST_CASE("progress of every frontend begins at nothing, never falls and ends with all items done") {
    const auto items = numbers(count);
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t chunk : sizes{0, 1, 64}) {
            CAPTURE(workers, chunk);
            pool p{workers};
            const auto check = [&](auto call) {
                const auto sink = std::make_shared<recording_sink>();
                call(watched_by(sink, chunk));
                REQUIRE(sink->is_whole());
                REQUIRE(sink->all().front().n == 0);
                REQUIRE(sink->last().n == count);
                REQUIRE(sink->last().total == count);
                REQUIRE(sink->last().failed == 0);
            };
            check([&](const map_options& o) { (void)parimap::parallel_map(p, o, twice, items); });
            check([&](const map_options& o) { parimap::parallel_for_each(p, o, twice, items); });
            check([&](const map_options& o) { (void)parimap::parallel_map_reduce(p, o, twice, std::plus<>{}, 0, items); });
            check([&](const map_options& o) { (void)parimap::map_async(p, o, twice, items).get(); });
            check([&](const map_options& o) {
                std::vector<int> out(count);
                (void)parimap::parallel_map_into(p, o, out, twice, items);
            });
            check([&](const map_options& o) { (void)drain(parimap::ordered_imap(p, o, twice, items)); });
            check([&](const map_options& o) { (void)drain(parimap::unordered_imap(p, o, twice, items)); });
            check([&](const map_options& o) { (void)drain(items | parimap::ordered_imap(p, o, twice)); });
            check([&](const map_options& o) {  // the shortest of zipped ranges
                (void)drain(parimap::ordered_imap(p, o, std::plus<>{}, numbers(count + 7), items));
            });
        }
    }
}

TEST_CASE("progress of an input without a size has no total but the one that is given") {
    pool p{2};
    const auto all = numbers(count);
    auto some = all | ranges::views::filter([](int i) { return i % 2 == 0; });
    const auto sink = std::make_shared<recording_sink>();
    (void)drain(parimap::ordered_imap(p, watched_by(sink), twice, some));
    REQUIRE(sink->last().n == count / 2);
    REQUIRE_FALSE(sink->last().total);

    const auto second = std::make_shared<recording_sink>();
    auto options = told_to(second);
    options.total = 1000;
    options.initial = 100;
    parimap::parallel_for_each(p, map_options{.progress = options}, twice, some);
    REQUIRE(second->last().n == 100 + count / 2);
    REQUIRE(second->last().total == 1000);

    options.total.reset();
    parimap::parallel_for_each(p, map_options{.progress = options}, twice, all);
    REQUIRE(second->last().total == 100 + count);  // what was done before belongs to the whole
}

TEST_CASE("progress shows a finished item although nobody takes its result and its batch goes on") {
    if (is_serial) return;  // its items run when somebody takes a result
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto sink = std::make_shared<recording_sink>();
        gate last;
        const int held = 20;
        auto imap = parimap::ordered_imap(
            p, watched_by(sink, 100, 100),
            [&](int i) {
                if (i == held) (void)last.wait();
                return i;
            },
            numbers(held + 1));
        const bool counted = eventually([&] { return sink->last().n == held; });
        last.open();
        REQUIRE(counted);
        (void)drain(std::move(imap));
        REQUIRE(sink->last().n == held + 1);
    }
}

TEST_CASE("progress counts what ended, by returning or throwing, whatever an exception stops") {
    const auto items = numbers(count);
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t chunk : sizes{0, 1, 64}) {
            CAPTURE(workers, chunk);
            pool p{workers};
            const counting fails{[](int i) {
                if (i % 100 == 99) throw std::runtime_error("item");
                return i;
            }};
            {
                const auto sink = std::make_shared<recording_sink>();
                REQUIRE_THROWS_AS(parimap::parallel_map(p, watched_by(sink, chunk), fails, items), std::runtime_error);
                REQUIRE(sink->is_whole());
                REQUIRE(sink->last().n == fails.ended->exchange(0));
                REQUIRE(sink->last().failed >= 1);
            }
            {
                const auto sink = std::make_shared<recording_sink>();
                auto imap = parimap::unordered_imap(p, watched_by(sink, chunk), fails, items);
                std::size_t thrown = 0;
                for (bool more = true; more;) {
                    try {
                        more = imap.next().has_value();
                    } catch (const std::runtime_error&) {
                        ++thrown;
                    }
                }
                REQUIRE(thrown == 5);
                REQUIRE(sink->is_whole());  // at the stream's end, though the handle lives on
                REQUIRE(sink->last().n == count);
                REQUIRE(sink->last().failed == 5);
                REQUIRE(fails.ended->load() == count);
            }
        }
    }
}

TEST_CASE("progress of a stream that is left shows what was done until then") {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t take : sizes{0, 1, 30}) {
            CAPTURE(workers, take);
            pool p{workers};
            const counting f{[](int i) { return i; }};
            const auto sink = std::make_shared<recording_sink>();
            {
                auto imap = parimap::unordered_imap(p, watched_by(sink), f, numbers(100'000));
                for (std::size_t i = 0; i < take; ++i) (void)imap.next();
            }
            REQUIRE(sink->is_whole());
            REQUIRE(sink->last().n == f.ended->load());
            REQUIRE(sink->last().n < 100'000);
        }
    }
}

TEST_CASE("progress of a stream that is left counts the items that still ran") {
    pool p{2};
    const counting f{[](int i) {
        std::this_thread::sleep_for(10ms);
        return i;
    }};
    const auto sink = std::make_shared<recording_sink>();
    {
        auto imap = parimap::ordered_imap(p, watched_by(sink), f, numbers(1000));
        (void)imap.next();
    }
    REQUIRE(sink->is_whole());
    REQUIRE(sink->last().n == f.ended->load());
}

TEST_CASE("progress of a cancelled call shows what was done until then") {
    pool p{2};
    std::stop_source stop;
    const counting f{[&](int i) {
        if (i == 50) stop.request_stop();
        return i;
    }};
    const auto sink = std::make_shared<recording_sink>();
    map_options options = watched_by(sink);
    options.stop = stop.get_token();
    REQUIRE_THROWS_AS(parimap::parallel_map(p, options, f, numbers(100'000)), parimap::cancelled);
    REQUIRE(sink->is_whole());
    REQUIRE(sink->last().n == f.ended->load());
}

TEST_CASE("progress inside a job is shown only where its options ask for it, and that of map_async always") {
    for (const std::size_t workers : sizes{1, 3}) {
        CAPTURE(workers);
        pool p{workers};
        const auto inner = std::make_shared<recording_sink>();
        const auto outer = std::make_shared<recording_sink>();
        const auto run = [&](bool nested) {
            auto options = told_to(inner);
            options.nested = nested;
            parimap::parallel_for_each(
                p, watched_by(outer),
                [&](int) {
                    const int one[] = {1};
                    parimap::parallel_for_each(p, map_options{.progress = options}, twice, one);
                },
                numbers(5));
            REQUIRE(outer->last().n == 5);
        };
        run(false);
        REQUIRE(inner->size() == 0);
        run(true);
        std::size_t closed = 0;
        for (const auto& snapshot : inner->all()) {
            REQUIRE(snapshot.n <= 1);
            closed += snapshot.closed;
        }
        REQUIRE(closed == 5);

        const auto sink = std::make_shared<recording_sink>();
        (void)parimap::map_async(p, watched_by(sink), twice, numbers(10)).get();
        REQUIRE(sink->is_whole());
        REQUIRE(sink->last().n == 10);
    }
}

TEST_CASE("progress of a stalled call goes on showing the time, and which item has run longest") {
    for (const std::size_t workers : sizes{1, 3}) {
        CAPTURE(workers);
        pool p{workers};
        const auto sink = std::make_shared<recording_sink>();
        const int stuck = 17;
        std::atomic<bool> shown{false};
        const auto f = [&](int i) {
            if (i != stuck) return;
            const double before = sink->last().elapsed;
            shown = eventually([&] {
                const auto s = sink->last();
                return s.elapsed > before + 0.02 &&
                       (workers == 1 || (s.running == 1 && s.oldest_item == std::uint64_t{stuck} && s.oldest_age > 0.005));
            });
        };
        parimap::parallel_for_each(p, watched_by(sink, 1), f, numbers(stuck + 1));
        REQUIRE(shown);
        REQUIRE(sink->last().n == stuck + 1);
    }
}

TEST_CASE("progress of a call whose items stall names the one that has run longest, and none while others wait") {
    if (is_serial) return;
    pool p{3};
    const auto sink = std::make_shared<recording_sink>();
    const int count_of_items = 9;
    std::atomic<int> begun{0};
    std::atomic<int> eldest{-1};
    std::atomic<bool> shown{false};
    std::atomic<bool> is_named_early{false};
    const auto f = [&](int i) {
        const int before = begun++;
        if (before == 0) eldest = i;
        if (before > 0 && before + 1 < count_of_items) {
            // Two looks later, one has seen the first item without the last.
            const std::size_t looks = sink->size();
            (void)eventually([&] { return sink->size() >= looks + 2; });
            const auto s = sink->last();
            if (begun < count_of_items - 3 && s.running > 0) is_named_early = true;  // three may have one that has not begun
            return;
        }
        const bool is_told = eventually([&] {
            const auto s = sink->last();
            return shown || (s.running == 2 && s.oldest_item == static_cast<std::uint64_t>(eldest.load()));
        });
        if (is_told) shown = true;
    };
    parimap::parallel_for_each(p, watched_by(sink, 1), f, numbers(count_of_items));
    REQUIRE(shown);
    REQUIRE_FALSE(is_named_early);
}

TEST_CASE("progress of a call of which an item has failed is red on a terminal") {
    pool p{2};
    pseudo_terminal terminal(70);
    auto items = parimap::unordered_imap(
        p, map_options{.progress = on(terminal)},
        [](int i) {
            if (i == 3) throw std::runtime_error("item");
            return i;
        },
        numbers(10));
    std::size_t failed = 0;
    for (bool more = true; more;) {
        try {
            more = items.next().has_value();
        } catch (const std::runtime_error&) {
            ++failed;
        }
    }
    REQUIRE(failed == 1);
    REQUIRE(comes_to_show(terminal, "10/10"));
    REQUIRE(terminal.bytes().find("\x1b[31m") != std::string::npos);
}

TEST_CASE("progress that cannot be shown as asked stops the call before any item runs") {
    pool p{2};
    std::atomic<int> runs{0};
    parimap::progress_options wrong;
    wrong.bar_format = "{nonsense}";
    const auto f = [&](int) { ++runs; };
    REQUIRE_THROWS_AS(parimap::parallel_for_each(p, map_options{.progress = wrong}, f, numbers(5)), std::invalid_argument);
    REQUIRE_THROWS_AS(parimap::ordered_imap(p, map_options{.progress = wrong}, f, numbers(5)), std::invalid_argument);
    parimap::progress_options no_colour;
    no_colour.colour = "blurple";
    REQUIRE_THROWS_AS(parimap::parallel_for_each(p, map_options{.progress = no_colour}, f, numbers(5)), std::invalid_argument);
    REQUIRE(runs == 0);
    REQUIRE(parimap::parallel_map(p, twice, numbers(2)) == std::vector<int>{0, 2});
}

TEST_CASE("progress whose sink throws goes without it, and the work goes on") {
    struct throwing : parimap::progress_sink {
        void update(const parimap::progress_snapshot&) override {
            ++calls;
            throw std::runtime_error("sink");
        }
        std::atomic<int> calls{0};
    };
    pool p{2};
    const auto sink = std::make_shared<throwing>();
    parimap::progress_options options;
    options.sink = sink;
    REQUIRE(parimap::parallel_map(p, map_options{.progress = options}, same, numbers(50)) == numbers(50));
    REQUIRE(sink->calls == 1);
}

TEST_CASE("P10 a call that asks for no progress prints nothing, and one that does in a file no carriage return") {
    pool p{2};
    captured_output out;
    parimap::parallel_for_each(p, twice, numbers(1000));
    REQUIRE(out.text().empty());

    captured_output shown;
    parimap::parallel_for_each(p, map_options{.progress = parimap::progress_options{.description = "work"}}, twice, numbers(1000));
    const std::string text = shown.text();
    REQUIRE(text.find('\r') == std::string::npos);
    REQUIRE(text.find('\x1b') == std::string::npos);
    REQUIRE(text.find("work:   0%|") == 0);
    REQUIRE(text.find("| 1000/1000 [") != std::string::npos);
    REQUIRE(text.back() == '\n');
}
