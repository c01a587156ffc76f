// SPDX-License-Identifier: MIT
// imap: a handle on one running stream of results.
#ifndef PARIMAP_IMAP_HPP
#define PARIMAP_IMAP_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/engine/results_of.hpp>
#include <parimap/detail/engine/shared_stream.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/system/instant.hpp>
#include <parimap/detail/system/std_ranges.hpp>

#include <range/v3/range/concepts.hpp>
#include <range/v3/view/interface.hpp>

#include <cstddef>
#include <iterator>
#include <optional>
#include <type_traits>

namespace parimap::inline PARIMAP_ABI {

namespace detail {

template <class Derived, template <class> class Results>
struct imap_frontend;

}  // namespace detail

/// What ordered_imap and unordered_imap return: a single-pass view of the results, for std::ranges and for range-v3.
///
/// R is what f returns, decayed; std::monostate where f returns void. Streams of all functions and inputs that give the same R are
/// an imap<R>, ordered or not: a class can have it as a member, and a function that is compiled elsewhere can return it. This header is
/// enough for that. (Where the input has a size, the frontends return what is below, an imap<R> that has one too.)
///
/// Copies share the one stream, as with std::ranges::istream_view. When the last copy goes, no further item starts,
/// the stop token of the running ones is stopped, and the destructor returns when they have returned. A
/// default-constructed handle is at its end. The stream may outlive its pool object.
///
/// In the child of a fork() the stream of the parent throws error.
///
/// One thread at a time may take results; cancel() may be called from any thread.
///
/// An item that threw makes the call that would have handed it over throw the same exception; the stream goes on
/// behind it. A stream that was stopped throws cancelled.
template <class R, bool Sized = false>
class [[nodiscard]] imap : public ::ranges::view_base, public std::ranges::view_base {
    static_assert(std::is_same_v<R, std::decay_t<R>> && !std::is_void_v<R>,
                  "parimap: the R of an imap<R> is what its function returns without const and reference, and std::monostate for a "
                  "function that returns void");

  public:
    using value_type = R;

    /// The end of every stream of this type.
    class sentinel {};

    /// Lazy: ++ lets go of the current result, * and the comparison with the end fetch the next one, so taking three
    /// results consumes three and no more. All iterators of a stream stand at the same place.
    class iterator {
      public:
        using value_type = R;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::input_iterator_tag;
        using iterator_concept = std::input_iterator_tag;
        using reference = value_type&;
        using pointer = value_type*;

        iterator() = default;

        reference operator*() const { return *results_.show(); }
        pointer operator->() const { return results_.show(); }
        iterator& operator++() {
            results_.current();
            results_.let_go();
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const iterator& it, sentinel) { return it.at_end(); }

      private:
        friend imap;
        bool at_end() const { return !results_ || !results_.current(); }
        explicit iterator(detail::results_of<R> results) noexcept : results_(results) {}
        detail::results_of<R> results_;
    };

    imap() = default;

    /// Goes on where the last iterator stopped. A result that it has shown is let go first; one that was fetched but
    /// never looked at is not lost.
    iterator begin() const {
        if (results()) results().let_go_of_shown();
        return iterator(results());
    }
    sentinel end() const noexcept { return {}; }

    /// The next result, moved out; nothing at the end. Goes on behind the result that an iterator has shown.
    std::optional<R> next() const { return take(detail::instant::never()); }

    /// The same, but throws timed_out when there is no result in time; nothing is lost. May return late by one element that the
    /// input takes long for, and on the serial backend and inside a job, where it runs items itself.
    template <class Duration>
    std::optional<R> next_for(Duration time) const {
        return take(deadline_in(time));
    }

    /// The same with a point of time, of any clock.
    template <class TimePoint>
    std::optional<R> next_until(const TimePoint& when) const {
        // As floating-point numbers, whose difference does not overflow. They are exact to a part of a microsecond.
        const double now = seconds_of(TimePoint::clock::now().time_since_epoch());
        return take(detail::instant::in_seconds(seconds_of(when.time_since_epoch()) - now));
    }

    /// Waits, as next_for() does, until next() need not wait: there is a result, an exception or the end. Takes nothing. False when
    /// the time is over. True at once while an iterator shows a result, which stays.
    template <class Duration>
    bool wait_for(Duration time) const {
        return !stream() || stream()->wait_for_next(deadline_in(time));
    }

    /// The index of the item whose exception the stream threw last, or of the element that could not be read; nothing if it has
    /// thrown neither.
    std::optional<std::size_t> failed_index() const noexcept { return stream() ? stream()->failed_index() : std::nullopt; }

    /// Starts no further item and stops the token of the running ones; next() then throws cancelled. Any thread.
    void cancel() const noexcept {
        if (stream()) stream()->stop();
    }

  private:
    friend imap<R, true>;
    template <class Derived, template <class> class Results>
    friend struct detail::imap_frontend;

    /// Takes the stream over.
    explicit imap(detail::shared_stream* running) noexcept : stream_(running) {}

    detail::shared_stream* stream() const noexcept { return stream_.get(); }
    detail::results_of<R> results() const noexcept { return detail::results_of<R>(stream()); }

    template <class Duration>
    static detail::instant deadline_in(Duration time) noexcept {
        static_assert(detail::is_duration<Duration>, "parimap: a stream waits for a duration of std::chrono, such as 5ms");
        return detail::instant::in_seconds(seconds_of(time));
    }

    template <class Duration>
    static double seconds_of(Duration time) noexcept {
        using period = typename Duration::period;
        return static_cast<double>(time.count()) * period::num / period::den;
    }

    std::optional<R> take(detail::instant deadline) const { return stream() ? results().take(deadline) : std::nullopt; }

    detail::stream_reference stream_;
};

/// What the frontends return where the input has a size. It becomes an imap<R> by itself wherever one is wanted, copied or moved, and
/// shares the stream with it.
template <class R>
class [[nodiscard]] imap<R, true> : public imap<R> {
  public:
    imap() = default;

    /// How many results and exceptions are still to be handed over.
    std::size_t size() const noexcept { return this->stream() ? static_cast<std::size_t>(this->stream()->remaining()) : 0; }

  private:
    template <class Derived, template <class> class Results>
    friend struct detail::imap_frontend;

    explicit imap(detail::shared_stream* running) noexcept : imap<R>(running) {}
};

}  // namespace parimap

template <class R, bool Sized>
inline constexpr bool std::ranges::enable_view<parimap::imap<R, Sized>> = true;

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
