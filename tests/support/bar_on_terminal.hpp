// SPDX-License-Identifier: MIT
// Options of a bar for a pseudo-terminal, and waiting for what it shows.
#ifndef PARIMAP_TESTS_SUPPORT_BAR_ON_TERMINAL_HPP
#define PARIMAP_TESTS_SUPPORT_BAR_ON_TERMINAL_HPP

#include "gate.hpp"
#include "pseudo_terminal.hpp"

#include <parimap/progress_options.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

namespace parimap_test {

inline parimap::progress_options on(const pseudo_terminal& terminal, std::string description = {}) {
    parimap::progress_options options;
    options.description = std::move(description);
    options.output = terminal.fd();
    options.interval = std::chrono::milliseconds(5);
    options.ascii = true;
    return options;
}

inline bool comes_to_show(const pseudo_terminal& terminal, const std::string& text, std::size_t row = 0) {
    return eventually([&] {
        const auto rows = terminal.rows();
        return rows.size() > row && rows[row].find(text) != std::string::npos;
    });
}

}  // namespace parimap_test

#endif
