// SPDX-License-Identifier: MIT
// The checker itself: what the memory orders of C++20 allow is found, and nothing else.
#include "model/checker/atomic.hpp"
#include "model/checker/data.hpp"
#include "model/checker/explore.hpp"
#include "model/checker/sleeping.hpp"
#include "support/catch.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <source_location>
#include <string>

using model::check;
using model::explore;
using model::options;
using model::outcome;

namespace {

constexpr std::memory_order relaxed = std::memory_order_relaxed;
constexpr std::memory_order acquire = std::memory_order_acquire;
constexpr std::memory_order release = std::memory_order_release;
constexpr std::memory_order acq_rel = std::memory_order_acq_rel;
constexpr std::memory_order seq_cst = std::memory_order_seq_cst;

const options all{.preemptions = 100, .stale_reads = 100};

using word = model::atomic<int>;

/// Runs all of them as threads.
void run(std::initializer_list<std::function<void()>> bodies) {
    model::threads all_of_them;
    int number = 0;
    for (const auto& body : bodies) all_of_them.start("thread " + std::to_string(++number), body);
    all_of_them.join();
}

/// Whether some execution fails, of all there are.
bool can_fail(const std::function<void()>& body, const options& bounds = all) {
    const outcome result = explore(bounds, body);
    INFO(result.report);
    CHECK((result.failed() || result.complete));
    return result.failed();
}

bool store_buffering(std::memory_order order, bool fences) {
    return can_fail([=] {
        word x{0}, y{0};
        int a = 0, b = 0;
        const auto side = [=](word& mine, word& others, int& seen) {
            mine.store(1, order == seq_cst ? seq_cst : release);
            if (fences) model::atomic_thread_fence(seq_cst);
            seen = others.load(order);
        };
        run({[&] { side(x, y, a); }, [&] { side(y, x, b); }});
        check(a == 1 || b == 1, "both missed the other's store");
    });
}

bool message_passing(std::memory_order stores, std::memory_order loads) {
    return can_fail([=] {
        model::data<int> message{0};
        word flag{0};
        run({[&] {
                 message.set(1);
                 flag.store(1, stores);
             },
             [&] {
                 if (flag.load(loads) == 1) check(message.get() == 1, "an old message");
             }});
    });
}

/// Two flags, of which one is not data: the order alone, without a race.
bool message_passing_by_fences(bool first, bool second) {
    return can_fail([=] {
        word message{0}, flag{0};
        run({[&] {
                 message.store(1, relaxed);
                 if (first) model::atomic_thread_fence(release);
                 flag.store(1, relaxed);
             },
             [&] {
                 const bool sent = flag.load(relaxed) == 1;
                 if (second) model::atomic_thread_fence(acquire);
                 if (sent) check(message.load(relaxed) == 1, "an old message");
             }});
    });
}

bool independent_reads(std::memory_order stores, std::memory_order loads) {
    return can_fail([=] {
        word x{0}, y{0};
        bool first = false, second = false;
        run({[&] { x.store(1, stores); }, [&] { y.store(1, stores); }, [&] { first = x.load(loads) == 1 && y.load(loads) == 0; },
             [&] { second = y.load(loads) == 1 && x.load(loads) == 0; }});
        check(!(first && second), "two threads disagree which store came first");
    });
}

}  // namespace

TEST_CASE("checker: the interleavings of two threads with two steps each are six") {
    const outcome result = explore(all, [] {
        word x{0}, y{0};
        run({[&] {
                 x.store(1, relaxed);
                 x.store(2, relaxed);
             },
             [&] {
                 y.store(1, relaxed);
                 y.store(2, relaxed);
             }});
    });
    CHECK(result.complete);
    CHECK(result.executions == 6);
}

TEST_CASE("checker: with three stores before it a load can read four values, and each once") {
    std::array<int, 4> read{};
    const outcome result = explore({.preemptions = 0, .stale_reads = 1}, [&] {
        word x{0};
        run({[&] {
                 for (int i = 1; i <= 3; ++i) x.store(i, relaxed);
             },
             [&] { ++read.at(static_cast<std::size_t>(x.load(relaxed))); }});
    });
    CHECK(result.complete);
    CHECK(result.executions == 5);  // four with the writer first, one with the reader
    CHECK(read == std::array{2, 1, 1, 1});
}

TEST_CASE("checker: store buffering, which only seq_cst excludes") {
    CHECK(store_buffering(relaxed, false));
    CHECK(store_buffering(acquire, false));
    CHECK_FALSE(store_buffering(seq_cst, false));
    CHECK_FALSE(store_buffering(relaxed, true));
}

TEST_CASE("checker: message passing, which needs a release and an acquire") {
    CHECK(message_passing(relaxed, relaxed));
    CHECK(message_passing(release, relaxed));
    CHECK(message_passing(relaxed, acquire));
    CHECK_FALSE(message_passing(release, acquire));
    CHECK_FALSE(message_passing(seq_cst, seq_cst));
    CHECK(message_passing_by_fences(false, false));
    CHECK(message_passing_by_fences(true, false));
    CHECK(message_passing_by_fences(false, true));
    CHECK_FALSE(message_passing_by_fences(true, true));
}

