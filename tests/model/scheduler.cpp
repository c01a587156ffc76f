// SPDX-License-Identifier: MIT
// The scheduler: no worker goes to sleep while there is work and a seat, and nobody waits for what has happened.
#include "model/engine.hpp"

#include <parimap/detail/engine/claims.hpp>
#include <parimap/detail/scheduler/call.hpp>
#include <parimap/detail/scheduler/single_job.hpp>
#include <parimap/detail/system/item_number.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

using namespace parimap_model;
using parimap::detail::claims;
using parimap::detail::no_item;
using parimap::detail::scheduler;
using parimap::detail::stint;

namespace {

/// Items that are claimed one at a time, and a gate that opens with the last of them.
class counted_call : public parimap::detail::call {
  public:
    counted_call(std::size_t seats, std::size_t max_workers, int items) : call(max_workers), items_(seats), left_(items) {}
    ~counted_call() override = default;

    void make_available(std::uint64_t limit) { items_.raise_limit(limit); }
    void wait() { finished_.wait(); }
    bool is_cancelled() const { return cancelled_ > 0; }
    int cancelled() const { return cancelled_; }

  private:
    void work(std::size_t seat, stint length) noexcept override {
        check(++working_[seat] == 1, "two threads work on one seat");
        while (items_.claim(seat, 1, 1, no_item)) {
            claims::batch batch = items_.batch_of(seat);
            for (std::uint64_t item = 0; batch.pop(item);) {
                sums_[seat].set(sums_[seat].get() + 1);
                if (--left_ == 0) finished_.open();
            }
            if (length != stint::whole) break;
        }
        --working_[seat];
    }
    bool claimable() const noexcept override { return items_.claimable(); }
    void cancel() noexcept override {
        ++cancelled_;
        items_.close_from(0);
    }
    void changed() noexcept override {}

    claims items_;
    int left_;
    int cancelled_ = 0;
    gate finished_;
    std::array<int, 4> working_{};
    std::array<number, 4> sums_;  // what belongs to a seat needs no atomics of its own
};

struct noted_job : parimap::detail::single_job {
    explicit noted_job(number& noted) : noted_(noted) {}
    void run() noexcept override { noted_.set(noted_.get() + 1); }
    void cancel() noexcept override { noted_.set(noted_.get() + 100); }
    number& noted_;
};

}  // namespace

TEST_CASE("scheduler: an item that is announced while the only worker leaves finds a worker") {
    holds({.preemptions = 3, .stale_reads = 1}, [] {
        const auto pool = make_pool(1);
        counted_call c(1, 1, 2);
        pool->open(c);
        c.make_available(1);
        pool->announce(c);
        c.make_available(2);
        pool->announce(c);
        c.wait();
        pool->abandon(c);
        scheduler::end(pool);
    });
}

TEST_CASE("scheduler: the same on a pool with more seats than the call may have") {
    holds({.preemptions = 1, .stale_reads = 1}, [] {
        const auto pool = make_pool(2);
        counted_call c(2, 1, 2);
        pool->open(c);
        c.make_available(1);
        pool->announce(c);
        c.make_available(2);
        pool->announce(c);
        c.wait();
        pool->abandon(c);
        scheduler::end(pool);
    });
}

TEST_CASE("scheduler: the owner of a call works along, and sees its end") {
    holds({.preemptions = 2, .stale_reads = 1, .spurious = 1}, [] {
        const auto pool = make_pool(1);
        counted_call c(1, 1, 2);
        pool->open(c, true);
        c.make_available(2);
        pool->announce(c);
        pool->finish(c);
        scheduler::end(pool);
    });
}

TEST_CASE("scheduler: who gives a seat back sends a worker for what others have announced") {
    holds({.preemptions = 1, .stale_reads = 1}, [] {
        const auto pool = make_pool(1);
        counted_call helped(1, 1, 1), other(1, 1, 1);
        pool->open(helped);
        pool->open(other);
        run({{"helper",
              [&] {
                  helped.make_available(1);
                  while (!pool->help(helped, stint::whole)) {
                      pool->announce(helped);  // the worker has the seat, and does it
                      helped.wait();
                      break;
                  }
                  pool->abandon(helped);
              }},
             {"announcer", [&] {
                  other.make_available(1);
                  pool->announce(other);
                  other.wait();
                  pool->abandon(other);
              }}});
        scheduler::end(pool);
    });
}

TEST_CASE("scheduler: two calls share two seats") {
    holds({.random = 6'000}, [] {
        const auto pool = make_pool(2);
        const auto use = [&] {
            counted_call c(2, 2, 2);
            pool->open(c);
            c.make_available(1);
            pool->announce(c);
            c.make_available(2);
            pool->announce(c, 2);
            c.wait();
            pool->abandon(c);
        };
        run({{"one", use}, {"other", use}});
        scheduler::end(pool);
    });
}

TEST_CASE("scheduler: a pool ends when the jobs that it was given have run") {
    holds({.preemptions = 2, .stale_reads = 1, .spurious = 1}, [] {
        number ran{0};
        const auto pool = make_pool(1);
        pool->submit(std::make_unique<noted_job>(ran));
        pool->submit(std::make_unique<noted_job>(ran));
        scheduler::end(pool);
        check(ran.get() == 2, "a job has not run");
    });
}

TEST_CASE("scheduler: a job runs or is cancelled, beside a pool that is terminated") {
    holds({.preemptions = 3, .stale_reads = 2}, [] {
        number ran{0};
        const auto pool = make_pool(1);
        pool->submit(std::make_unique<noted_job>(ran));
        pool->terminate();
        pool->join();
        check(ran.get() == 1 || ran.get() == 100, "a job is lost, or cancelled though it ran");
        scheduler::end(pool);
    });
}

TEST_CASE("scheduler: a call is there as long as terminate() tells it") {
    holds({.preemptions = 2, .stale_reads = 1}, [] {
        const auto pool = make_pool(1);
        run({{"owner",
              [&] {
                  auto c = std::make_unique<counted_call>(1, 1, 1);
                  try {
                      pool->open(*c);
                  } catch (const parimap::pool_closed&) {
                      return;
                  }
                  c->make_available(1);
                  pool->announce(*c);
                  pool->abandon(*c);
                  check(c->cancelled() <= 1, "told twice");
              }},
             {"terminator", [&] { pool->terminate(); }}});
        scheduler::end(pool);
    });
}

TEST_CASE("scheduler: a pool that is retired beside a call lets it end") {
    holds({.preemptions = 1, .stale_reads = 0}, [] {
        const auto pool = make_pool(1);
        run({{"user",
              [&] {
                  counted_call c(1, 1, 1);
                  pool->open(c, true);
                  c.make_available(1);
                  pool->announce(c);
                  pool->finish(c);
              }},
             {"end", [&] { pool->retire(); }}});
        scheduler::end(pool);
    });
}

TEST_CASE("scheduler: a job that is submitted beside the pool's retirement runs, and its backend is not in use when it ends") {
    holds({.preemptions = 2, .stale_reads = 1}, [] {
        number ran{0};
        const auto pool = make_pool(1);
        run({{"user", [&] { pool->submit(std::make_unique<noted_job>(ran)); }}, {"end", [&] { pool->retire(); }}});
        scheduler::end(pool);
        check(ran.get() == 1, "the job has not run");
    });
}
