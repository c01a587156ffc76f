// SPDX-License-Identifier: MIT
// Sends file descriptors 1 and 2 into a file while it lives, to see what a run prints by whatever means.
#ifndef PARIMAP_TESTS_SUPPORT_CAPTURED_OUTPUT_HPP
#define PARIMAP_TESTS_SUPPORT_CAPTURED_OUTPUT_HPP

#include <cstdio>
#include <iostream>
#include <string>

#include <unistd.h>

namespace parimap_test {

class captured_output {
  public:
    captured_output() {
        flush();
        dup2(fileno(file_), STDOUT_FILENO);
        dup2(fileno(file_), STDERR_FILENO);
    }
    captured_output(const captured_output&) = delete;
    captured_output& operator=(const captured_output&) = delete;
    ~captured_output() {
        restore();
        std::fclose(file_);
    }

    // Ends the capture and returns what was written during it.
    std::string text() {
        restore();
        std::string all;
        std::rewind(file_);
        for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) all.push_back(static_cast<char>(c));
        return all;
    }

  private:
    static void flush() {
        std::cout.flush();
        std::cerr.flush();
        std::fflush(nullptr);
    }
    void restore() {
        if (out_ < 0) return;
        flush();
        dup2(out_, STDOUT_FILENO);
        dup2(err_, STDERR_FILENO);
        close(out_);
        close(err_);
        out_ = err_ = -1;
    }

    std::FILE* file_ = std::tmpfile();
    int out_ = dup(STDOUT_FILENO);
    int err_ = dup(STDERR_FILENO);
};

}  // namespace parimap_test

#endif
