// SPDX-License-Identifier: MIT
// Processes that a test starts, to see how they end.
#ifndef PARIMAP_TESTS_SUPPORT_CHILD_PROCESS_HPP
#define PARIMAP_TESTS_SUPPORT_CHILD_PROCESS_HPP

#include "support/gate.hpp"

#include <csignal>
#include <cstdlib>
#include <string>

#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

namespace parimap_test {

// Waits for the child: what it returned, or 128 more than the signal that ended it.
inline int status_of(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// How a child that runs body() ends: "exit 3", "signal 6", or "hangs" if it lives past the deadline. A body that returns
// ends the child with exit(0). Fork from a test before it has threads, or on purpose with them.
template <class Body>
std::string end_of_child(Body body) {
    const pid_t child = fork();
    if (child == 0) {
        alarm(0);
#ifdef __linux__
        prctl(PR_SET_PDEATHSIG, SIGKILL);  // one that hangs would keep the test's output open after its parent was killed
#endif
        body();
        std::exit(0);
    }
    int status = 0;
    if (!eventually([&] { return waitpid(child, &status, WNOHANG) == child; })) {
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        return "hangs";
    }
    return WIFEXITED(status) ? "exit " + std::to_string(WEXITSTATUS(status)) : "signal " + std::to_string(WTERMSIG(status));
}

}  // namespace parimap_test

#endif
