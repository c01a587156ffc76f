// SPDX-License-Identifier: MIT
// Writing that fails where it would else end the program, and leaves the program's signals as they were.
#include "support/catch.hpp"

#include <parimap/detail/system/write_signals.hpp>

#include <cerrno>
#include <csignal>
#include <cstdio>

#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

using parimap::detail::no_write_signals;

namespace {

bool is_blocked(int signal) {
    sigset_t now;
    pthread_sigmask(SIG_BLOCK, nullptr, &now);
    return sigismember(&now, signal) == 1;
}

bool is_pending(int signal) {
    sigset_t now;
    sigpending(&now);
    return sigismember(&now, signal) == 1;
}

void mask(int how, int signal) {
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, signal);
    pthread_sigmask(how, &one, nullptr);
}

// The error of a write to a pipe that nobody reads, which sends SIGPIPE.
int write_into_broken_pipe() {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    close(ends[0]);
    const ssize_t written = write(ends[1], "x", 1);
    const int error = errno;
    close(ends[1]);
    return written < 0 ? error : 0;
}

// The error of a write past the limit of a file's size, which sends SIGXFSZ.
int write_past_limit() {
    std::FILE* const file = std::tmpfile();
    REQUIRE(file);
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    rlimit nothing = before;
    nothing.rlim_cur = 0;
    setrlimit(RLIMIT_FSIZE, &nothing);
    const ssize_t written = write(fileno(file), "x", 1);
    const int error = errno;
    setrlimit(RLIMIT_FSIZE, &before);
    std::fclose(file);
    return written < 0 ? error : 0;
}

}  // namespace

TEST_CASE("write_signals: writes fail without a signal, and nothing stays blocked or pending") {
    for (int round = 0; round < 2; ++round) {  // the first may leave nothing that the second would meet
        {
            const no_write_signals quiet;
            REQUIRE(write_into_broken_pipe() == EPIPE);
            REQUIRE(write_past_limit() == EFBIG);
            REQUIRE_FALSE(is_blocked(SIGTERM));
        }
        for (const int signal : {SIGPIPE, SIGXFSZ}) {
            REQUIRE_FALSE(is_blocked(signal));
            REQUIRE_FALSE(is_pending(signal));
        }
    }
}

TEST_CASE("write_signals: what the program has blocked stays so, and what waits for it is not taken away") {
    for (const int signal : {SIGPIPE, SIGXFSZ}) {
        CAPTURE(signal);
        mask(SIG_BLOCK, signal);
        { const no_write_signals quiet; }
        REQUIRE(is_blocked(signal));
        {
            const no_write_signals quiet;
            REQUIRE((signal == SIGPIPE ? write_into_broken_pipe() == EPIPE : write_past_limit() == EFBIG));
        }
        REQUIRE_FALSE(is_pending(signal));
        pthread_kill(pthread_self(), signal);
        {
            const no_write_signals quiet;
            REQUIRE((signal == SIGPIPE ? write_into_broken_pipe() == EPIPE : write_past_limit() == EFBIG));
        }
        REQUIRE(is_pending(signal));
        sigset_t one;
        sigemptyset(&one);
        sigaddset(&one, signal);
        int taken = 0;
        REQUIRE(sigwait(&one, &taken) == 0);
        REQUIRE(taken == signal);
        mask(SIG_UNBLOCK, signal);
    }
}
