// SPDX-License-Identifier: MIT
// P4: failures of items and of the input, with every frontend.
#include "support/backend_under_test.hpp"
#include "support/catch.hpp"
#include "support/counted.hpp"
#include "support/gate.hpp"
#include "support/items.hpp"
#include "support/recorded_range.hpp"
#include "support/throws_on.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <random>
#include <ranges>
#include <stop_token>
#include <thread>
#include <vector>

#include <range/v3/view/iota.hpp>
#include <range/v3/view/transform.hpp>

using namespace parimap_test;
using namespace std::chrono_literals;
using parimap::map_options;

namespace {

constexpr std::size_t untouched = 4711;

// What came out of a stream, in the order in which it came.
struct outcome {
    std::vector<int> results;
    std::vector<int> failed_items;
    std::vector<std::size_t> failed_indices;
};

template <class Imap>
outcome read_on(Imap& imap, const std::size_t& failed_index) {
    outcome all;
    while (true) {
        try {
            const auto result = imap.next();
            if (!result) return all;
            all.results.push_back(*result);
        } catch (const item_error& e) {
            all.failed_items.push_back(e.item);
            all.failed_indices.push_back(failed_index);
        }
    }
}

// Every blocking frontend over the same items; `check` gets a call and must see it fail.
template <class F, class Input, class Check>
void with_every_blocking_frontend(pool& p, map_options options, const F& f, const Input& input, Check check) {
    std::vector<int> out(20'000);
    check("parallel_map", [&] { (void)parimap::parallel_map(p, options, f, input); });
    check("parallel_for_each", [&] { parimap::parallel_for_each(p, options, f, input); });
    check("parallel_map_into", [&] { (void)parimap::parallel_map_into(p, options, out, f, input); });
    check("parallel_map_reduce", [&] { (void)parimap::parallel_map_reduce(p, options, f, std::plus<>{}, 0, input); });
    check("map_async", [&] { (void)parimap::map_async(p, options, f, input).get(); });
}

// The lowest failed item of a call, as its exception and as failed_index tell it.
template <class Call>
std::optional<int> item_thrown_by(Call call) {
    try {
        call();
    } catch (const item_error& e) {
        return e.item;
    }
    return std::nullopt;
}

}  // namespace

TEST_CASE("P4 ordered_imap throws an exception exactly when its item is due and goes on afterwards") {
    const throws_on f{{0, 3, 4, 50, 99}};
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t window : limits) {
            for (const std::size_t chunk : sizes{0, 1, 7, 64}) {
                CAPTURE(workers, window, chunk);
                std::size_t failed = untouched;
                pool p{workers};
                auto imap = parimap::ordered_imap(p, map_options{.chunk = chunk, .window = window, .failed_index = &failed}, f,
                                                  numbers(100));
                for (int i = 0; i < 100; ++i) {
                    CAPTURE(i);
                    if (f.is_bad(i)) {
                        REQUIRE_THROWS_AS(imap.next(), item_error);
                        REQUIRE(failed == static_cast<std::size_t>(i));
                    } else {
                        REQUIRE(imap.next() == i);
                    }
                }
                REQUIRE_FALSE(imap.next());
            }
        }
    }
}

TEST_CASE("P4 a loop over ordered_imap ends at the failed item and next goes on behind it") {
    const throws_on f{{5}};
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        auto imap = parimap::ordered_imap(p, f, numbers(10));
        std::vector<int> seen;
        int thrown = -1;
        try {
            for (const int r : imap) seen.push_back(r);
        } catch (const item_error& e) {
            thrown = e.item;
        }
        REQUIRE(thrown == 5);
        REQUIRE(seen == numbers(5));
        for (int i = 6; i < 10; ++i) REQUIRE(imap.next() == i);
        REQUIRE_FALSE(imap.next());
    }
}

