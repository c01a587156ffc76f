// SPDX-License-Identifier: MIT
// Stores that go past the caches, for outputs that would not stay in them anyway.
#ifndef PARIMAP_DETAIL_RESULTS_NONTEMPORAL_HPP
#define PARIMAP_DETAIL_RESULTS_NONTEMPORAL_HPP

#include <parimap/detail/form.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <type_traits>

namespace parimap::inline PARIMAP_ABI::detail {

/// An ordinary store fetches the line that it changes from memory first, and writes it back later. One past the caches
/// collects a line's bytes beside them and only writes: a third less traffic for a copying loop, and no store waits for
/// memory. It pays where each element is written once, next to the one before and soon after it, and not read soon: the
/// caches have lost it. A read of a line that is half written waits for memory, so the input must lie elsewhere. (New memory,
/// whose pages the kernel has just filled with zeros, is in the caches, so a new vector gains nothing.)
/// (Intel 64 Optimization Reference Manual, "Non-temporal stores"; memcpy of glibc does it for large blocks.)
///
/// Such stores become visible to other threads in any order. An object of this class lasts for a batch of them: what
/// follows its end comes after them.
class nontemporal {
  public:
    /// An output this large does not stay in the part of a last-level cache that a few cores share. (From half of it on, the
    /// stores gain what reading the output next loses; from this size on they gain more.)
    static constexpr std::size_t worthwhile = std::size_t{64} << 20;  // bytes

    /// Whether there is such a store for a T: x86-64 has it for words of 4 and of 8 bytes.
    template <class T>
    static constexpr bool available =
#if defined(__x86_64__)
        std::is_trivially_copyable_v<T> && !std::is_volatile_v<T> &&
        ((sizeof(T) == 4 && alignof(T) == 4) || ((sizeof(T) == 8 || sizeof(T) == 16) && alignof(T) >= 8));
#else
        false;
#endif

    nontemporal() noexcept = default;
    nontemporal(const nontemporal&) = delete;
    nontemporal& operator=(const nontemporal&) = delete;
    ~nontemporal() {
#if defined(__x86_64__)
        asm volatile("sfence" ::: "memory");
#endif
    }

    template <class T>
        requires available<T>
    void store([[maybe_unused]] T& where, [[maybe_unused]] const T& value) const noexcept {
#if defined(__x86_64__)
        if constexpr (sizeof(T) == 4) {
            std::uint32_t word = 0;
            std::memcpy(&word, std::addressof(value), 4);
            asm("movnti %1, %0" : "=m"(*reinterpret_cast<word_of_4*>(std::addressof(where))) : "r"(word));
        } else {
            std::uint64_t words[sizeof(T) / 8];
            std::memcpy(words, std::addressof(value), sizeof(T));
            auto* to = reinterpret_cast<word_of_8*>(std::addressof(where));
            for (const std::uint64_t word : words) asm("movnti %1, %0" : "=m"(*to++) : "r"(word));
        }
#endif
    }

  private:
    using word_of_4 [[gnu::may_alias]] = std::uint32_t;
    using word_of_8 [[gnu::may_alias]] = std::uint64_t;
};

}  // namespace parimap::detail

#endif
