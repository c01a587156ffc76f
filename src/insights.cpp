// SPDX-License-Identifier: MIT
// run_report: where the time of one map or stream went, and what to do about it.

#include <parimap/insights.hpp>

#include <parimap/detail/text/json_text.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>

namespace parimap::inline PARIMAP_ABI {

PARIMAP_INLINE double run_report::load_balance() const {
    seconds longest{0};
    for (const worker_report& w : workers) longest = std::max(longest, w.busy);
    return longest.count() > 0 ? total(&worker_report::busy) / static_cast<double>(workers.size()) / longest.count() : 1;
}

PARIMAP_INLINE std::string run_report::verdict() const {
    if (items == 0) return "no item was run";
    std::string text = bottleneck();
    if (text.empty()) text = failed > 0 || stopped ? busy_text() : judgement();  // what ended early says little of its items
    if (failed > 0) text += "; " + std::to_string(failed) + (failed == 1 ? " item failed" : " items failed");
    if (stopped) text += "; the call was stopped";
    return text;
}

PARIMAP_INLINE std::string run_report::to_json() const {
    using detail::json_list;
    using detail::json_object;
    json_list workers_json;
    for (const worker_report& w : workers) {
        workers_json.add(json_object()
                             .add_raw("busy", number(w.busy.count()))
                             .add_raw("waiting_for_input", number(w.waiting_for_input.count()))
                             .add_raw("waiting_for_consumer", number(w.waiting_for_consumer.count()))
                             .add_raw("held_up", number(w.held_up.count()))
                             .add_raw("idle", number(w.idle.count()))
                             .add("items", w.items)
                             .add("batches", w.batches)
                             .add_raw("waiting_for_network", number(w.waiting_for_network.count()))
                             .add("rank", static_cast<std::size_t>(w.rank))
                             .text());
    }
    json_list ranks_json;
    for (const rank_report& other : ranks) {
        ranks_json.add(json_object()
                           .add("rank", static_cast<std::size_t>(other.rank))
                           .add("messages_to", other.messages_to)
                           .add("bytes_to", other.bytes_to)
                           .add("messages_from", other.messages_from)
                           .add("bytes_from", other.bytes_from)
                           .text());
    }
    json_list slowest_json;
    for (const slow_item& s : slowest) {
        slowest_json.add(json_object()
                             .add("index", s.index)
                             .add_raw("time", number(s.time.count()))
                             .add_raw("begun", number(s.begun.count()))
                             .text());
    }
    return json_object()
        .add("backend", backend)
        .add_raw("wall", number(wall.count()))
        .add_raw("consumer_waiting", number(consumer_waiting.count()))
        .add("items", items)
        .add("failed", failed)
        .add("stopped", stopped)
        .add("in_order", in_order)
        .add("batches", batches)
        .add("smallest_batch", smallest_batch)
        .add("largest_batch", largest_batch)
        .add_raw("mean_batch", number(mean_batch()))
        .add_raw("load_balance", number(load_balance()))
        .add_raw("utilisation", number(utilisation()))
        .add("verdict", verdict())
        .add_raw("workers", workers_json.text())
        .add_raw("ranks", ranks_json.text())
        .add_raw("slowest", slowest_json.text())
        .text();
}

PARIMAP_INLINE void run_report::fill_from(const detail::call_record& record) {
    run_report r;
    r.slowest_wanted = slowest_wanted;
    r.backend = record.backend;
    r.wall = record.end - record.begin;
    r.consumer_waiting = record.consumer_waited;
    r.items = static_cast<std::size_t>(record.items);
    r.failed = static_cast<std::size_t>(record.failed);
    r.stopped = record.stopped;
    r.in_order = record.in_order;
    for (const detail::seat_record& seat : record.seats) {
        const auto idle = [&seat](detail::idle_cause cause) { return seat.idle[static_cast<std::size_t>(cause)]; };
        r.workers.push_back({seat.busy, idle(detail::idle_cause::input), idle(detail::idle_cause::consumer),
                             idle(detail::idle_cause::slow_item), idle(detail::idle_cause::nothing_left),
                             static_cast<std::size_t>(seat.items), static_cast<std::size_t>(seat.batches),
                             idle(detail::idle_cause::network), seat.rank});
        r.batches += static_cast<std::size_t>(seat.batches);
        if (seat.batches > 0) {
            const auto smallest = static_cast<std::size_t>(seat.smallest_batch);
            r.smallest_batch = r.smallest_batch == 0 ? smallest : std::min(r.smallest_batch, smallest);
            r.largest_batch = std::max(r.largest_batch, static_cast<std::size_t>(seat.largest_batch));
        }
        for (const detail::timed_item& item : seat.slowest) {
            const auto time = [&record](std::uint64_t ticks) {
                return seconds(static_cast<double>(ticks) * record.seconds_per_tick);
            };
            r.slowest.push_back({static_cast<std::size_t>(item.item), time(item.ticks), time(item.begun)});
        }
    }
    for (const detail::rank_traffic& other : record.others) {
        r.ranks.push_back({static_cast<int>(r.ranks.size()) + 1, static_cast<std::size_t>(other.messages_to),
                           static_cast<std::size_t>(other.bytes_to), static_cast<std::size_t>(other.messages_from),
                           static_cast<std::size_t>(other.bytes_from)});
    }
    std::sort(r.slowest.begin(), r.slowest.end(), [](const slow_item& a, const slow_item& b) { return a.time > b.time; });
    if (r.slowest.size() > slowest_wanted) r.slowest.resize(slowest_wanted);
    *this = std::move(r);
}

PARIMAP_INLINE double run_report::total(seconds worker_report::*part) const {
    double sum = 0;
    for (const worker_report& w : workers) sum += (w.*part).count();
    return sum;
}

PARIMAP_INLINE double run_report::share(seconds worker_report::*part) const {
    const double all = wall.count() * static_cast<double>(workers.size());
    return all > 0 ? total(part) / all : 0;
}

PARIMAP_INLINE std::string run_report::bottleneck() const {
    constexpr double much = 0.25;
    const double slow = longest_share();
    const double mean = total(&worker_report::busy) / static_cast<double>(items);
    const bool is_longer =
        !slowest.empty() && slowest.front().time.count() >= 1.5 * mean;  // three equal ones on two workers take half of it each
    if (items > 1 && workers.size() > 1 && slow >= 0.4 && is_longer && utilisation() < 0.9) {
        const bool began_late = slowest.front().begun >= 0.1 * wall;
        return "one item took " + percent(slow) + " of the run: item " + std::to_string(slowest.front().index) +
               (began_late ? "; split it, or put it first" : "; split it");
    }
    const double for_consumer = share(&worker_report::waiting_for_consumer);
    if (for_consumer >= much) return "the consumer is the bottleneck: " + waited_text(for_consumer);
    const double for_input = share(&worker_report::waiting_for_input);
    if (for_input >= much) return "the input is the bottleneck: " + waited_text(for_input);
    const double for_network = share(&worker_report::waiting_for_network);
    if (for_network >= much) return "the network is the bottleneck: " + waited_text(for_network);
    const double held_up = share(&worker_report::held_up);
    if (held_up < much) return {};
    return std::string("slow items hold up those behind them: a larger window") + (in_order ? ", or unordered_imap," : "") +
           " would use " + percent(held_up) + " of the workers' time";
}

PARIMAP_INLINE std::string run_report::judgement() const {
    constexpr double well_used = 0.75;
    if (items == 1) return "there was one item, for one worker";
    if (items <= workers.size())
        return "there were " + std::to_string(items) + " items, for " + std::to_string(workers.size()) + " workers";
    // Waking a worker takes some 10 us: where each has little to do, it comes when all is done.
    const bool is_over_soon = total(&worker_report::busy) < 1e-4 * static_cast<double>(workers.size());
    if (workers.size() > 1 && load_balance() < well_used && !is_over_soon) {
        return "the load is uneven: the workers were busy for " + percent(load_balance()) + " of the busiest one's time";
    }
    if (utilisation() < well_used) return "the items are too few or too small: " + busy_text();
    if (workers.size() == 1) return busy_text();
    if (longest_share() < well_used) return busy_text() + ": more CPUs would help";
    return busy_text() + ", with item " + std::to_string(slowest.front().index) + " for " + percent(longest_share()) + " of it";
}

PARIMAP_INLINE std::string run_report::waited_text(double share) const {
    return (workers.size() == 1 ? "the worker waited for it " : "the workers waited for it ") + percent(share) +
           (workers.size() == 1 ? " of its time" : " of their time");
}

PARIMAP_INLINE std::string run_report::busy_text() const {
    return (workers.size() == 1 ? "the worker was busy " : "the workers were busy ") + percent(utilisation()) + " of the time";
}

PARIMAP_INLINE std::string run_report::number(double value) {
    return detail::as_text(std::isfinite(value) ? value : 0.0, std::chars_format::general, 9);
}

PARIMAP_INLINE std::string run_report::time(seconds s) {
    const double t = s.count();
    if (t >= 1) return detail::fixed(t, 2, 0) + " s";
    if (t >= 1e-3) return detail::fixed(1e3 * t, 2, 0) + " ms";
    return detail::fixed(1e6 * t, 2, 0) + " us";
}

}  // namespace parimap
