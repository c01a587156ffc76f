// SPDX-License-Identifier: MIT
// Which files this process has open.
#ifndef PARIMAP_TESTS_SUPPORT_OPEN_FILES_HPP
#define PARIMAP_TESTS_SUPPORT_OPEN_FILES_HPP

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace parimap_test {

// Those of this process that lead to the file.
inline std::vector<int> descriptors_of(const std::string& path) {
    std::vector<int> all;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code closed_meanwhile;  // by other threads
        if (std::filesystem::read_symlink(entry, closed_meanwhile) == path)
            all.push_back(std::stoi(entry.path().filename().string()));
    }
    return all;
}

}  // namespace parimap_test

#endif
