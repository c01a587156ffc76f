// SPDX-License-Identifier: MIT
// Exceptions that travel, and some that do not.
#ifndef PARIMAP_BACKENDS_MPI_TESTS_FAILURES_HPP
#define PARIMAP_BACKENDS_MPI_TESTS_FAILURES_HPP

#include <exception>
#include <string>
#include <utility>

namespace parimap_test {

// Which travels.
struct out_of_paper : std::exception {
    out_of_paper() = default;
    explicit out_of_paper(std::string t) : tray(std::move(t)) {}
    const char* what() const noexcept override { return tray.c_str(); }
    template <class Archive>
    void serialize(Archive& archive) {
        archive(tray);
    }

    std::string tray;
};

// Which do not.
struct jam : std::exception {
    const char* what() const noexcept override { return "a jam"; }
};
struct smoke {
    int colour;
};

}  // namespace parimap_test

#endif