TEST_CASE("checker: a release sequence goes on through read-modify-writes, not through stores") {
    const auto passed_on = [](bool by_exchange) {
        return !can_fail([=] {
            model::data<int> message{0};
            word flag{0};
            run({[&] {
                     message.set(1);
                     flag.store(1, release);
                 },
                 [&] {
                     if (by_exchange) {
                         flag.fetch_add(2, relaxed);
                     } else if (flag.load(relaxed) == 1) {
                         flag.store(3, relaxed);
                     }
                 },
                 [&] {
                     if (flag.load(acquire) == 3) check(message.get() == 1, "an old message");
                 }});
        });
    };
    CHECK(passed_on(true));
    CHECK_FALSE(passed_on(false));
}

TEST_CASE("checker: independent reads of independent writes, which only seq_cst excludes") {
    CHECK(independent_reads(relaxed, relaxed));
    CHECK(independent_reads(release, acquire));
    CHECK_FALSE(independent_reads(seq_cst, seq_cst));
}

TEST_CASE("checker: load buffering and 2+2W are not found") {
    CHECK_FALSE(can_fail([] {
        word x{0}, y{0};
        int a = 0, b = 0;
        run({[&] {
                 a = x.load(relaxed);
                 y.store(1, relaxed);
             },
             [&] {
                 b = y.load(relaxed);
                 x.store(1, relaxed);
             }});
        check(a == 0 || b == 0, "both read what the other stored later");
    }));
    CHECK_FALSE(can_fail([] {
        word x{0}, y{0};
        run({[&] {
                 x.store(1, relaxed);
                 y.store(2, relaxed);
             },
             [&] {
                 y.store(1, relaxed);
                 x.store(2, relaxed);
             }});
        check(x.load(relaxed) == 2 || y.load(relaxed) == 2, "both first stores came last");
    }));
}

TEST_CASE("checker: one object has one order for all, and a thread reads nothing older than it has read or written") {
    CHECK_FALSE(can_fail([] {
        word x{0};
        run({[&] { x.store(1, relaxed); }, [&] { x.store(2, relaxed); },
             [&] {
                 const int first = x.load(relaxed);
                 const int second = x.load(relaxed);
                 check(first == 0 || second != 0, "back to the beginning");
                 x.store(3, relaxed);
                 check(x.load(relaxed) != first || first == 3, "older than its own");
             }});
        check(x.load(relaxed) != 0, "a join shows all stores");
    }));
    CHECK_FALSE(can_fail([] {
        word x{0};
        const auto reads_1_then_2 = [&x] { return x.load(relaxed) == 1 && x.load(relaxed) == 2; };
        const auto reads_2_then_1 = [&x] { return x.load(relaxed) == 2 && x.load(relaxed) == 1; };
        bool one = false, other = false;
        run({[&] { x.store(1, relaxed); }, [&] { x.store(2, relaxed); }, [&] { one = reads_1_then_2(); },
             [&] { other = reads_2_then_1(); }});
        check(!(one && other), "two orders of one object");
    }));
}

TEST_CASE("checker: read-modify-writes lose nothing, loads and stores do") {
    const auto loses = [](bool by_exchange) {
        return can_fail([=] {
            word x{0};
            const auto add = [&] {
                if (by_exchange) {
                    x.fetch_add(1, relaxed);
                } else {
                    x.store(x.load(relaxed) + 1, relaxed);
                }
            };
            run({add, add, add});
            check(x.load(relaxed) == 3, "an addition is lost");
        });
    };
    CHECK_FALSE(loses(true));
    CHECK(loses(false));
}

TEST_CASE("checker: a heavy fence orders what a light one parts, and neither does alone") {
    const auto both_miss = [](bool light, bool heavy) {
        return can_fail([=] {
            word x{0}, y{0};
            int a = 0, b = 0;
            run({[&] {
                     x.store(1, relaxed);
                     if (light) model::memory::light_fence();
                     a = y.load(relaxed);
                 },
                 [&] {
                     y.store(1, relaxed);
                     if (heavy) model::memory::heavy_fence(std::source_location::current());
                     b = x.load(relaxed);
                 }});
            check(a == 1 || b == 1, "both missed the other's store");
        });
    };
    CHECK_FALSE(both_miss(true, true));
    CHECK(both_miss(true, false));
    CHECK(both_miss(false, true));
    CHECK(both_miss(false, false));
    CHECK(can_fail([] {
        word x{0}, y{0};
        int a = 0, b = 0;
        const auto side = [](word& mine, word& others, int& seen) {
            mine.store(1, relaxed);
            model::memory::light_fence();
            seen = others.load(relaxed);
        };
        run({[&] { side(x, y, a); }, [&] { side(y, x, b); }});
        check(a == 1 || b == 1, "both missed the other's store");
    }));
}

