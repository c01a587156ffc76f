// SPDX-License-Identifier: MIT
// Trace files that several processes write, that do not fit the disk, or that are wanted when the program ends.
#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/environment.hpp"
#include "support/gate.hpp"
#include "support/items.hpp"
#include "support/open_files.hpp"
#include "support/sanitizers.hpp"
#include "support/trace_files.hpp"

#include <parimap/detail/watch/trace_file.hpp>
#include <parimap/detail/watch/trace_run.hpp>
#include <parimap/parimap.hpp>

#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace parimap_test;
using namespace std::chrono_literals;
using parimap::map_options;
using parimap::pool;

namespace {

constexpr std::string_view program_case = "trace: a program that other tests run again";
constexpr const char* calls_variable = "PARIMAP_TEST_TRACED_CALLS";
constexpr const char* partner_variable = "PARIMAP_TEST_TRACED_PARTNER";
constexpr const char* after_variable = "PARIMAP_TEST_TRACED_AFTER";
constexpr const char* at_exit_variable = "PARIMAP_TEST_TRACED_AT_EXIT";

// How many items each process has in the trace, by the pid of its events.
std::map<std::uint64_t, std::size_t> items_of(const std::string& path) {
    std::map<std::uint64_t, std::size_t> items;
    for (const auto& e : read_json(path)) {
        if (e.at("ph") == "X" && e.contains("args")) items[e.at("pid")] += e.at("args").at("items").get<std::size_t>();
    }
    return items;
}

std::size_t sum_of_items(const std::string& path) {
    std::size_t sum = 0;
    for (const auto& [pid, items] : items_of(path)) sum += items;
    return sum;
}

// What the processes that the file has are called in a viewer.
std::set<std::string> names_of(const std::string& path) {
    std::set<std::string> names;
    for (const auto& e : read_json(path)) {
        if (e.at("name") == "process_name") names.insert(e.at("args").at("name").get<std::string>());
    }
    return names;
}

void trace(const std::string& path, int calls, std::size_t items = 100) {
    pool p{2};
    for (int i = 0; i < calls; ++i)
        parimap::parallel_for_each(
            p, map_options{.chunk = 1, .trace = path}, [](int) {}, numbers(items));
}

pid_t start(const std::function<void()>& run) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::alarm(20);
        run();
        ::_exit(1);
    }
    return child;
}

// This program once more, which makes so many calls of 100 items.
pid_t start_program(const std::string& path, const std::vector<std::pair<const char*, const char*>>& environment) {
    return start([&] {
        ::setenv("PARIMAP_TRACE", path.c_str(), 1);
        for (const auto& [name, value] : environment) ::setenv(name, value, 1);
        ::execl("/proc/self/exe", "unit", program_case.data(), static_cast<char*>(nullptr));
    });
}

int run_program(const std::string& path, const std::vector<std::pair<const char*, const char*>>& environment) {
    std::this_thread::sleep_for(50ms);  // so that it has begun after the one before has ended, by the system's clocks
    return status_of(start_program(path, environment));
}

// Outlives what the first call makes.
struct calls_at_exit {
    ~calls_at_exit() {
        if (!std::getenv(at_exit_variable)) return;
        pool p{2};
        parimap::parallel_for_each(
            p, [](int) {}, numbers(100));
    }
} at_exit;

}  // namespace

TEST_CASE("trace: a program that other tests run again") {
    const char* const calls = std::getenv(calls_variable);
    if (!calls) return;
    if (const char* const after = std::getenv(after_variable)) REQUIRE(eventually([&] { return std::filesystem::exists(after); }));
    pool p{2};
    for (int i = 0; i < std::atoi(calls); ++i)
        parimap::parallel_for_each(
            p, [](int) {}, numbers(100));
    if (!std::getenv(partner_variable)) return;
    REQUIRE(eventually([] {  // there is another by now
        std::set<std::uint64_t> processes;
        try {
            for (const auto& e : read_json(std::getenv("PARIMAP_TRACE"))) processes.insert(e.at("pid").get<std::uint64_t>());
        } catch (const nlohmann::json::exception&) {  // it is being written
        }
        return processes.size() >= 3;  // and 0
    }));
}