TEST_CASE("P4 unordered_imap hands over each failed item once among all the results") {
    const throws_on f{{0, 3, 4, 50, 99}};
    std::vector<int> good;
    for (int i = 0; i < 100; ++i)
        if (!f.is_bad(i)) good.push_back(i);
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t window : limits) {
            for (const std::size_t chunk : sizes{0, 1, 7, 64}) {
                CAPTURE(workers, window, chunk);
                std::size_t failed = untouched;
                pool p{workers};
                auto imap = parimap::unordered_imap(p, map_options{.chunk = chunk, .window = window, .failed_index = &failed}, f,
                                                    numbers(100));
                auto all = read_on(imap, failed);
                for (std::size_t k = 0; k < all.failed_items.size(); ++k)
                    REQUIRE(all.failed_indices[k] == static_cast<std::size_t>(all.failed_items[k]));
                std::sort(all.results.begin(), all.results.end());
                std::sort(all.failed_items.begin(), all.failed_items.end());
                REQUIRE(all.results == good);
                REQUIRE(all.failed_items == std::vector<int>{0, 3, 4, 50, 99});
            }
        }
    }
}

TEST_CASE("P4 a stream in which every item fails throws once per item and then ends") {
    const auto fail = [](int i) -> int { throw item_error{i}; };
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        std::size_t failed = untouched;
        pool p{workers};
        auto ordered = parimap::ordered_imap(p, map_options{.failed_index = &failed}, fail, numbers(300));
        REQUIRE(read_on(ordered, failed).failed_items == numbers(300));
        auto unordered = parimap::unordered_imap(p, map_options{.failed_index = &failed}, fail, numbers(300));
        auto thrown = read_on(unordered, failed).failed_items;
        std::sort(thrown.begin(), thrown.end());
        REQUIRE(thrown == numbers(300));
    }
}

TEST_CASE("P4 a blocking call throws what a serial loop would have thrown") {
    std::mt19937 random{11};
    for (const std::size_t workers : worker_counts) {
        pool p{workers};
        for (int round = 0; round < 12; ++round) {
            const auto size = std::size_t{1} + random() % 400;
            std::vector<int> bad;
            for (auto count = 1 + random() % 5; count > 0; --count) bad.push_back(static_cast<int>(random() % size));
            const throws_on f{bad};
            const int first = *std::min_element(bad.begin(), bad.end());
            const std::size_t chunk = limits[random() % limits.size()];
            const std::size_t window = limits[random() % limits.size()];
            std::size_t failed = untouched;
            const map_options options{.chunk = chunk, .window = window, .failed_index = &failed};
            with_every_blocking_frontend(p, options, f, numbers(size), [&](const char* frontend, auto call) {
                CAPTURE(workers, size, chunk, window, frontend);
                failed = untouched;
                REQUIRE(item_thrown_by(call) == first);
                REQUIRE(failed == static_cast<std::size_t>(first));
            });
            REQUIRE(parimap::parallel_map(p, same, numbers(20)) == numbers(20));  // the pool is usable afterwards
        }
    }
}

TEST_CASE("P4 an item that fails later but lies earlier wins") {
    if (is_serial) return;  // items run one after the other there
    for (const std::size_t workers : sizes{2, 3, 8}) {
        for (const std::size_t chunk : sizes{0, 1, 64}) {
            gate later_failed;
            const auto f = [&](int i) {
                if (i == 7) {
                    later_failed.open();
                    throw item_error{7};
                }
                if (i == 3) {
                    later_failed.wait();
                    std::this_thread::sleep_for(5ms);
                    throw item_error{3};
                }
                return i;
            };
            pool p{workers};
            std::size_t failed = untouched;
            const map_options options{.chunk = chunk, .failed_index = &failed};
            CAPTURE(workers, chunk);
            REQUIRE(item_thrown_by([&] { (void)parimap::parallel_map(p, options, f, numbers(100)); }) == 3);
            REQUIRE(later_failed.is_open());
            REQUIRE(failed == 3);
        }
    }
}

