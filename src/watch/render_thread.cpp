// SPDX-License-Identifier: MIT
// A thread that takes none of the program's signals, and may be ended from within.

#include <parimap/detail/watch/render_thread.hpp>

#include <thread>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE void render_thread::join() {
    if (thread_.get_id() == std::this_thread::get_id()) {
        thread_.detach();
    } else {
        thread_.join();
    }
}

}  // namespace parimap::detail
