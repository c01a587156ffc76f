// SPDX-License-Identifier: MIT
// A library that uses parimap without naming a pool or a backend, and checks that it got its own default.
#include <parimap/parimap.hpp>

#include <iostream>
#include <vector>

namespace library_on::BACKEND {

bool works() {
    const auto square = [](int x) { return x * x; };
    const std::vector<int> items{1, 2, 3, 4, 5};
    const std::vector<int> squares{1, 4, 9, 16, 25};
    std::vector<int> streamed;
    for (int result : parimap::ordered_imap(square, items)) streamed.push_back(result);

    std::cout << "default_pool() is on " << parimap::default_pool().backend_name() << ", should be on " BACKEND_NAME "\n";
    return parimap::default_pool().backend_name() == BACKEND_NAME && parimap::pool::backend_name() == BACKEND_NAME &&
           parimap::parallel_map(square, items) == squares && streamed == squares;
}

}  // namespace library_on::BACKEND
