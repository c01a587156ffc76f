// SPDX-License-Identifier: MIT
// format_progress: one line of text for how far some work is. A pure function, for every kind of bar.

#include <parimap/format_progress.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace parimap::inline PARIMAP_ABI {

namespace detail {

PARIMAP_INLINE progress_fields::progress_fields(const progress_snapshot& s) : s_(s) {
    if (s.total && *s.total > 0 && s.n <= *s.total) total_ = s.total;  // a total that was passed is no total
    if (s.total && *s.total == 0 && s.n == 0) total_ = s.total;
    if (s.rate) {
        rate_ = *s.rate;
    } else if (s.elapsed > 0) {
        rate_ = (static_cast<double>(s.n) - static_cast<double>(s.initial)) / s.elapsed;
    }
    if (!(rate_ > 0) || !std::isfinite(rate_)) rate_ = 0;
    if (total_ && rate_ > 0) remaining_ = static_cast<double>(*total_ - s.n) / rate_;
    bar_.look = s.ascii ? meter::style::ascii : meter::style::blocks;
    bar_.colour = s.colour;
    if (has_total()) {
        bar_.fraction = static_cast<double>(s.n) / static_cast<double>(*total_);
    } else {
        bar_.look = meter::style::blank;
    }
}

PARIMAP_INLINE std::optional<std::string> progress_fields::text(std::string_view name, std::string_view spec) const {
    if (name == "bar") return bar_.text(spec);
    if (name == "eta") return eta(spec);
    if (const auto number = number_of(name)) return format_number(*number, spec);
    if (auto string = string_of(name)) return format_string(std::move(*string), spec);
    return std::nullopt;
}

PARIMAP_INLINE std::string progress_fields::left() const {
    std::string text = prefix();
    if (has_total()) text += fixed(bar_.fraction * 100, 0, 3) + '%';
    return text;
}

PARIMAP_INLINE std::string progress_fields::counts() const {
    return count(s_.n) + '/' + (total_ ? count(*total_) : "?") + " [" + clock_time(s_.elapsed) + '<' + remaining() + ", " + rate() +
           postfix() + ']';
}

PARIMAP_INLINE std::string progress_fields::without_total() const {
    return prefix() + count(s_.n) + s_.unit + " [" + clock_time(s_.elapsed) + ", " + rate() + postfix() + ']';
}

PARIMAP_INLINE std::string progress_fields::prefix() const {
    if (s_.description.empty()) return {};
    return s_.description.ends_with(": ") ? s_.description : s_.description + ": ";
}

PARIMAP_INLINE std::string progress_fields::count(std::uint64_t n) const {
    return s_.unit_scale ? scaled_number(static_cast<double>(n), s_.unit_divisor) : std::to_string(n);
}

PARIMAP_INLINE std::string progress_fields::rate_number(double rate, double divisor) const {
    if (rate <= 0) return "?";
    return s_.unit_scale ? scaled_number(rate, divisor) : fixed(rate, 2, 5);
}

PARIMAP_INLINE std::string progress_fields::postfix() const {
    std::string text;
    if (!s_.postfix.empty()) text += ", " + s_.postfix;
    if (s_.failed > 0) text += ", " + std::to_string(s_.failed) + " failed";
    if (s_.running > 0 && s_.oldest_item && s_.oldest_age >= 1) {
        text += ", " + std::to_string(s_.running) + " running, #" + std::to_string(*s_.oldest_item) + " for " +
                clock_time(s_.oldest_age);
    }
    return text;
}

PARIMAP_INLINE std::string progress_fields::eta(std::string_view spec) const {
    const std::time_t then = std::chrono::system_clock::to_time_t(s_.now) + static_cast<std::time_t>(std::min(remaining_, 1e10));
    std::tm parts{};
    if (rate_ <= 0 || !localtime_r(&then, &parts)) return "?";
    char text[128];
    const std::string format(spec.empty() ? "%Y-%m-%d %H:%M:%S" : spec);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"  // the format is the user's
    return std::string(text, std::strftime(text, sizeof(text), format.c_str(), &parts));
#pragma GCC diagnostic pop
}

PARIMAP_INLINE std::optional<field_number> progress_fields::number_of(std::string_view name) const {
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    const auto whole = [](auto n) { return field_number{static_cast<double>(n), true}; };
    if (name == "n") return whole(s_.n);
    if (name == "total") return total_ ? whole(*total_) : field_number{unknown, true};
    if (name == "percentage") return field_number{bar_.fraction * 100};
    if (name == "elapsed_s") return field_number{s_.elapsed};
    if (name == "remaining_s") return field_number{remaining_};
    if (name == "rate") return field_number{rate_ <= 0 ? unknown : rate_ < 1 ? 1 / rate_ : rate_};
    if (name == "rate_noinv") return field_number{rate_ > 0 ? rate_ : unknown};
    if (name == "rate_inv") return field_number{rate_ > 0 ? 1 / rate_ : unknown};
    if (name == "ncols") return s_.width ? whole(*s_.width) : field_number{unknown, true};
    if (name == "nrows") return whole(s_.height);
    if (name == "unit_divisor") return field_number{s_.unit_divisor, s_.unit_divisor == std::floor(s_.unit_divisor)};
    if (name == "failed") return whole(s_.failed);
    if (name == "running") return whole(s_.running);
    return std::nullopt;
}

PARIMAP_INLINE std::optional<std::string> progress_fields::string_of(std::string_view name) const {
    if (name == "l_bar") return left() + '|';
    if (name == "r_bar") return "| " + counts();
    if (name == "desc") return s_.description;
    if (name == "n_fmt") return count(s_.n);
    if (name == "total_fmt") return total_ ? count(*total_) : "?";
    if (name == "elapsed") return clock_time(s_.elapsed);
    if (name == "remaining") return remaining();
    if (name == "rate_fmt") return rate();
    if (name == "rate_noinv_fmt") return forward_rate();
    if (name == "rate_inv_fmt") return inverse_rate();
    if (name == "unit") return s_.unit;
    if (name == "postfix") return postfix();
    if (name == "colour") return s_.colour;
    return std::nullopt;
}

}  // namespace detail

