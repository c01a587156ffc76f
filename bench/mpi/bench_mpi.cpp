// SPDX-License-Identifier: MIT
// What a result costs on its way between ranks, beside a message there and back. Runs under mpirun: rank 0 measures, the others
// serve, or answer messages.

#include "../clock.hpp"
#include "../cost.hpp"
#include "../items.hpp"
#include "../measure.hpp"

#include <benchmark/benchmark.h>
#include <mpi.h>
#include <parimap/backends/mpi.hpp>
#include <parimap/basic_pool.hpp>
#include <parimap/ordered_imap.hpp>
#include <parimap/parallel_map_reduce.hpp>
#include <parimap/session.hpp>
#include <parimap/unordered_imap.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <ranges>
#include <string>
#include <string_view>

namespace {

using namespace bench;
using namespace std::chrono_literals;
using pool = parimap::basic_pool<parimap::backends::mpi>;

constexpr int ping_pong_tag = 1;
constexpr std::int64_t no_more = -1;

// ---- messages there and back, of 8 bytes ---------------------------------------------------------------------------------

std::int64_t ping(std::int64_t value) {
    MPI_Send(&value, 1, MPI_INT64_T, 1, ping_pong_tag, MPI_COMM_WORLD);
    if (value == no_more) return value;
    MPI_Recv(&value, 1, MPI_INT64_T, 1, ping_pong_tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    return value;
}

void answer_pings() {
    while (true) {
        std::int64_t value = 0;
        MPI_Recv(&value, 1, MPI_INT64_T, 0, ping_pong_tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        if (value == no_more) return;
        ++value;
        MPI_Send(&value, 1, MPI_INT64_T, 0, ping_pong_tag, MPI_COMM_WORLD);
    }
}

void add_ping_pong(const std::string& group, std::uint64_t count) {
    add(group, "ping-pong", 2, [count](benchmark::State& state) {
        const auto run = [count] {
            std::uint64_t answered = 0;
            for (std::uint64_t i = 0; i < count; ++i) {
                const auto value = static_cast<std::int64_t>(i);
                answered += ping(value) == value + 1;
            }
            return answered;
        };
        measure(state, count, run, [count](std::uint64_t answered) { return answered == count; });
    });
}

// ---- items of a cost -------------------------------------------------------------------------------------------------------

enum class way { ordered, unordered, reduced };

std::uint64_t sum(pool& p, way how, const parimap::map_options& options, same_work f, std::uint64_t count) {
    std::uint64_t all = 0;
    switch (how) {
        case way::ordered:
            for (const std::uint64_t result : parimap::ordered_imap(p, options, f, numbers(count))) all += result;
            break;
        case way::unordered:
            for (const std::uint64_t result : parimap::unordered_imap(p, options, f, numbers(count))) all += result;
            break;
        case way::reduced: all = parimap::parallel_map_reduce(p, options, f, std::plus<>(), std::uint64_t{0}, numbers(count));
    }
    return all;
}

/// With one worker a rank.
void add_items(const std::string& group, int ranks, way how, std::size_t chunk, std::size_t window, nanoseconds cost,
               std::uint64_t count) {
    add(group, "parimap-mpi", static_cast<unsigned>(ranks), [=](benchmark::State& state) {
        pool p{1};
        const same_work f{steps_of(cost)};
        const parimap::map_options options{.chunk = chunk, .window = window};
        measure(
            state, count, [&] { return sum(p, how, options, f, count); }, [&](std::uint64_t all) { return all == f.sum(count); });
    });
}

void add_serial(const std::string& group, nanoseconds cost, std::uint64_t count) {
    add(group, "serial", 1, [=](benchmark::State& state) {
        const same_work f{steps_of(cost)};
        const auto run = [&] {
            std::uint64_t all = 0;
            for (const number i : numbers(count)) all += f(i);
            return all;
        };
        measure(state, count, run, [&](std::uint64_t all) { return all == f.sum(count); });
    });
}

void add_all(const std::string& mpi, int ranks) {
    const struct {
        const char* name;
        std::size_t chunk, window;
        std::uint64_t count;
    } batches[] = {{"batch_1", 1, 4, 5'000}, {"batch_64", 64, 256, 100'000}, {"empty", 0, 0, 1'000'000}};
    for (const auto& [name, chunk, window, count] : batches) {
        for (const auto how : {way::ordered, way::unordered}) {
            const std::string group = mpi + (how == way::ordered ? "_ordered/" : "_unordered/") + name;
            add_ping_pong(group, 5'000);
            add_items(group, ranks, how, chunk, window, 0ns, count);
        }
    }
    const struct {
        const char* name;
        nanoseconds cost;
        std::uint64_t count;
    } costs[] = {{"100us", 100us, 3'000}, {"1ms", 1ms, 400}};
    for (const auto& [name, cost, count] : costs) {
        for (const auto how : {way::ordered, way::unordered, way::reduced}) {
            const std::string group = mpi +
                                      (how == way::ordered     ? "_ordered/"
                                       : how == way::unordered ? "_unordered/"
                                                               : "_reduce/") +
                                      name;
            add_serial(group, cost, count);
            add_items(group, ranks, how, 0, 0, cost, count);
        }
    }
}

/// run.py asks for one benchmark at a time; all ranks have the arguments.
bool asks_for_ping_pong(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument.starts_with("--benchmark_filter=") && argument.find("/ping-pong/") != std::string_view::npos) return true;
    }
    return false;
}

}  // namespace

int main(int argc, char** argv) {
    parimap::basic_session<parimap::backends::mpi> session(argc, argv);
    const bool pings = session.ranks() > 1 && asks_for_ping_pong(argc, argv);
    if (pings && session.rank() == 1) answer_pings();
    if (session.serves()) return session.serve();

    add_all(BENCH_MPI, session.ranks());
    benchmark::Initialize(&argc, argv);
    const bool is_right = !benchmark::ReportUnrecognizedArguments(argc, argv);
    if (is_right) benchmark::RunSpecifiedBenchmarks();
    if (pings) ping(no_more);
    return is_right ? 0 : 1;
}
