// SPDX-License-Identifier: MIT
// Stands in place of the library's header of this name in models.
#ifndef PARIMAP_DETAIL_SYSTEM_TICKS_HPP
#define PARIMAP_DETAIL_SYSTEM_TICKS_HPP

#include "model/checker/execution.hpp"

#include <parimap/detail/form.hpp>

#include <cstdint>

namespace parimap::inline PARIMAP_ABI::detail {

class ticks {
  public:
    ticks() noexcept {}

    std::uint64_t now() const noexcept { return model::execution::current()->read_ticks(); }
};

}  // namespace parimap::detail

#endif
