// SPDX-License-Identifier: MIT
// How a fault is told, and the watchdog that tells of a hang.
#include "stress/verdict.hpp"

#include "support/sanitizers.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <unistd.h>

#if PARIMAP_TEST_UNDER_ASAN || PARIMAP_TEST_UNDER_TSAN
extern "C" void __sanitizer_set_death_callback(void (*callback)());
#endif
#if PARIMAP_TEST_UNDER_TSAN
extern "C" const char* __tsan_default_options();
extern "C" const char* __tsan_default_options() { return "halt_on_error=1"; }  // while the seed is known
#endif

namespace parimap_stress {

namespace {

// A seed takes some milliseconds, and under a sanitizer on a busy machine some seconds.
constexpr std::chrono::seconds patience{120};

std::mutex telling;
run_name current;
thread_local const subject* innermost = nullptr;
std::array<char, 1024> crash_message{};  // a signal handler can make none

std::string repeating() {
    return "To repeat it: " + current.program + " --seed " + std::to_string(current.seed) + " --count 1 --times 1000" +
           current.workers + '\n';
}

void tell(std::string_view fault) {
    std::fprintf(stderr, "%s: seed %llu: %.*s\n%s", current.program.c_str(), static_cast<unsigned long long>(current.seed),
                 static_cast<int>(fault.size()), fault.data(), repeating().c_str());
    if (innermost) std::fprintf(stderr, "%s\n", innermost->description().c_str());
    std::fflush(stderr);
}

void write_crash_message() {
    if (write(STDERR_FILENO, crash_message.data(), std::strlen(crash_message.data())) < 0) return;
}

extern "C" void end_by_signal(int signal) {
    write_crash_message();
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

}  // namespace

void set_name(const run_name& name) {
    const std::lock_guard held{telling};
    current = name;
    const std::string message = current.program + ": seed " + std::to_string(current.seed) + ": it crashed\n" + repeating();
    crash_message.fill('\0');
    message.copy(crash_message.data(), crash_message.size() - 1);
}

void tell_of_crashes() {
    std::signal(SIGABRT, &end_by_signal);
#if PARIMAP_TEST_UNDER_ASAN || PARIMAP_TEST_UNDER_TSAN
    __sanitizer_set_death_callback(&write_crash_message);
#else
    for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE}) std::signal(signal, &end_by_signal);
#endif
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
        std::signal(SIGABRT, SIG_DFL);
        std::abort();
    }
}

}  // namespace parimap_stress
