// SPDX-License-Identifier: MIT
// A pair of fences for a side that passes millions of times a second and a side that seldom does.

#include <parimap/detail/system/asymmetric_fence.hpp>

#include <atomic>

#if defined(__linux__) && __has_include(<linux/membarrier.h>)
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE bool asymmetric_fence::heavy() noexcept {
    if (call(MEMBARRIER_CMD_PRIVATE_EXPEDITED)) return true;
    if (call(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) && call(MEMBARRIER_CMD_PRIVATE_EXPEDITED)) return true;
    is_lost_.store(true, std::memory_order_relaxed);
    return false;
}

PARIMAP_INLINE bool asymmetric_fence::available() noexcept {
    static const bool registered = call(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
    return registered && !is_lost_.load(std::memory_order_relaxed);
}

}  // namespace parimap::detail
