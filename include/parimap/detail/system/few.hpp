// SPDX-License-Identifier: MIT
// An array whose size is known only when it is made, and that takes memory of its own only where it is large.
#ifndef PARIMAP_DETAIL_SYSTEM_FEW_HPP
#define PARIMAP_DETAIL_SYSTEM_FEW_HPP

#include <parimap/detail/form.hpp>

#include <cstddef>
#include <new>

namespace parimap::inline PARIMAP_ABI::detail {

/// So many T, in place if they are few: a call of a small pool costs no allocation for what each of its seats needs.
template <class T>
class few {
    static constexpr std::size_t in_place = 4;

  public:
    explicit few(std::size_t count) : count_(count), first_(count <= in_place ? place_.elements : new T[count]) {
        if (count > in_place) return;
        for (std::size_t i = 0; i < count; ++i) ::new (static_cast<void*>(first_ + i)) T;
    }
    ~few() {
        if (count_ > in_place) {
            delete[] first_;
        } else {
            for (std::size_t i = count_; i-- > 0;) first_[i].~T();
        }
    }
    few(const few&) = delete;
    few& operator=(const few&) = delete;

    std::size_t size() const noexcept { return count_; }
    T* begin() const noexcept { return first_; }
    T* end() const noexcept { return first_ + count_; }
    T& operator[](std::size_t i) const noexcept { return first_[i]; }

  private:
    union room {
        room() noexcept {}
        ~room() {}
        T elements[in_place];
    };

    room place_;
    const std::size_t count_;
    T* const first_;
};

}  // namespace parimap::detail

#endif