TEST_CASE("P4 parallel_map lets every item before the failed one finish and runs none twice") {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t chunk : limits) {
            CAPTURE(workers, chunk);
            std::vector<std::atomic<int>> finished(400);
            const auto f = [&](int i) {
                if (i == 150) throw item_error{i};
                if (i % 50 == 0) std::this_thread::sleep_for(200us);
                ++finished[static_cast<std::size_t>(i)];
            };
            pool p{workers};
            const auto call = [&] { parimap::parallel_for_each(p, map_options{.chunk = chunk}, f, numbers(400)); };
            REQUIRE(item_thrown_by(call) == 150);
            REQUIRE(std::all_of(finished.begin(), finished.begin() + 150, [](const auto& n) { return n == 1; }));
            REQUIRE(std::all_of(finished.begin() + 150, finished.end(), [](const auto& n) { return n <= 1; }));
        }
    }
}

TEST_CASE("P4 a blocking call starts no item after the first failed index") {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t chunk : sizes{0, 1, 5000}) {
            std::atomic<int> started{0};
            const auto f = [&](int i) {
                ++started;
                if (i == 5) throw item_error{i};
                if (i > 5) std::this_thread::sleep_for(1ms);
                return i;
            };
            pool p{workers};
            with_every_blocking_frontend(p, map_options{.chunk = chunk}, f, numbers(5000), [&](const char* frontend, auto call) {
                CAPTURE(workers, chunk, frontend);
                started = 0;
                REQUIRE(item_thrown_by(call) == 5);
                REQUIRE(started < 2500);  // seconds of work were left; a handful of items had begun
            });
        }
    }
}

TEST_CASE("P4 with one worker nothing at all runs behind the failed item") {
    pool p{1};
    for (const std::size_t chunk : limits) {
        CAPTURE(chunk);
        std::atomic<int> behind{0};
        const auto f = [&](int i) {
            if (i > 40) ++behind;
            if (i == 40) throw item_error{i};
            return i;
        };
        REQUIRE(item_thrown_by([&] { (void)parimap::parallel_map(p, map_options{.chunk = chunk}, f, numbers(100)); }) == 40);
        REQUIRE(behind == 0);
    }
}

TEST_CASE("P4 the exception that leaves is the very object that was thrown") {
    struct marker {
        int payload = 0;
    };
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        std::atomic<const marker*> thrown{nullptr};
        const auto f = [&](int i) {
            if (i != 9) return i;
            try {
                throw marker{i};
            } catch (const marker& m) {
                thrown = &m;
                throw;
            }
        };
        pool p{workers};
        const auto object_of = [](auto call) -> const void* {
            try {
                call();
            } catch (const marker& m) {
                return m.payload == 9 ? &m : nullptr;
            }
            return nullptr;
        };
        const void* seen = object_of([&] { (void)parimap::parallel_map(p, f, numbers(20)); });
        REQUIRE(seen != nullptr);
        REQUIRE(seen == static_cast<const void*>(thrown.load()));
        auto imap = parimap::ordered_imap(p, f, numbers(20));
        for (int i = 0; i < 9; ++i) REQUIRE(imap.next() == i);
        seen = object_of([&] { (void)imap.next(); });
        REQUIRE(seen != nullptr);
        REQUIRE(seen == static_cast<const void*>(thrown.load()));
        REQUIRE(imap.next() == 10);
    }
}

TEST_CASE("P4 an exception need not derive from std exception") {
    const auto f = [](int i) -> int {
        if (i == 2) throw 42;
        return i;
    };
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        with_every_blocking_frontend(p, {}, f, numbers(5), [&](const char* frontend, auto call) {
            CAPTURE(frontend);
            REQUIRE_THROWS_AS(call(), int);
        });
        auto imap = parimap::ordered_imap(p, f, numbers(4));
        REQUIRE(imap.next() == 0);
        REQUIRE(imap.next() == 1);
        REQUIRE_THROWS_AS(imap.next(), int);
        REQUIRE(imap.next() == 3);
        REQUIRE_THROWS_AS(p.submit([]() -> int { throw 42; }).get(), int);
    }
}

