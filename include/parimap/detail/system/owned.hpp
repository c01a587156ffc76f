// SPDX-License-Identifier: MIT
// What members need of std::unique_ptr, in a small part of the time to compile.
#ifndef PARIMAP_DETAIL_SYSTEM_OWNED_HPP
#define PARIMAP_DETAIL_SYSTEM_OWNED_HPP

#include <parimap/detail/form.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// An object, or an array of them (T[]), on the heap, or none. T may be incomplete but where it is made or destroyed.
template <class T>
class owned {
    using element = std::remove_extent_t<T>;

  public:
    owned() noexcept = default;
    explicit owned(element* first) noexcept : first_(first) {}
    owned(owned&& other) noexcept : first_(std::exchange(other.first_, nullptr)) {}
    owned& operator=(owned&& other) noexcept {
        std::swap(first_, other.first_);
        return *this;
    }
    ~owned() {
        if constexpr (std::is_array_v<T>) {
            delete[] first_;
        } else {
            delete first_;
        }
    }

    explicit operator bool() const noexcept { return first_ != nullptr; }
    element* get() const noexcept { return first_; }
    element& operator*() const noexcept { return *first_; }
    element* operator->() const noexcept { return first_; }
    element& operator[](std::size_t i) const noexcept { return first_[i]; }

  private:
    element* first_ = nullptr;
};

}  // namespace parimap::detail

#endif
