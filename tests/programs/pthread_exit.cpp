// SPDX-License-Identifier: MIT
// P11: uses the default pool, lets another thread go on, and ends the main thread. The process must end when that one has.

#include <parimap/parallel_map.hpp>

#include <chrono>
#include <thread>
#include <vector>

#include <pthread.h>
#include <unistd.h>

int main() {
    auto& pool = parimap::default_pool<parimap::backends::PARIMAP_TEST_BACKEND>();
    const std::vector<int> items(100, 1);
    if (parimap::parallel_map(
            pool, [](int i) { return i; }, items) != items)
        _exit(1);
#if defined(__clang__) && defined(_OPENMP)
    if (pool.backend_name() == "openmp") return 0;  // clang's OpenMP runtime keeps its threads, and so the process, for ever
#endif
    std::thread([] { std::this_thread::sleep_for(std::chrono::milliseconds(50)); }).detach();
    pthread_exit(nullptr);
}
