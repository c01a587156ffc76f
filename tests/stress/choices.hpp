// SPDX-License-Identifier: MIT
// Random choices that a seed alone decides, on every machine and whatever other threads do.
#ifndef PARIMAP_TESTS_STRESS_CHOICES_HPP
#define PARIMAP_TESTS_STRESS_CHOICES_HPP

#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace parimap_stress {

// The finalizer of splitmix64: neighbouring numbers give unrelated ones.
constexpr std::uint64_t mixed(std::uint64_t x) noexcept {
    x += 0x9E3779B97F4A7C15U;
    x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31U);
}

class choices {
  public:
    explicit choices(std::uint64_t seed) noexcept : state_{mixed(seed)} {}

    std::uint64_t number() noexcept { return mixed(state_++); }
    std::size_t below(std::size_t end) noexcept { return static_cast<std::size_t>(number() % end); }
    std::size_t between(std::size_t least, std::size_t most) noexcept { return least + below(most - least + 1); }
    bool one_in(std::size_t times) noexcept { return below(times) == 0; }

    template <class T>
    T one_of(std::initializer_list<T> all) noexcept {
        return all.begin()[below(all.size())];
    }

    // Choices of their own, for a thread or an item: they do not depend on how many were made here meanwhile.
    choices apart(std::uint64_t which) noexcept { return choices{number() ^ mixed(which)}; }

  private:
    std::uint64_t state_;
};

}  // namespace parimap_stress

#endif
