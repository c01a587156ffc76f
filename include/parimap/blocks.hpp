// SPDX-License-Identifier: MIT
// blocks: indices in blocks, as items for a function that is a loop.
#ifndef PARIMAP_BLOCKS_HPP
#define PARIMAP_BLOCKS_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/form.hpp>
#include <parimap/errors.hpp>

#include <cstddef>
#include <iterator>
#include <ranges>

namespace parimap::inline PARIMAP_ABI {

/// Indices that follow each other, from `first` on and below `last`: a forward range of them.
struct index_block {
    std::size_t first = 0;
    std::size_t last = 0;

    class iterator {
      public:
        using value_type = std::size_t;
        using difference_type = std::ptrdiff_t;
        using reference = std::size_t;
        using pointer = void;
        using iterator_category = std::input_iterator_tag;  // as the standard called those without references
        using iterator_concept = std::forward_iterator_tag;

        iterator() = default;
        explicit iterator(std::size_t index) noexcept : index_(index) {}

        std::size_t operator*() const noexcept { return index_; }
        iterator& operator++() noexcept {
            ++index_;
            return *this;
        }
        iterator operator++(int) noexcept { return iterator(index_++); }
        bool operator==(const iterator&) const noexcept = default;

      private:
        std::size_t index_ = 0;
    };

    iterator begin() const noexcept { return iterator(first); }
    iterator end() const noexcept { return iterator(last); }
    std::size_t size() const noexcept { return last - first; }
};

/// The indices below `count` in blocks of `size`, of which the last may be shorter: a sized random-access view for any frontend, whose items
/// are index_blocks. So f is a loop, `for (std::size_t i : block)`, as fast as one written without a pool; all that is done for an item is
/// done once a block. A block should take some microseconds. Throws error where size is 0.
inline auto blocks(std::size_t count, std::size_t size = 1024) {
    if (size == 0) throw error("parimap: blocks of 0 indices never come to an end; let a block have at least 1");
    const auto block = [count, size](std::size_t number) noexcept {
        const std::size_t first = number * size;
        return index_block{first, count - first < size ? count : first + size};
    };
    return std::views::transform(std::views::iota(std::size_t{0}, count / size + (count % size != 0 ? 1 : 0)), block);
}

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
