// SPDX-License-Identifier: MIT
// A program that imports parimap as a module.
import parimap;

#include <vector>

int main() {
    parimap::pool pool{2};
    const std::vector<int> items{1, 2, 3, 4, 5};
    const std::vector<int> squares{1, 4, 9, 16, 25};
    const auto square = [](int x) { return x * x; };
    std::vector<int> streamed;
    for (int result : parimap::ordered_imap(pool, square, items)) streamed.push_back(result);
    for (int result : parimap::unordered_imap(pool, parimap::map_options{.window = 1}, square, items)) streamed.push_back(result);
    return streamed.size() == 10 && parimap::parallel_map(pool, square, items) == squares ? 0 : 1;
}
