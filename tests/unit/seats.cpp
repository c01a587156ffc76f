// SPDX-License-Identifier: MIT
// The seats of a pool: each has one holder, and no more runners are sent than find one free.
#include "support/catch.hpp"
#include "support/plain_threads.hpp"

#include <parimap/detail/scheduler/backend_port.hpp>
#include <parimap/detail/scheduler/scheduler.hpp>
#include <parimap/detail/scheduler/seats.hpp>

#include <cstddef>
#include <set>

using parimap::detail::runner;
using parimap::detail::scheduler;
using parimap::detail::seats;
using parimap_test::plain_threads;

namespace {

void run_nothing(parimap::task&) noexcept {}

}  // namespace

TEST_CASE("seats: each is taken once, and free again when it was given back") {
    const auto owner = scheduler::make({.workers = 1}, &parimap::detail::port_of<plain_threads>::make);
    seats s(3, *owner, &run_nothing);
    REQUIRE(s.size() == 3);
    for (int round = 0; round < 2; ++round) {
        std::set<std::size_t> taken;
        while (s.any_free()) taken.insert(s.take());
        REQUIRE(taken == std::set<std::size_t>{0, 1, 2});
        for (const std::size_t seat : taken) s.give_back(seat);
    }
    for (int i = 0; i < 3; ++i) s.take();
    s.give_back(1);
    REQUIRE(s.take() == 1);
    REQUIRE_FALSE(s.any_free());
    scheduler::end(owner);
}

TEST_CASE("seats: an idle runner is sent for each seat that is free, and has none on its way to it") {
    const auto owner = scheduler::make({.workers = 1}, &parimap::detail::port_of<plain_threads>::make);
    seats s(3, *owner, &run_nothing);
    std::set<runner*> sent;
    while (runner* const r = s.send_one()) sent.insert(r);
    REQUIRE(sent.size() == 3);
    for (runner* const r : sent) {
        REQUIRE(r->owner == owner.get());
        REQUIRE(r->run == &run_nothing);
    }
    for (runner* const r : sent) {  // they come, find nothing to do, and go
        s.has_arrived();
        s.is_idle(*r);
    }
    const std::size_t seat = s.take();  // somebody else's
    runner* const first = s.send_one();
    runner* const second = s.send_one();
    REQUIRE(first);
    REQUIRE(second);
    REQUIRE(first != second);
    REQUIRE_FALSE(s.send_one());
    s.has_arrived();
    const std::size_t of_first = s.take();
    REQUIRE(of_first != seat);
    REQUIRE_FALSE(s.send_one());
    s.give_back(seat);
    runner* const third = s.send_one();
    REQUIRE(third);
    REQUIRE(third != first);
    REQUIRE(third != second);
    s.give_back(of_first);
    REQUIRE_FALSE(s.send_one());  // all are on their way, or at work
    s.is_idle(*first);
    REQUIRE(s.send_one() == first);
    scheduler::end(owner);
}
