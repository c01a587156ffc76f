// SPDX-License-Identifier: MIT
// A scan that is killed at random moments, again and again, ends with what it would have given undisturbed.

#include "support/backend_under_test.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/journal_path.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <random>
#include <ranges>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace parimap_test;
using parimap::map_options;

namespace {

constexpr std::size_t items = 300;
constexpr std::size_t workers = 3;
constexpr int kills_of_each = 34;

// More than a page each, so that a write takes a while.
struct measured {
    std::uint64_t item;
    std::array<std::uint64_t, 700> values;
    auto operator<=>(const measured&) const = default;
};

measured measure(std::size_t i) {
    std::mt19937_64 random(i);
    measured all{.item = i, .values = {}};
    for (auto& value : all.values) value = random();
    return all;
}

// What processes that are killed leave to those that look.
struct left {
    std::atomic<std::uint32_t> started;
    std::atomic<std::uint32_t> finished;
};

template <class Call>
void survives_kills(const std::string& name, Call call) {
    std::vector<measured> undisturbed;
    for (std::size_t i = 0; i < items; ++i) undisturbed.push_back(measure(i));

    void* const memory = ::mmap(nullptr, sizeof(left), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    left& seen = *new (memory) left{};

    std::mt19937 random(20261129);
    int kills = 0;
    int scans = 0;
    while (kills < kills_of_each) {
        const journal_path journal(name);
        seen.started = 0;
        seen.finished = 0;
        std::uint32_t kills_of_scan = 0;
        const auto f = [&](std::size_t i) {
            ++seen.started;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            ++seen.finished;
            return measure(i);
        };
        for (bool has_ended = false; !has_ended;) {
            const pid_t child = ::fork();
            if (child == 0) {
                ::prctl(PR_SET_PDEATHSIG, SIGKILL);
                bool is_right = false;
                try {
                    pool mine(workers);
                    is_right = call(mine, map_options{.journal = journal.path}, f) == undisturbed;
                } catch (...) {
                }
                std::_Exit(is_right ? 0 : 1);
            }
            REQUIRE(child > 0);
            // When all kills have been, it may go on to its end.
            if (kills < kills_of_each) {
                std::this_thread::sleep_for(std::chrono::microseconds(std::uniform_int_distribution<int>(5'000, 60'000)(random)));
                ::kill(child, SIGKILL);
            }
            const int status = status_of(child);
            has_ended = status != 128 + SIGKILL;
            if (has_ended) REQUIRE(status == 0);
            if (!has_ended) {
                ++kills;
                ++kills_of_scan;
            }
        }
        ++scans;
        // Only what was on its way when a process was killed has run again.
        REQUIRE(seen.finished >= items);
        REQUIRE(seen.started <= items + kills_of_scan * workers);
    }
    REQUIRE(kills == kills_of_each);
    REQUIRE(scans >= 1);
    ::munmap(memory, sizeof(left));
}

}  // namespace

TEST_CASE("journal: parallel_map that is killed again and again gives what it would have given") {
    survives_kills("killed_map", [](pool& mine, map_options options, auto f) {
        return parimap::parallel_map(mine, options, f, std::views::iota(std::size_t{0}, items));
    });
}

TEST_CASE("journal: ordered_imap that is killed again and again gives what it would have given, in order") {
    survives_kills("killed_stream", [](pool& mine, map_options options, auto f) {
        std::vector<measured> all;
        for (auto&& result : parimap::ordered_imap(mine, options, f, std::views::iota(std::size_t{0}, items)))
            all.push_back(result);
        return all;
    });
}

TEST_CASE("journal: unordered_imap that is killed again and again gives what it would have given") {
    survives_kills("killed_unordered", [](pool& mine, map_options options, auto f) {
        std::vector<measured> all;
        for (auto&& result : parimap::unordered_imap(mine, options, f, std::views::iota(std::size_t{0}, items)))
            all.push_back(result);
        std::sort(all.begin(), all.end());
        return all;
    });
}
