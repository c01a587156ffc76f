// SPDX-License-Identifier: MIT
// pool: the workers of the backend that your CMake chose, and the jobs that are not maps.
#ifndef PARIMAP_POOL_HPP
#define PARIMAP_POOL_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/basic_pool.hpp>  // IWYU pragma: export
#include <parimap/detail/form.hpp>
#include <parimap/detail/scheduler/promised_job.hpp>
#include <parimap/detail/scheduler/scheduler.hpp>

#include <functional>
#include <future>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

struct submitted_jobs {
    template <class F, class... Args>
    static auto submit(scheduler& core, F f, Args... args) {
        static_assert(std::is_invocable_v<F, Args...>, "parimap: submit's f cannot be called with these arguments");
        using result = std::decay_t<std::invoke_result_t<F, Args...>>;
        auto run = [f = std::move(f), args = std::tuple<Args...>(std::move(args)...)]() mutable -> result {
            return std::apply([&](Args&... a) -> result { return std::invoke(std::move(f), std::move(a)...); }, args);
        };
        auto job = std::make_unique<promised_job<result, decltype(run)>>(std::move(run));
        std::future<result> future = job->future();
        core.submit(std::move(job));
        return future;
    }
};

}  // namespace parimap::detail

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
