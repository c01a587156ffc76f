// SPDX-License-Identifier: MIT
// The children of a node of a reduction's tree, folded one after another.
#ifndef PARIMAP_DETAIL_RESULTS_FOLDING_HPP
#define PARIMAP_DETAIL_RESULTS_FOLDING_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/results/grown_vector.hpp>
#include <parimap/detail/results/kept.hpp>

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// Children of one node, folded as they come. A number has no address here, so that it may stay in a register.
template <class R>
class folding {
  public:
    static constexpr bool is_plain = is_trivial<R> && sizeof(R) <= 16;

    unsigned count() const noexcept { return count_; }

    /// The next child is what make() returns. If make or op throws, there are none.
    template <class Op, class Make>
    [[gnu::always_inline]] void add(const Op& op, Make&& make) {
        const unsigned before = std::exchange(count_, 0U);
        if constexpr (is_plain) {
            R made = make();
            value_ = before == 0 ? made : static_cast<R>(std::invoke(op, std::move(value_), std::move(made)));
        } else {
            kept<R> made = kept<R>::from(make);
            if (before > 0) {
                kept<R> both = kept<R>::combined(op, *value_, made);
                value_.emplace(std::move(both));
            } else {
                value_.emplace(std::move(made));
            }
        }
        count_ = before + 1;
    }

    /// The same where there is one already.
    template <class Op, class Make>
    [[gnu::always_inline]] void add_another(const Op& op, Make&& make)
        requires is_plain
    {
        const unsigned before = std::exchange(count_, 0U);
        R made = make();
        value_ = static_cast<R>(std::invoke(op, std::move(value_), std::move(made)));
        count_ = before + 1;
    }

    R value() const noexcept
        requires is_plain
    {
        return value_;
    }

    void clear() noexcept {
        count_ = 0;
        if constexpr (!is_plain) value_.reset();
    }

    kept<R> take() {
        count_ = 0;
        if constexpr (is_plain) {
            return kept<R>::from([this]() -> R { return value_; });
        } else {
            kept<R> all = std::move(*value_);
            value_.reset();
            return all;
        }
    }

  private:
    std::conditional_t<is_plain, R, std::optional<kept<R>>> value_{};
    unsigned count_ = 0;
};

}  // namespace parimap::detail

#endif
