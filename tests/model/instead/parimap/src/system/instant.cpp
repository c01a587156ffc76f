// SPDX-License-Identifier: MIT
// Stands in place of the library's source of this name in models: their time passes when somebody looks at it, or when all sleep.

#include <parimap/detail/system/instant.hpp>

#include "model/checker/execution.hpp"

namespace parimap::inline PARIMAP_ABI::detail {

inline instant instant::now() noexcept { return instant(model::execution::current()->read_clock()); }

inline instant instant::in_seconds(double seconds) noexcept {
    const instant begin = now();
    return seconds < 1e9 ? begin + time_span::nanoseconds(static_cast<std::int64_t>(1e9 * seconds)) : never();
}

}  // namespace parimap::detail
