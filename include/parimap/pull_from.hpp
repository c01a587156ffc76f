// SPDX-License-Identifier: MIT
// pull_from: a range of what a function returns, one call after the other.
#ifndef PARIMAP_PULL_FROM_HPP
#define PARIMAP_PULL_FROM_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/footprint.hpp>
#include <parimap/detail/ranges/single_pass.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI {

/// pull_from(f): the values that f() returns in a std::optional, up to the first that is empty. A single-pass range for any
/// frontend or loop, whose elements are moved out of it: records of a file, rows of a query, messages of a queue. f is called on the thread
/// that reads the range, once for each element, first when its first element is asked for, and not again once it has returned
/// std::nullopt. What it throws leaves there, as what an input throws; it is asked again by who goes on to read.
/// The range is cheap to copy; its copies read on where the last reading stopped.
struct pull_from_fn {
    template <class F>
    auto operator()(F f) const {
        using returned = std::invoke_result_t<F&>;
        static_assert(detail::is_optional<returned>,
                      "parimap: pull_from takes a function that returns a std::optional, empty at the end");
        struct reading {
            F f;
            std::optional<typename returned::value_type> next() { return std::invoke(f); }
        };
        return detail::single_pass_view<typename returned::value_type, reading>(std::make_shared<reading>(reading{std::move(f)}));
    }
};

inline constexpr pull_from_fn pull_from{};

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
