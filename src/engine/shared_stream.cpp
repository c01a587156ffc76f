// SPDX-License-Identifier: MIT
// What the handles of one stream share, whatever its results are, and the reference of each.

#include <parimap/detail/engine/shared_stream.hpp>

#include <parimap/detail/system/atomic.hpp>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE void stream_reference::remove() noexcept {
    // What others did with the stream before they let it go comes before its end.
    if (stream_->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) stream_->leave();
}

}  // namespace parimap::detail
