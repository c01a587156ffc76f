// SPDX-License-Identifier: MIT
// A scheduler with its backend.
#ifndef PARIMAP_DETAIL_SCHEDULER_SCHEDULER_ON_HPP
#define PARIMAP_DETAIL_SCHEDULER_SCHEDULER_ON_HPP

#include <parimap/backend.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/scheduler/scheduler.hpp>
#include <parimap/detail/system/asymmetric_fence.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace parimap::inline PARIMAP_ABI::detail {

template <class Backend>
class scheduler_on final : public scheduler {
  public:
    explicit scheduler_on(std::size_t workers) : scheduler_on(std::make_unique<Backend>(checked(workers))) {}

    std::string_view backend_name() const noexcept override { return Backend::name; }

    ~scheduler_on() {
        if (!is_ended_) delete backend_;
    }

  private:
    explicit scheduler_on(std::unique_ptr<Backend> made)
        : scheduler(std::max<std::size_t>(1, made->concurrency())), backend_(made.release()) {}

    /// More than the default of Linux for all threads of a machine.
    static constexpr std::size_t most_workers = std::size_t{1} << 15;

    static std::size_t checked(std::size_t workers) {
        if (workers == 0) {
            throw std::invalid_argument("parimap: a pool needs at least one worker; leave the number out for cpu_count()");
        }
        if (workers > most_workers) {
            throw std::invalid_argument("parimap: a pool of " + std::to_string(workers) + " workers, where " +
                                        std::to_string(most_workers) +
                                        " are the most; a negative number, perhaps? Leave it out for cpu_count()");
        }
        // Instant while the process has one thread; once the workers are there it would cost the first call milliseconds.
        (void)asymmetric_fence::available();
        count_forks();
        return workers;
    }

    void submit_to_backend(task& t) override { backend_->submit(t); }

    bool backend_needs_caller() const noexcept override {
        if constexpr (requires { backend_->caller_must_help(); }) {
            return backend_->caller_must_help();
        } else {
            return false;
        }
    }

    void end_backend() noexcept override {
        delete backend_;
        is_ended_ = true;
    }

    Backend* const backend_;  // its destructor returns when the last task has; all else outlives it
    bool is_ended_ = false;
};

}  // namespace parimap::detail

#endif
