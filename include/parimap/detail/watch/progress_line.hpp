// SPDX-License-Identifier: MIT
// One bar: what it looks at, how it is shown, and what it remembers between two looks.
#ifndef PARIMAP_DETAIL_WATCH_PROGRESS_LINE_HPP
#define PARIMAP_DETAIL_WATCH_PROGRESS_LINE_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/system/item_number.hpp>
#include <parimap/detail/text/display_text.hpp>
#include <parimap/detail/watch/bar_options.hpp>
#include <parimap/detail/watch/terminal.hpp>
#include <parimap/detail/watch/watching.hpp>
#include <parimap/format_progress.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

/// Not thread-safe: the display's mutex guards it while it is on display.
class PARIMAP_EXPORT progress_line {
  public:
    using clock = std::chrono::steady_clock;

    /// Throws std::invalid_argument for a bar_format that cannot be used.
    progress_line(progress_options options, const progress_source& source, std::optional<std::uint64_t> total);

    /// Whether it is for a sink, and nothing is written.
    bool is_told() const noexcept { return is_told_; }
    /// Whether it is written to its output.
    bool is_written() const noexcept { return mode_ != progress_mode::off; }
    /// Whether it is drawn in place, beside others.
    bool is_drawn() const noexcept { return mode_ == progress_mode::bar && has_appeared_; }
    bool is_left() const noexcept { return options_.leave; }
    int output() const noexcept { return options_.output; }

    /// Whether PARIMAP_PROGRESS, which it follows, is a word that is not known.
    bool is_misled() const noexcept { return is_misled_; }

    /// When it is to be looked at again.
    clock::time_point next_look() const noexcept;

    void set_description(std::string text) { shown_.description = on_one_line(std::move(text)); }
    void set_postfix(std::string text) { shown_.postfix = on_one_line(std::move(text)); }
    void set_total(std::optional<std::uint64_t> total) noexcept;
    /// The loop or call ended with an exception.
    void set_failed() noexcept { has_failed_ = true; }

    /// Looks at the counts.
    void look(bool closing = false);

    /// The line for a terminal of this size. One column stays free, so that no terminal wraps the line.
    std::string text(terminal_size size) const;

    /// The line for the log, if one is due. is_quiet: nothing was written there for a second. Where that is not so, a bar's
    /// first line waits until the bar is a second old, so that a thousand short ones write few lines and not thousands.
    std::optional<std::string> log_text(bool is_quiet);
    std::chrono::duration<double> log_pause() const noexcept {
        return std::min<std::chrono::duration<double>>(log_interval_, std::chrono::seconds(1));
    }

    /// The state for the sink, and the sink; null when it has thrown.
    const progress_snapshot& shown() const noexcept { return shown_; }
    const std::shared_ptr<progress_sink>& sink() const noexcept { return options_.sink; }
    void give_sink_up() noexcept { options_.sink.reset(); }

    /// Nothing is written any more.
    void give_up() noexcept { mode_ = progress_mode::off; }

  private:
    progress_mode mode_of_options();

    /// Throws what bar_format gets wrong, whichever state may come.
    void check_format() const;

    struct sample {
        clock::time_point time;
        std::uint64_t n;
    };
    struct running_item {
        std::uint64_t item = no_item;
        clock::time_point since;
    };

    void look_at_rate(clock::time_point now, bool closing);

    void look_at_running(clock::time_point now, bool all_started);

    progress_options options_;
    const progress_source& source_;
    const clock::time_point start_ = clock::now();
    std::chrono::duration<double> interval_{};
    std::chrono::duration<double> log_interval_{};
    std::chrono::duration<double> delay_{0};
    progress_mode mode_ = progress_mode::off;
    bool is_told_ = false;
    bool is_misled_ = false;
    bool has_appeared_ = false;
    bool is_coloured_ = false;
    bool has_failed_ = false;
    progress_snapshot shown_;
    std::deque<sample> samples_;
    std::vector<running_item> running_;
    std::optional<clock::time_point> logged_;
    double logged_share_ = 0;
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/watch/progress_line.cpp>  // IWYU pragma: keep
#endif

#endif
