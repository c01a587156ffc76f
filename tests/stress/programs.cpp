// SPDX-License-Identifier: MIT
// What a seed runs: pools, threads that share them, and which programs.
#include "stress/programs.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>
#include <vector>

namespace parimap_stress {

namespace {

void nap(std::size_t microseconds) { std::this_thread::sleep_for(std::chrono::microseconds{microseconds}); }

bool reads_fail(input_kind input) {
    return input == input_kind::failing_view || input == input_kind::feed || input == input_kind::generator ||
           input == input_kind::stage;
}

std::size_t count_for(choices& c, std::size_t depth, effort work) {
    if (depth > 0) return c.below(depth == 1 ? 12 : 5);
    if (work == effort::sleeps || work == effort::yields) return c.below(60);
    if (c.one_in(12)) return c.between(1000, 20'000);
    if (c.one_in(4)) return c.below(8);
    return c.below(300);
}

}  // namespace

plan make_plan(choices& c, std::size_t depth, bool all_inputs, bool blocking) {
    plan p;
    p.seed = c.number();
    p.depth = depth;
    p.blocking = blocking;
    p.work = c.one_of({effort::none, effort::none, effort::spins, effort::yields, effort::sleeps, effort::one_long, effort::mixed});
    p.count = count_for(c, depth, p.work);
    const auto kinds = static_cast<std::size_t>(input_kind::zip_of_three) + 1;
    p.input = all_inputs ? static_cast<input_kind>(c.below(kinds)) : c.one_of({input_kind::named_vector, input_kind::feed});
    if (p.input == input_kind::braced_list) p.count = 5;
    if (reads_fail(p.input) && c.one_in(4)) {
        p.fault = input_fault::read;
        p.faulty = c.below(p.count + 1);
        if (p.input == input_kind::feed) {
            p.fault = c.one_of({input_fault::read, input_fault::advance, input_fault::begin});
            if (p.fault == input_fault::begin) p.faulty = 0;
            if (p.fault == input_fault::advance) p.faulty = std::max<std::size_t>(p.faulty, 1);
        }
        if (p.fault != input_fault::begin && p.faulty >= p.count) p.fault = input_fault::none;
    }
    if (p.count > 0 && c.one_in(3)) {
        if (c.one_in(2)) p.fails_one_in = c.one_of<std::size_t>({2, 10, 100});
        p.failing = c.below(p.count);
    }
    if (p.count > 0 && (p.work == effort::one_long || c.one_in(10))) p.long_item = c.below(std::min<std::size_t>(p.count, 50));
    if (depth < deepest && c.one_in(3)) p.nests_one_in = p.count > 300 ? 1000 : c.one_of<std::size_t>({5, 20, 50});
    if (c.one_in(4)) {
        p.how = c.one_of({disturbance::stopped_before, disturbance::stopped_by_item, disturbance::stopped_by_thread,
                          blocking ? disturbance::stopped_by_thread : disturbance::cancelled_by_thread,
                          blocking ? disturbance::stopped_by_item : disturbance::cancelled_by_item});
        p.stopping = p.count > 0 ? c.below(p.count) : 0;
    }
    p.chunk = c.one_of<std::size_t>({0, 0, 0, 1, 2, 7, 64, 1000});
    p.window = c.one_of<std::size_t>({0, 0, 0, 1, 2, 3, 7, 64, 1000});
    p.reported = c.one_in(8);
    p.watched = c.one_in(16);
    return p;
}

void run_program(site& s, choices c, std::size_t depth) {
    if (!s.may_nest && depth > 0) return;
    switch (c.below(12)) {
        case 0:
        case 1: return run_blocking(s, c, depth);
        case 2: return run_writing(s, c, depth);
        case 3: return run_reducing(s, c, depth);
        case 4: return run_async(s, c, depth);
        case 5: return depth == 0 ? run_jobs(s, c, depth) : run_blocking(s, c, depth);
        case 6:
        case 7: return run_unordered(s, c, depth);
        case 8: return run_catching(s, c, depth);
        case 9: return run_per_worker(s, c, depth);
        default: return run_ordered(s, c, depth);
    }
}

void run_seed(std::uint64_t seed, std::size_t workers) {
    choices c{seed};
    const std::size_t cpus = parimap::cpu_count();
    const std::size_t drawn = c.one_of<std::size_t>({1, 2, 3, cpus, cpus + 1, 2 * cpus, 8});
    site& s = new_site(workers ? workers : drawn);
    const std::size_t threads = c.one_of<std::size_t>({1, 1, 1, 2, 3, 4});
    const std::size_t programs = c.between(1, 3);
    const auto run_all = [&s, programs](choices own) {
        for (std::size_t i = 0; i < programs; ++i) run_program(s, own.apart(i), 0);
    };
    std::vector<std::thread> sharing;
    for (std::size_t i = 0; i < threads; ++i) sharing.emplace_back(run_all, c.apart(i));
    const bool ends_early = c.one_in(5);
    const bool terminates = c.one_in(2);
    const std::size_t after = c.below(3000);
    if (ends_early) {
        nap(after);
        s.is_closed.store(true);
        if (terminates) s.is_terminated.store(true);
        terminates ? s.get().terminate() : s.get().close();
        if (c.one_in(2)) s.get().join();
    }
    for (std::thread& t : sharing) t.join();
    end_of_seed();
}

}  // namespace parimap_stress
