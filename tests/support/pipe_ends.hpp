// SPDX-License-Identifier: MIT
// A pipe whose reading end may be closed.
#ifndef PARIMAP_TESTS_SUPPORT_PIPE_ENDS_HPP
#define PARIMAP_TESTS_SUPPORT_PIPE_ENDS_HPP

#include "catch.hpp"

#include <cstddef>
#include <string>

#include <sys/types.h>
#include <unistd.h>

namespace parimap_test {

struct pipe_ends {
    pipe_ends() { REQUIRE(::pipe(fds) == 0); }
    ~pipe_ends() {
        close_reader();
        ::close(fds[1]);
    }
    void close_reader() {
        if (fds[0] >= 0) ::close(fds[0]);
        fds[0] = -1;
    }
    std::string read_all() {
        ::close(fds[1]);
        fds[1] = ::dup(fds[0]);  // so that the destructor has something to close
        std::string text;
        char buffer[4096];
        for (ssize_t n; (n = ::read(fds[0], buffer, sizeof(buffer))) > 0;) text.append(buffer, static_cast<std::size_t>(n));
        return text;
    }
    int fds[2];
};

}  // namespace parimap_test

#endif
