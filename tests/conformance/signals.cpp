// SPDX-License-Identifier: MIT
// P5, P10 and P11 where signals come: one ends the process, or its handler says that it is enough, or it changes nothing.
#include "support/backend_under_test.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/gate.hpp"
#include "support/items.hpp"
#include "support/pipe_ends.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <range/v3/view/iota.hpp>

#include <pthread.h>
#include <sys/time.h>
#include <unistd.h>

using namespace parimap_test;
using namespace std::chrono_literals;
using parimap::map_options;

namespace {

std::atomic<int> arrived{0};

// Counts the signals of a kind while it lives. None restarts what it interrupts.
class counted_signals {
  public:
    explicit counted_signals(int signal) : signal_{signal} {
        arrived = 0;
        struct sigaction count {};
        count.sa_handler = [](int) { ++arrived; };
        sigemptyset(&count.sa_mask);
        sigaction(signal_, &count, &before_);
    }
    ~counted_signals() { sigaction(signal_, &before_, nullptr); }
    counted_signals(const counted_signals&) = delete;
    counted_signals& operator=(const counted_signals&) = delete;

  private:
    int signal_;
    struct sigaction before_ {};
};

// Sends the process a SIGALRM every third of a millisecond while it lives. The calling thread gets them, or lets the others.
class hail {
  public:
    explicit hail(bool on_this_thread) {
        sigset_t alarms;
        sigemptyset(&alarms);
        sigaddset(&alarms, SIGALRM);
        pthread_sigmask(on_this_thread ? SIG_UNBLOCK : SIG_BLOCK, &alarms, &before_);
        repeat(333us);
    }
    ~hail() {
        repeat(0us);
        std::this_thread::sleep_for(2ms);  // the last has arrived
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    hail(const hail&) = delete;
    hail& operator=(const hail&) = delete;

  private:
    static void repeat(std::chrono::microseconds every) {
        const timeval period{0, static_cast<suseconds_t>(every.count())};
        const itimerval timer{period, period};
        setitimer(ITIMER_REAL, &timer, nullptr);
    }

    counted_signals alarms_{SIGALRM};
    sigset_t before_{};
};

}  // namespace

TEST_CASE("P11 SIGINT ends a process by that signal, whatever its threads do") {
    const auto interrupted = [](auto work) {
        return end_of_child([&] {
            std::signal(SIGINT, SIG_DFL);
            pool p{3};
            work(p);
            std::this_thread::sleep_for(deadline);
        });
    };
    const auto interrupt = [](int i) {
        if (i == 40) kill(getpid(), SIGINT);
        std::this_thread::sleep_for(1ms);
        return i;
    };
    REQUIRE(interrupted([&](pool& p) { (void)parimap::parallel_map(p, interrupt, numbers(100'000)); }) == "signal 2");
    REQUIRE(interrupted([&](pool& p) {
                for (const int i : parimap::ordered_imap(p, interrupt, ranges::views::iota(0))) (void)i;
            }) == "signal 2");
    REQUIRE(interrupted([&](pool& p) { p.submit(interrupt, 40).wait(); }) == "signal 2");
    REQUIRE(interrupted([&](pool&) { kill(getpid(), SIGINT); }) == "signal 2");  // all workers sleep
}

TEST_CASE("P5 a handler of SIGINT that sets a flag ends a loop over a stream, and a call by its stop token") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        {
            const counted_signals here{SIGINT};
            int seen = 0;
            for (const int i : parimap::unordered_imap(p, same, ranges::views::iota(0))) {
                (void)i;
                if (++seen == 10) kill(getpid(), SIGINT);
                if (arrived > 0) break;
            }
            REQUIRE(seen >= 10);
            REQUIRE(arrived == 1);
        }
        {
            const counted_signals here{SIGINT};
            std::stop_source enough;
            std::atomic<int> ran{0};
            const auto f = [&](int i) {
                ++ran;
                if (i == 20) kill(getpid(), SIGINT);
                std::this_thread::sleep_for(50us);
                if (arrived > 0) enough.request_stop();
            };
            const map_options options{.stop = enough.get_token()};
            REQUIRE_THROWS_AS(parimap::parallel_for_each(p, options, f, ranges::views::iota(0, 1'000'000)), parimap::cancelled);
            REQUIRE(ran < 1'000'000);
            REQUIRE(arrived == 1);
        }
        REQUIRE(parimap::parallel_map(p, same, numbers(100)) == numbers(100));
    }
}

TEST_CASE("P5 signals that interrupt what a call waits for change nothing") {
    for (const bool on_this_thread : {true, false}) {
        if (is_serial && !on_this_thread) continue;  // it has no others
        CAPTURE(on_this_thread);
        pool p{3};
        const hail signals{on_this_thread};
        const auto slow = [](int i) {
            std::this_thread::sleep_for(200us);
            return i;
        };
        for (int round = 0; round < 5; ++round) {
            REQUIRE(parimap::parallel_map(p, slow, numbers(60)) == numbers(60));
            REQUIRE(drain(parimap::ordered_imap(p, slow, numbers(60))) == numbers(60));
            REQUIRE(sorted(drain(parimap::unordered_imap(p, slow, ranges::views::iota(0, 60)))) == numbers(60));
            REQUIRE(p.submit(slow, round).get() == round);
        }
        if (!is_serial) {
            gate held;
            auto stream = parimap::ordered_imap(
                p, [&](int i) { return held.wait() ? i : -1; }, numbers(2));
            const auto begin = std::chrono::steady_clock::now();
            REQUIRE_THROWS_AS(stream.next_for(30ms), parimap::timed_out);
            REQUIRE_FALSE(stream.wait_for(30ms));
            REQUIRE(std::chrono::steady_clock::now() - begin >= 60ms);
            held.open();
            REQUIRE(drain(stream) == numbers(2));
        }
        {
            pipe_ends pipe;
            const std::string text(300'000, 'x');  // more than a pipe holds
            std::string got;
            std::thread reader([&] {
                char buffer[5000];
                while (got.size() <= text.size()) {
                    const ssize_t n = ::read(pipe.fds[0], buffer, sizeof(buffer));
                    if (n > 0) got.append(buffer, static_cast<std::size_t>(n));
                    std::this_thread::sleep_for(300us);
                }
            });
            parimap::progress_write(text, pipe.fds[1]);
            reader.join();
            REQUIRE(got == text + '\n');
        }
        p.close();
        p.join();
        REQUIRE(arrived > 20);
    }
}
