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
    const auto s = scheduler::make({.workers = 1}, &parimap::detail::port_of<plain_threads>::make);
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

TEST_CASE(
    "scheduler: a younger call is joined at once if it is announced so, and after another look if its owner may be done in a "
    "moment") {
    // A seat that is given back tells the owner, so the number of times it was told shows what the worker did in between.
    class first_call : public call {
      public:
        first_call() : call(1) {}
        gate begun;
        gate may_end;

      private:
        void work(std::size_t, stint) noexcept override {
            has_item_ = false;
            begun.open();
            static_cast<void>(may_end.wait());
        }
        bool claimable() const noexcept override { return has_item_; }
        void cancel() noexcept override {}
        void changed() noexcept override {}
        std::atomic<bool> has_item_{true};
    };
    class young_call : public call {
      public:
        young_call() : call(1) {}
        std::atomic<int> told_before_work{-1};

      private:
        void work(std::size_t, stint) noexcept override {
            has_item_ = false;
            told_before_work = told_.load();
        }
        bool claimable() const noexcept override { return has_item_; }
        void cancel() noexcept override {}
        void changed() noexcept override { ++told_; }
        std::atomic<bool> has_item_{true};
        std::atomic<int> told_{0};
    };
    const auto told = [](bool in_a_moment) {
        const auto s = scheduler::make({.workers = 1}, &parimap::detail::port_of<plain_threads>::make);
        first_call busy;
        s->open(busy);
        s->announce(busy);
        static_cast<void>(busy.begun.wait());
        young_call young;
        s->open(young);
        if (in_a_moment) {
            s->announce_in_a_moment(young);
        } else {
            s->announce(young);
        }
        s->want_seat(young, true);
        busy.may_end.open();
        const bool was_joined = eventually([&] { return young.told_before_work >= 0; });
        s->abandon(young);
        s->abandon(busy);
        scheduler::end(s);
        return was_joined ? young.told_before_work.load() : -1;
    };
    REQUIRE(told(false) == 1);  // when the worker left the call before
    REQUIRE(told(true) == 2);   // and when it gave back its seat
}