PARIMAP_INLINE std::string format_progress(const progress_snapshot& snapshot) {
    detail::progress_fields fields(snapshot);
    if (!fields.has_total() && snapshot.bar_format.empty()) return fields.without_total();
    if (fields.has_total() && snapshot.width == std::size_t{0}) return fields.left() + ' ' + fields.counts();

    std::string format = snapshot.bar_format.empty() ? "{l_bar}{bar}{r_bar}" : snapshot.bar_format;
    if (snapshot.description.empty() && fields.has_total()) {
        constexpr std::string_view label = "{desc}: ";
        for (std::size_t at = 0; (at = format.find(label, at)) != std::string::npos;) format.erase(at, label.size());
    }
    // The bar gets the columns that everything else leaves.
    const std::size_t width = std::min(snapshot.width.value_or(0), detail::widest_line);
    std::size_t bars = 0;
    const auto without_bar = detail::fill_fields(format, [&](std::string_view name, std::string_view spec) {
        return name == "bar" ? (static_cast<void>(++bars), std::optional<std::string>("")) : fields.text(name, spec);
    });
    if (bars == 0) return without_bar;
    if (width > 0) {
        const std::size_t taken = detail::display_width(without_bar);
        fields.set_bar_length(std::max<std::size_t>(1, width - std::min(width, taken)));
    }
    std::string line =
        detail::fill_fields(format, [&](std::string_view name, std::string_view spec) { return fields.text(name, spec); });
    return width > 0 ? detail::trimmed(std::move(line), width) : line;
}

}  // namespace parimap
