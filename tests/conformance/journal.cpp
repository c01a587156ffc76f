// SPDX-License-Identifier: MIT
// With a journal every frontend gives what it gives without, and runs no item whose result is there.

#include "support/backend_under_test.hpp"
#include "support/bar_on_terminal.hpp"
#include "support/catch.hpp"
#include "support/gate.hpp"
#include "support/items.hpp"
#include "support/journal_path.hpp"
#include "support/pseudo_terminal.hpp"
#include "support/recording_sink.hpp"

#include <parimap/progress.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <typeindex>
#include <utility>
#include <variant>
#include <vector>

using namespace parimap_test;
using parimap::journal_file;
using parimap::map_options;

namespace {

constexpr int count = 200;
constexpr int failing = 120;  // which the first call does not get past

struct only_in_memory {
    explicit only_in_memory(int i) : at(std::make_unique<int>(i)) {}
    std::unique_ptr<int> at;
};

// By a codec of its own.
struct label {
    explicit label(std::string t) : text(std::move(t)) {}
    bool operator==(const label&) const = default;
    std::string text;
};

std::vector<std::string> texts(int from, int to) {
    std::vector<std::string> all;
    for (int i = from; i < to; ++i) all.push_back(std::to_string(i) + " times");
    return all;
}

// Counts its calls, and throws for one item in its first life.
class counting {
  public:
    std::string operator()(int i) {
        calls_.fetch_add(1);
        if (i == failing && is_first_.exchange(false)) throw std::runtime_error("the first time");
        return std::to_string(i) + " times";
    }
    auto shared() {
        return [this](int i) { return (*this)(i); };
    }
    int calls() const { return calls_.load(); }

