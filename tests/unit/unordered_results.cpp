// SPDX-License-Identifier: MIT
// The results of an unordered stream, put and taken by hand: they come out in the order in which they were put, whatever the seats.
#include "support/catch.hpp"
#include "support/counted.hpp"

#include <parimap/detail/results/failures.hpp>
#include <parimap/detail/results/unordered_results.hpp>
#include <parimap/detail/system/ticks.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <random>
#include <thread>
#include <vector>

using namespace parimap_test;
using parimap::detail::failure_of;
using parimap::detail::unordered_results;

namespace {

// Events that are nearer to each other may seem to change places: see ticks.
void let_time_pass() {
    const parimap::detail::ticks clock;
    const std::uint64_t begin = clock.now();
    while (clock.now() - begin < 1000) {
    }
}

template <class R, class Make>
void put(unordered_results<R>& r, std::size_t seat, std::uint64_t item, Make make) {
    let_time_pass();
    r.with_writer(seat, [&](auto write) {
        write(item, make);
        return 0;
    });
}

}  // namespace

TEST_CASE("unordered_results: what is put on any seat comes out in the order in which it was put") {
    std::mt19937 random{3};
    for (const std::size_t seats : {std::size_t{1}, std::size_t{2}, std::size_t{5}}) {
        tally counts;
        {
            unordered_results<counted> r(seats);
            std::uint64_t made = 0;
            std::uint64_t taken = 0;
            while (taken < 3000) {
                for (auto count = random() % 40; count > 0 && made < 4000; --count, ++made) {
                    const std::size_t seat = random() % seats;
                    if (made % 7 == 3) {
                        let_time_pass();
                        r.fail(seat, made, std::make_exception_ptr(made), made % 2 == 0 ? failure_of::input : failure_of::item);
                    } else {
                        put(r, seat, made, [&] { return counted{counts, static_cast<long>(made)}; });
                    }
                }
                for (auto count = random() % 40; count > 0 && taken < made; --count, ++taken) {
                    auto* const e = r.front();
                    REQUIRE(e);
                    REQUIRE(r.front() == e);  // until it is dropped
                    REQUIRE(r.item_of(*e) == taken);
                    REQUIRE(e->is_value() == (taken % 7 != 3));
                    if (e->is_value()) {
                        REQUIRE(e->get().value == static_cast<long>(taken));
                    } else {
                        REQUIRE(e->whose_failure() == (taken % 2 == 0 ? failure_of::input : failure_of::item));
                        REQUIRE_THROWS_AS(std::rethrow_exception(e->exception()), std::uint64_t);
                    }
                    const long before = counts.live;
                    const bool is_value = e->is_value();
                    r.pop(*e);
                    REQUIRE(counts.live == before - (is_value ? 1 : 0));
                }
                REQUIRE((r.front() != nullptr) == (taken < made));
            }
        }
        REQUIRE(counts.live == 0);  // those that nobody took neither
    }
}

TEST_CASE("unordered_results: the result that was finished first comes first, and not the one that was begun first") {
    unordered_results<int> r(2);
    put(r, 0, 0, [&] {
        put(r, 1, 1, [] { return 1; });
        let_time_pass();
        return 0;
    });
    for (const int item : {1, 0}) {
        auto* const e = r.front();
        REQUIRE(e);
        REQUIRE(e->get() == item);
        r.pop(*e);
    }
}

TEST_CASE("unordered_results: a result that comes while the reader looks elsewhere is not passed over for a later one") {
    constexpr std::size_t seats = 2048;  // so that a look at all of them takes longer than two results
    constexpr int count = 4000;
    unordered_results<int> r(seats);
    std::atomic<int> read{0};
    std::thread writer([&] {
        for (int i = 0; i < count; i += 2) {  // behind the reader, and then in front of it
            while (read.load() < i - 64) std::this_thread::yield();
            put(r, static_cast<std::size_t>(i) % 64, static_cast<std::uint64_t>(i), [i] { return i; });
            put(r, seats - 1 - static_cast<std::size_t>(i) % 64, static_cast<std::uint64_t>(i) + 1, [i] { return i + 1; });
        }
    });
    int wrong = 0;
    while (read.load() < count) {
        auto* const e = r.front();
        if (!e) continue;
        wrong += e->get() != read.load();
        r.pop(*e);
        ++read;
    }
    writer.join();
    REQUIRE(wrong == 0);
}
