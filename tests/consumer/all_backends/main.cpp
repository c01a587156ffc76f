// SPDX-License-Identifier: MIT
// Runs the same work on every backend in one program, all pools alive at once.
#include <parimap/parimap.hpp>

#include <cstdlib>
#include <iostream>
#include <tuple>
#include <vector>

template <class Backend>
bool works(parimap::basic_pool<Backend>& pool) {
    const auto square = [](int x) { return x * x; };
    const std::vector<int> items{1, 2, 3, 4, 5};
    const std::vector<int> squares{1, 4, 9, 16, 25};
    std::vector<int> streamed;
    for (int result : parimap::ordered_imap(pool, square, items)) streamed.push_back(result);
    const bool right = streamed == squares && parimap::parallel_map(pool, square, items) == squares;
    std::cout << pool.backend_name() << (right ? ": right\n" : ": wrong\n");
    return right;
}

template <class... Backends>
bool all_work() {
    std::tuple<parimap::basic_pool<Backends>...> pools{(static_cast<void>(sizeof(Backends)), std::size_t{2})...};
    return (works(std::get<parimap::basic_pool<Backends>>(pools)) && ...);
}

int main() { return all_work<ALL_BACKENDS>() ? EXIT_SUCCESS : EXIT_FAILURE; }
