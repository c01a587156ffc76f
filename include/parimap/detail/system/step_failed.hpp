// SPDX-License-Identifier: MIT
// What leaves a block of items: an exception, and which item threw it.
#ifndef PARIMAP_DETAIL_SYSTEM_STEP_FAILED_HPP
#define PARIMAP_DETAIL_SYSTEM_STEP_FAILED_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/system/item_number.hpp>

#include <cstdint>
#include <exception>

namespace parimap::inline PARIMAP_ABI::detail {

/// Thrown for a block of items, wherever it runs, in place of what one of them threw: the engine knows the block alone.
struct [[gnu::visibility("default")]] step_failed {
    std::uint64_t item;  // no_item: none has failed, the block was stopped
    std::exception_ptr exception;
};

}  // namespace parimap::detail

#endif