TEST_CASE("trace: processes that were forked share a file, one writer at a time, each with lanes of its own") {
    const temporary_path file;
    trace(file.path, 1);  // what this process knows of the file is not what its children know
    std::vector<pid_t> children;
    for (int i = 0; i < 4; ++i) {
        children.push_back(start([&] {
            trace(file.path, 10);
            ::_exit(0);
        }));
    }
    for (const pid_t child : children) REQUIRE(status_of(child) == 0);
    trace(file.path, 5);
    std::map<std::uint64_t, std::size_t> items;  // of each process, whichever its pool
    for (const auto& [pid, count] : items_of(file.path)) items[pid / 1000] += count;
    std::map<std::uint64_t, std::size_t> expected{{static_cast<std::uint64_t>(::getpid()), 600}};
    for (const pid_t child : children) expected[static_cast<std::uint64_t>(child)] = 1000;
    REQUIRE(items == expected);
    REQUIRE(items_of(file.path).size() == 6);  // two pools here, one in each child
}

TEST_CASE("trace: a program begins its file anew, unless another that wrote it is still running") {
    const temporary_path file;
    const std::vector<std::pair<const char*, const char*>> two_calls{{calls_variable, "2"}};
    const pid_t before = start_program(file.path, two_calls);
    siginfo_t its_end{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(before), &its_end, WEXITED | WNOWAIT) == 0);
    REQUIRE(sum_of_items(file.path) == 200);
    const auto first = items_of(file.path);
    REQUIRE(run_program(file.path, two_calls) == 0);  // though the one before still has its number
    REQUIRE(status_of(before) == 0);
    REQUIRE(sum_of_items(file.path) == 200);
    REQUIRE(items_of(file.path) != first);
    REQUIRE(read_json(file.path).front().at("args").at("writers").size() == 1);

    const std::vector<std::pair<const char*, const char*>> with_partner{{calls_variable, "2"}, {partner_variable, "1"}};
    std::this_thread::sleep_for(50ms);
    const pid_t one = start_program(file.path, with_partner);
    const pid_t other = start_program(file.path, with_partner);
    REQUIRE(status_of(one) == 0);
    REQUIRE(status_of(other) == 0);
    REQUIRE(sum_of_items(file.path) == 400);
    REQUIRE(items_of(file.path).size() == 2);
}

TEST_CASE("trace: a program that began before another wrote goes on with its file") {
    const temporary_path file;
    const temporary_path other_has_ended("after");
    const pid_t waits = start_program(file.path, {{calls_variable, "1"}, {after_variable, other_has_ended.path.c_str()}});
    REQUIRE(run_program(file.path, {{calls_variable, "1"}}) == 0);
    std::ofstream(other_has_ended.path) << "now";
    REQUIRE(status_of(waits) == 0);
    REQUIRE(sum_of_items(file.path) == 200);
    REQUIRE(items_of(file.path).size() == 2);
}

TEST_CASE("trace: a process goes on with the file of the one that it was forked from, which has ended") {
    const temporary_path file;
    int both[2];  // have it open, so that its end is theirs
    REQUIRE(::pipe(both) == 0);
    const pid_t child = start([&] {
        trace(file.path, 1);
        std::this_thread::sleep_for(50ms);  // so that what is forked has begun after this, by the system's clocks
        const pid_t self = ::getpid();
        start([&] {
            if (eventually([&] { return ::getppid() != self; })) trace(file.path, 1);
        });
        ::_exit(0);
    });
    ::close(both[1]);
    REQUIRE(status_of(child) == 0);
    char nothing = 0;
    REQUIRE(::read(both[0], &nothing, 1) == 0);
    ::close(both[0]);
    REQUIRE(sum_of_items(file.path) == 200);
    REQUIRE(items_of(file.path).size() == 2);
}

