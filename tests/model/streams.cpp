// SPDX-License-Identifier: MIT
// Whole calls, from a frontend to its results: the parts of the engine together, at random.
#include "model/counting.hpp"
#include "model/engine.hpp"

#include <parimap/basic_pool.hpp>
#include <parimap/detail/system/asymmetric_fence.hpp>
#include <parimap/ordered_imap.hpp>
#include <parimap/parallel_map.hpp>
#include <parimap/parallel_map_reduce.hpp>
#include <parimap/unordered_imap.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <vector>

using namespace parimap_model;

namespace {

const std::vector<int> four{1, 2, 3, 4};

number twice(int n) { return number(2 * n); }

number twice_of(number n) { return number(2 * n.get()); }

options at_random(std::uint64_t executions) { return {.steps = 20'000, .random = executions, .rarely = 20}; }

}  // namespace

TEST_CASE("streams: an ordered stream hands over all results in order") {
    holds(at_random(2'000), [] {
        parimap::pool p(2);
        int expected = 0;
        for (number& r : parimap::ordered_imap(p, parimap::map_options{.window = 2}, twice, four)) {
            check(r.get() == (expected += 2), "a wrong result");
        }
        check(expected == 8, "a result is missing");
    });
}

TEST_CASE("streams: an ordered stream of one worker hands over all results, with each interruption there is") {
    holds({.preemptions = 1, .stale_reads = 0, .time_outs = 1}, [] {
        parimap::pool p(1);
        int expected = 0;
        for (number& r : parimap::ordered_imap(p, parimap::map_options{.window = 1}, twice, std::vector{1, 2})) {
            check(r.get() == (expected += 2), "a wrong result");
        }
        check(expected == 4, "a result is missing");
    });
}

TEST_CASE("streams: an unordered stream hands over each result once") {
    holds(at_random(2'000), [] {
        parimap::pool p(2);
        int sum = 0;
        for (number& r : parimap::unordered_imap(p, twice, four)) sum += r.get();
        check(sum == 20, "a result is missing, or came twice");
    });
}

TEST_CASE("streams: a stream that is left early waits for its workers, and for nothing else") {
    holds(at_random(2'000), [] {
        parimap::pool p(2);
        number touched{0};
        {
            std::vector<number> items(4);
            for (number& r : parimap::ordered_imap(
                     p,
                     [](number& n) {
                         n.set(n.get() + 1);
                         return number(n.get());
                     },
                     items)) {
                check(r.get() == 1, "an item ran twice");
                break;
            }
            for (number& n : items) check(n.get() <= 1, "an item ran twice");  // nobody writes there any more
        }
    });
}

TEST_CASE("streams: a stream that another thread cancels ends") {
    holds(at_random(2'000), [] {
        parimap::pool p(1);
        auto results = parimap::unordered_imap(p, twice, four);
        run({{"canceller", [&] { results.cancel(); }}, {"consumer", [&] {
                                                            try {
                                                                int count = 0;
                                                                while (results.next()) ++count;
                                                                check(count == 4, "the end came early");
                                                            } catch (const parimap::cancelled&) {
                                                            }
                                                        }}});
    });
}

TEST_CASE("streams: the last of two copies of a stream ends it") {
    holds(at_random(2'000), [] {
        parimap::pool p(1);
        auto results = std::make_optional(parimap::ordered_imap(p, twice, four));
        auto copy = results;
        run({{"one", [&] { results.reset(); }}, {"other", [&] { copy.reset(); }}});
    });
}

TEST_CASE("streams: a failure comes where its result would have been") {
    holds(at_random(1'000), [] {
        parimap::pool p(2);
        auto results = parimap::ordered_imap(
            p,
            [](int n) {
                if (n == 2) throw std::runtime_error("two");
                return twice(n);
            },
            four);
        int sum = 0;
        int failures = 0;
        for (;;) {
            try {
                auto r = results.next();
                if (!r) break;
                sum += r->get();
            } catch (const std::runtime_error&) {
                check(sum == 2, "a failure in the wrong place");
                ++failures;
            }
        }
        check(sum == 16 && failures == 1, "a result is missing");
    });
}

TEST_CASE("streams: a map returns all results") {
    holds(at_random(2'000), [] {
        parimap::pool p(2);
        const std::vector<number> all = parimap::parallel_map(p, twice, four);
        for (std::size_t i = 0; i < 4; ++i) check(all[i].get() == 2 * four[i], "a wrong result");
    });
}

TEST_CASE("streams: a map starts nothing behind an item that failed, and throws what it threw") {
    holds(at_random(1'000), [] {
        parimap::pool p(2);
        try {
            parimap::parallel_map(
                p,
                [](int n) {
                    if (n >= 3) throw n;
                    return twice(n);
                },
                four);
            check(false, "nothing is thrown");
        } catch (int thrown) {
            check(thrown == 3, "the failure of a later item");
        }
    });
}

TEST_CASE("streams: an item of a map that waits for the next one has another worker start that") {
    for (int waiting = 1; waiting <= 3; ++waiting) {
        CAPTURE(waiting);
        holds(at_random(2'000), [waiting] {
            parimap::pool p(2);
            gate next;
            const auto f = [&](int n) {
                if (n == waiting) next.wait();
                if (n == waiting + 1) next.open();
                return twice(n);
            };
            const std::vector<number> all = parimap::parallel_map(p, f, four);
            for (std::size_t i = 0; i < 4; ++i) check(all[i].get() == 2 * four[i], "a wrong result");
        });
    }
}

TEST_CASE("streams: a nested map ends, with one worker") {
    holds(at_random(1'000), [] {
        parimap::pool p(1);
        const auto inner = [&](int n) {
            int sum = 0;
            for (const number& r : parimap::parallel_map(p, twice, std::vector{n, n})) sum += r.get();
            return number(sum);
        };
        const std::vector<number> all = parimap::parallel_map(p, inner, std::vector{1, 2});
        check(all[0].get() == 4 && all[1].get() == 8, "a wrong result");
    });
}

TEST_CASE("streams: an input that is read one at a time runs to its end, in order and not") {
    const auto sum_of = [](auto results) {
        int sum = 0;
        while (auto r = results.next()) sum += r->get();
        return sum;
    };
    const auto f = [](number n) { return number(n.get() + 1); };
    holds(at_random(1'000), [&] {
        parimap::pool p(2);
        check(sum_of(parimap::ordered_imap(p, parimap::map_options{.window = 1}, f, counting(4))) == 10, "a wrong result");
    });
    holds(at_random(1'000), [&] {
        parimap::pool p(2);
        check(sum_of(parimap::unordered_imap(p, f, counting(4))) == 10, "a wrong result");
    });
}

TEST_CASE("streams: an input that fails ends an unordered stream behind the results before it") {
    holds(at_random(1'000), [] {
        parimap::pool p(2);
        auto results = parimap::unordered_imap(p, twice_of, counting(4, 3));
        int sum = 0;
        try {
            while (auto r = results.next()) sum += r->get();
            check(false, "nothing is thrown");
        } catch (const std::out_of_range&) {
            check(sum == 6, "a result is missing");
        }
    });
}

TEST_CASE("streams: a heavy fence that fails in the middle of a call loses nothing") {
    using parimap::detail::asymmetric_fence;
    for (const std::uint64_t fences : {0U, 1U, 2U}) {
        holds(at_random(1'000), [fences] {
            asymmetric_fence::left = fences;
            parimap::pool p(2);
            int sum = 0;
            for (number& r : parimap::unordered_imap(p, twice, four)) sum += r.get();
            for (const number& r : parimap::parallel_map(p, twice, four)) sum += r.get();
            check(sum == 40, "a result is missing, or came twice");
        });
    }
    asymmetric_fence::left = ~std::uint64_t{0};
}

TEST_CASE("streams: two threads share one worker") {
    holds(at_random(2'000), [] {
        parimap::pool p(1);
        const auto use = [&] {
            int expected = 0;
            for (number& r : parimap::ordered_imap(p, twice, std::vector{1, 2}))
                check(r.get() == (expected += 2), "a wrong result");
            check(expected == 4, "a result is missing");
        };
        const auto map = [&] {
            for (const number& r : parimap::parallel_map(p, twice, std::vector{3, 3})) check(r.get() == 6, "a wrong result");
        };
        run({{"one", use}, {"other", map}});
    });
}

TEST_CASE("streams: a pool that is terminated ends what runs on it, and what comes to it") {
    holds(at_random(2'000), [] {
        parimap::pool p(2);
        const auto call = [](const std::function<void()>& body) {
            return [body] {
                try {
                    body();
                } catch (const parimap::cancelled&) {
                } catch (const parimap::pool_closed&) {
                }
            };
        };
        run({{"terminator", [&] { p.terminate(); }},
             {"stream", call([&] {
                  for (number& r : parimap::ordered_imap(p, twice, four)) check(r.get() % 2 == 0, "a wrong result");
              })},
             {"map", call([&] { check(parimap::parallel_map(p, twice, four)[3].get() == 8, "a wrong result"); })}});
        p.join();
    });
}

TEST_CASE("streams: a pool that is closed and joined beside a stream leaves it its results") {
    holds(at_random(2'000), [] {
        parimap::pool p(1);
        auto results = parimap::ordered_imap(p, twice, four);
        run({{"closer",
              [&] {
                  p.close();
                  p.join();
              }},
             {"consumer", [&] {
                  int sum = 0;
                  for (number& r : results) sum += r.get();
                  check(sum == 20, "a result is missing");
              }}});
    });
}

TEST_CASE("streams: a stream outlives its pool") {
    holds(at_random(2'000), [] {
        auto p = std::make_optional<parimap::pool>(2U);
        auto results = parimap::unordered_imap(*p, twice, four);
        run({{"owner", [&] { p.reset(); }}, {"consumer", [&] {
                                                 int sum = 0;
                                                 for (number& r : results) sum += r.get();
                                                 check(sum == 20, "a result is missing");
                                             }}});
    });
}

TEST_CASE("streams: an element that cannot be read ends a stream beside a worker that drops all it has") {
    const std::vector<int> three{1, 2, 3};
    holds(at_random(3'000), [&] {
        parimap::pool p(2);
        const auto elements = three | std::views::transform([](int n) {
                                  if (n == 1) throw std::out_of_range("it cannot be read");
                                  return n;
                              });
        auto results = parimap::unordered_imap(
            p, parimap::map_options{.chunk = 1, .window = 3}, [](int n) { return number(n); }, elements);
        bool is_cut = false;
        try {
            while (auto r = results.next()) check(r->get() > 1, "a wrong result");
        } catch (const std::out_of_range&) {
            is_cut = true;
        }
        check(is_cut, "nothing is thrown");
    });
}
