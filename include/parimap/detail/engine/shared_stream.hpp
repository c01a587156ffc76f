// SPDX-License-Identifier: MIT
// What the handles of one stream share, whatever its results are, and the reference of each.
#ifndef PARIMAP_DETAIL_ENGINE_SHARED_STREAM_HPP
#define PARIMAP_DETAIL_ENGINE_SHARED_STREAM_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/system/atomic.hpp>
#include <parimap/detail/system/instant.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

class shared_stream {
  public:
    shared_stream(const shared_stream&) = delete;
    shared_stream& operator=(const shared_stream&) = delete;

    /// Waits until fetch() need not wait. False when the deadline has passed. Throws error in the child of a fork().
    virtual bool wait_for_next(instant deadline) = 0;

    /// How many results are still to be handed over.
    virtual std::uint64_t remaining() const noexcept = 0;

    /// The item whose exception was thrown last, or the element that could not be read.
    virtual std::optional<std::size_t> failed_index() const noexcept = 0;

    /// Starts no further item, and tells those that run. Any thread. Does nothing in the child of a fork().
    virtual void stop() noexcept = 0;

  protected:
    shared_stream() = default;
    virtual ~shared_stream() = default;

    bool holds_result() const noexcept { return held_ != nullptr; }

    /// Destroys the result that fetch() gave.
    virtual void release() noexcept = 0;

  private:
    friend class stream_reference;
    template <class R>
    friend class results_of;

    /// Hands the next result over, which stays where it is until release(), or until the next fetch(); null at the end. Throws what
    /// the item threw, cancelled, timed_out; error in the child of a fork(). Nothing is held before.
    virtual void* fetch(instant deadline) = 0;

    /// Ends the stream and destroys it. Lets it go instead where its workers are in another process, or the process ends on one of
    /// them or on a thread that does not own the stream.
    virtual void leave() noexcept = 0;

    void* held_ = nullptr;   // a result that was handed over but not let go
    bool is_shown_ = false;  // and an iterator has shown it
    atomic<std::size_t> references_{0};
};

/// Counted, as by a std::shared_ptr, which would be compiled for each type of results and allocates its count.
class stream_reference {
  public:
    stream_reference() = default;
    explicit stream_reference(shared_stream* stream) noexcept : stream_(stream) { add(); }
    stream_reference(const stream_reference& other) noexcept : stream_(other.stream_) { add(); }
    stream_reference(stream_reference&& other) noexcept : stream_(std::exchange(other.stream_, nullptr)) {}
    stream_reference& operator=(stream_reference other) noexcept {
        std::swap(stream_, other.stream_);
        return *this;
    }
// In a std::optional GCC 12 sees it destroyed where it was never made.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
    ~stream_reference() {
        if (stream_) remove();
    }
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

    shared_stream* get() const noexcept { return stream_; }

  private:
    void add() noexcept {
        if (stream_) stream_->references_.fetch_add(1, std::memory_order_relaxed);
    }

    PARIMAP_EXPORT void remove() noexcept;

    shared_stream* stream_ = nullptr;
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/engine/shared_stream.cpp>  // IWYU pragma: keep
#endif

#endif