TEST_CASE("P4 failed_index stays as it was while nothing fails") {
    std::size_t failed = untouched;
    const map_options options{.failed_index = &failed};
    pool p{2};
    REQUIRE(parimap::parallel_map(p, options, same, numbers(100)) == numbers(100));
    auto imap = parimap::ordered_imap(p, options, same, numbers(100));
    REQUIRE(read_on(imap, failed).results == numbers(100));
    REQUIRE(failed == untouched);
}

TEST_CASE("P4 failures of void functions are thrown like any other") {
    const auto f = [](int i) {
        if (i % 4 == 3) throw item_error{i};
    };
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        REQUIRE(item_thrown_by([&] { parimap::parallel_map(p, f, numbers(50)); }) == 3);
        auto imap = parimap::ordered_imap(p, f, numbers(8));
        for (int i = 0; i < 8; ++i) {
            if (i % 4 == 3)
                REQUIRE_THROWS_AS(imap.next(), item_error);
            else
                REQUIRE(imap.next().has_value());
        }
        REQUIRE_FALSE(imap.next());
    }
}

TEST_CASE("P4 failed calls and half-read streams leave no result behind") {
    tally counts;
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        {
            const auto f = [&](int i) {
                if (i == 30) throw item_error{i};
                return counted{counts, i};
            };
            pool p{workers};
            REQUIRE(item_thrown_by([&] { (void)parimap::parallel_map(p, f, numbers(200)); }) == 30);
            auto ordered = parimap::ordered_imap(p, f, numbers(200));
            auto unordered = parimap::unordered_imap(p, f, numbers(200));
            for (int i = 0; i < 10; ++i) REQUIRE(ordered.next());
            REQUIRE(unordered.next());
        }
        REQUIRE(counts.live == 0);
    }
}

TEST_CASE("P4 an input that throws ends the stream after all the results before it") {
    const auto check = [](auto passes, std::size_t pull_record::*fault, std::size_t at) {
        using range = recorded_range<decltype(passes)>;
        for (const std::size_t workers : worker_counts) {
            for (const std::size_t window : limits) {
                CAPTURE(workers, window, at);
                pool p{workers};
                const auto read = [&](auto make, bool ordered) {
                    CAPTURE(ordered);
                    pull_record record;
                    record.*fault = at;
                    std::size_t failed = untouched;
                    auto imap = make(map_options{.window = window, .failed_index = &failed}, range{record, 100});
                    std::vector<int> results;
                    for (std::size_t k = 0; k < at; ++k) results.push_back(imap.next().value());
                    std::sort(results.begin(), results.end());
                    REQUIRE(results == numbers(at));
                    REQUIRE(failed == untouched);
                    REQUIRE_THROWS_AS(imap.next(), input_error);
                    REQUIRE(failed == at);
                    REQUIRE_FALSE(imap.next());
                    REQUIRE_FALSE(imap.next());
                };
                read([&](map_options o, range in) { return parimap::ordered_imap(p, o, same, in); }, true);
                read([&](map_options o, range in) { return parimap::unordered_imap(p, o, same, in); }, false);
            }
        }
    };
    check(single_pass{}, &pull_record::fail_begin, 0);
    for (const std::size_t at : sizes{1, 5, 63}) check(single_pass{}, &pull_record::fail_advance, at);
    for (const std::size_t at : sizes{0, 1, 5, 63}) check(single_pass{}, &pull_record::fail_read, at);
    check(multi_pass{}, &pull_record::fail_begin, 0);
    check(multi_pass{}, &pull_record::fail_advance, 5);
    check(multi_pass{}, &pull_record::fail_read, 5);
}

