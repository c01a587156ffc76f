// SPDX-License-Identifier: MIT
// run_report: where the time of one map or stream went, and what to do about it.
#ifndef PARIMAP_INSIGHTS_HPP
#define PARIMAP_INSIGHTS_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/form.hpp>
#include <parimap/detail/text/number_text.hpp>
#include <parimap/detail/watch/call_record.hpp>
#include <parimap/detail/watch/watching.hpp>

#include <chrono>
#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

namespace parimap::inline PARIMAP_ABI {

/// How one worker, or rather one seat of the pool, spent the time of a call. What is missing to the whole of it went into
/// handing out batches. Of a worker on another rank it is as far as results tell: its busy time is their number times what items took there
/// in the mean.
struct worker_report {
    using seconds = std::chrono::duration<double>;

    seconds busy{0};                  ///< inside batches of items
    seconds waiting_for_input{0};     ///< the input had not given the next item yet
    seconds waiting_for_consumer{0};  ///< the window was full of results that nobody took
    seconds held_up{0};               ///< the window was full behind an item that still ran
    seconds idle{0};                  ///< nothing was left to start, or the worker was in another call
    std::size_t items = 0;
    std::size_t batches = 0;
    seconds waiting_for_network{0};  ///< items for its rank, or results from there, were on the way
    int rank = 0;                    ///< of an MPI job, where it works
};

/// What travelled between the rank that made a call and another one: messages with items, and with results.
struct rank_report {
    int rank = 0;
    std::size_t messages_to = 0;
    std::size_t bytes_to = 0;
    std::size_t messages_from = 0;
    std::size_t bytes_from = 0;
};

/// One of the items of a call that took longest.
struct slow_item {
    std::size_t index = 0;  ///< in the input, from 0
    std::chrono::duration<double> time{0};
    std::chrono::duration<double> begun{0};  ///< after the begin of the call
};

/// What map_options{.insights = &report} fills in when a blocking call that has begun to run items returns or throws,
/// and, for a stream, when its end is reached or its last handle goes. It must live until then, and is written anew by
/// each call.
///
/// Costs a look at the clock for each item; a call without it costs nothing.
struct PARIMAP_EXPORT run_report {
    using seconds = std::chrono::duration<double>;

    /// How many of the slowest items to keep. Set it before the call.
    std::size_t slowest_wanted = 5;

    std::string backend;
    seconds wall{0};              ///< from the begin of the call to its end
    seconds consumer_waiting{0};  ///< of a stream: how long its consumer waited for results
    std::size_t items = 0;        ///< finished, with those that threw
    std::size_t failed = 0;       ///< those that threw
    bool stopped = false;         ///< the call ended with an exception that was no item's: the input's, or cancelled
    bool in_order = false;        ///< it was a stream in input order
    std::size_t batches = 0;
    std::size_t smallest_batch = 0;
    std::size_t largest_batch = 0;
    std::vector<worker_report> workers;
    std::vector<rank_report> ranks;  ///< the other ranks of the pool, if there are any
    std::vector<slow_item> slowest;  ///< the slowest first

    double mean_batch() const { return batches > 0 ? static_cast<double>(items) / static_cast<double>(batches) : 0; }

    /// The mean busy time of the workers in parts of the longest: 1 where all did the same, 1/n where one of n did all.
    double load_balance() const;

    /// The share of the workers' time that went into items.
    double utilisation() const { return share(&worker_report::busy); }

    /// What held the call back, in words.
    std::string verdict() const;

    /// Everything, as one JSON object; times in seconds.
    std::string to_json() const;

    /// A small table.
    friend std::ostream& operator<<(std::ostream& out, const run_report& r) {
        const auto count = [](std::size_t n, std::size_t width = 0) { return detail::at_right(std::to_string(n), width); };
        const auto percent_of_wall = [&r](seconds part) {
            return detail::fixed(r.wall.count() > 0 ? 100 * (part / r.wall) : 0.0, 1, 8) + '%';
        };
        std::string text = count(r.items) + " items in " + time(r.wall) + " on " + count(r.workers.size()) + " workers (" +
                           r.backend + ')' + (r.failed > 0 ? ", " + count(r.failed) + " failed" : "") +
                           "\nworker      items  batches     busy    input consumer  held up     idle" +
                           (r.ranks.empty() ? "\n" : "  network  rank\n");
        for (std::size_t i = 0; i < r.workers.size(); ++i) {
            const worker_report& w = r.workers[i];
            text += count(i, 6) + count(w.items, 11) + count(w.batches, 9);
            for (const seconds part : {w.busy, w.waiting_for_input, w.waiting_for_consumer, w.held_up, w.idle}) {
                text += percent_of_wall(part);
            }
            if (!r.ranks.empty()) text += percent_of_wall(w.waiting_for_network) + count(static_cast<std::size_t>(w.rank), 6);
            text += '\n';
        }
        for (const rank_report& other : r.ranks) {
            text += "rank " + std::to_string(other.rank) + ": " + count(other.messages_to) + " messages of " +
                    count(other.bytes_to) + " bytes to it, " + count(other.messages_from) + " of " + count(other.bytes_from) +
                    " from it\n";
        }
        text += "batches: " + count(r.batches) + ", of " + count(r.smallest_batch) + " to " + count(r.largest_batch) + " items, " +
                detail::fixed(r.mean_batch(), 1, 0) + " in the mean; load balance " + detail::fixed(r.load_balance(), 2, 0) + '\n';
        if (r.consumer_waiting.count() > 0) text += "the consumer waited for " + time(r.consumer_waiting) + '\n';
        for (const slow_item& s : r.slowest) {
            text +=
                (&s == r.slowest.data() ? "slowest: item " : "         item ") + count(s.index) + " took " + time(s.time) + '\n';
        }
        return out << text << "verdict: " << r.verdict() << '\n';
    }

  private:
    friend detail::report_request;

    void fill_from(const detail::call_record& record);

    double total(seconds worker_report::*part) const;
    double share(seconds worker_report::*part) const;

    /// What the workers waited for, if that was one thing.
    std::string bottleneck() const;

    /// Of a call that was held up by nothing and ran to its end.
    std::string judgement() const;

    /// Of the slowest item in the whole run, which no number of workers makes shorter.
    double longest_share() const { return slowest.empty() || wall.count() <= 0 ? 0 : slowest.front().time / wall; }

    std::string waited_text(double share) const;

    std::string busy_text() const;

    static std::string percent(double share) { return detail::fixed(100 * share, 0, 0) + " %"; }
    static std::string number(double value);
    static std::string time(seconds s);
};

}  // namespace parimap

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/insights.cpp>  // IWYU pragma: keep
#endif

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
