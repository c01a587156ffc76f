// SPDX-License-Identifier: MIT
// One bar: what it looks at, how it is shown, and what it remembers between two looks.
#ifndef PARIMAP_DETAIL_WATCH_PROGRESS_LINE_HPP
#define PARIMAP_DETAIL_WATCH_PROGRESS_LINE_HPP

#include <parimap/detail/text/display_text.hpp>
#include <parimap/detail/watch/bar_options.hpp>
#include <parimap/detail/watch/terminal.hpp>
#include <parimap/detail/watch/watching.hpp>
#include <parimap/format_progress.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parimap::detail {

/// Not thread-safe: the display's mutex guards it while it is on display.
class progress_line {
  public:
    using clock = std::chrono::steady_clock;

    /// Throws std::invalid_argument for a bar_format that cannot be used.
    progress_line(progress_options options, const progress_source& source, std::optional<std::uint64_t> total)
        : options_(std::move(options)), source_(source), running_(source.seats()) {
        read_terminal_environment();
        const auto from_environment = interval_from_environment();
        interval_ = from_environment.value_or(options_.interval);
        if (!(interval_.count() >= 0.001)) interval_ = std::chrono::milliseconds(1);
        interval_ = std::min(interval_, std::chrono::duration<double>(1e6));
        log_interval_ = from_environment.value_or(std::chrono::seconds(30));
        mode_ = mode_of_options();
        if (options_.delay.count() > 0) delay_ = std::min(options_.delay, std::chrono::duration<double>(1e6));
        if (total) *total += options_.initial;  // of the input, which holds what is still to be done
        if (options_.total) total = *options_.total;
        shown_.total = total;
        shown_.initial = options_.initial;
        shown_.unit = options_.unit;
        shown_.unit_scale = options_.unit_scale;
        shown_.unit_divisor = options_.unit_divisor > 1 ? options_.unit_divisor : 1000;
        shown_.ascii = options_.ascii.value_or(!is_utf8_locale());
        shown_.bar_format = options_.bar_format;
        shown_.width = options_.width;
        const char* no_color = std::getenv("NO_COLOR");
        is_coloured_ = mode_ == progress_mode::bar && (!no_color || !*no_color);
        if (is_coloured_) shown_.colour = options_.colour;
        set_description(options_.description);
        set_postfix(options_.postfix);
        check_format();
    }

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
    clock::time_point next_look() const noexcept {
        const auto after = [](clock::time_point time, std::chrono::duration<double> d) { return time + std::chrono::duration_cast<clock::duration>(d); };
        const clock::time_point next = after(clock::now(), interval_);
        return has_appeared_ ? next : std::min(next, after(start_, delay_));
    }

    void set_description(std::string text) { shown_.description = on_one_line(std::move(text)); }
    void set_postfix(std::string text) { shown_.postfix = on_one_line(std::move(text)); }
    void set_total(std::optional<std::uint64_t> total) noexcept {
        shown_.total = total;
        logged_share_ = 0;
    }
    /// The loop or call ended with an exception.
    void set_failed() noexcept { has_failed_ = true; }

    /// Looks at the counts.
    void look(bool closing = false) {
        const clock::time_point now = clock::now();
        const progress_counts counts = source_.counts();
        shown_.n = options_.initial + counts.done;
        shown_.failed = counts.failed;
        shown_.elapsed = std::chrono::duration<double>(now - start_).count();
        shown_.now = std::chrono::system_clock::now();
        shown_.closed = closing;
        has_appeared_ = has_appeared_ || now - start_ >= delay_;
        if (is_coloured_ && (has_failed_ || counts.failed > 0)) shown_.colour = "red";
        look_at_rate(now, closing);
        look_at_running(now, counts.all_started && !closing);
    }

    /// The line for a terminal of this size. One column stays free, so that no terminal wraps the line.
    std::string text(terminal_size size) const {
        progress_snapshot s = shown_;
        const std::size_t most = std::max<std::size_t>(size.columns, 2) - 1;
        s.height = size.rows;
        if (s.width != std::size_t{0}) s.width = std::min(s.width.value_or(most), most);
        return trimmed(on_one_line(format_progress(s), true), most);
    }

