// SPDX-License-Identifier: MIT
// The scheduler with calls that a test makes: no worker goes to sleep while a call wants one.
#include "support/catch.hpp"
#include "support/gate.hpp"
#include "support/plain_threads.hpp"

#include <parimap/detail/scheduler/backend_port.hpp>
#include <parimap/detail/scheduler/call.hpp>
#include <parimap/detail/scheduler/scheduler.hpp>

#include <atomic>
#include <cstddef>

using namespace parimap_test;
using parimap::detail::call;
using parimap::detail::scheduler;
using parimap::detail::stint;

namespace {

// Has an item for as many looks, then another has taken it.
class call_with_item : public call {
  public:
    explicit call_with_item(int looks) : call(1), looks_{looks} {}

    bool was_worked_for() const { return worked_; }

  private:
    void work(std::size_t, stint) noexcept override {
        worked_ = true;
        looks_ = 0;
    }
    bool claimable() const noexcept override { return looks_.fetch_sub(1) > 0; }
    void cancel() noexcept override {}
    void changed() noexcept override {}

    mutable std::atomic<int> looks_;
    std::atomic<bool> worked_{false};
};

}  // namespace

TEST_CASE("scheduler: a worker that comes too late for one call looks at the others before it sleeps") {
    const auto s = scheduler::make(1, &parimap::detail::port_of<plain_threads>::make);
    call_with_item taken_by_another(1);
    call_with_item waiting(1'000'000);
    s->open(taken_by_another);
    s->open(waiting);
    s->announce(waiting);
    REQUIRE(eventually([&] { return waiting.was_worked_for(); }));
    s->abandon(waiting);
    s->abandon(taken_by_another);
    scheduler::end(s);
}
