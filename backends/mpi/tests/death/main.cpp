// SPDX-License-Identifier: MIT
// A rank that dies in an item, as its argument says: the launcher has to end the job.

#include <parimap/parimap.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ranges>
#include <string>
#include <thread>

#include <unistd.h>

int main(int argc, char** argv) {
    parimap::session session(argc, argv);
    if (session.serves()) return session.serve();
    const bool is_killed = argc > 1 && std::string(argv[1]) == "killed";
    parimap::pool pool(1);
    const auto f = [is_killed, rank_of_caller = ::getpid()](int i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        if (i < 100 || ::getpid() == rank_of_caller) return i;
        if (is_killed) std::raise(SIGKILL);
        std::_Exit(3);
    };
    for (const int i : parimap::ordered_imap(pool, f, std::views::iota(0, 10'000))) std::printf("%d\n", i);
    std::puts("No rank has died.");
}
