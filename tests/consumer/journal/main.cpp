// SPDX-License-Identifier: MIT
// Runs each item once, in two calls; without cereal the results cannot be written, which it is told.
#include "calls.hpp"

#include <cstdio>
#include <exception>
#include <iostream>

namespace {

int check() {
    const char* const file = "consumer.journal";
    std::remove(file);
    std::atomic<int> calls = 0;
    const parimap::map_options options{.journal = file};
    for (int run = 0; run < 2; ++run) {
        const std::vector<int> squares = parimap::parallel_map(options, [&calls](int i) { return ++calls, i * i; }, {1, 2, 3});
        if (squares != std::vector{1, 4, 9}) return 1;
    }
    if (calls != 3) return 2;
    std::remove(file);
#if __has_include(<cereal/cereal.hpp>)
    for (int run = 0; run < 2; ++run) {
        if (parimap::parallel_map(options, counting{&calls}, {1, 2, 3}).size() != 3) return 3;
    }
    if (calls != 6) return 4;
#else
    calls = 6;
#endif
    if (call_without_journal({}, counting{&calls}) != 3 || calls != 9) return 5;
    try {
        call_without_journal(options, counting{&calls});
        return 6;
    } catch (const parimap::error&) {
    }
    return calls == 9 ? 0 : 7;
}

}  // namespace

int main() {
    try {
        const int wrong = check();
        if (wrong != 0) std::cerr << "wrong: " << wrong << '\n';
        return wrong;
    } catch (const std::exception& e) {
        std::cerr << e.what() << '\n';
        return 8;
    }
}
