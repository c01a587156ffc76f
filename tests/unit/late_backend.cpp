// SPDX-License-Identifier: MIT
// A backend that is held up or takes no task: the consumer works in its place, and shows it as little as it can.
#include "support/catch.hpp"
#include "support/gate.hpp"
#include "support/items.hpp"
#include "support/meeting_items.hpp"

#include <parimap/backend.hpp>
#include <parimap/detail/scheduler/task_queue.hpp>
#include <parimap/detail/scheduler/worker_threads.hpp>
#include <parimap/map_async.hpp>
#include <parimap/ordered_imap.hpp>
#include <parimap/parallel_for_each.hpp>
#include <parimap/pool.hpp>
#include <parimap/unordered_imap.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <new>
#include <string_view>
#include <thread>
#include <vector>

#include <range/v3/view/filter.hpp>

using namespace parimap_test;
using parimap::map_options;

namespace {

constexpr std::chrono::nanoseconds patience{parimap::detail::monitor::patience_with_backend.count()};

// Its workers come when a consumer has long lost patience.
class late_backend {
  public:
    static constexpr std::string_view name = "late";
    static inline std::atomic<bool> are_away{false};  // then they come later still

    explicit late_backend(std::size_t workers) {
        for (std::size_t i = 0; i < workers; ++i) {
            workers_.emplace_back([this] {
                do std::this_thread::sleep_for(4 * patience);
                while (are_away);
                queue_.serve();
            });
        }
    }
    ~late_backend() {
        queue_.close();
        for (std::thread& worker : workers_) worker.join();
    }
    late_backend(const late_backend&) = delete;
    late_backend& operator=(const late_backend&) = delete;

    std::size_t concurrency() const noexcept { return workers_.size(); }
    void submit(parimap::task& t) { queue_.push(t); }

  private:
    parimap::detail::task_queue queue_;
    std::vector<std::thread> workers_;
};
static_assert(parimap::check_backend<late_backend>());

// It takes no task at first, as one without memory.
class refusing_backend {
  public:
    static constexpr std::string_view name = "refusing";
    static inline std::atomic<int> refusals{0};

    explicit refusing_backend(std::size_t workers) : workers_(workers) {}

    std::size_t concurrency() const noexcept { return workers_.count(); }
    void submit(parimap::task& t) {
        if (refusals.fetch_sub(1) > 0) throw std::bad_alloc{};
        workers_.submit(t);
    }

  private:
    parimap::detail::worker_threads workers_;
};
static_assert(parimap::check_backend<refusing_backend>());

// Some threads cannot rely on its workers, as those of an OpenMP region.
class choosy_backend {
  public:
    static constexpr std::string_view name = "choosy";
    static inline thread_local bool is_alone = false;

    explicit choosy_backend(std::size_t workers) : workers_(workers) {}

    std::size_t concurrency() const noexcept { return workers_.count(); }
    bool caller_must_help() const noexcept { return is_alone; }
    void submit(parimap::task& t) { workers_.submit(t); }

  private:
    parimap::detail::worker_threads workers_;
};
static_assert(parimap::check_backend<choosy_backend>());

// Waking a worker takes a while, as where the CPU is lost to the one that was woken.
class slow_to_wake_backend {
  public:
    static constexpr std::string_view name = "slow_to_wake";

    explicit slow_to_wake_backend(std::size_t workers) : workers_(workers) {}

    std::size_t concurrency() const noexcept { return workers_.count(); }
    void submit(parimap::task& t) {
        workers_.submit(t);
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }

  private:
    parimap::detail::worker_threads workers_;
};
static_assert(parimap::check_backend<slow_to_wake_backend>());

// It runs each task at once, on the thread that hands it in.
class inline_backend {
  public:
    static constexpr std::string_view name = "inline";

    explicit inline_backend(std::size_t) {}

    std::size_t concurrency() const noexcept { return 1; }
    bool caller_must_help() const noexcept { return true; }
    void submit(parimap::task& t) { t.run(t); }
};
static_assert(parimap::check_backend<inline_backend>());

constexpr std::size_t workers = 4;

// As many items as there are workers meet; a consumer that ran a whole batch would stand among them with items that it
// should have taken behind it.
struct meeting_at : meeting_items {
    explicit meeting_at(int first) : meeting_items{first, static_cast<int>(workers), workers} {}
};

template <class Imap>
void check_stream(const Imap& make) {
    parimap::basic_pool<late_backend> p{workers};
    meeting_at meeting{4};
    int count = 0;
    for (const int i : make(p, [&](int n) { return meeting.run(n); })) count += i >= 0;
    REQUIRE(count == 100);
    REQUIRE(meeting.missed() == 0);
}

}  // namespace

TEST_CASE("late backend: a consumer that works meanwhile still takes the items that others could start") {
    const auto items = numbers(100);
    for (const std::size_t window : {std::size_t{5}, std::size_t{0}}) {
        CAPTURE(window);
        const map_options options{.window = window};
        check_stream([&](auto& p, auto f) { return parimap::ordered_imap(p, options, f, items); });
        check_stream([&](auto& p, auto f) { return parimap::unordered_imap(p, options, f, items); });
    }
}

TEST_CASE("late backend: so does the caller that pulls the items of a blocking call") {
    const auto items = numbers(100);
    for (const std::size_t window : {std::size_t{5}, std::size_t{0}}) {
        CAPTURE(window);
        parimap::basic_pool<late_backend> p{workers};
        meeting_at meeting{4};
        std::atomic<int> count{0};
        parimap::parallel_for_each(
            p, map_options{.window = window}, [&](int i) { count += meeting.run(i) >= 0; },
            items | ranges::views::filter([](int) { return true; }));
        REQUIRE(count == 100);
        REQUIRE(meeting.missed() == 0);
    }
}

