// SPDX-License-Identifier: MIT
// A program that has started MPI for fewer threads than the backend would: its argument is the level. Calls of all ranks, and of rank 0 in a
// session; and no other thread calls MPI than may.

#include <parimap/parimap.hpp>
#include <parimap/session.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <mpi.h>

#include "../require.hpp"

using namespace parimap_test;
using parimap::map_options;

namespace {

int level = MPI_THREAD_SINGLE;
const std::thread::id main_thread = std::this_thread::get_id();
std::atomic<int> talking{0};

/// One call of MPI, by a thread that may make it.
struct call_of_mpi {
    call_of_mpi() {
        REQUIRE(level > MPI_THREAD_FUNNELED || std::this_thread::get_id() == main_thread);
        REQUIRE(level > MPI_THREAD_SERIALIZED || ++talking == 1);
    }
    ~call_of_mpi() {
        if (level <= MPI_THREAD_SERIALIZED) --talking;
    }
    call_of_mpi(const call_of_mpi&) = delete;
    call_of_mpi& operator=(const call_of_mpi&) = delete;
};

using pool = parimap::basic_pool<parimap::backends::mpi>;
using session = parimap::basic_session<parimap::backends::mpi>;

void calls_of_all(std::size_t workers) {
    pool p{MPI_COMM_WORLD, workers};
    const int three = 3;
    const auto slow = [&](int x) {
        pass_time(300);
        return x + three;
    };
    for (int repeat = 0; repeat < 10; ++repeat) {
        std::atomic<int> ran{0};
        const auto f = [&](int x) {
            ++ran;
            return slow(x);
        };
        const std::vector<int> all = parimap::parallel_map(p, f, std::views::iota(0, 200));
        for (int i = 0; i < 200; ++i) REQUIRE(all[static_cast<std::size_t>(i)] == i + 3);
        REQUIRE(ran < 200);
    }
    int n = 0;
    for (const int x : parimap::ordered_imap(p, slow, std::views::iota(0, 300))) REQUIRE(x == n++ + 3);
    REQUIRE(n == (rank == 0 ? 300 : 0));
    for (const int x : parimap::unordered_imap(p, slow, std::views::iota(0, 100'000))) {
        REQUIRE(x >= 3);
        if (++n == 350) break;
    }
    auto inner = parimap::ordered_imap(
        p, [](int x) { return x + 1; }, std::views::iota(0, 300));
    const std::vector<int> chained = parimap::parallel_map(
        p, [](int x) { return 2 * x; }, inner);
    for (int i = 0; i < 300; ++i) REQUIRE(chained[static_cast<std::size_t>(i)] == 2 * i + 2);
    const double sum = parimap::parallel_map_reduce(
        p, [](int x) { return 0.5 * x; }, std::plus<>(), 0.0, std::views::iota(0, 100'000));
    REQUIRE(sum == 0.5 * 99'999.0 * 50'000.0);
    std::size_t failed = 0;
    try {
        parimap::parallel_map(
            p, map_options{.failed_index = &failed}, [](int x) { return x < 123 ? x : throw std::out_of_range("too large"); },
            std::views::iota(0, 400));
        REQUIRE(false);
    } catch (const std::out_of_range&) {
        REQUIRE(failed == 123);
    }
    const std::vector<double> large = parimap::parallel_map(
        p, [](int x) { return 1.0 * x; }, std::views::iota(0, 2'000'000));
    REQUIRE(large.back() == 1'999'999);
}

void calls_of_one() {
    pool p{1};
    const auto table = parimap::share(p, std::vector<double>(100'000, 2.0));
    int n = 0;
    for (const double x : parimap::ordered_imap(
             p, [table](int i) { return i * (*table)[5]; }, std::views::iota(0, 1000)))
        REQUIRE(x == 2.0 * n++);
    const auto slow = [](int x) {
        pass_time(300);
        return x + 1;
    };
    const std::vector<int> all = parimap::parallel_map(p, slow, std::views::iota(0, 300));
    for (int i = 0; i < 300; ++i) REQUIRE(all[static_cast<std::size_t>(i)] == i + 1);
    {
        auto left = parimap::unordered_imap(p, slow, std::views::iota(0, 1000));
        REQUIRE(left.next().has_value());
        REQUIRE(left.wait_for(std::chrono::seconds(20)));
    }
    std::string refused;
    std::thread other([&] {
        try {
            parimap::parallel_map(p, slow, std::views::iota(0, 10));
        } catch (const parimap::error& e) {
            refused = e.what();
        }
    });
    other.join();
    REQUIRE((refused.find("MPI_THREAD_MULTIPLE") != std::string::npos) == (level <= MPI_THREAD_FUNNELED));
}

}  // namespace

// In place of those of MPI, which the backend calls.
extern "C" {
int MPI_Isend(const void* data, int count, MPI_Datatype type, int to, int tag, MPI_Comm communicator, MPI_Request* request) {
    const call_of_mpi here;
    return PMPI_Isend(data, count, type, to, tag, communicator, request);
}
int MPI_Improbe(int from, int tag, MPI_Comm communicator, int* is_there, MPI_Message* message, MPI_Status* status) {
    const call_of_mpi here;
    return PMPI_Improbe(from, tag, communicator, is_there, message, status);
}
int MPI_Mrecv(void* data, int count, MPI_Datatype type, MPI_Message* message, MPI_Status* status) {
    const call_of_mpi here;
    return PMPI_Mrecv(data, count, type, message, status);
}
int MPI_Test(MPI_Request* request, int* is_done, MPI_Status* status) {
    const call_of_mpi here;
    return PMPI_Test(request, is_done, status);
}
}

int main(int argc, char** argv) {
    const std::string asked = argc > 1 ? argv[1] : "single";
    level = asked == "single" ? MPI_THREAD_SINGLE : asked == "funneled" ? MPI_THREAD_FUNNELED : MPI_THREAD_SERIALIZED;
    int provided = 0;
    MPI_Init_thread(&argc, &argv, level, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    level = provided;
    if (level == MPI_THREAD_SINGLE) {
        try {
            const pool refused{MPI_COMM_WORLD, 2};
            REQUIRE(false);
        } catch (const parimap::error& e) {
            REQUIRE(std::string(e.what()).find("MPI_THREAD_FUNNELED") != std::string::npos);
        }
    }
    calls_of_all(1);
    if (level != MPI_THREAD_SINGLE) calls_of_all(2);
    {
        session all(argc, argv);
        if (all.serves()) {
            all.serve();
        } else {
            calls_of_one();
        }
    }
    MPI_Finalize();
}