    /// The line for the log, if one is due. is_quiet: nothing was written there for a second. Where that is not so, a bar's
    /// first line waits until the bar is a second old, so that a thousand short ones write few lines and not thousands.
    std::optional<std::string> log_text(bool is_quiet) {
        if (mode_ != progress_mode::log || !has_appeared_) return std::nullopt;
        const clock::time_point now = clock::now();
        const double share = shown_.total && *shown_.total > 0 && shown_.n <= *shown_.total
                                 ? 10.0 * static_cast<double>(shown_.n) / static_cast<double>(*shown_.total)
                                 : 0.0;
        const bool is_due = logged_ ? shown_.closed || now - *logged_ >= log_interval_ || share >= logged_share_ + 1
                                    : is_quiet || now - start_ >= log_pause();
        if (!is_due) return std::nullopt;
        logged_ = now;
        logged_share_ = share;
        progress_snapshot s = shown_;
        if (s.width > widest_line) s.width = usual_size().columns;  // no limit was meant, and no terminal sets one
        return on_one_line(format_progress(s)) + '\n';
    }
    std::chrono::duration<double> log_pause() const noexcept { return std::min<std::chrono::duration<double>>(log_interval_, std::chrono::seconds(1)); }

    /// The state for the sink, and the sink; null when it has thrown.
    const progress_snapshot& shown() const noexcept { return shown_; }
    const std::shared_ptr<progress_sink>& sink() const noexcept { return options_.sink; }
    void give_sink_up() noexcept { options_.sink.reset(); }

    /// Nothing is written any more.
    void give_up() noexcept { mode_ = progress_mode::off; }

  private:
    progress_mode mode_of_options() {
        if (options_.disable) options_.sink.reset();
        is_told_ = options_.sink != nullptr;
        if (options_.disable || is_told_) return progress_mode::off;
        const auto from_environment = mode_from_environment();
        is_misled_ = !from_environment;
        const progress_mode mode = from_environment.value_or(progress_mode::automatic);
        if (mode != progress_mode::automatic) return mode;
        return is_able_terminal(options_.output) ? progress_mode::bar : progress_mode::log;
    }

    /// Throws what bar_format gets wrong, whichever state may come.
    void check_format() const {
        progress_snapshot s = shown_;
        s.n = 1;
        s.elapsed = 1;
        s.rate = 1;
        s.initial = 0;
        if (!s.width || *s.width == 0) s.width = 40;
        for (const std::optional<std::uint64_t> total : {std::optional<std::uint64_t>(2), std::optional<std::uint64_t>()}) {
            s.total = total;
            (void)format_progress(s);
        }
    }

    struct sample {
        clock::time_point time;
        std::uint64_t n;
    };
    struct running_item {
        std::uint64_t item = progress_source::no_item;
        clock::time_point since;
    };

    void look_at_rate(clock::time_point now, bool closing) {
        if (options_.smoothing_window <= options_.smoothing_window.zero()) return;
        samples_.push_back({now, shown_.n});
        while (samples_.size() > 2 && now - samples_[1].time >= options_.smoothing_window) samples_.pop_front();
        const double time = std::chrono::duration<double>(now - samples_.front().time).count();
        const std::uint64_t items = shown_.n - std::min(shown_.n, samples_.front().n);
        shown_.rate.reset();  // at the end it is the whole run's
        if (!closing && time > 0) shown_.rate = static_cast<double>(items) / time;
    }

    void look_at_running(clock::time_point now, bool all_started) {
        const running_item* oldest = nullptr;
        std::size_t running = 0;
        for (std::size_t seat = 0; seat < running_.size(); ++seat) {
            running_item& r = running_[seat];
            const std::uint64_t item = source_.running_item(seat);
            if (item != r.item) r = {item, now};
            if (item == progress_source::no_item) continue;
            ++running;
            if (!oldest || r.since < oldest->since) oldest = &r;
        }
        shown_.running = all_started ? running : 0;
        shown_.oldest_item.reset();
        if (!all_started || !oldest) return;
        shown_.oldest_item = oldest->item;
        shown_.oldest_age = std::chrono::duration<double>(now - oldest->since).count();
    }

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

#endif