TEST_CASE("late backend: a consumer with a deadline runs no item, and is not late for one") {
    using namespace std::chrono_literals;
    const auto reader = std::this_thread::get_id();
    std::atomic<int> on_reader{0};
    parimap::basic_pool<late_backend> p{workers};
    auto imap = parimap::ordered_imap(
        p,
        [&](int i) {
            if (std::this_thread::get_id() == reader) ++on_reader;
            return i;
        },
        numbers(10));
    REQUIRE_THROWS_AS(imap.next_for(2 * patience), parimap::timed_out);
    REQUIRE(on_reader == 0);
    for (int i = 0; i < 10; ++i) REQUIRE(imap.next() == i);
}

TEST_CASE("late backend: a consumer whose items find no worker runs them itself") {
    late_backend::are_away = true;
    std::atomic<bool> is_over{false};
    std::thread rescuer([&] {  // a broken promise fails and does not hang
        eventually([&] { return is_over.load(); });
        late_backend::are_away = false;
    });
    const auto reader = std::this_thread::get_id();
    std::atomic<int> on_reader{0};
    int results = 0;
    {
        parimap::basic_pool<late_backend> p{workers};
        auto imap = parimap::ordered_imap(
            p, [&](int) { return on_reader += std::this_thread::get_id() == reader; }, numbers(3));
        while (imap.next()) ++results;
        is_over = true;
    }
    rescuer.join();
    REQUIRE(results == 3);
    REQUIRE(on_reader == 3);
}

TEST_CASE("late backend: tasks that it did not take cost a pool none of its workers") {
    for (const int refusals : {1, 2, 5}) {
        CAPTURE(refusals);
        refusing_backend::refusals = refusals;
        parimap::basic_pool<refusing_backend> p{2};
        while (refusing_backend::refusals > 0)
            parimap::parallel_for_each(
                p, [](int) {}, numbers(100));
        rendezvous meeting{2};
        std::atomic<int> missed{0};
        auto imap = parimap::ordered_imap(
            p, [&](int i) { return missed += !meeting.arrive_and_wait(), i; }, numbers(2));
        for (int i = 0; i < 2; ++i) REQUIRE(imap.next_for(deadline) == i);  // with a deadline, so that no consumer helps
        REQUIRE(missed == 0);
    }
}

TEST_CASE("late backend: a job whose task it did not take runs all the same") {
    for (const bool is_map : {false, true}) {
        CAPTURE(is_map);
        refusing_backend::refusals = 1;
        parimap::basic_pool<refusing_backend> p{2};
        if (is_map) {
            auto all = parimap::map_async(
                p, [](int i) { return 2 * i; }, numbers(3));
            REQUIRE(all.wait_for(deadline) == std::future_status::ready);
            REQUIRE(all.get() == std::vector<int>{0, 2, 4});
        } else {
            auto seven = p.submit([] { return 7; });
            REQUIRE(seven.wait_for(deadline) == std::future_status::ready);
            REQUIRE(seven.get() == 7);
        }
    }
}

TEST_CASE("late backend: join() waits for a job that runs where it was submitted") {
    parimap::basic_pool<inline_backend> p{1};
    gate open;
    std::atomic<bool> started{false};
    std::atomic<bool> ended{false};
    std::thread submitter([&] {
        p.submit([&] {
             started = true;
             open.wait();
             let_mistakes_happen();
             ended = true;
         }).get();
    });
    REQUIRE(eventually([&] { return started.load(); }));
    p.close();
    open.open();
    p.join();
    REQUIRE(ended);
    submitter.join();
}

TEST_CASE("late backend: a caller that ran a job itself leaves its seat to those who wait for one") {
    parimap::basic_pool<choosy_backend> p{1};
    gate open;
    std::atomic<bool> started{false};
    std::thread alone([&] {
        choosy_backend::is_alone = true;
        p.submit([&] {
             started = true;
             open.wait();
         }).get();
    });
    REQUIRE(eventually([&] { return started.load(); }));
    std::atomic<int> ran{0};
    auto imap = parimap::ordered_imap(
        p, map_options{.window = 10}, [&](int i) { return ++ran, i; }, numbers(10));
    open.open();
    alone.join();
    REQUIRE(eventually([&] { return ran == 10; }));  // although nobody asks for a result
}

TEST_CASE("late backend: what waking workers takes is not taken for a slow input") {
    const auto items = numbers(40);
    parimap::basic_pool<slow_to_wake_backend> p{workers};
    std::atomic<int> ran{0};
    auto imap = parimap::ordered_imap(
        p, map_options{.window = 64}, [&](int i) { return ++ran, i; }, items | ranges::views::filter([](int) { return true; }));
    REQUIRE(eventually([&] { return ran == 40; }));  // although nobody asks for a result
}

TEST_CASE("late backend: a call that comes back to its pool through one that runs items at once has its seat there") {
    parimap::basic_pool<choosy_backend> outer{1};
    parimap::basic_pool<inline_backend> between{1};
    std::atomic<int> ran{0};
    std::atomic<int> elsewhere{0};
    auto done = outer.submit([&] {
        const auto thread = std::this_thread::get_id();
        parimap::parallel_for_each(
            between,
            [&](int) {
                parimap::parallel_for_each(
                    outer,
                    [&](int) {
                        ++ran;
                        if (std::this_thread::get_id() != thread) ++elsewhere;
                    },
                    numbers(3));
            },
            numbers(2));
    });
    REQUIRE(done.wait_for(deadline) == std::future_status::ready);
    REQUIRE(ran == 6);
    REQUIRE(elsewhere == 0);
}
