// SPDX-License-Identifier: MIT
// What a call can be asked to show: a bar, a report. And the two sides of it that know nothing of each other.

#include <parimap/detail/watch/watching.hpp>

#include <cstdint>
#include <memory>
#include <optional>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE std::unique_ptr<watcher> progress_request::open(const progress_source& source,
                                                               std::optional<std::uint64_t> total) const {
    return open_ ? open_(options_.get(), source, total, allowed_inside_job_) : nullptr;
}

PARIMAP_INLINE void report_request::fill(const call_record& record) const {
    if (report_) fill_(report_, record);
}

}  // namespace parimap::detail
