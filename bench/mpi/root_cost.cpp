// SPDX-License-Identifier: MIT
// What rank 0 pays for the others: the CPU time of its thread that talks to them, and what of it is each item's and byte's.
// Items sleep, so that few CPUs show many workers. `mpirun -n <ranks> bench_root_cost_<mpi> [workers of each]`.

#include <parimap/parimap.hpp>
#include <parimap/session.hpp>

#include <unistd.h>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <ranges>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using pool = parimap::basic_pool<parimap::backends::mpi>;

// The threads of rank 0 that run items.
struct item_threads {
    std::mutex mutex;
    std::set<pid_t> ids;
};
item_threads workers_here;

void note_thread() {
    thread_local const bool is_noted = [] {
        const std::lock_guard held(workers_here.mutex);
        return workers_here.ids.insert(::gettid()).second;
    }();
    (void)is_noted;
}

// Of all threads of this process but the first and those that run items, in seconds; as the kernel counts it.
double seconds_of_talking() {
    double all = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        const pid_t thread = std::atoi(task.path().filename().c_str());
        const std::lock_guard held(workers_here.mutex);
        if (thread == ::getpid() || workers_here.ids.contains(thread)) continue;
        double nanoseconds = 0;
        std::ifstream(task.path() / "schedstat") >> nanoseconds;
        all += 1e-9 * nanoseconds;
    }
    return all;
}

// What one call was made of, and what it took.
struct observed {
    std::array<double, 3> parts;  // seconds, items, bytes
    double talking;
};

template <std::size_t size>
observed run(pool& p, std::chrono::microseconds cost, std::size_t chunk, int items) {
    const auto sleep = [cost](int i) {
        note_thread();
        if (cost.count() > 0) std::this_thread::sleep_for(cost);
        std::array<char, size> result{};
        result.back() = static_cast<char>(i);
        return result;
    };
    parimap::run_report report;
    const double before = seconds_of_talking();
    const auto results =
        parimap::parallel_map(p, parimap::map_options{.chunk = chunk, .insights = &report}, sleep, std::views::iota(0, items));
    observed seen{{report.wall.count(), 0, 0}, seconds_of_talking() - before};
    std::size_t messages = 0;
    for (const parimap::worker_report& w : report.workers) seen.parts[1] += w.rank > 0 ? static_cast<double>(w.items) : 0.0;
    for (const parimap::rank_report& other : report.ranks) {
        messages += other.messages_to + other.messages_from;
        seen.parts[2] += static_cast<double>(other.bytes_to + other.bytes_from);
    }
    std::printf(
        "%6zu x %5lld us, %6zu bytes each: %7.3f s, %7.0f items elsewhere, %6zu messages, %10.0f bytes: talked for %6.2f ms, "
        "%4.1f %%\n",
        results.size(), static_cast<long long>(cost.count()), size, seen.parts[0], seen.parts[1], messages, seen.parts[2],
        1e3 * seen.talking, 100 * seen.talking / seen.parts[0]);
    return seen;
}

// The constants with which the parts explain the time best, as relative errors go: the normal equations, by Gauss and Jordan.
std::array<double, 3> constants(const std::vector<observed>& all) {
    std::array<std::array<double, 4>, 3> a{};
    for (const observed& o : all) {
        for (std::size_t i = 0; i < 3; ++i) {
            for (std::size_t j = 0; j < 3; ++j) a[i][j] += o.parts[i] * o.parts[j] / (o.talking * o.talking);
            a[i][3] += o.parts[i] / o.talking;
        }
    }
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t k = 0; k < 3; ++k) {
            if (k == i) continue;
            const double factor = a[k][i] / a[i][i];
            for (std::size_t j = i; j < 4; ++j) a[k][j] -= factor * a[i][j];
        }
    }
    return {a[0][3] / a[0][0], a[1][3] / a[1][1], a[2][3] / a[2][2]};
}

}  // namespace

int main(int argc, char** argv) {
    parimap::basic_session<parimap::backends::mpi> session(argc, argv);
    if (session.serves()) return session.serve();
    std::size_t workers = 8;
    if (argc > 1) std::from_chars(argv[1], argv[1] + std::strlen(argv[1]), workers);
    pool p(workers);
    std::vector<observed> all;
    using us = std::chrono::microseconds;
    for (int repeat = 0; repeat < 5; ++repeat) {
        all.push_back(run<8>(p, us(10'000), 0, 1'000));
        all.push_back(run<8>(p, us(1'000), 0, 4'000));
        all.push_back(run<8>(p, us(100), 0, 20'000));
        all.push_back(run<8>(p, us(100), 1, 20'000));
        all.push_back(run<8>(p, us(10), 0, 100'000));
        all.push_back(run<10'000>(p, us(1'000), 0, 4'000));
        all.push_back(run<100'000>(p, us(1'000), 0, 2'000));
    }
    const auto [second, item, byte] = constants(all);
    std::printf("%.1f %% of the time for looking, %.2f us an item, %.2f ns a byte\n", 100 * second, 1e6 * item, 1e9 * byte);
}
