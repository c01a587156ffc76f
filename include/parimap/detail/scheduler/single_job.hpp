// SPDX-License-Identifier: MIT
// One job of submit() or map_async().
#ifndef PARIMAP_DETAIL_SCHEDULER_SINGLE_JOB_HPP
#define PARIMAP_DETAIL_SCHEDULER_SINGLE_JOB_HPP

#include <parimap/detail/form.hpp>

namespace parimap::inline PARIMAP_ABI::detail {

class single_job {
  public:
    virtual ~single_job() = default;
    virtual void run() noexcept = 0;
    /// Instead of run(): the pool was terminated first.
    virtual void cancel() noexcept = 0;
};

}  // namespace parimap::detail

#endif
