// SPDX-License-Identifier: MIT
// The same function and the same call in two files of source, of which one is compiled with journals.
#ifndef CALLS_HPP
#define CALLS_HPP

#include <parimap/parimap.hpp>

#include <atomic>
#include <string>
#include <vector>

struct counting {
    std::vector<std::string> operator()(int i) const {
        ++*calls;
        return {std::to_string(i), "and more"};
    }
    std::atomic<int>* calls;
};

std::size_t call_without_journal(const parimap::map_options& options, counting f);

#endif
