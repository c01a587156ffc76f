// SPDX-License-Identifier: MIT
// A running stream as its handles know it: by the type of its results alone.
#ifndef PARIMAP_DETAIL_ENGINE_RESULT_STREAM_HPP
#define PARIMAP_DETAIL_ENGINE_RESULT_STREAM_HPP

#include <parimap/detail/engine/shared_stream.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/system/instant.hpp>
#include <parimap/detail/system/slot.hpp>

#include <optional>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// Results of type R, whatever function and input they come from: the interface between imap and stream. What is done for
/// each result is here, where the compiler sees through it; what takes longer is virtual. One consumer.
template <class R>
class result_stream : public shared_stream {
  public:
    /// The held result, or the next one if none is; null at the end. Throws what fetch() throws.
    R* current() {
        if (!held_) held_ = fetch(instant::never());
        return held_;
    }

    /// The same for somebody who looks at it: take() and begin() of a handle go on behind it.
    R* show() {
        R* const result = current();
        is_shown_ = result != nullptr;
        return result;
    }

    void let_go() noexcept {
        if constexpr (is_released_late()) {
            held_ = nullptr;
        } else {
            if (std::exchange(held_, nullptr)) release();
        }
        is_shown_ = false;
    }

    void let_go_of_shown() noexcept {
        if (is_shown_) let_go();
    }

    /// The next result that nobody was shown, moved out; nothing at the end. Throws what fetch() throws.
    std::optional<R> take(instant deadline) {
        let_go_of_shown();
        if (!held_) held_ = fetch(deadline);
        if (!held_) return std::nullopt;
        const letting_go guard{*this};
        return std::optional<R>(std::in_place, std::move(*held_));
    }

  protected:
    result_stream() = default;
    ~result_stream() = default;

    bool holds_result() const noexcept { return held_ != nullptr; }

  private:
    struct letting_go {
        result_stream& stream;
        ~letting_go() { stream.let_go(); }
    };

    /// Where nobody can see when a result goes, it goes with the next fetch(), which saves a call.
    static constexpr bool is_released_late() noexcept { return std::is_trivially_destructible_v<R> && !is_boxed_in_ring<R>; }

    /// Hands the next result over, which stays where it is until release(), or until the next fetch(); null at the end. Throws what
    /// the item threw, cancelled, timed_out; error in the child of a fork(). Nothing is held before.
    virtual R* fetch(instant deadline) = 0;

    /// Destroys the result that fetch() gave.
    virtual void release() noexcept = 0;

    R* held_ = nullptr;      // handed over but not let go
    bool is_shown_ = false;  // and an iterator has shown it
};

}  // namespace parimap::detail

#endif
