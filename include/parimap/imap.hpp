// SPDX-License-Identifier: MIT
// imap: a handle on one running stream of results.
#ifndef PARIMAP_IMAP_HPP
#define PARIMAP_IMAP_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/form.hpp>
#include <parimap/detail/system/instant.hpp>
#include <parimap/detail/system/std_ranges.hpp>

#include <range/v3/range/concepts.hpp>
#include <range/v3/view/interface.hpp>

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

namespace parimap::inline PARIMAP_ABI {

namespace detail {

template <class Derived, template <class> class Results>
struct imap_frontend;

}  // namespace detail

/// What ordered_imap and unordered_imap return: a single-pass view of the results, for std::ranges and for range-v3.
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
template <class Stream>
class [[nodiscard]] imap : public ::ranges::view_base, public std::ranges::view_base {
    struct shared;

  public:
    /// What f returns, decayed; std::monostate where f returns void.
    using value_type = typename Stream::value_type;

    /// The end of every stream of this type.
    class sentinel {};

    /// Lazy: ++ lets go of the current result, * and the comparison with the end fetch the next one, so taking three
    /// results consumes three and no more. All iterators of a stream stand at the same place.
    class iterator {
      public:
        using value_type = typename Stream::value_type;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::input_iterator_tag;
        using iterator_concept = std::input_iterator_tag;
        using reference = value_type&;
        using pointer = value_type*;

        iterator() = default;

        reference operator*() const { return *imap::see(*stream_); }
        pointer operator->() const { return imap::see(*stream_); }
        iterator& operator++() {
            imap::current(*stream_);
            imap::let_go(*stream_);
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const iterator& it, sentinel) { return it.at_end(); }

      private:
        friend imap;
        bool at_end() const { return !stream_ || !imap::current(*stream_); }
        explicit iterator(shared* stream) noexcept : stream_(stream) {}
        shared* stream_ = nullptr;
    };

    imap() = default;

    /// Goes on where the last iterator stopped. A result that it has shown is let go first; one that was fetched but
    /// never looked at is not lost.
    iterator begin() const {
        if (stream_ && stream_->seen) let_go(*stream_);
        return iterator(stream_.get());
    }
    sentinel end() const noexcept { return {}; }

    /// The next result, moved out; nothing at the end. Goes on behind the result that an iterator has shown.
    std::optional<value_type> next() const { return take(detail::instant::never()); }

    /// The same, but throws timed_out when there is no result in time; nothing is lost. May return late by one element that the
    /// input takes long for, and on the serial backend and inside a job, where it runs items itself.
    template <class Duration>
    std::optional<value_type> next_for(Duration time) const {
        return take(deadline_in(time));
    }

    /// The same with a point of time, of any clock.
    template <class TimePoint>
    std::optional<value_type> next_until(const TimePoint& when) const {
        return next_for(when - TimePoint::clock::now());
    }

    /// Waits, as next_for() does, until next() need not wait: there is a result, an exception or the end. Takes nothing. False when
    /// the time is over.
    template <class Duration>
    bool wait_for(Duration time) const {
        return !stream_ || stream_->stream.wait_for_next(deadline_in(time));
    }

    /// The index of the item whose exception the stream threw last, or of the element that could not be read; nothing if it has
    /// thrown neither.
    std::optional<std::size_t> failed_index() const noexcept { return stream_ ? stream_->stream.failed_index() : std::nullopt; }

    /// Starts no further item and stops the token of the running ones; next() then throws cancelled. Any thread.
    void cancel() const noexcept {
        if (stream_ && !stream_->stream.is_inherited()) stream_->stream.cancel();
    }

    /// How many results are still to be handed over.
    std::size_t size() const
        requires Stream::sized
    {
        return stream_ ? static_cast<std::size_t>(stream_->stream.remaining()) : 0;
    }

  private:
    template <class Derived, template <class> class Results>
    friend struct detail::imap_frontend;

    /// Makes a running stream.
    template <class... Args>
    static imap start(Args&&... args) {
        imap made;
        made.stream_ = std::shared_ptr<shared>(new shared(std::forward<Args>(args)...), [](shared* s) noexcept {
            // Else its workers are in another process, or the process ends on one of them or on a thread that does not own the
            // stream: then it is let go.
            if (s->stream.can_be_left()) delete s;
        });
        return made;
    }

    template <class Duration>
    static detail::instant deadline_in(Duration time) noexcept {
        static_assert(detail::is_duration<Duration>, "parimap: a stream waits for a duration of std::chrono, such as 5ms");
        using seconds = typename Duration::period;
        return detail::instant::in_seconds(static_cast<double>(time.count()) * seconds::num / seconds::den);
    }

    struct shared {
        template <class... Args>
        explicit shared(Args&&... args) : stream(std::forward<Args>(args)...) {}
        Stream stream;
        bool seen = false;  // an iterator has shown the held result
    };

    static value_type* current(shared& s) {
        value_type* held = s.stream.held();
        return held ? held : s.stream.fetch();
    }

    static value_type* see(shared& s) {
        value_type* value = current(s);
        s.seen = value != nullptr;
        return value;
    }

    static void let_go(shared& s) noexcept {
        if (s.stream.held()) s.stream.let_go();
        s.seen = false;
    }

    std::optional<value_type> take(detail::instant deadline) const {
        if (!stream_) return std::nullopt;
        if (stream_->seen) let_go(*stream_);
        value_type* value = stream_->stream.held();
        if (!value) value = stream_->stream.fetch(deadline);
        if (!value) return std::nullopt;
        const letting_go guard{*stream_};
        return std::optional<value_type>(std::in_place, std::move(*value));
    }

    struct letting_go {
        shared& stream;
        ~letting_go() { let_go(stream); }
    };

    std::shared_ptr<shared> stream_;
};

}  // namespace parimap

template <class Stream>
inline constexpr bool std::ranges::enable_view<parimap::imap<Stream>> = true;

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
