// SPDX-License-Identifier: MIT
// A std::vector whose elements the workers write first, into memory that nobody has touched before.
#ifndef PARIMAP_DETAIL_RESULTS_GROWN_VECTOR_HPP
#define PARIMAP_DETAIL_RESULTS_GROWN_VECTOR_HPP

#include <parimap/detail/form.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace parimap::inline PARIMAP_ABI::detail {

/// Without a constructor, destructor or assignment of its own. (std::is_trivial is deprecated in C++26.)
template <class T>
inline constexpr bool is_trivial = std::is_trivially_copyable_v<T> && std::is_trivially_default_constructible_v<T>;

/// Room for so many elements, filled through data() by several threads, then handed over as a vector.
///
/// vector::resize() writes every element on one thread, and with fresh memory that costs several times what the whole map
/// does: one page fault after another. Here the elements are created in the vector's reserved memory by the threads that
/// compute them. In the end the vector is told that it has them, by inserting them at their own place, which copies
/// nothing: for trivial types libstdc++ makes it one memmove onto itself, which glibc skips. (By the letter of the
/// standard one may not insert from a vector's own storage. With other libraries, and for small vectors, where nothing is
/// to be won, it is an ordinary resize before the work.)
template <class T>
class grown_vector {
    static_assert(is_trivial<T>);

  public:
    void make_room(std::size_t size) {
        size_ = size;
        if (!in_place || size < worthwhile / sizeof(T)) {
            vector_.resize(size);
            return;
        }
        vector_.reserve(size);
        use_huge_pages();
    }

    T* data() noexcept { return vector_.data(); }

    /// Once, when all elements were written.
    std::vector<T> take() {
        if (vector_.size() != size_) vector_.insert(vector_.end(), vector_.data(), vector_.data() + size_);
        return std::move(vector_);
    }

  private:
#if defined(__GLIBCXX__) && defined(__GLIBC__) && !defined(_GLIBCXX_SANITIZE_VECTOR) && !defined(_GLIBCXX_DEBUG)
    static constexpr bool in_place = true;
#else
    static constexpr bool in_place = false;
#endif
    static constexpr std::size_t worthwhile = std::size_t{4} << 20;  // bytes

    /// One page fault for 2 MiB instead of 512, where the system leaves the choice to programs.
    void use_huge_pages() noexcept {
#if defined(__linux__)
        constexpr std::uintptr_t huge = std::uintptr_t{2} << 20;
        const auto begin = (reinterpret_cast<std::uintptr_t>(vector_.data()) + huge - 1) / huge * huge;
        const auto end = reinterpret_cast<std::uintptr_t>(vector_.data() + size_) / huge * huge;
        if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#endif
    }

    std::vector<T> vector_;
    std::size_t size_ = 0;
};

}  // namespace parimap::detail

#endif
