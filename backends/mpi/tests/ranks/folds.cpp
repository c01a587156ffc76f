// SPDX-License-Identifier: MIT
// P8: folds over ranks: the bits of one worker, wherever blocks are folded and merged.
#include "ranks.hpp"

#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <list>
#include <numeric>
#include <ranges>
#include <sstream>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace parimap_test;
using parimap::map_options;

namespace {

std::string text_of(int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all += std::to_string(i) + ' ';
    return all;
}

const auto nothing_yet = [] { return std::string(); };
const auto append = [](std::string& all, int i) {
    if (i % 16 == 0) pass_time(300);
    all += std::to_string(i) + ' ';
};
const auto join = [](std::string& left, std::string&& right) { left += right; };

// A step that holds more than plain bytes.
struct append_after {
    std::string before;

    void operator()(std::string& all, int i) const { all += before + std::to_string(i); }
    template <class Archive>
    void serialize(Archive& archive) {
        archive(before);
    }
};

}  // namespace

TEST_CASE("P8 a fold over ranks is that of a loop, of elements in memory and of those that are read one by one") {
    for (const std::size_t workers : {1U, 2U}) {
        pool p(workers);
        for (const int count : {0, 1, 100, 3000}) {
            CAPTURE(workers, count);
            const std::vector<int> items(std::views::iota(0, count).begin(), std::views::iota(0, count).end());
            const std::list<int> linked(items.begin(), items.end());
            std::istringstream text(text_of(count));
            REQUIRE(parimap::parallel_fold(p, nothing_yet, append, join, items) == text_of(count));
            REQUIRE(parimap::parallel_fold(p, map_options{.block = 7}, nothing_yet, append, join, items) == text_of(count));
            REQUIRE(parimap::parallel_fold(p, map_options{.block = 7}, nothing_yet, append, join, linked) == text_of(count));
            REQUIRE(parimap::parallel_fold(p, map_options{.window = 70, .block = 7}, nothing_yet, append, join,
                                           std::views::istream<int>(text)) == text_of(count));
        }
        const std::vector<std::string> words(500, "word");
        const auto add_word = [](std::string& all, const std::string& word, const std::vector<int>& of_word) {
            pass_time(100);
            all += word + std::to_string(of_word.size());
        };
        const std::string all_words =
            parimap::parallel_fold(p, nothing_yet, add_word, join, words, std::vector(500, std::vector{1, 2}));
        REQUIRE(all_words.size() == 2500);
        REQUIRE(all_words.ends_with("word2word2"));
        std::string expected;
        for (int i = 0; i < 200; ++i) expected += "<>" + std::to_string(i);
        REQUIRE(parimap::parallel_fold(p, nothing_yet, append_after{"<>"}, join, std::views::iota(0, 200)) == expected);
    }
}