TEST_CASE("trace: the ranks of a launcher share a file, and those of its next run begin it anew") {
    const temporary_path file;
    const auto run = [&](const char* job, const char* rank) {
        REQUIRE(run_program(file.path, {{calls_variable, "1"}, {"PMI_JOBID", job}, {"PMI_RANK", rank}}) == 0);
    };
    const environment no_other_launcher("PMIX_RANK", nullptr);
    const environment no_name("PMIX_NAMESPACE", nullptr);
    run("a", "0");
    run("a", "1");
    run("a", "2");
    REQUIRE(items_of(file.path).size() == 3);
    std::set<std::string> ranks;
    for (const std::string& name : names_of(file.path)) ranks.insert(name.substr(name.rfind(',')));
    REQUIRE(ranks == std::set<std::string>{", rank 0", ", rank 1", ", rank 2"});
    run("a", "1");  // it has been there, so this is a job that was started again
    REQUIRE(items_of(file.path).size() == 1);
    run("b", "0");
    REQUIRE(items_of(file.path).size() == 1);
}

TEST_CASE("trace: a path may name the process and the rank") {
    const std::string process = std::to_string(::getpid());
    const auto is_traced = [](const std::string& pattern, const std::string& path) {
        trace(pattern, 1);
        const bool is = std::filesystem::exists(path) && sum_of_items(path) == 100;
        std::filesystem::remove(path);
        return is;
    };
    for (const char* name : {"PMIX_RANK", "PMI_RANK", "OMPI_COMM_WORLD_RANK", "MV2_COMM_WORLD_RANK", "SLURM_PROCID"}) {
        CAPTURE(name);
        const environment rank(name, "7");
        REQUIRE(is_traced("trace_%p_%r.json", "trace_" + process + "_7.json"));
    }
    REQUIRE(is_traced("trace_%p_%p_%r.json", "trace_" + process + '_' + process + "_0.json"));
    REQUIRE(is_traced("trace_100%%_50%_" + process + ".json", "trace_100%_50%_" + process + ".json"));
}

