// SPDX-License-Identifier: MIT
// Times of the steady clock, for headers: <chrono> takes longer to compile than a stream's own code.
#ifndef PARIMAP_DETAIL_SYSTEM_INSTANT_HPP
#define PARIMAP_DETAIL_SYSTEM_INSTANT_HPP

#include <parimap/detail/form.hpp>

#include <compare>
#include <cstdint>
#include <limits>

namespace parimap::inline PARIMAP_ABI::detail {

/// A duration of std::chrono.
template <class T>
concept is_duration = requires(const T& t) {
    t.count();
    T::period::num;
};

/// A number of nanoseconds. Made from every duration of std::chrono; the longest is some 292 years.
class time_span {
  public:
    constexpr time_span() noexcept = default;

    template <is_duration Duration>
    constexpr time_span(const Duration& d) noexcept {
        constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
        if constexpr (std::numeric_limits<decltype(d.count())>::is_integer) {
            static_assert(1'000'000'000 % Duration::period::den == 0, "a whole number of nanoseconds");
            constexpr std::int64_t each = 1'000'000'000 / Duration::period::den * Duration::period::num;
            const auto count = static_cast<std::int64_t>(d.count());
            nanoseconds_ = count > most / each ? most : count < -most / each ? -most : count * each;
        } else {
            constexpr double each = 1e9 * static_cast<double>(Duration::period::num) / static_cast<double>(Duration::period::den);
            const double count = static_cast<double>(d.count()) * each;
            constexpr double almost_all = 9.2e18;
            nanoseconds_ = count > almost_all ? most : count > -almost_all ? static_cast<std::int64_t>(count) : -most;
        }
    }

    static constexpr time_span nanoseconds(std::int64_t count) noexcept {
        time_span span;
        span.nanoseconds_ = count;
        return span;
    }
    static constexpr time_span microseconds(std::int64_t count) noexcept { return nanoseconds(1'000 * count); }

    constexpr std::int64_t count() const noexcept { return nanoseconds_; }

    friend constexpr auto operator<=>(time_span, time_span) noexcept = default;
    friend constexpr time_span operator*(std::int64_t factor, time_span span) noexcept {
        return nanoseconds(factor * span.nanoseconds_);
    }
    friend constexpr time_span operator/(time_span span, std::int64_t divisor) noexcept {
        return nanoseconds(span.nanoseconds_ / divisor);
    }
    constexpr time_span& operator+=(time_span other) noexcept {
        nanoseconds_ += other.nanoseconds_;
        return *this;
    }

  private:
    std::int64_t nanoseconds_ = 0;
};

/// A point in time.
class instant {
  public:
    constexpr instant() noexcept = default;

    PARIMAP_EXPORT static instant now() noexcept;

    /// So long from now; never, where the clock does not reach so far, and now where it is over already.
    PARIMAP_EXPORT static instant in_seconds(double seconds) noexcept;

    static constexpr instant never() noexcept { return instant(std::numeric_limits<std::int64_t>::max()); }

    /// Since the clock's begin.
    constexpr time_span since_begin() const noexcept { return time_span::nanoseconds(nanoseconds_); }

    friend constexpr auto operator<=>(instant, instant) noexcept = default;
    friend constexpr instant earlier(instant a, instant b) noexcept { return a < b ? a : b; }
    friend constexpr time_span operator-(instant end, instant begin) noexcept {
        return time_span::nanoseconds(end.nanoseconds_ - begin.nanoseconds_);
    }
    friend constexpr instant operator+(instant begin, time_span span) noexcept {
        return instant(begin.nanoseconds_ + span.count());
    }

  private:
    constexpr explicit instant(std::int64_t nanoseconds) noexcept : nanoseconds_(nanoseconds) {}

    std::int64_t nanoseconds_ = 0;
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/system/instant.cpp>  // IWYU pragma: keep
#endif

#endif
