// SPDX-License-Identifier: MIT
// Stands in place of the library's header of this name in models.
#ifndef PARIMAP_DETAIL_SYSTEM_ASYMMETRIC_FENCE_HPP
#define PARIMAP_DETAIL_SYSTEM_ASYMMETRIC_FENCE_HPP

#include "model/checker/memory.hpp"

#include <parimap/detail/form.hpp>

#include <cstdint>
#include <source_location>

namespace parimap::inline PARIMAP_ABI::detail {

class asymmetric_fence {
  public:
    static void light() noexcept { model::memory::light_fence(); }
    /// How often heavy() succeeds before it fails: for ever, unless a model says otherwise.
    static inline std::uint64_t left = ~std::uint64_t{0};

    static bool heavy() noexcept {
        if (left == 0) return false;
        --left;
        model::memory::heavy_fence(std::source_location::current());
        return true;
    }
    static bool available() noexcept { return true; }
};

}  // namespace parimap::detail

#endif