TEST_CASE("P8 a fold of zipped numbers over ranks has the bits of one worker") {
    const parimap::basic_pool<parimap::backends::threads> alone(1);
    const std::vector<double> xs = numbers(50'000);
    const auto make = [] { return 0.25; };
    const auto step = [](double& sum, double a, const double& b) { sum += a / (b + 3.7); };
    const auto add = [](double& left, double right) { left += right; };
    const double expected = parimap::parallel_fold(alone, make, step, add, xs, xs);
    for (const std::size_t workers : {1U, 3U}) {
        pool p(workers);
        for (int repeat = 0; repeat < 5; ++repeat) REQUIRE(parimap::parallel_fold(p, make, step, add, xs, xs) == expected);
    }
}

TEST_CASE("A fold runs on other ranks too, and they merge what they have") {
    pool p(1);
    struct places {
        int here;
        int elsewhere;
    };
    const auto step = [here = ::getpid()](places& all, int) {
        pass_time(200);
        ++(::getpid() == here ? all.here : all.elsewhere);
    };
    const auto merge = [](places& left, places right) { left = {left.here + right.here, left.elsewhere + right.elsewhere}; };
    const places all = parimap::parallel_fold(
        p, [] { return places{}; }, step, merge, std::views::iota(0, 2000));
    REQUIRE(all.here + all.elsewhere == 2000);
    REQUIRE(all.here > 0);
    REQUIRE(all.elsewhere > 0);
}

namespace {

// How many there are on this rank, and the most that any rank had.
struct large {
    large() : values(1000) { note(); }
    large(const large& other) : values(other.values), most(other.most) { note(); }
    large(large&& other) noexcept : values(std::move(other.values)), most(other.most) { note(); }
    large& operator=(large&&) noexcept = default;
    ~large() { --alive; }

    void note() noexcept { most = std::max(most, ++alive); }
    template <class Archive>
    void serialize(Archive& archive) {
        archive(values, most);
    }

    static inline std::atomic<int> alive{0};
    std::vector<long> values;
    int most = 0;
};

}  // namespace

TEST_CASE("P8 a fold over ranks keeps few of what may be large, on each of them") {
    for (const std::size_t workers : {1U, 2U}) {
        pool p(workers);
        // The first block takes long, so that a path of the tree waits for it: seven on each of its two lowest levels.
        const auto step = [](large& all, int i) {
            if (i % 16 == 0) pass_time(i == 0 ? 50'000 : 500);
            ++all.values[static_cast<std::size_t>(i % 1000)];
        };
        const auto merge = [](large& left, large&& right) {
            for (std::size_t i = 0; i < left.values.size(); ++i) left.values[i] += right.values[i];
            left.most = std::max({left.most, right.most, large::alive.load()});
        };
        const large all = parimap::parallel_fold(
            p, [] { return large(); }, step, merge, std::views::iota(0, 16'384));
        REQUIRE(std::accumulate(all.values.begin(), all.values.end(), 0L) == 16'384);
        CAPTURE(workers, all.most);
        REQUIRE(all.most <= 26 + 4 * static_cast<int>(workers) + 12 * ranks);  // of 128; those that are on their way among them
    }
}

TEST_CASE("P4 what a fold over what may be large throws has the index of a loop") {
    pool p(2);
    const auto items = std::views::iota(0, 2000);
    for (const int first : {0, 700, 1999}) {
        CAPTURE(first);
        std::size_t failed = 77;
        const auto step = [=](std::string& all, int i) {
            append(all, i);
            if (i >= first) throw std::out_of_range("item " + std::to_string(i));
        };
        REQUIRE_THROWS_WITH(parimap::parallel_fold(p, map_options{.failed_index = &failed}, nothing_yet, step, join, items),
                            "item " + std::to_string(first));
        REQUIRE(failed == static_cast<std::size_t>(first));
    }
    std::size_t failed = 77;
    REQUIRE_THROWS_AS(parimap::parallel_fold(
                          p, map_options{.failed_index = &failed, .block = 100}, nothing_yet, append,
                          [](std::string&, std::string&&) { throw std::length_error("merge"); }, items),
                      std::length_error);
    REQUIRE(failed % 100 == 0);
    REQUIRE(failed > 0);
}

TEST_CASE("P4 what a fold throws on any rank has the index of a loop") {
    pool p(2);
    const auto items = std::views::iota(0, 2000);
    const std::list<int> linked(items.begin(), items.end());
    const auto fails_from = [](int first) {
        return [=](long& sum, int i) {
            if (i % 16 == 0) pass_time(200);
            if (i >= first) throw std::out_of_range("item " + std::to_string(i));
            sum += i;
        };
    };
    const auto none = [] { return 0L; };
    const auto add = [](long& left, long right) { left += right; };
    for (const int first : {0, 1, 700, 1234, 1999}) {
        std::size_t failed = 77;
        const auto is_item = Catch::Matchers::Equals("item " + std::to_string(first));
        CAPTURE(first);
        REQUIRE_THROWS_WITH(parimap::parallel_fold(p, map_options{.failed_index = &failed}, none, fails_from(first), add, items),
                            is_item);
        REQUIRE(failed == static_cast<std::size_t>(first));
        failed = 77;
        REQUIRE_THROWS_WITH(
            parimap::parallel_fold(p, map_options{.failed_index = &failed, .block = 9}, none, fails_from(first), add, linked),
            is_item);
        REQUIRE(failed == static_cast<std::size_t>(first));
    }
    std::size_t failed = 77;
    const map_options options{.failed_index = &failed, .block = 100};
    REQUIRE_THROWS_AS(parimap::parallel_fold(
                          p, options, []() -> long { throw std::domain_error("make"); }, fails_from(9999), add, items),
                      std::domain_error);
    REQUIRE(failed == 0);
    REQUIRE_THROWS_AS(parimap::parallel_fold(
                          p, options, none, fails_from(9999), [](long&, long) { throw std::length_error("merge"); }, items),
                      std::length_error);
    REQUIRE(failed % 100 == 0);
    failed = 77;
    REQUIRE_THROWS_AS(parimap::parallel_fold(p, options, none, fails_from(9999), add,
                                             items | std::views::transform([](int i) { return i == 654 ? throw i : i; })),
                      int);
    REQUIRE(failed == 654);
}

TEST_CASE("P5 a fold that is stopped ends inside blocks on every rank, and no item has failed") {
    pool p(1);
    std::stop_source source;
    std::size_t failed = 77;
    const map_options options{.stop = source.get_token(), .failed_index = &failed, .block = 1'000'000};
    const auto slow = [](int& all, int) {
        pass_time(1000);
        ++all;
    };
    std::thread stops([&] {
        pass_time(50'000);
        source.request_stop();
    });
    REQUIRE_THROWS_AS(
        parimap::parallel_fold(
            p, options, [] { return 0; }, slow, [](int& left, int right) { left += right; }, std::views::iota(0, 10'000'000)),
        parimap::cancelled);  // not in the hours that each block takes
    stops.join();
    REQUIRE(failed == 77);
}

TEST_CASE("What of a fold cannot travel is told before anything runs") {
    pool p(1);
    std::atomic<int> calls{0};
    const auto refers = [&calls](int& all, int) { ++calls, ++all; };
    const auto make = [] { return 0; };
    const auto step = [](int& all, int i) { all += i; };
    const auto merge = [](int& left, int right) { left += right; };
    const auto items = std::views::iota(0, 100);
    REQUIRE_THROWS_WITH(parimap::parallel_fold(p, make, refers, merge, items), Catch::Matchers::Contains("f cannot travel"));
    REQUIRE_THROWS_WITH(parimap::parallel_fold(
                            p, make, step, [&](int& left, int right) { ++calls, left += right; }, items),
                        Catch::Matchers::Contains("op cannot travel"));
    void (*const pointer)(int&, int) = [](int& all, int) { ++all; };
    REQUIRE_THROWS_WITH(parimap::parallel_fold(p, make, pointer, merge, items), Catch::Matchers::Contains("f cannot travel"));
    struct handle {
        explicit handle(int f) : file(f) {}
        handle(const handle&) = default;
        ~handle() {}
        int file;
    };
    REQUIRE_THROWS_WITH(parimap::parallel_fold(
                            p, make, [](int& all, const handle& h) { all += h.file; }, merge,
                            items | std::views::transform([](int i) { return handle(i); })),
                        Catch::Matchers::Contains("items cannot travel"));
    REQUIRE(calls == 0);
    REQUIRE(parimap::parallel_fold(p, make, step, merge, items) == 4950);
}