TEST_CASE("trace: a call of more events than are written at once has all of them") {
    const temporary_path file;
    trace(file.path, 1, 12'000);  // more than 1 MB
    REQUIRE(sum_of_items(file.path) == 12'000);
}

TEST_CASE("trace: what does not fit the disk leaves the calls before as they were, and ends no program") {
    for (const bool is_ignored : {true, false}) {
        CAPTURE(is_ignored);
        const temporary_path file;
        const pid_t child = start([&] {
            ::signal(SIGXFSZ, is_ignored ? SIG_IGN : SIG_DFL);
            trace(file.path, 3);
            const auto size = std::filesystem::file_size(file.path);
            rlimit limit{};
            ::getrlimit(RLIMIT_FSIZE, &limit);
            const rlimit before = limit;
            limit.rlim_cur = size + 5000;
            ::setrlimit(RLIMIT_FSIZE, &limit);
            trace(file.path, 1, 50'000);
            if (std::filesystem::file_size(file.path) != size) ::_exit(2);
            if (sum_of_items(file.path) != 300) ::_exit(3);
            limit.rlim_cur = 100;  // not even an empty one fits
            ::setrlimit(RLIMIT_FSIZE, &limit);
            trace(file.path + ".new", 1);
            ::setrlimit(RLIMIT_FSIZE, &before);
            std::filesystem::remove(file.path + ".new");
            trace(file.path, 1);
            ::_exit(0);
        });
        REQUIRE(status_of(child) == 0);
        REQUIRE(sum_of_items(file.path) == 400);
    }
}

TEST_CASE("trace: a file of another run, or of another kind, stays as it was if a new one does not fit") {
    for (const std::size_t size : {10U, 5000U}) {
        CAPTURE(size);
        const temporary_path file;
        const std::string text(size, 'x');
        std::ofstream(file.path) << text;
        const pid_t child = start([&] {
            rlimit limit{};
            ::getrlimit(RLIMIT_FSIZE, &limit);
            limit.rlim_cur = 1000;
            ::setrlimit(RLIMIT_FSIZE, &limit);
            trace(file.path, 1);
            ::_exit(0);
        });
        REQUIRE(status_of(child) == 0);
        std::stringstream now;
        now << std::ifstream(file.path).rdbuf();
        REQUIRE(now.str() == text);
        trace(file.path, 1);
        REQUIRE(sum_of_items(file.path) == 100);
    }
}

TEST_CASE("trace: a program that has closed its standard output and error prints into no trace") {
    // The one opens pipes, which then get those descriptors; the other tells of every descriptor that is closed while it is written to.
    if (parimap_test::under_asan || parimap_test::under_tsan) return;
    const temporary_path file;
    const pid_t child = start([&] {
        ::close(STDOUT_FILENO);
        ::close(STDERR_FILENO);
        std::atomic<bool> stop{false};
        std::thread printing([&] {
            while (!stop) {
                for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) (void)!::write(fd, "printed", 7);
            }
        });
        for (int i = 0; i < 100; ++i) trace(file.path, 1);
        stop = true;
        printing.join();
        ::_exit(::fcntl(STDERR_FILENO, F_GETFD) < 0 ? 0 : 2);  // it is still closed
    });
    REQUIRE(status_of(child) == 0);
    REQUIRE(sum_of_items(file.path) == 10'000);
}

TEST_CASE("trace: what a process left half written when it ended costs no other event") {
    const temporary_path file;
    trace(file.path, 2);
    std::size_t expected = 200;
    // Its end is looked for in pieces of 64 KiB, and may lie across two of them.
    for (const std::size_t size : {200'000U, 65'533U, 65'534U, 65'535U, 65'536U}) {
        CAPTURE(size);
        std::ofstream(file.path, std::ios::app) << std::string(size, 'x');
        trace(file.path, 1);
        REQUIRE(sum_of_items(file.path) == (expected += 100));
    }
}

TEST_CASE("trace: a writer that has stopped holds the others up for a while and not for ever") {
    using parimap::detail::trace_file;
    const temporary_path file;
    trace(file.path, 1);
    {
        const trace_file stopped(file.path, 0ms);
        REQUIRE(stopped.is_open());
        const trace_file waits(file.path, 20ms);
        REQUIRE_FALSE(waits.is_open());
        REQUIRE(waits.is_busy());
        std::thread grows([&] {
            for (int i = 0; i < 10; ++i) {  // as somebody does who is at it
                std::this_thread::sleep_for(20ms);
                std::ofstream(file.path, std::ios::app) << ' ';
            }
        });
        const auto begin = std::chrono::steady_clock::now();
        const trace_file waits_longer(file.path, 500ms);
        const auto waited = std::chrono::steady_clock::now() - begin;
        grows.join();
        REQUIRE(waits_longer.is_busy());
        REQUIRE(waited >= 520ms);
    }
    trace(file.path, 1);
    REQUIRE(sum_of_items(file.path) == 200);
}

TEST_CASE("trace: a writer that has stopped holds up one call of a process, and not each") {
    using parimap::detail::trace_file;
    const temporary_path file;
    trace(file.path, 1);
    const auto time_of_call = [&] {
        const auto begin = std::chrono::steady_clock::now();
        trace(file.path, 1);
        return std::chrono::steady_clock::now() - begin;
    };
    {
        const trace_file stopped(file.path, 0ms);
        const auto first = time_of_call();
        REQUIRE(time_of_call() < first / 2);
    }
    trace(file.path, 1);
    REQUIRE(sum_of_items(file.path) == 200);
}

TEST_CASE("trace: a program that is started while a file is written does not have it open") {
    using parimap::detail::trace_file;
    const temporary_path path;
    const trace_file file(path.path, 0ms);
    const std::vector<int> descriptors = descriptors_of(path.path);
    REQUIRE(descriptors.size() == 1);
    REQUIRE((::fcntl(descriptors[0], F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("trace: writers whose processes have the same number on two machines are told apart") {
    using parimap::detail::trace_file;
    using parimap::detail::trace_writer;
    const temporary_path path;
    const trace_writer here = trace_writer::this_process();
    trace_writer elsewhere = here;
    elsewhere.host += "-2";
    std::uint64_t other_number = 0;
    {
        trace_file file(path.path, 0ms);
        REQUIRE(file.begin());
        REQUIRE(file.number_of(here) == here.process);
        other_number = file.number_of(elsewhere);
        REQUIRE(other_number != here.process);
    }
    trace_file again(path.path, 0ms);
    REQUIRE(again.number_of(elsewhere) == other_number);
    REQUIRE(again.number_of(here) == here.process);
}

TEST_CASE("trace: a file that is removed while others wait for it is made again") {
    using parimap::detail::trace_file;
    const temporary_path path;
    std::optional<trace_file> first(std::in_place, path.path, 0ms);
    REQUIRE(first->begin());
    std::thread other([&] {
        trace_file second(path.path, 10s);
        if (second.is_open()) static_cast<void>(second.begin());
    });
    let_mistakes_happen();  // until it waits
    std::filesystem::remove(path.path);
    first.reset();
    other.join();
    REQUIRE(std::filesystem::exists(path.path));
    REQUIRE(read_json(path.path).size() == 1);
}

TEST_CASE("trace: a process that was forked in the middle of writing keeps nobody out") {
    using parimap::detail::trace_file;
    const temporary_path path;
    std::optional<trace_file> file(std::in_place, path.path, 0ms);
    REQUIRE(file->begin());
    const pid_t child = start([] { ::pause(); });
    file.reset();
    const bool is_free = trace_file(path.path, 0ms).is_open();
    ::kill(child, SIGKILL);
    static_cast<void>(status_of(child));
    REQUIRE(is_free);
}

TEST_CASE("trace: a call in the destructor of a static object is traced too") {
    const temporary_path file("that has a path which is too long to lie in the string itself");
    REQUIRE(run_program(file.path, {{calls_variable, "1"}, {at_exit_variable, "1"}}) == 0);
    REQUIRE(sum_of_items(file.path) == 200);
}

TEST_CASE("trace: a stream that a forked process inherits is traced by the process that made it, alone") {
    const temporary_path file;
    pool p{2};
    std::atomic<int> done{0};
    const auto f = [&](int i) { return ++done, i; };
    std::optional stream(parimap::ordered_imap(p, map_options{.window = 100, .trace = file.path}, f, numbers(100)));
    REQUIRE(stream->next());
    if (pool::backend_name() != "serial") REQUIRE(eventually([&] { return done == 100; }));
    std::this_thread::sleep_for(20ms);  // so that no worker is at anything
    REQUIRE(status_of(start([&] {
                stream.reset();
                ::_exit(0);
            })) == 0);
    (void)drain(*std::move(stream));
    REQUIRE(sum_of_items(file.path) == 100);
}

TEST_CASE("trace: a call that is left by a process which its item has forked is traced by the one that made it, alone") {
    const temporary_path file;
    pool p{1};  // so that this thread runs the items
    const pid_t self = ::getpid();
    pid_t child = 0;
    const auto f = [&](int i) {
        if (i == 50) child = start([] { throw std::runtime_error("there is no such program to run"); });
    };
    try {
        parimap::parallel_for_each(p, map_options{.trace = file.path}, f, numbers(100));
    } catch (const std::runtime_error&) {
        if (::getpid() != self) ::_exit(0);
        throw;
    }
    REQUIRE(status_of(child) == 0);
    REQUIRE(sum_of_items(file.path) == 100);
}