TEST_CASE("checker: a mutex parts threads, and passes on what they did") {
    const auto races = [](bool locked) {
        return can_fail([=] {
            model::mutex mutex;
            model::data<int> sum{0};
            const auto add = [&] {
                if (locked) mutex.lock();
                sum.set(sum.get() + 1);
                if (locked) mutex.unlock();
            };
            run({add, add, add});
            check(sum.get() == 3, "an addition is lost");
        });
    };
    CHECK_FALSE(races(true));
    CHECK(races(false));
    CHECK(explore(all, [] {
              model::mutex one, other;
              const auto both = [](model::mutex& first, model::mutex& second) {
                  first.lock();
                  second.lock();
                  second.unlock();
                  first.unlock();
              };
              run({[&] { both(one, other); }, [&] { both(other, one); }});
          }).failure == "all threads sleep");
}

TEST_CASE("checker: a lost wake-up is found, and a time-out or a spurious one saves the sleeper only where it may") {
    // The flag is not set under the mutex: so it can be set between the look at it and the sleep.
    const auto sleeps_on = [](bool right, bool has_deadline, options bounds) {
        bounds.preemptions = 3;
        const outcome result = explore(bounds, [=] {
            model::mutex mutex;
            model::condition_variable wake;
            word flag{0};
            const std::int64_t deadline = 2'000'000'000;
            run({[&] {
                     mutex.lock();
                     while (flag.load(relaxed) == 0 && wake.wait(mutex, has_deadline ? &deadline : nullptr)) {
                     }
                     mutex.unlock();
                 },
                 [&] {
                     if (right) mutex.lock();
                     flag.store(1, relaxed);
                     if (right) mutex.unlock();
                     wake.notify_one();
                 }});
        });
        INFO(result.report);
        CHECK((result.complete || result.failure == "all threads sleep"));
        return result.failed();
    };
    CHECK_FALSE(sleeps_on(true, false, {}));
    CHECK(sleeps_on(false, false, {}));
    CHECK_FALSE(sleeps_on(false, true, {}));
    CHECK(sleeps_on(false, true, {.waits_for_ever = true}));
    // One that does not look again takes a spurious wake-up for the one it waits for.
    const auto believes = [](options bounds) {
        return can_fail(
            [] {
                model::mutex mutex;
                model::condition_variable wake;
                word flag{0};
                run({[&] {
                         mutex.lock();
                         if (flag.load(relaxed) == 0) {
                             wake.wait(mutex, nullptr);
                             check(flag.load(relaxed) == 1, "woken for nothing");
                         }
                         mutex.unlock();
                     },
                     [&] {
                         mutex.lock();
                         flag.store(1, relaxed);
                         mutex.unlock();
                         wake.notify_all();
                     }});
            },
            bounds);
    };
    CHECK_FALSE(believes({}));
    CHECK(believes({.spurious = 1}));
}

TEST_CASE("checker: a thread that waits for nobody to come has no end") {
    CHECK(explore({}, [] {
              const word never{0};
              while (never.load(relaxed) == 0) {
              }
          }).failure == "it has no end");
    CHECK_FALSE(can_fail(
        [] {
            word flag{0};
            run({[&] {
                     while (flag.load(acquire) == 0) model::yield();
                 },
                 [&] { flag.store(1, release); }});
        },
        {}));
}

TEST_CASE("checker: an object that is used after its end, or that ends while another thread may use it") {
    CHECK(explore(all, [] {
              auto* const x = new word{0};
              model::threads user({{"user", [&] { x->load(relaxed); }}});
              delete x;
              user.join();
          }).failed());
    CHECK(can_fail([] {
        auto* const x = new word{2};
        const auto leave = [&] {
            if (x->fetch_sub(1, relaxed) == 1) delete x;
        };
        run({leave, leave});
    }));
    CHECK_FALSE(can_fail([] {
        auto* const x = new word{2};
        const auto leave = [&] {
            if (x->fetch_sub(1, acq_rel) == 1) delete x;
        };
        run({leave, leave});
    }));
}

TEST_CASE("checker: the same choices give the same execution, and the same seed") {
    const auto report = [](options bounds) {
        return explore(bounds,
                       [] {
                           word x{0}, y{0};
                           int a = 0, b = 0;
                           run({[&] {
                                    x.store(1, relaxed);
                                    a = y.load(relaxed);
                                },
                                [&] {
                                    y.store(1, relaxed);
                                    b = x.load(relaxed);
                                }});
                           check(a == 1 || b == 1, "both missed the other's store");
                       })
            .report;
    };
    CHECK(report({}) == report({}));
    const std::string random = report({.random = 1000, .seed = 3});
    CHECK(random == report({.random = 1000, .seed = 3}));
    CHECK(random.find("seed ") != std::string::npos);
    CHECK(random.find("checker.cpp:") != std::string::npos);
}
