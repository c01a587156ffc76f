// SPDX-License-Identifier: MIT
// A single job and its future: what the job held is gone before anybody can learn that it is done.
#include "support/catch.hpp"

#include <parimap/detail/scheduler/promised_job.hpp>
#include <parimap/errors.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <utility>

namespace {

// Notes, when it goes, whether the future was ready by then.
template <class R>
struct held {
    std::future<R> future;
    int gone = 0;
    int gone_too_late = 0;
};

template <class R>
class holder {
  public:
    explicit holder(held<R>& notes)
        : notes_(&notes, [](held<R>* n) {
              ++n->gone;
              n->gone_too_late += n->future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
          }) {}

  private:
    std::shared_ptr<held<R>> notes_;
};

template <class R, class F>
held<R> run(F f) {
    held<R> notes;
    auto make = [holding = holder<R>(notes), f] { return f(); };
    parimap::detail::promised_job<R, decltype(make)> job(std::move(make));
    notes.future = job.future();
    job.run();
    REQUIRE(notes.gone == 1);
    REQUIRE(notes.gone_too_late == 0);
    return notes;
}

}  // namespace

TEST_CASE("promised_job: what it held is gone before its future is ready, whatever it returns or throws") {
    REQUIRE(run<int>([] { return 5; }).future.get() == 5);
    run<void>([] {}).future.get();
    auto only_moves = run<std::unique_ptr<int>>([] { return std::make_unique<int>(7); }).future.get();
    REQUIRE(*only_moves == 7);
    REQUIRE_THROWS_AS(run<int>([]() -> int { throw std::runtime_error("job"); }).future.get(), std::runtime_error);
    REQUIRE_THROWS_AS(run<void>([] { throw std::runtime_error("job"); }).future.get(), std::runtime_error);
}

TEST_CASE("promised_job: one that starts no more throws cancelled, and does not run") {
    bool ran = false;
    auto f = [&ran] { ran = true; };
    parimap::detail::promised_job<void, decltype(f)> job(std::move(f));
    std::future<void> future = job.future();
    job.cancel();
    REQUIRE_THROWS_AS(future.get(), parimap::cancelled);
    REQUIRE_FALSE(ran);
}
