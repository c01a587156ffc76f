// SPDX-License-Identifier: MIT
// Items that workers read where they lie.
#ifndef PARIMAP_DETAIL_RANGES_INDEXED_SOURCE_HPP
#define PARIMAP_DETAIL_RANGES_INDEXED_SOURCE_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/element_traits.hpp>
#include <parimap/detail/ranges/range_access.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// Random access and a size: worker and item number are enough to find the element.
template <class View, bool Zipped>
class indexed_source {
  public:
    static constexpr bool pulled = false;
    static constexpr bool zipped = Zipped;
    static constexpr bool sized = true;
    using item = item_of<View>;  // what reader() finds, and f is called with
    static constexpr std::size_t bytes_per_item = 0;
    static constexpr std::size_t bytes_in_ring = 0;
    static constexpr bool owns_memory = false;
    /// Whether elements that are made when they are read are so without code that could throw: as those of an iota.
    static constexpr bool counts = noexcept(*std::declval<const iterator_of<View>&>());

    explicit indexed_source(View view) noexcept(std::is_nothrow_move_constructible_v<View>) : view_(std::move(view)) {}

    /// Asks the view for its elements, once: views may cache in begin(). Returns their number.
    std::uint64_t begin(bool /*reads*/) {
        first_ = begin_of(view_);
        return size_from(view_, first_);
    }

    /// For one batch: a function that finds element i.
    auto reader() const noexcept {
        return [elements = elements_from(first_)](std::uint64_t i) -> item {
            if constexpr (std::is_same_v<item, reference_of<View>>) {
                return elements[i];
            } else {
                return item_from<item>(elements[i]);
            }
        };
    }

  private:
    View view_;
    iterator_of<View> first_{};
};

}  // namespace parimap::detail

#endif
