// SPDX-License-Identifier: MIT
// P4 where memory runs out: whichever allocation fails, the call throws or succeeds, nothing leaks, and the program lives on.
#include "support/sanitizers.hpp"

#if !PARIMAP_TEST_UNDER_TSAN  // which has an operator new of its own

#include "support/catch.hpp"
#include "support/gate.hpp"
#include "support/items.hpp"
#include "support/trace_files.hpp"

#include <parimap/detail/results/failures.hpp>
#include <parimap/detail/results/unordered_results.hpp>
#include <parimap/detail/watch/call_record.hpp>
#include <parimap/detail/watch/trace_events.hpp>
#include <parimap/parimap.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <functional>
#include <future>
#include <list>
#include <new>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <range/v3/view/transform.hpp>

#include <fcntl.h>
#include <unistd.h>

using namespace parimap_test;
using parimap::map_options;
using parimap::pool;

namespace {

// How many allocations succeed from now on, on whatever thread, before `failures` of them fail.
std::atomic<long> before_failure{-1};
std::atomic<long> failures{0};

// How many allocations have not been given back.
std::atomic<long> outstanding{0};

// From now on `successes` allocations succeed, and the next `how_many` fail.
void fail_after(long successes, long how_many) {
    failures = how_many;
    before_failure = successes;
}

bool fails_now() {
    long left = before_failure.load(std::memory_order_relaxed);
    while (left > 0) {  // and not once the test has set it to -1: a worker may still be here then
        if (before_failure.compare_exchange_weak(left, left - 1)) return false;
    }
    return left == 0 && failures.fetch_sub(1) > 0;
}

void* allocate(std::size_t size, std::size_t alignment) {
    if (fails_now()) return nullptr;
    ++outstanding;
    if (alignment <= alignof(std::max_align_t)) return std::malloc(size ? size : 1);
    return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

void give_back(void* memory) noexcept {
    if (memory) --outstanding;
    std::free(memory);
}

}  // namespace

// Not inlined, or GCC would see malloc on one side of a container and delete on the other.
[[gnu::noinline]] void* operator new(std::size_t size) {
    if (void* memory = allocate(size, 1)) return memory;
    throw std::bad_alloc{};
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
    if (void* memory = allocate(size, static_cast<std::size_t>(alignment))) return memory;
    throw std::bad_alloc{};
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size, 1); }
[[gnu::noinline]] void* operator new[](std::size_t size) { return ::operator new(size); }
[[gnu::noinline]] void* operator new[](std::size_t size, std::align_val_t alignment) { return ::operator new(size, alignment); }
[[gnu::noinline]] void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size, 1); }
[[gnu::noinline]] void operator delete(void* memory) noexcept { give_back(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept { give_back(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { give_back(memory); }
[[gnu::noinline]] void operator delete(void* memory, const std::nothrow_t&) noexcept { give_back(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { give_back(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept { give_back(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::align_val_t) noexcept { give_back(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { give_back(memory); }
[[gnu::noinline]] void operator delete[](void* memory, const std::nothrow_t&) noexcept { give_back(memory); }

namespace {

// Lets the first, the second, the third ... allocation fail, alone and with all that follow, until none is left to fail. What
// the call throws must be that, an item's own failure, or the end of a terminated pool; and afterwards all memory is given back.
template <class Call>
void fail_each(Call call) {
    for (int warm_up = 0; warm_up < 2; ++warm_up) {
        try {
            call();
        } catch (const std::domain_error&) {
        } catch (const parimap::cancelled&) {
        }
    }
    for (const long how_many : {1L, 1'000'000L}) {
        const long before = outstanding;
        int unexpected = 0;
        bool failed = true;
        for (long first = 0; failed && first < 3000; ++first) {
            fail_after(first, how_many);
            try {
                call();
            } catch (const std::bad_alloc&) {
            } catch (const std::domain_error&) {
            } catch (const parimap::cancelled&) {
            } catch (...) {
                ++unexpected;
            }
            before_failure = -1;
            failed = failures < how_many;
        }
        const bool is_balanced = eventually([before] { return outstanding <= before; });
        CAPTURE(before, outstanding.load());
        REQUIRE(is_balanced);
        REQUIRE_FALSE(failed);
        REQUIRE(unexpected == 0);
    }
}

const auto some_fail = [](int i) {
    if (i % 5 == 3) throw std::domain_error{"item"};
    return static_cast<long>(i);
};

}  // namespace

TEST_CASE("P4 whichever allocation of a blocking call fails the program lives on and the next call succeeds") {
    pool p{3};
    const auto items = numbers(60);
    const std::list<int> linked(items.begin(), items.end());
    const auto text = [](int i) { return std::string(100, static_cast<char>('a' + i % 26)); };
    fail_each([&] { static_cast<void>(parimap::parallel_map(p, text, items)); });
    fail_each([&] { static_cast<void>(parimap::parallel_map(p, text, linked)); });
    fail_each([&] {
        static_cast<void>(parimap::parallel_map(
            p, [](std::stop_token, int i) { return i; }, items));
    });
    fail_each([&] { parimap::parallel_for_each(p, some_fail, items); });
    fail_each([&] {
        static_cast<void>(parimap::parallel_map_reduce(
            p, text, [](std::string a, const std::string& b) { return a + b; }, std::string{}, items));
    });
    fail_each([&] {
        parimap::run_report report;
        static_cast<void>(parimap::parallel_map(p, map_options{.insights = &report}, text, items));
    });
    fail_each([&] { static_cast<void>(parimap::map_async(p, text, items).get()); });
    fail_each([&] { static_cast<void>(p.submit(text, 5).get()); });
    std::vector<std::string> out(items.size());
    fail_each([&] { static_cast<void>(parimap::parallel_map_into(p, out, text, items)); });
    fail_each([&] {
        const auto f =
            parimap::per_worker([] { return std::string(100, 's'); }, [&](std::string& state, int i) { return state = text(i); });
        static_cast<void>(parimap::parallel_map(p, f, linked));
    });
    REQUIRE(parimap::parallel_map(
                p, [](int i) { return i; }, items) == items);
}

TEST_CASE("P4 whichever allocation of a pool fails there is no pool, and the next one works") {
    const auto items = numbers(20);
    fail_each([&] {
        pool p{3};
        if (parimap::parallel_map(p, same, items) != items) throw std::logic_error("wrong");
    });
    fail_each([] { const pool p{parimap::pool_options{.workers = 2, .stack_size = std::size_t{1} << 18U}}; });
    fail_each([&] {
        pool p{2};
        auto job = p.submit([] { return 7; });
        auto stream = parimap::unordered_imap(p, same, items);
        p.close();
        if (job.get() != 7 || !stream.next()) throw std::logic_error("wrong");
    });
}

TEST_CASE("P4 whichever allocation of an input or an adaptor fails the program lives on") {
    pool p{3};
    const auto items = numbers(40);
    const std::list<int> linked(items.begin(), items.end());
    const auto text = [](int i) { return std::string(100, static_cast<char>('a' + i % 26)); };
    fail_each([&] { static_cast<void>(parimap::parallel_map(p, text, parimap::read_ahead(linked, 3))); });
    fail_each([&] {
        for (const std::string& r : parimap::ordered_imap(p, text, parimap::read_ahead(linked, 3))) static_cast<void>(r.size());
    });
    fail_each([&] {
        const auto next = [left = 40]() mutable { return left-- > 0 ? std::optional(std::string(100, 'i')) : std::nullopt; };
        static_cast<void>(parimap::parallel_map(
            p, [](const std::string& s) { return s + "o"; }, parimap::pull_from(next)));
    });
    fail_each([&] {
        static_cast<void>(parimap::parallel_find_if(
            p, [&](int i) { return text(i).back() == 'z'; }, items));
    });
    fail_each([&] {
        static_cast<void>(parimap::parallel_all_of(
            p, [&](int i) { return !text(i).empty(); }, linked));
    });
    fail_each([&] {
        static_cast<void>(parimap::parallel_fold(
            p, [] { return std::string(100, 's'); }, [&](std::string& all, int i) { all += text(i); },
            [](std::string& left, const std::string& right) { left += right; }, linked));
    });
    fail_each([&] {
        const auto f = parimap::per_worker([] { return std::string(100, 's'); }, [](std::string&, int i) { return i; });
        static_cast<void>(parimap::parallel_map(p, f, items));
        for (const std::string& state : f.states())
            if (state.size() != 100) throw std::logic_error("wrong");
    });
}

TEST_CASE("P4 an allocation of a reduction or fold that fails is no cancelling") {
    pool p{2};
    const auto items = numbers(400);
    const map_options options{.chunk = 5, .block = 1};
    const auto slowly = [](int i) {
        for (int spin = 0; spin < 300; ++spin) std::atomic_signal_fence(std::memory_order_seq_cst);
        return long{i};
    };
    const auto check = [&](auto call) {
        bool failed = true;
        for (long first = 0; failed && first < 100; ++first) {
            for (int round = 0; round < 3; ++round) {  // which batches a worker gets is chance
                fail_after(first, 1);
                bool is_cancelled = false;
                try {
                    call();
                } catch (const std::bad_alloc&) {
                } catch (const parimap::cancelled&) {
                    is_cancelled = true;
                }
                before_failure = -1;
                failed = failures < 1;
                CAPTURE(first);
                REQUIRE_FALSE(is_cancelled);
            }
        }
    };
    check([&] { static_cast<void>(parimap::parallel_map_reduce(p, options, slowly, std::plus<>{}, 0L, items)); });
    check([&] {
        static_cast<void>(parimap::parallel_fold(
            p, options, [] { return 0L; }, [&](long& sum, int i) { sum += slowly(i); },
            [](long& left, long right) { left += right; }, items));
    });
}

TEST_CASE("P4 whichever allocation fails catching has a result for each item that ran") {
    pool p{3};
    const auto items = numbers(60);
    int wrong = 0;
    fail_each([&] {
        const auto f = parimap::catching([](int i) { return std::string(100, static_cast<char>('a' + i % 26)); });
        for (const auto& one : parimap::parallel_map(p, f, items)) wrong += one ? one->size() != 100 : one.error() == nullptr;
    });
    REQUIRE(wrong == 0);
}

TEST_CASE("P4 whichever allocation of a call with a bar, a report and a trace fails the program lives on") {
    pool p{3};
    const auto items = numbers(20);
    const auto open_nowhere = [] { return ::open("/dev/null", O_WRONLY | O_CLOEXEC); };  // the lowest descriptor that is free
    const int nowhere = open_nowhere();
    const int free = open_nowhere();
    REQUIRE(free >= 0);
    ::close(free);
    const auto watched = [&](parimap::run_report& report) {
        parimap::progress_options bar;
        bar.description = "a description that is too long for a short string";
        bar.output = nowhere;
        return map_options{.progress = std::move(bar), .insights = &report, .trace = "no_memory_trace.json"};
    };
    fail_each([&] {
        parimap::run_report report;
        static_cast<void>(parimap::parallel_map(p, watched(report), some_fail, items));
    });
    fail_each([&] {
        parimap::run_report report;
        for (const long r : parimap::ordered_imap(p, watched(report), some_fail, items)) static_cast<void>(r);
    });
    ::unlink("no_memory_trace.json");
    const int next = open_nowhere();
    REQUIRE(next == free);  // the trace file was closed whenever memory ran out
    ::close(next);
    ::close(nowhere);
}

TEST_CASE("P4 an event of a trace for which there is no memory is missing there, and counted") {
    const temporary_path file("lost");
    parimap::detail::call_record call;
    call.seats.resize(2);
    parimap::detail::event_log& log = call.seats[1].events;
    fail_after(0, 1);
    log.add({{}, {}, 0, 1});
    before_failure = -1;
    log.add({{}, {}, 1, 1});
    REQUIRE(log.events().size() == 1);
    REQUIRE(log.lost() == 1);
    parimap::detail::trace_book::add(file.path, call);
    std::size_t found = 0;
    for (const auto& e : read_json(file.path)) {
        if (e.at("name") != "lost_events") continue;
        ++found;
        REQUIRE(e.at("tid") == 1);
        REQUIRE(e.at("args").at("count") == 1);
    }
    REQUIRE(found == 1);
}

TEST_CASE("P4 whichever allocation of a stream fails each item is handed over once, by its result or an exception") {
    pool p{3};
    const auto items = numbers(60);
    const std::list<int> linked(items.begin(), items.end());
    int wrong = 0;
    const auto read = [&](auto stream) {
        std::size_t handed = 0;
        for (bool more = true; more;) {
            try {
                more = stream.next().has_value();
                handed += more;
            } catch (const parimap::cancelled&) {
                return;
            } catch (const std::exception&) {
                if (++handed > items.size() + 1) more = false;  // the end of an input that could not be read
            }
        }
        wrong += handed > items.size() + 1;
    };
    fail_each([&] { read(parimap::ordered_imap(p, some_fail, items)); });
    fail_each([&] { read(parimap::ordered_imap(p, some_fail, linked)); });
    fail_each([&] { read(parimap::unordered_imap(p, some_fail, items)); });
    fail_each([&] { read(parimap::unordered_imap(p, map_options{.window = 7}, some_fail, linked)); });
    fail_each([&] {
        read(parimap::unordered_imap(
            p, [](std::stop_token, int i) { return some_fail(i); }, items));
    });
    fail_each([&] { read(parimap::unordered_imap(p, same, linked) | parimap::ordered_imap(p, some_fail)); });
    REQUIRE(wrong == 0);
    if (pool::backend_name() == "serial") return;  // which runs the items before the stream is made
    // No memory from the first item on, although its results were asked for: every item comes as a failure, none is missing.
    gate made;
    auto stream = parimap::unordered_imap(
        p, map_options{.window = 60},
        [&](int i) {
            if (i == 0) {
                made.wait();
                fail_after(0, 1'000'000);
            }
            return some_fail(i);
        },
        items);
    made.open();
    std::size_t handed = 0;
    for (bool more = true; more && handed <= items.size();) {
        try {
            more = stream.next().has_value();
            handed += more;
        } catch (const std::exception&) {
            ++handed;
        }
    }
    before_failure = -1;
    REQUIRE(handed == items.size());
}

TEST_CASE("P4 a failure that is lost stays in front until it is dropped, whatever comes meanwhile") {
    parimap::detail::unordered_results<int> results(2);
    const std::exception_ptr failure = std::make_exception_ptr(std::domain_error("item"));
    fail_after(0, 1'000'000);
    for (std::uint64_t item = 0; item < 10'000; ++item) results.fail(0, item, failure, parimap::detail::failure_of::item);
    before_failure = -1;
    auto* front = results.front();
    while (front && front->exception() == failure) {  // those that there was room for
        results.pop(*front);
        front = results.front();
    }
    REQUIRE(front);
    REQUIRE_FALSE(front->is_value());

    results.with_writer(1, [](auto write) { write(20'000, [] { return 7; }); });
    REQUIRE(results.front() == front);
    results.pop(*front);
    auto* const behind = results.front();
    REQUIRE(behind);
    REQUIRE(behind->is_value());
    REQUIRE(behind->get() == 7);
    results.pop(*behind);
}

TEST_CASE("P4 an element that cannot be read ends an unordered stream also where there is no memory to say so") {
    if (pool::backend_name() == "serial") return;
    for (const std::size_t workers : {std::size_t{1}, std::size_t{3}}) {
        CAPTURE(workers);
        pool p{workers};
        gate made;
        const auto read = [&](int i) {
            if (i == 0) {
                made.wait();
                fail_after(0, 1'000'000);
            }
            if (i == 7) throw std::domain_error{"element"};
            return i;
        };
        const auto items = numbers(60);
        auto stream = parimap::unordered_imap(p, map_options{.window = 60}, same, items | ranges::views::transform(read));
        made.open();
        std::size_t results = 0;
        std::size_t thrown = 0;
        for (bool more = true; more && results + thrown <= items.size();) {
            try {
                more = stream.next().has_value();
                results += more;
            } catch (const std::exception&) {
                ++thrown;
            }
        }
        before_failure = -1;
        REQUIRE(results + thrown >= 7 + 1);  // and perhaps some behind it, which had finished
        REQUIRE(results + thrown <= items.size());
        REQUIRE(thrown >= 1);
        if (workers == 1) REQUIRE(results + thrown == 7 + 1);
    }
}

TEST_CASE("P4 a job that starts no more for want of memory tells its future so") {
    fail_each([] {
        std::function<int()> f = [] { return 1; };
        parimap::detail::promised_job<int, std::function<int()>> job{std::move(f)};
        std::future<int> future = job.future();
        job.cancel();
        static_cast<void>(future.get());
    });
}

#endif
