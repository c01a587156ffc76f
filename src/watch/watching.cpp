// SPDX-License-Identifier: MIT
// The two sides of progress that know nothing of each other: what is counted, and who shows it.

#include <parimap/detail/watch/watching.hpp>

#include <cstdint>
#include <memory>
#include <optional>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE std::unique_ptr<watcher> progress_request::open(const progress_source& source, std::optional<std::uint64_t> total) const {
    return open_ ? open_(options_.get(), source, total, allowed_inside_job_) : nullptr;
}

}  // namespace parimap::detail
