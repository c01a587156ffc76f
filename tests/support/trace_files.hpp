// SPDX-License-Identifier: MIT
// Trace files, and what is in them.
#ifndef PARIMAP_TESTS_SUPPORT_TRACE_FILES_HPP
#define PARIMAP_TESTS_SUPPORT_TRACE_FILES_HPP

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

namespace parimap_test {

// A file in the current folder that is not there before and after this lives.
struct temporary_path {
    explicit temporary_path(std::string name = "shared")
        : path((std::filesystem::current_path() / ("trace_" + name + "_" + std::to_string(::getpid()) + ".json")).string()) {
        std::filesystem::remove(path);
    }
    ~temporary_path() { std::filesystem::remove(path); }
    temporary_path(const temporary_path&) = delete;
    temporary_path& operator=(const temporary_path&) = delete;
    std::string path;
};

// Throws unless the file is one whole JSON value.
inline nlohmann::json read_json(const std::string& path) {
    std::ifstream file(path);
    return nlohmann::json::parse(file);
}

}  // namespace parimap_test

#endif
