// SPDX-License-Identifier: MIT
// A result that waits to be combined with its neighbour.
#ifndef PARIMAP_DETAIL_RESULTS_KEPT_HPP
#define PARIMAP_DETAIL_RESULTS_KEPT_HPP

#include <parimap/detail/form.hpp>

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// A result that stands by itself if it is small, and on the heap if it is not: combining moves large ones about no stack, and a
/// worker's may be small.
template <class R>
class kept {
    static constexpr bool is_small = sizeof(R) <= 256;

  public:
    /// From what make() returns, without a move.
    template <class Make>
    static kept from(Make&& make) {
        return kept(std::in_place, make);
    }

    /// What op makes of two of them.
    template <class Op>
    static kept combined(const Op& op, kept& left, kept& right) {
        return from([&]() -> R { return std::invoke(op, std::move(left.get()), std::move(right.get())); });
    }

    R& get() noexcept {
        if constexpr (is_small) {
            return value_;
        } else {
            return *value_;
        }
    }

  private:
    template <class Make>
    kept(std::in_place_t, Make& make)
        requires(is_small)
        : value_(make()) {}
    template <class Make>
    kept(std::in_place_t, Make& make)
        requires(!is_small)
        : value_(new R(make())) {}

    std::conditional_t<is_small, R, std::unique_ptr<R>> value_;
};

}  // namespace parimap::detail

#endif
