// SPDX-License-Identifier: MIT
// One bar: what it looks at, how it is shown, and what it remembers between two looks.

#include <parimap/detail/watch/progress_line.hpp>

#include <parimap/detail/text/meter.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE progress_line::progress_line(progress_options options, const progress_source& source,
                                            std::optional<std::uint64_t> total)
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
    if (!options_.colour.empty() && colour_sequence(options_.colour).empty()) {
        throw std::invalid_argument("parimap: '" + options_.colour +
                                    "' is no colour of a bar; take black, red, green, yellow, blue, magenta, cyan, white, or one "
                                    "such as #00ff00");
    }
    if (is_coloured_) shown_.colour = options_.colour;
    set_description(options_.description);
    set_postfix(options_.postfix);
    check_format();
}

PARIMAP_INLINE progress_line::clock::time_point progress_line::next_look() const noexcept {
    const auto after = [](clock::time_point time, std::chrono::duration<double> d) {
        return time + std::chrono::duration_cast<clock::duration>(d);
    };
    const clock::time_point next = after(clock::now(), interval_);
    return has_appeared_ ? next : std::min(next, after(start_, delay_));
}

PARIMAP_INLINE void progress_line::set_total(std::optional<std::uint64_t> total) noexcept {
    shown_.total = total;
    logged_share_ = 0;
}

PARIMAP_INLINE void progress_line::look(bool closing) {
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

PARIMAP_INLINE std::string progress_line::text(terminal_size size) const {
    progress_snapshot s = shown_;
    const std::size_t most = std::max<std::size_t>(size.columns, 2) - 1;
    s.height = size.rows;
    if (s.width != std::size_t{0}) s.width = std::min(s.width.value_or(most), most);
    return trimmed(on_one_line(format_progress(s), true), most);
}

PARIMAP_INLINE std::optional<std::string> progress_line::log_text(bool is_quiet) {
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

PARIMAP_INLINE progress_mode progress_line::mode_of_options() {
    if (options_.disable) options_.sink.reset();
    is_told_ = options_.sink != nullptr;
    if (options_.disable || is_told_) return progress_mode::off;
    const auto from_environment = mode_from_environment();
    is_misled_ = !from_environment;
    const progress_mode mode = from_environment.value_or(progress_mode::automatic);
    if (mode != progress_mode::automatic) return mode;
    return is_able_terminal(options_.output) ? progress_mode::bar : progress_mode::log;
}

PARIMAP_INLINE void progress_line::check_format() const {
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

PARIMAP_INLINE void progress_line::look_at_rate(clock::time_point now, bool closing) {
    if (options_.smoothing_window <= options_.smoothing_window.zero()) return;
    samples_.push_back({now, shown_.n});
    while (samples_.size() > 2 && now - samples_[1].time >= options_.smoothing_window) samples_.pop_front();
    const double time = std::chrono::duration<double>(now - samples_.front().time).count();
    const std::uint64_t items = shown_.n - std::min(shown_.n, samples_.front().n);
    shown_.rate.reset();  // at the end it is the whole run's
    if (!closing && time > 0) shown_.rate = static_cast<double>(items) / time;
}

PARIMAP_INLINE void progress_line::look_at_running(clock::time_point now, bool all_started) {
    const running_item* oldest = nullptr;
    std::size_t running = 0;
    for (std::size_t seat = 0; seat < running_.size(); ++seat) {
        running_item& r = running_[seat];
        const std::uint64_t item = source_.running_item(seat);
        if (item != r.item) r = {item, now};
        if (item == no_item) continue;
        ++running;
        if (!oldest || r.since < oldest->since) oldest = &r;
    }
    shown_.running = all_started ? running : 0;
    shown_.oldest_item.reset();
    if (!all_started || !oldest) return;
    shown_.oldest_item = oldest->item;
    shown_.oldest_age = std::chrono::duration<double>(now - oldest->since).count();
}

}  // namespace parimap::detail
