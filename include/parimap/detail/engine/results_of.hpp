// SPDX-License-Identifier: MIT
// The results of a running stream by their type, as its handles take them.
#ifndef PARIMAP_DETAIL_ENGINE_RESULTS_OF_HPP
#define PARIMAP_DETAIL_ENGINE_RESULTS_OF_HPP

#include <parimap/detail/engine/shared_stream.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/system/instant.hpp>
#include <parimap/detail/system/slot.hpp>

#include <optional>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// Results of type R, whatever function and input they come from, or of no stream. What is done for each result is here, where the
/// compiler sees through it; what takes longer is virtual. One consumer.
template <class R>
class results_of {
  public:
    results_of() = default;
    /// The stream's results are of type R.
    explicit results_of(shared_stream* stream) noexcept : stream_(stream) {}

    explicit operator bool() const noexcept { return stream_ != nullptr; }

    /// The held result, or the next one if none is; null at the end. Throws what fetch() throws.
    R* current() const {
        if (!stream_->held_) stream_->held_ = stream_->fetch(instant::never());
        return static_cast<R*>(stream_->held_);
    }

    /// The same for somebody who looks at it: take() and begin() of a handle go on behind it.
    R* show() const {
        R* const result = current();
        stream_->is_shown_ = result != nullptr;
        return result;
    }

    void let_go() const noexcept {
        if constexpr (is_released_late()) {
            stream_->held_ = nullptr;
        } else {
            if (std::exchange(stream_->held_, nullptr)) stream_->release();
        }
        stream_->is_shown_ = false;
    }

    void let_go_of_shown() const noexcept {
        if (stream_->is_shown_) let_go();
    }

    /// The next result that nobody was shown, moved out; nothing at the end. Throws what fetch() throws.
    std::optional<R> take(instant deadline) const {
        let_go_of_shown();
        if (!stream_->held_) stream_->held_ = stream_->fetch(deadline);
        if (!stream_->held_) return std::nullopt;
        const letting_go guard{*this};
        return std::optional<R>(std::in_place, std::move(*static_cast<R*>(stream_->held_)));
    }

  private:
    struct letting_go {
        const results_of& results;
        ~letting_go() { results.let_go(); }
    };

    /// Where nobody can see when a result goes, it goes with the next fetch(), which saves a call.
    static constexpr bool is_released_late() noexcept { return std::is_trivially_destructible_v<R> && !is_boxed_in_ring<R>; }

    shared_stream* stream_ = nullptr;
};

}  // namespace parimap::detail

#endif
