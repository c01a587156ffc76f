// SPDX-License-Identifier: MIT
// P4, P5: failures anywhere, and leaving.
#include "failures.hpp"
#include "ranks.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <new>
#include <ranges>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <system_error>

using namespace parimap_test;
using parimap::map_options;

namespace {

// Throws on whichever rank has the item. (What it throws is made there: a text of rank 0 lies elsewhere on others.)
template <class Make>
auto thrower(int from, Make make) {
    return [=](int i) {
        pass_time(300);
        if (i >= from) throw make();
        return i;
    };
}

// Waits where it is until it is told to stop.
const auto wait_for_stop = [](std::stop_token token, int i) {
    for (int k = 0; k < 20'000 && !token.stop_requested(); ++k) pass_time(1000);
    return i;
};

}  // namespace

TEST_CASE("P4 parallel_map throws the failure with the lowest index, on whatever rank, as itself") {
    pool p(2);
    for (int repeat = 0; repeat < 5; ++repeat) {
        std::size_t failed = 0;
        const map_options options{.failed_index = &failed};
        const auto items = std::views::iota(0, 300);
        REQUIRE_THROWS_AS(parimap::parallel_map(p, options, thrower(123, [] { return std::out_of_range("no"); }), items),
                          std::out_of_range);
        REQUIRE(failed == 123);
        REQUIRE_THROWS_AS(parimap::parallel_map(p, options, thrower(77, [] { return std::bad_alloc(); }), items), std::bad_alloc);
        REQUIRE(failed == 77);
    }
    REQUIRE(parimap::parallel_map(
                p, [](int i) { return i; }, std::views::iota(0, 100))
                .size() == 100);
}

TEST_CASE("P4 each failure of a stream is handed over in its place, by type") {
    pool p(1);
    const auto f = [](int i) -> int {
        pass_time(200);
        switch (i % 7) {
            case 1: throw std::invalid_argument("one");
            case 2: throw std::system_error(ENOENT, std::generic_category(), "two");
            case 3: throw out_of_paper("three");
            case 4: throw jam();
            case 5: throw smoke{i};
            case 6: throw parimap::remote_error("six", "a type", 12);
            default: return i;
        }
    };
    auto stream = parimap::ordered_imap(p, f, std::views::iota(0, 700));
    int afar = 0;
    for (int i = 0; i < 700; ++i) {
        CAPTURE(i);
        try {
            const auto r = stream.next();
            REQUIRE(i % 7 == 0);
            REQUIRE(r == i);
        } catch (const std::invalid_argument& e) {
            REQUIRE(i % 7 == 1);
            REQUIRE(std::string(e.what()) == "one");
        } catch (const std::system_error& e) {
            REQUIRE(i % 7 == 2);
            REQUIRE(e.code() == std::errc::no_such_file_or_directory);
            REQUIRE(std::string(e.what()) == std::system_error(ENOENT, std::generic_category(), "two").what());
        } catch (const out_of_paper& e) {
            REQUIRE(i % 7 == 3);
            REQUIRE(e.tray == "three");
        } catch (const parimap::remote_error& e) {
            const std::string type = e.type_name();
            const std::string what = e.what();
            REQUIRE(((i % 7 == 4 && type == "parimap_test::jam" && what == "a jam" && e.rank() > 0) ||
                     (i % 7 == 5 && type == "parimap_test::smoke" && e.rank() > 0) ||
                     (i % 7 == 6 && type == "a type" && what == "six" && e.rank() == 12)));
            afar += e.rank() == 12 ? 0 : 1;
        } catch (const jam&) {  // an item that ran here
            REQUIRE(i % 7 == 4);
        } catch (const smoke&) {
            REQUIRE(i % 7 == 5);
        }
    }
    REQUIRE_FALSE(stream.next());
    REQUIRE(afar > 0);
}

TEST_CASE("P4 what an input throws comes behind the results before it") {
    pool p(2);
    auto input = std::views::iota(0, 100) |
                 std::views::transform([](int i) { return i == 60 ? throw std::range_error("input") : i; }) |
                 std::views::filter([](int) { return true; });
    auto stream = parimap::ordered_imap(
        p, [](int i) { return i; }, input);
    for (int i = 0; i < 60; ++i) REQUIRE(stream.next() == i);
    REQUIRE_THROWS_AS(stream.next(), std::range_error);
    REQUIRE_FALSE(stream.next());
}

TEST_CASE("P5 a stream that is left, cancelled or stopped ends what runs on all ranks, and the pool goes on") {
    pool p(2);
    const auto items = std::views::iota(0, 1'000'000);
    const auto start = std::chrono::steady_clock::now();
    for (const char* how : {"leave", "cancel", "stop", "cancel from another thread"}) {
        CAPTURE(how);
        std::stop_source source;
        auto stream = parimap::unordered_imap(p, map_options{.stop = source.get_token()}, wait_for_stop, items);
        pass_time(20'000);
        std::future<void> other;
        if (how == std::string("cancel")) stream.cancel();
        if (how == std::string("stop")) source.request_stop();
        if (how == std::string("cancel from another thread")) other = std::async(std::launch::async, [&] { stream.cancel(); });
        if (how != std::string("leave")) {
            if (other.valid()) other.get();
            REQUIRE_THROWS_AS(stream.next(), parimap::cancelled);
        }
    }
    std::stop_source source;
    auto later = std::async(std::launch::async, [&] {
        pass_time(30'000);
        source.request_stop();
    });
    REQUIRE_THROWS_AS(parimap::parallel_map(p, map_options{.stop = source.get_token()}, wait_for_stop, items), parimap::cancelled);
    REQUIRE(std::chrono::steady_clock::now() - start < std::chrono::seconds(15));  // each item alone would take 20
    REQUIRE(parimap::parallel_map(
                p, [](int i) { return i; }, std::views::iota(0, 100))
                .size() == 100);
    auto stream = parimap::unordered_imap(p, wait_for_stop, items);
    p.terminate();
    REQUIRE_THROWS_AS(stream.next(), parimap::cancelled);
    REQUIRE_THROWS_AS(parimap::parallel_map(
                          p, [](int i) { return i; }, items),
                      parimap::pool_closed);
}

TEST_CASE("P5 a stream outlives its pool, two pools work side by side, and streams are left in the middle of all") {
    auto made = std::make_unique<pool>(1);
    auto stream = parimap::ordered_imap(
        *made, [](int i) { return i; }, std::views::iota(0, 1000));
    made.reset();
    int n = 0;
    for (const int r : stream) REQUIRE(r == n++);
    REQUIRE(n == 1000);
    pool a(1);
    pool b(2);
    auto from_a = parimap::ordered_imap(
        a, [](int i) { return i + 1; }, std::views::iota(0, 500));
    auto from_both = parimap::ordered_imap(
        b, [](int i) { return 2 * i; }, from_a);
    n = 0;
    for (const int r : from_both) REQUIRE(r == 2 * ++n);
    REQUIRE(n == 500);
    for (int left = 0; left < 100; ++left) {
        auto some = parimap::unordered_imap(
            a, [](int i) { return i; }, std::views::iota(0, 1000));
        for (int k = 0; k < left; ++k) some.next();
    }
}

TEST_CASE("what cannot travel is an error that says so, and nothing has run") {
    pool p(1);
    const int here = 3;
    std::atomic<int> ran{0};
    const auto refers = [&](int i) {
        ++ran;
        return i * here;
    };
    REQUIRE_THROWS_AS(parimap::parallel_map(p, refers, std::views::iota(0, 10)), parimap::error);
    int (*const pointer)(int) = [](int i) { return i; };
    REQUIRE_THROWS_AS(parimap::parallel_map(p, pointer, std::views::iota(0, 10)), parimap::error);
    REQUIRE_THROWS_AS(parimap::parallel_map(p, parimap::catching(pointer), std::views::iota(0, 10)), parimap::error);
    REQUIRE_THROWS_AS(parimap::parallel_any_of(p, pointer, std::views::iota(0, 10)), parimap::error);
    struct handle {
        explicit handle(int f) : file(f) {}
        handle(handle&&) = default;
        ~handle() {}
        int file;
    };
    REQUIRE_THROWS_AS(parimap::parallel_map(
                          p, [](int i) { return handle(i); }, std::views::iota(0, 10)),
                      parimap::error);
    std::vector<int> numbers(10);
    REQUIRE_THROWS_AS(parimap::parallel_for_each(
                          p, [](int& i) { i = 1; }, numbers),
                      parimap::error);
    REQUIRE(ran == 0);
}

TEST_CASE("P4 catching: every item has a result, from whatever rank") {
    pool p(1);
    const auto f = [](int i) {
        pass_time(300);
        if (i % 3 == 1) throw out_of_paper(std::to_string(i));
        if (i % 3 == 2) throw jam();
        return std::to_string(i);
    };
    const auto results = parimap::parallel_map(p, parimap::catching(f), std::views::iota(0, 600));
    REQUIRE(results.size() == 600);
    int afar = 0;
    for (int i = 0; i < 600; ++i) {
        const parimap::result<std::string>& r = results[static_cast<std::size_t>(i)];
        CAPTURE(i);
        REQUIRE(r.has_value() == (i % 3 == 0));
        if (i % 3 == 0) REQUIRE(*r == std::to_string(i));
        if (i % 3 == 1) REQUIRE_THROWS_AS(r.value(), out_of_paper);
        if (i % 3 == 2) {
            try {
                r.value();
            } catch (const jam&) {  // here
            } catch (const parimap::remote_error& e) {
                REQUIRE(e.rank() > 0);
                ++afar;
            }
        }
    }
    REQUIRE(afar > 0);
}