TEST_CASE("P4 an input that throws leaves a blocking call after all the items before it have run") {
    for (const std::size_t workers : worker_counts) {
        for (const auto fault : {&pull_record::fail_begin, &pull_record::fail_advance, &pull_record::fail_read}) {
            pull_record record;
            const std::size_t at = fault == &pull_record::fail_begin ? 0 : 41;
            record.*fault = at;
            std::size_t failed = untouched;
            std::atomic<std::size_t> ran{0};
            const auto f = [&](int i) {
                std::this_thread::sleep_for(20us);
                ++ran;
                return i;
            };
            pool p{workers};
            const map_options options{.failed_index = &failed};
            with_every_blocking_frontend(p, options, f, recorded_range<>{record, 100}, [&](const char* frontend, auto call) {
                CAPTURE(workers, at, frontend);
                ran = 0;
                failed = untouched;
                REQUIRE_THROWS_AS(call(), input_error);
                REQUIRE(failed == at);
                REQUIRE(ran == at);
            });
        }
    }
}

TEST_CASE("P4 a failed item before the place where the input throws wins") {
    for (const std::size_t workers : worker_counts) {
        for (const std::size_t window : limits) {
            CAPTURE(workers, window);
            pull_record record;
            record.fail_advance = 30;
            const auto f = [](int i) {
                if (i == 28) {
                    std::this_thread::sleep_for(1ms);
                    throw item_error{i};
                }
                return i;
            };
            std::size_t failed = untouched;
            pool p{workers};
            const map_options options{.window = window, .failed_index = &failed};
            REQUIRE(item_thrown_by([&] { (void)parimap::parallel_map(p, options, f, recorded_range<>{record, 100}); }) == 28);
            REQUIRE(failed == 28);
            auto imap = parimap::ordered_imap(p, options, f, recorded_range<>{record, 100});
            for (int i = 0; i < 28; ++i) REQUIRE(imap.next() == i);
            REQUIRE_THROWS_AS(imap.next(), item_error);
            REQUIRE(imap.next() == 29);
            REQUIRE_THROWS_AS(imap.next(), input_error);
            REQUIRE(failed == 30);
            REQUIRE_FALSE(imap.next());
        }
    }
}

TEST_CASE("P4 a random-access view that throws while it is read counts as an input that throws") {
    const auto items = numbers(100);
    const auto check = [](const auto& view) {
        for (const std::size_t workers : worker_counts) {
            CAPTURE(workers);
            pool p{workers};
            std::size_t failed = untouched;
            const map_options options{.failed_index = &failed};
            REQUIRE_THROWS_AS(parimap::parallel_map(p, options, same, view), input_error);
            REQUIRE(failed == 20);
            auto imap = parimap::ordered_imap(p, options, same, view);
            failed = untouched;
            for (int i = 0; i < 20; ++i) REQUIRE(imap.next() == i);
            REQUIRE_THROWS_AS(imap.next(), input_error);
            REQUIRE(failed == 20);
            REQUIRE_FALSE(imap.next());
        }
    };
    const auto fails_at_20 = [](int i) {
        if (i == 20) throw input_error{"transform"};
        return i;
    };
    check(items | std::views::transform(fails_at_20));
    check(items | ranges::views::transform(fails_at_20));
}

TEST_CASE("P4 a stream ends behind an element that cannot be read however many workers drop what follows") {
    for (int round = 0; round < 300; ++round) {
        const int bad = round % 4;
        const auto elements = ranges::views::iota(0, 64) | ranges::views::transform([bad](int i) {
                                  if (i == bad) throw item_error{i};
                                  return i;
                              });
        pool p{8};
        auto stream = parimap::unordered_imap(p, map_options{.chunk = 1 + static_cast<std::size_t>(round) % 3}, same, elements);
        CAPTURE(round);
        int handed = 0;
        const auto read = [&] {
            while (stream.next()) ++handed;
        };
        REQUIRE_THROWS_AS(read(), item_error);
        REQUIRE(handed >= bad);  // and perhaps some behind it, which had finished
        REQUIRE_FALSE(stream.next());
    }
}

