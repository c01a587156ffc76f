// SPDX-License-Identifier: MIT
// progress_options and progress_sink themselves. Users include parimap/progress_options.hpp, which brings the bars too.
#ifndef PARIMAP_DETAIL_WATCH_BAR_OPTIONS_HPP
#define PARIMAP_DETAIL_WATCH_BAR_OPTIONS_HPP

#include <parimap/detail/form.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace parimap::inline PARIMAP_ABI {

struct progress_snapshot;

/// Takes the counts of a bar instead of a terminal or log: for a bar, log or window of your own.
class progress_sink {
  public:
    progress_sink() = default;
    progress_sink(const progress_sink&) = delete;
    progress_sink& operator=(const progress_sink&) = delete;
    virtual ~progress_sink() = default;

    /// Called once when the bar begins, then every interval, and, with `closed` set, once at its end; never on two threads
    /// at a time. On a thread of parimap's, except for the first and the last, which come on the caller's. It may call
    /// progress_write, and open, change and close bars (whose sinks are told meanwhile). All sinks wait for it, so it should be
    /// quick, and must not wait for a thread that opens or closes a bar. What it throws ends its bar, not the work.
    virtual void update(const progress_snapshot& snapshot) = 0;
};

/// Options of one progress bar, for designated initialisers: progress_options{.description = "scan"}.
///
/// PARIMAP_PROGRESS=auto|bar|log|off in the environment says how it is shown. auto, as without it, is a bar on a
/// terminal, and elsewhere, or where TERM is not set or dumb, a log: whole lines, at the begin and the end, and between them
/// at most one for every 10 % or 30 s. Of bars that follow one another within a second a log shows few.
/// PARIMAP_PROGRESS_INTERVAL, in seconds, goes before `interval`, and before the 30 s of a log.
struct progress_options {
    /// Stands in front of the bar.
    std::string description = {};
    /// How many items there will be. Without it: the size of the input, where it has one.
    std::optional<std::size_t> total = {};
    /// What is counted.
    std::string unit = "it";
    /// Counts and rates with three digits and k, M, G ..., in steps of unit_divisor: 1000, or 1024 for bytes.
    bool unit_scale = false;
    double unit_divisor = 1000;
    /// Stands at the end, behind the rate.
    std::string postfix = {};
    /// Done before, as when work is resumed. Counts towards the total, not towards the rate.
    std::size_t initial = 0;
    /// Whether the last state stays on the terminal.
    bool leave = true;
    /// ASCII or Unicode's eighths of a block; unset: as the locale says.
    std::optional<bool> ascii = {};
    /// A name such as "green", or "#00ff00". A bar whose items or loop failed is red. None if NO_COLOR is set.
    std::string colour = {};
    /// tqdm's: see format_progress. Throws std::invalid_argument, before the work, if it names an unknown field.
    std::string bar_format = {};
    /// At most so many columns; a terminal's own width bounds it too, and 4096. 0: no bar, only numbers.
    std::optional<std::size_t> width = {};
    /// How much of the past the rate and the remaining time look at; 0: all of it, which suits work that is done out of
    /// order by many.
    std::chrono::duration<double> smoothing_window{0};
    /// Time between two looks at the counts.
    std::chrono::duration<double> interval{0.1};
    /// Seconds that pass before it is shown. What ends before shows nothing. (A sink is told from the begin.)
    std::chrono::duration<double> delay{0};
    /// Nothing is shown, and no sink told.
    bool disable = false;
    /// Whether it is shown, or its sink told, also where it begins inside a job.
    bool nested = false;
    /// The file descriptor that is written to; 2 is the standard error.
    int output = 2;
    /// Gets the counts, and nothing is written.
    std::shared_ptr<progress_sink> sink = {};
};

}  // namespace parimap

#endif