  private:
    std::atomic<int> calls_{0};
    std::atomic<bool> is_first_{true};
};

// The call, of which the first throws, and then two others; f is counting.
template <class Call, class Expected>
void expect_resumed(Call call, const Expected& expected) {
    const journal_path journal;
    pool workers(3);
    counting f;
    const auto run = [&] { return call(workers, map_options{.journal = journal.path}, f.shared()); };
    REQUIRE_THROWS_AS(run(), std::runtime_error);
    const int before = f.calls();
    REQUIRE(before > failing / 2);
    REQUIRE(run() == expected);
    REQUIRE(f.calls() == count + 1);  // the item that threw is the only one that has run twice
    REQUIRE(run() == expected);
    REQUIRE(f.calls() == count + 1);
}

std::string what_is_thrown(auto call) {
    try {
        call();
    } catch (const parimap::error& e) {
        return e.what();
    }
    return "";
}

bool says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

template <>
struct parimap::codec<label> {
    static void write(byte_writer& out, const label& l) { out.text(l.text); }
    static label read(byte_reader& in) { return label(in.text()); }
};

TEST_CASE("journal: parallel_map goes on where the last call ended") {
    expect_resumed(
        [](auto& workers, map_options options, auto f) { return parimap::parallel_map(workers, options, f, numbers(count)); },
        texts(0, count));
}

TEST_CASE("journal: parallel_map over lists and several ranges does too") {
    expect_resumed(
        [](auto& workers, map_options options, auto f) {
            const std::list<int> left(static_cast<std::size_t>(count), 1);
            return parimap::parallel_map(
                workers, options, [f](int one, int i) { return f(i - one + 1); }, left, std::views::iota(0, count));
        },
        texts(0, count));
}

TEST_CASE("journal: parallel_map_into, parallel_map_reduce and parallel_for_each do too") {
    expect_resumed(
        [](auto& workers, map_options options, auto f) {
            std::vector<std::string> out(static_cast<std::size_t>(count));
            out.resize(parimap::parallel_map_into(workers, options, out, f, numbers(count)));
            return out;
        },
        texts(0, count));
    expect_resumed(
        [](auto& workers, map_options options, auto f) {
            return parimap::parallel_map_reduce(
                workers, options, f, [](const std::string& a, const std::string& b) { return a + b; }, std::string(">"),
                numbers(count));
        },
        [] {
            std::string all = ">";
            for (const std::string& text : texts(0, count)) all += text;
            return all;
        }());
    expect_resumed(
        [](auto& workers, map_options options, auto f) {
            parimap::parallel_for_each(
                workers, options, [f](int i) { return only_in_memory(static_cast<int>(f(i).size())); }, numbers(count));
            return 0;
        },
        0);
    expect_resumed(
        [](auto& workers, map_options options, auto f) {
            parimap::parallel_map(
                workers, options, [f](int i) { (void)f(i); }, numbers(count));
            return 0;
        },
        0);
}

TEST_CASE("journal: numbers that are reduced or mapped where they are each have a record of their own") {
    const journal_path journal;
    pool workers(3);
    std::atomic<int> calls{0};
    const auto f = [&](int i) noexcept { return ++calls, 1.0 * i; };
    const auto sum = [&] {
        return parimap::parallel_map_reduce(workers, map_options{.journal = journal.path}, f, std::plus<>(), 0.5,
                                            std::views::iota(0, 1000));
    };
    REQUIRE(sum() == 499'500.5);
    REQUIRE(sum() == 499'500.5);
    REQUIRE(calls == 1000);
    const auto map = [&](auto g) {
        const journal_path of_map("of_map");
        for (int run = 0; run < 2; ++run)
            REQUIRE(parimap::parallel_map(workers, map_options{.journal = of_map.path}, g, numbers(1000)) == numbers(1000));
    };
    map([](const int& i) noexcept { return i; });
    map(parimap::unseq([](int i) { return i; }));
}

TEST_CASE("journal: of inputs of different lengths the shortest says how many items there are") {
    const journal_path journal;
    pool workers(2);
    const auto add = [](int a, int b) { return a + b; };
    for (const std::size_t longer : {10U, 12U, 11U})
        REQUIRE(parimap::parallel_map(workers, map_options{.journal = journal.path}, add, numbers(10), numbers(longer)).size() ==
                10);
}

TEST_CASE("journal: results that cannot be kept are refused when the call runs, not when it is compiled") {
    const journal_path journal;
    pool workers(2);
    const auto expect_refusal = [&](auto f) {
        const auto call = [&](const map_options& options) { return parimap::parallel_map(workers, options, f, numbers(3)).size(); };
        REQUIRE(call({}) == 3);
        REQUIRE(says(what_is_thrown([&] { call({.journal = journal.path}); }), "cannot be written to a journal"));
        REQUIRE_FALSE(std::filesystem::exists(journal.path));
    };
    struct shape {
        virtual ~shape() = default;
        int sides = 3;
    };
    expect_refusal([](int) { return std::make_unique<shape>(); });
    expect_refusal([](int) { return std::vector<std::shared_ptr<shape>>(2); });
    expect_refusal([](int) { return std::make_unique<int[]>(3); });
    expect_refusal([](int) { return std::map<int, const std::string>(); });
    expect_refusal([](int) { return std::shared_ptr<struct not_known_here>(); });
    // Addresses are of no use to the next process.
    expect_refusal([](int) { return "text"; });
    expect_refusal([](int i) { return std::make_error_code(i == 0 ? std::errc::io_error : std::errc::no_link); });
    expect_refusal([](int) { return std::optional<const char*>("text"); });
    expect_refusal([](int) { return std::array<const char*, 2>{}; });
    expect_refusal([](int) { return std::variant<int, std::string_view>(7); });
    expect_refusal([&](int) { return std::ref(workers); });
    expect_refusal([](int i) { return std::type_index(typeid(i)); });

    // Elements that refer to what f refers to would refer to what was read.
    const std::vector<std::string> names{"a", "b", "c"};
    std::vector<std::string_view> out(3);
    const auto name = [&](int i) -> const std::string& { return names[static_cast<std::size_t>(i)]; };
    REQUIRE(says(
        what_is_thrown([&] { parimap::parallel_map_into(workers, map_options{.journal = journal.path}, out, name, numbers(3)); }),
        "return a value"));
    std::vector<std::string> copies(3);
    parimap::parallel_map_into(workers, map_options{.journal = journal.path}, copies, name, numbers(3));
    REQUIRE(copies == names);
}

TEST_CASE("journal: map_async does too, and lets the file go before its future is ready") {
    expect_resumed(
        [](auto& workers, map_options options, auto f) { return parimap::map_async(workers, options, f, numbers(count)).get(); },
        texts(0, count));
    expect_resumed(
        [](auto& workers, map_options options, auto f) {
            auto input = numbers(count);
            return parimap::map_async(workers, options, f, std::ref(input)).get();
        },
        texts(0, count));
}

TEST_CASE("journal: streams do too, in the order of the input, as calls and in pipes") {
    expect_resumed([](auto& workers, map_options options,
                      auto f) { return drain(parimap::ordered_imap(workers, options, f, numbers(count))); },
                   texts(0, count));
    expect_resumed([](auto& workers, map_options options,
                      auto f) { return drain(numbers(count) | parimap::ordered_imap(workers, options, f)); },
                   texts(0, count));
    expect_resumed([](auto& workers, map_options options,
                      auto f) { return sorted(drain(parimap::unordered_imap(workers, options, f, numbers(count)))); },
                   sorted(texts(0, count)));
    expect_resumed(
        [](auto& workers, map_options options, auto f) {
            int next = 0;
            const auto pull = [&]() -> std::optional<int> { return next < count ? std::optional(next++) : std::nullopt; };
            return drain(parimap::ordered_imap(workers, options, f, parimap::pull_from(pull)));
        },
        texts(0, count));
    STATIC_REQUIRE(std::is_same_v<decltype(parimap::ordered_imap(map_options{.journal = "x"}, twice, numbers(3))),
                                  decltype(parimap::ordered_imap(twice, numbers(3)))>);
}

TEST_CASE("journal: a stream that was left in the middle, of an input without end, is gone on with") {
    const journal_path journal;
    pool workers(2);
    std::atomic<int> calls{0};
    const auto f = [&](int i) {
        ++calls;
        return 3 * i;
    };
    const auto first_results = [&](int wanted) {
        auto all = parimap::ordered_imap(workers, map_options{.window = 8, .journal = journal.path}, f, std::views::iota(0));
        for (int i = 0; i < wanted; ++i) {
            if (all.next() != 3 * i) return false;
        }
        return true;
    };
    REQUIRE(first_results(50));
    const int before = calls;
    REQUIRE(first_results(50));
    REQUIRE(calls <= before + 8);
    REQUIRE(first_results(70));
    REQUIRE(calls <= 70 + 3 * 8);
}

TEST_CASE("journal: functions in wrappers, with a stop token and with states are journalled") {
    pool workers(2);
    const auto runs_once = [&](auto make) {
        const journal_path journal;
        std::atomic<int> calls{0};
        const auto call = [&] {
            return parimap::parallel_map(workers, map_options{.journal = journal.path}, make(calls), numbers(50));
        };
        const auto first = call();
        REQUIRE(calls == 50);
        const auto second = call();
        REQUIRE(calls == 50);
        return second;
    };
    const auto doubles = [](std::atomic<int>& calls) { return [&calls](int i) { return ++calls, 2 * i; }; };
    REQUIRE(runs_once(doubles) == parimap::parallel_map(twice, numbers(50)));
    REQUIRE(runs_once([&](auto& calls) { return parimap::unseq(doubles(calls)); })[7] == 14);
    REQUIRE(runs_once([&](auto& calls) {
                return [&calls](std::stop_token stop, int i) { return ++calls, stop.stop_requested() ? -1 : i; };
            })[7] == 7);
    REQUIRE(runs_once([&](auto& calls) {
                return parimap::per_worker([] { return 5; }, [&calls](int& state, int i) { return ++calls, state + i; });
            })[7] == 12);
    REQUIRE(*runs_once([&](auto& calls) { return parimap::catching(doubles(calls)); })[7] == 14);
    REQUIRE(runs_once([&](auto& calls) { return [&calls](int i) { return ++calls, label(std::to_string(i)); }; })[7] == label("7"));
    REQUIRE(runs_once([&](auto& calls) { return [&calls](int) { return ++calls, std::monostate{}; }; }).size() == 50);
}

TEST_CASE("journal: what catching(f) caught is no result, and its item is run again") {
    const journal_path journal;
    pool workers(2);
    std::atomic<int> calls{0};
    const auto call = [&] {
        return parimap::parallel_map(workers, map_options{.journal = journal.path}, parimap::catching([&](int i) {
                                         if (++calls <= 20 && i % 2 == 1) throw std::runtime_error("odd");
                                         return i;
                                     }),
                                     numbers(20));
    };
    REQUIRE_FALSE(call()[3]);
    REQUIRE(calls == 20);
    const auto all = call();
    REQUIRE(calls == 30);
    for (int i = 0; i < 20; ++i) REQUIRE(*all[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("journal: a bar begins at the number of results that are there, and its rate is that of the others") {
    const journal_path journal;
    pool workers(2);
    std::atomic<bool> last_is_shown{false};
    const auto call = [&](int fails) {
        auto sink = std::make_shared<recording_sink>();
        parimap::progress_options progress = told_to(sink);
        progress.initial = 7;  // done elsewhere
        try {
            parimap::parallel_map(
                workers, map_options{.chunk = 1, .progress = progress, .journal = journal.path},
                [&](int i) {
                    if (i >= fails) throw std::runtime_error("stops here");
                    if (i == 99)
                        last_is_shown =
                            eventually([&] { return sink->last().running == 1 && sink->last().oldest_item == std::uint64_t{99}; });
                    return i;
                },
                numbers(100));
        } catch (const std::runtime_error&) {
        }
        return sink->all();
    };
    const auto first = call(60);
    REQUIRE(first.front().initial == 7);
    const auto second = call(100);
    REQUIRE(second.front().initial >= 67);
    REQUIRE(second.front().n >= second.front().initial);
    REQUIRE(second.back().initial == second.front().initial);
    REQUIRE(second.back().n == 107);
    REQUIRE(second.back().total == std::uint64_t{107});
    REQUIRE(last_is_shown);
    const auto third = call(100);
    REQUIRE(third.front().initial == 107);
    REQUIRE(third.back().n == 107);
    REQUIRE(third.back().total == std::uint64_t{107});
}

TEST_CASE("journal: a bar of a call that is stopped is red on a terminal") {
    const journal_path journal;
    pool workers(2);
    pseudo_terminal terminal(70);
    std::stop_source stop;
    const auto call = [&] {
        parimap::parallel_map(
            workers, map_options{.stop = stop.get_token(), .progress = on(terminal), .journal = journal.path},
            [&](int i) {
                if (i == 5) stop.request_stop();
                return i;
            },
            numbers(100'000));
    };
    REQUIRE_THROWS_AS(call(), parimap::cancelled);
    REQUIRE(eventually([&] { return terminal.bytes().find("\x1b[31m") != std::string::npos; }));
}

TEST_CASE("journal: a call that differs, or that keeps no results, is refused before the first item") {
    const journal_path journal;
    pool workers(2);
    std::atomic<int> calls{0};
    const auto f = [&](int i) { return ++calls, i; };
    const auto options = map_options{.journal = journal_file{.path = journal.path, .key = "seed 1"}};
    parimap::parallel_map(workers, options, f, numbers(5));
    REQUIRE(calls == 5);
    REQUIRE(says(what_is_thrown([&] {
                     parimap::parallel_map(workers, map_options{.journal = journal_file{journal.path, "seed 2"}}, f, numbers(5));
                 }),
                 "the key there is \"seed 1\", and here it is \"seed 2\""));
    REQUIRE(
        says(what_is_thrown([&] { parimap::parallel_map(workers, options, f, numbers(6)); }), "5 items, and here it is 6 items"));
    REQUIRE(
        says(what_is_thrown([&] { (void)parimap::ordered_imap(workers, options, f, numbers(6)); }), "5 items, and here it is 6"));
    REQUIRE(
        says(what_is_thrown([&] { parimap::parallel_for_each(workers, options, f, numbers(5)); }), "is int, and here it is void"));
    REQUIRE(says(what_is_thrown([&] {
                     parimap::parallel_map(
                         workers, options, [&](int i) { return only_in_memory(f(i)); }, numbers(5));
                 }),
                 "give it a codec (parimap/codec.hpp)"));
    REQUIRE(says(what_is_thrown([&] {
                     (void)parimap::parallel_fold(
                         workers, options, [] { return 0; }, [&](int& sum, int i) { sum += f(i); }, [](int& a, int&& b) { a += b; },
                         numbers(5));
                 }),
                 "have no results of items"));
    REQUIRE(
        says(what_is_thrown([&] { (void)parimap::parallel_any_of(workers, options, f, numbers(5)); }), "have no results of items"));
    {
        auto stream = parimap::ordered_imap(workers, options, f, numbers(5));
        REQUIRE(says(what_is_thrown([&] { parimap::parallel_map(workers, options, f, numbers(5)); }), "is in use"));
    }
    REQUIRE(parimap::parallel_map(workers, options, f, numbers(5)) == numbers(5));
    REQUIRE(calls == 5);
}

TEST_CASE("journal: options that come from a file with journals are refused by a call of one without") {
    const journal_path journal;
    pool workers(2);
    const auto options = map_options{.journal = journal.path};
    const auto call = [&] {
        parimap::parallel_map.operator()<backend, parimap::detail::without_journal>(workers, options, twice, numbers(5));
    };
    REQUIRE(says(what_is_thrown(call), "compiled without; link it there too"));
    REQUIRE_FALSE(std::filesystem::exists(journal.path));
}

TEST_CASE("journal: it is asked for by any kind of path, and by an empty one not at all") {
    const journal_path journal;
    pool workers(2);
    const auto once = [&](parimap::detail::journal_request asked) {
        return parimap::parallel_map(workers, map_options{.journal = std::move(asked)}, twice, numbers(3)).size();
    };
    REQUIRE(once(journal.path) == 3);
    REQUIRE(once(journal.path.c_str()) == 3);
    REQUIRE(once(std::string_view(journal.path)) == 3);
    REQUIRE(once(std::filesystem::path(journal.path)) == 3);
    REQUIRE(once("") == 3);
    REQUIRE(once({}) == 3);
    REQUIRE_FALSE(map_options{.journal = journal_file{}}.journal);
}