TEST_CASE("P4 with one worker nothing at all of a stream runs behind an element that cannot be read") {
    const auto elements = ranges::views::iota(0, 60) | ranges::views::transform([](int i) {
                              if (i == 2) throw input_error{"element"};
                              return i;
                          });
    for (const std::size_t chunk : sizes{0, 1, 64}) {
        CAPTURE(chunk);
        pool p{1};
        std::atomic<int> ran{0};
        const auto read = [&](auto stream) {
            for (int i = 0; i < 2; ++i) REQUIRE(stream.next() == i);
            REQUIRE_THROWS_AS(stream.next(), input_error);
            REQUIRE_FALSE(stream.next());
            let_mistakes_happen();
            REQUIRE(ran == 2);
            ran = 0;
        };
        const auto f = [&](int i) { return ++ran, i; };
        read(parimap::ordered_imap(p, map_options{.chunk = chunk, .window = 60}, f, elements));
        read(parimap::unordered_imap(p, map_options{.chunk = chunk, .window = 60}, f, elements));
    }
}

TEST_CASE("P4 an element that cannot be read ends a stream in order at once, whatever still runs behind it") {
    if (is_serial) return;  // items run one after the other there
    gate second_started;
    gate told;
    std::atomic<int> missed{0};
    const auto read = [&](int i) {
        if (i > 0) return i;
        second_started.wait();
        throw input_error{"element"};
    };
    const auto f = [&](int i) {
        second_started.open();
        if (!told.wait()) ++missed;
        return i;
    };
    {
        pool p{2};
        auto stream = parimap::ordered_imap(p, map_options{.chunk = 1, .window = 2}, f,
                                            ranges::views::iota(0, 2) | ranges::views::transform(read));
        REQUIRE_THROWS_AS(stream.next(), input_error);
        REQUIRE_FALSE(stream.next());
        told.open();
    }
    REQUIRE(missed == 0);
}

TEST_CASE("P4 an item behind an element that cannot be read is not handed over when it ends afterwards") {
    if (is_serial) return;  // items run one after the other there
    for (const bool looks_before : {true, false}) {
        CAPTURE(looks_before);
        gate last_started;
        gate last_may_end;
        const auto read = [&](int i) {
            if (i != 2) return i;
            last_started.wait();
            throw input_error{"element"};
        };
        const auto f = [&](int i) {
            if (i == 3) {
                last_started.open();
                last_may_end.wait();
            }
            return i;
        };
        pool p{2};
        auto stream = parimap::unordered_imap(p, map_options{.chunk = 1, .window = 4}, f,
                                              ranges::views::iota(0, 4) | ranges::views::transform(read));
        REQUIRE(last_started.wait());
        p.submit([] {}).get();  // on the seat on which the element was read: all of that is over
        std::vector<int> results;
        for (int i = 0; i < 2; ++i) results.push_back(stream.next().value());
        REQUIRE(sorted(results) == numbers(2));
        if (looks_before) REQUIRE_THROWS_AS(stream.next_for(1ms), parimap::timed_out);
        last_may_end.open();
        rendezvous both_free{2};
        auto one = p.submit([&] { return both_free.arrive_and_wait(); });
        auto other = p.submit([&] { return both_free.arrive_and_wait(); });
        REQUIRE(one.get());
        REQUIRE(other.get());
        REQUIRE_THROWS_AS(stream.next(), input_error);
        REQUIRE(stream.failed_index() == 2U);
        REQUIRE_FALSE(stream.next());
    }
}

