// SPDX-License-Identifier: MIT
// stress_<backend> [--seed N] [--count N] [--times N] [--seconds S] [--workers N]: random programs, seed after seed, until `count`
// of them have been run, `times` each, or the seconds are over. The first fault ends it.
#include "support/backend_under_test.hpp"

#include "stress/programs.hpp"
#include "stress/verdict.hpp"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>

namespace {

struct options {
    std::uint64_t seed = 1;
    std::uint64_t count = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t times = 1;
    std::uint64_t seconds = std::numeric_limits<std::uint32_t>::max();
    std::uint64_t workers = 0;  // 0: the seed decides
};

[[noreturn]] void explain(const char* program) {
    std::fprintf(stderr, "usage: %s [--seed N] [--count N] [--times N] [--seconds S] [--workers N]\n", program);
    std::exit(2);
}

options parse(int count, char** arguments) {
    options o;
    for (int i = 1; i < count; i += 2) {
        const std::string_view name = arguments[i];
        std::uint64_t* const value = name == "--seed"      ? &o.seed
                                     : name == "--count"   ? &o.count
                                     : name == "--times"   ? &o.times
                                     : name == "--seconds" ? &o.seconds
                                     : name == "--workers" ? &o.workers
                                                           : nullptr;
        if (!value || i + 1 == count) explain(arguments[0]);
        char* end = nullptr;
        *value = std::strtoull(arguments[i + 1], &end, 10);
        if (end == arguments[i + 1] || *end != '\0') explain(arguments[0]);
    }
    return o;
}

}  // namespace

int main(int count, char** arguments) {
    const options o = parse(count, arguments);
    const std::string workers = o.workers ? " --workers " + std::to_string(o.workers) : std::string();
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{o.seconds};
    std::uint64_t seeds = 0;
    parimap_stress::tell_of_crashes();
    parimap_stress::watchdog dog;
    for (std::uint64_t seed = o.seed; seeds < o.count && std::chrono::steady_clock::now() < end; ++seed, ++seeds) {
        parimap_stress::set_name({arguments[0], workers, seed});
        for (std::uint64_t i = 0; i < o.times && std::chrono::steady_clock::now() < end; ++i) {
            dog.seed_begins();
            parimap_stress::run_seed(seed, static_cast<std::size_t>(o.workers));
        }
    }
    std::printf("%llu seeds from %llu on: no fault\n", static_cast<unsigned long long>(seeds),
                static_cast<unsigned long long>(o.seed));
    return 0;
}
