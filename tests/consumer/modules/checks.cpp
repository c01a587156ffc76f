// SPDX-License-Identifier: MIT
#include "checks.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <vector>

void check(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "wrong: %s\n", what);
    std::exit(1);
}

long map_of_program(parimap::pool& pool, long n) {
    long sum = 0;
    for (const long x : parimap::parallel_map(
             pool, [](long i) { return i; }, std::vector<long>(100, n)))
        sum += x;
    return sum;
}

namespace {

/// per_worker: no two seats, of whichever pools, have one state at the same time.
bool states_are_apart(parimap::pool& first, parimap::pool& second) {
    struct state {
        std::atomic<int> users{0};
    };
    std::atomic<int> shared{0};
    const auto f = parimap::per_worker([] { return std::make_unique<state>(); },
                                       [&](std::unique_ptr<state>& s, long) {
                                           shared += s->users.fetch_add(1) != 0;
                                           for (int i = 0; i < 1000; ++i) shared += s->users.load() != 1;
                                           s->users.fetch_sub(1);
                                       });
    auto other = parimap::map_async(first, f, std::vector<long>(2000));
    parimap::parallel_for_each(second, f, std::vector<long>(2000));
    other.get();
    return shared == 0;
}

}  // namespace

void check_all(const plugin& p, bool one_program) {
    parimap::pool one{1};
    parimap::pool four{4};
    for (parimap::pool* pool : {&one, &four}) {
        for (const function f : {p.map, p.stream}) {
            check(f(*pool, 1) == 100, "a call of the plug-in on the program's pool");
            long sum = 0;
            for (const long x : parimap::parallel_map(
                     *pool, [&](long n) { return f(*pool, n); }, std::vector<long>(200, 1)))
                sum += x;
            check(sum == 20'000, "a call of the plug-in nested in an item of the program's");
        }
    }
    check(p.own(map_of_program, 1) == 10'000, "a call of the program nested in an item of the plug-in's");
    check(p.own(p.map, 1) == 10'000, "a call of the plug-in nested in an item of its own");

    parimap::imap<long> stream;
    p.start(four, 3, stream);
    check(stream.next() == 3, "a stream of the plug-in is read by the program");
    check(p.rest(stream) == 99 * 3 && !stream.next(), "and then by the plug-in");
    stream = parimap::unordered_imap(
        four, [](int i) { return long{i}; }, std::vector<int>(100, 1));
    check(*stream.begin() == 1 && p.rest(stream) == 99, "a stream of the program is read by the plug-in, behind what was shown");
    p.start(one, 3, stream);
    stream = {};  // unfinished, and its pool and function are needed no more

    parimap::pool* theirs = p.make(3);
    check(map_of_program(*theirs, 2) == 200, "a call of the program on the plug-in's pool");
    check(theirs->submit([](int x) { return x; }, 7).get() == 7, "a job of the program's on the plug-in's pool");
    check(states_are_apart(four, *theirs), "states of workers of two pools are apart");
    p.unmake(theirs);

    try {
        p.error();
        check(false, "the plug-in throws");
    } catch (const parimap::pool_closed&) {
    }
    const void* default_pool = &parimap::default_pool();
    check((p.default_pool() == default_pool) == one_program, "there is one default pool");
    const void* display = &parimap::detail::progress_display::instance();
#ifdef SHARED
    constexpr bool one_library = true;
#else
    const bool one_library = one_program;
#endif
    check((p.display() == display) == one_library, "there is one display of bars");
    if (!one_library) return;
    for (const bool same : parimap::parallel_map(
             four, [&](long) { return p.seat() == parimap::this_worker_index(); }, std::vector<long>(100))) {
        check(same, "this_worker_index() is the same in both modules");
    }
}
