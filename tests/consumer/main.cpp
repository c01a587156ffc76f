// SPDX-License-Identifier: MIT
// A program of an outside project: checks results, and that they come from the backend the project chose.
#include <parimap/parimap.hpp>

#include <cstdlib>
#include <iostream>
#include <vector>

int main() {
    parimap::pool pool{2};
    if (parimap::pool::backend_name() != EXPECTED_BACKEND) {
        std::cerr << "on " << parimap::pool::backend_name() << ", not on " << EXPECTED_BACKEND << '\n';
        return EXIT_FAILURE;
    }

    const auto square = [](int x) { return x * x; };
    const std::vector<int> items{1, 2, 3, 4, 5};
    const std::vector<int> squares{1, 4, 9, 16, 25};
    std::vector<int> streamed;
    for (int result : parimap::ordered_imap(pool, square, items)) streamed.push_back(result);
    if (streamed != squares || parimap::parallel_map(pool, square, items) != squares) {
        std::cerr << "wrong results\n";
        return EXIT_FAILURE;
    }
}