TEST_CASE("P4 failed_index is the element that cannot be read also where items behind it were handed over before") {
    if (is_serial) return;  // items finish in order
    for (const std::size_t workers : sizes{2, 3, 8}) {
        CAPTURE(workers);
        gate handed_over;
        const auto read = [&](int i) {
            if (i != 1) return i;
            handed_over.wait();
            throw input_error{"element"};
        };
        std::size_t told = untouched;
        pool p{workers};
        auto stream = parimap::unordered_imap(p, map_options{.chunk = 1, .window = 4, .failed_index = &told}, same,
                                              ranges::views::iota(0, 4) | ranges::views::transform(read));
        std::vector<int> results;
        for (int i = 0; i < 3; ++i) results.push_back(stream.next().value());
        handed_over.open();
        REQUIRE(sorted(results) == std::vector{0, 2, 3});
        REQUIRE_THROWS_AS(stream.next(), input_error);
        REQUIRE(stream.failed_index() == 1U);
        REQUIRE(told == 1);
        REQUIRE_FALSE(stream.next());
    }
}

TEST_CASE("P4 the failure of a chained stage arrives in the next stage as an input that throws") {
    const throws_on first{{25}};
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        std::size_t failed = untouched;
        auto imap =
            parimap::ordered_imap(p, map_options{.failed_index = &failed}, same, parimap::ordered_imap(p, first, numbers(60)));
        for (int i = 0; i < 25; ++i) REQUIRE(imap.next() == i);
        REQUIRE_THROWS_AS(imap.next(), item_error);
        REQUIRE(failed == 25);
        REQUIRE_FALSE(imap.next());
    }
}

TEST_CASE("P4 the token of a later item is stopped when an earlier one fails and never the other way round") {
    if (is_serial) return;  // items run one after the other there
    pool p{3};
    rendezvous all_run{3};
    gate last_failed;
    gate middle_checked;
    std::atomic<bool> met{true};
    std::atomic<bool> first_saw_stop{false};
    std::atomic<bool> middle_saw_stop_early{false};
    std::atomic<bool> middle_saw_stop{false};
    const auto f = [&](std::stop_token token, int i) {
        if (!all_run.arrive_and_wait()) met = false;
        if (i == 2) {
            last_failed.open();
            throw item_error{2};
        }
        last_failed.wait();
        let_mistakes_happen();
        if (i == 0) {
            first_saw_stop = token.stop_requested();
            middle_checked.wait();
            first_saw_stop = first_saw_stop || token.stop_requested();
            throw item_error{0};
        }
        middle_saw_stop_early = token.stop_requested();
        middle_checked.open();
        middle_saw_stop = eventually([&] { return token.stop_requested(); });
    };
    std::size_t failed = untouched;
    const auto call = [&] { parimap::parallel_map(p, map_options{.failed_index = &failed}, f, numbers(3)); };
    REQUIRE(item_thrown_by(call) == 0);
    REQUIRE(met);
    REQUIRE(failed == 0);
    REQUIRE_FALSE(first_saw_stop);
    REQUIRE_FALSE(middle_saw_stop_early);
    REQUIRE(middle_saw_stop);
}

TEST_CASE("P4 in a stream the failure of one item stops no other") {
    pool p{3};
    std::atomic<int> stopped{0};
    const auto f = [&](std::stop_token token, int i) {
        if (i % 10 == 0) throw item_error{i};
        std::this_thread::sleep_for(100us);
        if (token.stop_requested()) ++stopped;
        return i;
    };
    std::size_t failed = untouched;
    auto imap = parimap::ordered_imap(p, map_options{.failed_index = &failed}, f, numbers(100));
    const auto all = read_on(imap, failed);
    REQUIRE(all.results.size() == 90);
    REQUIRE(all.failed_items.size() == 10);
    REQUIRE(stopped == 0);
}

TEST_CASE("P4 catching turns failures into values and nothing throws") {
    const throws_on f{{1, 5}};
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto results = parimap::parallel_map(p, parimap::catching(f), numbers(8));
        REQUIRE(results.size() == 8);
        for (int i = 0; i < 8; ++i) {
            const auto& result = results[static_cast<std::size_t>(i)];
            REQUIRE(static_cast<bool>(result) == !f.is_bad(i));
            if (result)
                REQUIRE(*result == i);
            else
                REQUIRE_THROWS_AS(result.value(), item_error);
        }
    }
}
