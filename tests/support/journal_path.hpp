// SPDX-License-Identifier: MIT
// The file of a journal in a test, and what is in it.
#ifndef PARIMAP_TESTS_SUPPORT_JOURNAL_PATH_HPP
#define PARIMAP_TESTS_SUPPORT_JOURNAL_PATH_HPP

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <unistd.h>

namespace parimap_test {

// A file in the current folder that is not there before and after this lives.
struct journal_path {
    explicit journal_path(std::string name = "of_a_test")
        : path((std::filesystem::current_path() / (name + "_" + std::to_string(::getpid()) + ".journal")).string()) {
        std::filesystem::remove(path);
    }
    ~journal_path() { std::filesystem::remove(path); }
    journal_path(const journal_path&) = delete;
    journal_path& operator=(const journal_path&) = delete;

    std::string bytes() const {
        std::ifstream file(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    void write(const std::string& all) const { std::ofstream(path, std::ios::binary | std::ios::trunc) << all; }
    std::size_t size() const { return static_cast<std::size_t>(std::filesystem::file_size(path)); }

    std::string path;
};

}  // namespace parimap_test

#endif
