// SPDX-License-Identifier: MIT
// What models of the engine have in common: items and results that find races, and workers that are threads of the model.
#ifndef PARIMAP_TESTS_MODEL_ENGINE_HPP
#define PARIMAP_TESTS_MODEL_ENGINE_HPP

#include "model/checker/data.hpp"
#include "model/checker/explore.hpp"
#include "model/checker/sleeping.hpp"
#include "support/catch.hpp"

#include <parimap/backend.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/scheduler/backend_port.hpp>
#include <parimap/detail/scheduler/place.hpp>
#include <parimap/detail/scheduler/scheduler.hpp>
#include <parimap/detail/scheduler/task_queue.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace parimap::inline PARIMAP_ABI::backends {

/// A backend of model threads. Models are compiled with it as the default one.
class modelled {
  public:
    static constexpr std::string_view name = "modelled";

    explicit modelled(std::size_t count) : count_(count) {
        for (std::size_t i = 0; i < count; ++i) threads_.start("worker " + std::to_string(i), [this] { queue_.serve(); });
    }
    ~modelled() {
        is_there_.set(0);  // nobody submits any more
        queue_.close();
        threads_.join();
    }
    modelled(const modelled&) = delete;
    modelled& operator=(const modelled&) = delete;

    std::size_t concurrency() const noexcept { return count_; }
    void submit(task& t) {
        queue_.push(t);
        model::check(is_there_.get() == 1, "a task is submitted to a backend that ends");  // and still is
    }

  private:
    const std::size_t count_;
    model::data<int> is_there_{1};
    detail::task_queue queue_;
    model::threads threads_;
};

}  // namespace parimap::backends

namespace parimap_model {

using model::check;
using model::options;
using model::run;
using model::threads;

/// A number that may not be written while another thread may use it.
using number = model::data<int>;

/// No execution fails. Explores all of them, where `bounds` does not ask for some at random.
inline void holds(const options& bounds, const std::function<void()>& body) {
    // Fibres share these.
    model::keep_apart(&parimap::detail::current_place);
    model::keep_apart(&parimap::detail::current_submission);
    const model::outcome result = model::explore(bounds, body);
    INFO(result.report);
    CHECK(result.failure.empty());
    CAPTURE(result.executions);
    CHECK((result.complete || bounds.random > 0));
}

inline std::shared_ptr<parimap::detail::scheduler> make_pool(std::size_t seats) {
    return parimap::detail::scheduler::make({.workers = seats}, &parimap::detail::port_of<parimap::backends::modelled>::make);
}

/// Threads wait here until it is opened.
class gate {
  public:
    void open() {
        mutex_.lock();
        is_open_ = true;
        mutex_.unlock();
        opened_.notify_all();
    }
    void wait() {
        mutex_.lock();
        while (!is_open_) opened_.wait(mutex_, nullptr);
        mutex_.unlock();
    }

  private:
    model::mutex mutex_;
    model::condition_variable opened_;
    bool is_open_ = false;
};

}  // namespace parimap_model

#endif
