// SPDX-License-Identifier: MIT
// P9 and P4 where the system refuses a thread: each in turn, of pools and of a bar. A program of its own, for it takes the place of
// pthread_create().

#include <parimap/parimap.hpp>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>

namespace {

using pool = parimap::basic_pool<parimap::backends::PARIMAP_TEST_BACKEND>;

std::atomic<int> before_refusal{-1};  // how many threads are granted before one is refused; -1: all are
std::atomic<int> refused{0};

bool is_refused() {
    int left = before_refusal;
    while (left > 0) {
        if (before_refusal.compare_exchange_weak(left, left - 1)) return false;
    }
    if (left < 0 || !before_refusal.compare_exchange_strong(left, -1)) return false;
    ++refused;
    return true;
}

void check(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "%s\n", what);
    std::_Exit(1);
}

std::ptrdiff_t threads() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"), std::filesystem::directory_iterator());
}

// A thread that was joined may be listed for a moment.
bool are_no_more_than(std::ptrdiff_t count) {
    for (int i = 0; i < 5000 && threads() > count; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return threads() <= count;
}

bool works(pool& p) {
    const std::vector<int> items(100, 1);
    const auto same = [](int i) { return i; };
    return parimap::parallel_map(p, same, items) == items;
}

}  // namespace

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*), void* argument) noexcept {
    if (is_refused()) return EAGAIN;
    static const auto real = reinterpret_cast<decltype(&pthread_create)>(dlsym(RTLD_NEXT, "pthread_create"));
    return real(thread, attributes, run, argument);
}

int main() {
    if (pool::backend_name() == "serial") return 0;  // which has no threads
    const int workers = 5;
    { pool warm_up{workers}; }  // a runtime may keep threads of its own
    const std::ptrdiff_t before = threads();
    for (int granted = 0; granted < workers; ++granted) {
        before_refusal = granted;
        try {
            const pool p{workers};
            check(false, "a pool with too few threads was made");
        } catch (const std::system_error& e) {
            const std::string said = "gave " + std::to_string(granted) + " of the 5 threads of a pool; ask for fewer workers";
            check(std::string(e.what()).find(said) != std::string::npos, e.what());
        }
        check(refused == granted + 1, "it was not this thread that was missing");
        check(are_no_more_than(before), "threads of a pool that was not made are left");
    }
    pool p{workers};
    check(works(p), "a pool that was made afterwards does not work");

    // The thread that draws a bar is worth no work.
    parimap::progress_options bar;
    bar.output = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    refused = 0;
    before_refusal = 0;
    const std::vector<int> items(100, 1);
    const auto same = [](int i) { return i; };
    check(parimap::parallel_map(p, parimap::map_options{.progress = bar}, same, items) == items, "a call without its bar is wrong");
    check(refused == 1, "a bar needs no thread");
    check(parimap::parallel_map(p, parimap::map_options{.progress = bar}, same, items) == items, "the next one is wrong");

    // The default pool is made on first use, and at the next one if that failed.
    setenv("PARIMAP_NUM_WORKERS", "2", 1);
    before_refusal = 0;
    try {
        (void)parimap::default_pool<parimap::backends::PARIMAP_TEST_BACKEND>();
        check(false, "a default pool without threads was made");
    } catch (const std::system_error&) {
    }
    check(works(parimap::default_pool<parimap::backends::PARIMAP_TEST_BACKEND>()),
          "the default pool is not made at its second use");
}
