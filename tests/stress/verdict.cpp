// SPDX-License-Identifier: MIT
// How a fault is told, and the watchdog that tells of a hang.
#include "stress/verdict.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace parimap_stress {

namespace {

// A seed takes some milliseconds, and under a sanitizer on a busy machine some seconds.
constexpr std::chrono::seconds patience{120};

std::mutex telling;
run_name current;
thread_local const subject* innermost = nullptr;

void tell(std::string_view fault) {
    std::fprintf(stderr, "%s: seed %llu: %.*s\nTo repeat it: %s --seed %llu --count 1 --times 1000%s\n", current.program.c_str(),
                 static_cast<unsigned long long>(current.seed), static_cast<int>(fault.size()), fault.data(),
                 current.program.c_str(), static_cast<unsigned long long>(current.seed), current.workers.c_str());
    if (innermost) std::fprintf(stderr, "%s\n", innermost->description().c_str());
    std::fflush(stderr);
}

}  // namespace

void set_name(const run_name& name) {
    const std::lock_guard held{telling};
    current = name;
}

about::about(const subject& it) noexcept : outer_{innermost} { innermost = &it; }

about::~about() { innermost = outer_; }

// The mutex is kept: whoever finds a second fault meanwhile waits for the end.
void fail(std::string_view fault) {
    telling.lock();
    tell(fault);
    std::_Exit(1);
}

watchdog::watchdog() : thread_{[this] { watch(); }} {}

watchdog::~watchdog() {
    {
        const std::lock_guard held{mutex_};
        over_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void watchdog::seed_begins() {
    {
        const std::lock_guard held{mutex_};
        ++begun_;
    }
    changed_.notify_one();
}

void watchdog::watch() {
    std::unique_lock held{mutex_};
    while (!over_) {
        const std::size_t seen = begun_;
        if (changed_.wait_for(held, patience, [&] { return over_ || begun_ != seen; })) continue;
        telling.lock();
        tell("it hangs");
        std::abort();
    }
}

}  // namespace parimap_stress
