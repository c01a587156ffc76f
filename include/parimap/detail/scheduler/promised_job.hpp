// SPDX-License-Identifier: MIT
// A single job whose outcome goes to a future.
#ifndef PARIMAP_DETAIL_SCHEDULER_PROMISED_JOB_HPP
#define PARIMAP_DETAIL_SCHEDULER_PROMISED_JOB_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/scheduler/calls_that_stay_here.hpp>
#include <parimap/detail/scheduler/place.hpp>
#include <parimap/detail/scheduler/scheduler.hpp>
#include <parimap/detail/scheduler/single_job.hpp>
#include <parimap/detail/system/floating_point.hpp>
#include <parimap/detail/system/slot.hpp>
#include <parimap/errors.hpp>

#include <exception>
#include <future>
#include <optional>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

template <class R, class F>
class promised_job final : public single_job {
  public:
    explicit promised_job(F&& f) : f_(std::move(f)) {}

    std::future<R> future() { return promise_.get_future(); }

    void run() noexcept override {
        const floating_point_scope as_the_caller(floating_point_mode_);
        const calls_that_stay_here inside(its_calls_stay_);
        std::exception_ptr exception;
        try {
            if constexpr (std::is_void_v<R>) {
                (*f_)();
                f_.reset();  // what the job held is gone before anybody learns that it is done
                return promise_.set_value();
            } else {
                slot<R> result;
                result.build(*f_);
                f_.reset();
                return promise_.set_value(std::move(result.get()));
            }
        } catch (...) {
            exception = std::current_exception();
        }
        f_.reset();
        promise_.set_exception(std::move(exception));  // outside the handler, which owns it too: see job::run_item
    }

    void cancel() noexcept override {
        std::exception_ptr exception;
        try {
            throw cancelled("parimap: the pool was terminated before this job started");
        } catch (...) {  // or there was no memory for its text
            exception = std::current_exception();
        }
        f_.reset();
        promise_.set_exception(std::move(exception));
    }

  private:
    const floating_point_mode floating_point_mode_ = floating_point_mode::of_this_thread();  // of whoever handed the job in
    const bool its_calls_stay_ = calls_that_stay_here::is_set || scheduler::is_in_far_item(current_place);
    std::optional<F> f_;
    std::promise<R> promise_;
};

}  // namespace parimap::detail

#endif
