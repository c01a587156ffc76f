// SPDX-License-Identifier: MIT
// Where items come from: elements that workers read in place, or elements that the caller pulls one at a time.
#ifndef PARIMAP_DETAIL_RANGES_SOURCE_HPP
#define PARIMAP_DETAIL_RANGES_SOURCE_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/indexed_source.hpp>
#include <parimap/detail/ranges/pulled_source.hpp>
#include <parimap/detail/ranges/range_access.hpp>

#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

template <class View, bool Zipped>
using source_for = std::conditional_t<indexed_range<View>, indexed_source<View, Zipped>, pulled_source<View, Zipped>>;

/// The source of a frontend's ranges: one range as it is, several zipped.
template <class... Ranges>
auto make_view(Ranges&&... inputs) {
    if constexpr (sizeof...(Ranges) == 1) {
        return (view_of(std::forward<Ranges>(inputs)), ...);
    } else {
        return ::ranges::views::zip(view_of(std::forward<Ranges>(inputs))...);
    }
}

}  // namespace parimap::detail

#endif
