// SPDX-License-Identifier: MIT
// Stands in place of the library's header of this name in models.
#ifndef PARIMAP_DETAIL_SYSTEM_ASYMMETRIC_FENCE_HPP
#define PARIMAP_DETAIL_SYSTEM_ASYMMETRIC_FENCE_HPP

#include "model/checker/memory.hpp"

#include <parimap/detail/form.hpp>

#include <source_location>

namespace parimap::inline PARIMAP_ABI::detail {

class asymmetric_fence {
  public:
    static void light() noexcept { model::memory::light_fence(); }
    static bool heavy() noexcept {
        model::memory::heavy_fence(std::source_location::current());
        return true;
    }
    static bool available() noexcept { return true; }
};

}  // namespace parimap::detail

#endif
