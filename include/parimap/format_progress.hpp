// SPDX-License-Identifier: MIT
// format_progress: one line of text for how far some work is. A pure function, for every kind of bar.
#ifndef PARIMAP_FORMAT_PROGRESS_HPP
#define PARIMAP_FORMAT_PROGRESS_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/form.hpp>
#include <parimap/detail/text/display_text.hpp>
#include <parimap/detail/text/field_format.hpp>
#include <parimap/detail/text/meter.hpp>
#include <parimap/detail/text/number_text.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parimap::inline PARIMAP_ABI {

/// How far some work is at one moment, and how that is to look. The names are tqdm's where it has one.
struct progress_snapshot {
    std::uint64_t n = 0;                 ///< done, counted from 0 or from `initial`
    std::optional<std::uint64_t> total;  ///< without it: no bar, no percentage, no remaining time
    double elapsed = 0;                  ///< seconds since the begin
    std::optional<double> rate;          ///< items a second; without it: (n - initial) / elapsed
    std::uint64_t initial = 0;           ///< done before the begin, as when work is resumed

    std::string description;
    std::string postfix;
    std::string unit = "it";
    bool unit_scale = false;     ///< 1.50k and not 1500
    double unit_divisor = 1000;  ///< of the scaled counts and their rate; 1024 suits bytes
    bool ascii = false;          ///< " 123456789#" and not Unicode's eighths of a block
    std::string colour;          ///< of the bar: a name such as "green", or "#00ff00"; empty: none
    std::string bar_format;      ///< empty: {l_bar}{bar}{r_bar}

    std::optional<std::size_t>
        width;               ///< columns that a line with a bar may take, 4096 at most; 0: no bar; without it: a bar of 10
    std::size_t height = 0;  ///< rows of the terminal, where known
    std::chrono::system_clock::time_point now;  ///< for the field {eta} alone

    // What parimap's own frontends know beside that. They show where all items have started.
    std::uint64_t failed = 0;                  ///< items that threw, part of n
    std::size_t running = 0;                   ///< items that run now
    std::optional<std::uint64_t> oldest_item;  ///< the index of the one that has run longest,
    double oldest_age = 0;                     ///< and for how many seconds
    bool closed = false;                       ///< the last snapshot of this bar
};

namespace detail {

/// What a line says: every field of bar_format, worked out from a snapshot.
class PARIMAP_EXPORT progress_fields {
  public:
    explicit progress_fields(const progress_snapshot& s);

    /// Whether there is something to show a share of.
    bool has_total() const noexcept { return total_ && *total_ > 0; }

    void set_bar_length(std::size_t columns) noexcept { bar_.length = columns; }

    /// The text of one field, or nothing if there is none of this name.
    std::optional<std::string> text(std::string_view name, std::string_view spec) const;

    std::string left() const;
    std::string counts() const;
    std::string without_total() const;

  private:
    std::string prefix() const;
    std::string count(std::uint64_t n) const;
    std::string rate_number(double rate, double divisor) const;
    std::string rate() const { return rate_ > 0 && rate_ < 1 ? inverse_rate() : forward_rate(); }
    std::string forward_rate() const { return rate_number(rate_, s_.unit_divisor) + s_.unit + "/s"; }
    std::string inverse_rate() const { return rate_number(rate_ > 0 ? 1 / rate_ : 0, 1000) + "s/" + s_.unit; }
    std::string remaining() const { return rate_ > 0 ? clock_time(remaining_) : "?"; }

    std::string postfix() const;

    std::string eta(std::string_view spec) const;

    std::optional<field_number> number_of(std::string_view name) const;

    std::optional<std::string> string_of(std::string_view name) const;

    const progress_snapshot& s_;
    std::optional<std::uint64_t> total_;
    double rate_ = 0;
    double remaining_ = 0;
    meter bar_;
};

}  // namespace detail

/// The line that tqdm would show: `desc:  42%|████▏     | 42/100 [00:21<00:29,  2.00it/s, postfix]`, or, without a
/// total, `desc: 42it [00:21,  2.00it/s, postfix]`. As with tqdm, only a line with a bar is cut to `width`. A bar_format may use tqdm's fields, with
/// Python's format specifications: l_bar, bar, r_bar, desc, percentage, n, n_fmt, total, total_fmt, elapsed, elapsed_s,
/// remaining, remaining_s, eta, rate, rate_fmt, rate_noinv, rate_noinv_fmt, rate_inv, rate_inv_fmt, postfix, unit,
/// unit_divisor, ncols, nrows, colour; and failed and running. Throws std::invalid_argument for any other.
PARIMAP_EXPORT std::string format_progress(const progress_snapshot& snapshot);

}  // namespace parimap

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/format_progress.cpp>  // IWYU pragma: keep
#endif

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
