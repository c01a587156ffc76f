// SPDX-License-Identifier: MIT
// item_rng: random numbers that depend on a seed and an item alone. Needs Random123, and so is not part of parimap/parimap.hpp.
#ifndef PARIMAP_ITEM_RNG_HPP
#define PARIMAP_ITEM_RNG_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#if !__has_include(<Random123/philox.h>)
#error "parimap/item_rng.hpp needs the headers of Random123 (Debian, Ubuntu: librandom123-dev); install them, or add their folder"
#endif

#include <parimap/detail/form.hpp>

#include <Random123/philox.h>

#include <cstddef>
#include <cstdint>
#include <limits>

namespace parimap::inline PARIMAP_ABI {

/// item_rng rng(seed, index): a generator for the distributions of <random>, whose numbers depend on the two alone: not on the worker, the
/// number of workers, or the items before. So a run with random numbers gives the same results on every backend, and again tomorrow.
/// Generators of different items of one seed, and of different seeds, are independent. It costs some ten nanoseconds: make one in f for
/// each item. The algorithm is Philox 4x32 of ten rounds (Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC 2011), with the seed
/// as its key, the index in the upper half of its counter, and the lower half counting: 2^66 numbers of 32 bits for an item.
/// (What the standard's distributions make of the numbers is left to each standard library.)
class item_rng {
    using philox = r123::Philox4x32;

  public:
    using result_type = std::uint32_t;
    static constexpr result_type min() noexcept { return 0; }
    static constexpr result_type max() noexcept { return std::numeric_limits<result_type>::max(); }

    item_rng(std::uint64_t seed, std::uint64_t index) noexcept : seed_(seed), index_(index) {}

    result_type operator()() noexcept {
        if (next_ == 0) numbers_ = philox()(counter(), key());
        const result_type number = numbers_[next_];
        if (++next_ == numbers_.size()) {
            next_ = 0;
            ++block_;
        }
        return number;
    }

    /// As if so many numbers had been taken, at once.
    void discard(unsigned long long count) noexcept {
        const std::size_t place = next_ + static_cast<std::size_t>(count % numbers_.size());
        block_ += count / numbers_.size() + place / numbers_.size();
        next_ = place % numbers_.size();
        if (next_ > 0) numbers_ = philox()(counter(), key());
    }

    friend bool operator==(const item_rng& a, const item_rng& b) noexcept {
        return a.seed_ == b.seed_ && a.index_ == b.index_ && a.block_ == b.block_ && a.next_ == b.next_;
    }

  private:
    static std::uint32_t low(std::uint64_t x) noexcept { return static_cast<std::uint32_t>(x); }
    static std::uint32_t high(std::uint64_t x) noexcept { return static_cast<std::uint32_t>(x >> 32U); }
    philox::ctr_type counter() const noexcept { return {{low(block_), high(block_), low(index_), high(index_)}}; }
    philox::key_type key() const noexcept { return {{low(seed_), high(seed_)}}; }

    std::uint64_t seed_;
    std::uint64_t index_;
    std::uint64_t block_ = 0;     // of four numbers
    std::size_t next_ = 0;        // of its numbers
    philox::ctr_type numbers_{};  // of that block, once one of them is taken
};

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
