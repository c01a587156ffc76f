// SPDX-License-Identifier: MIT
// A frontend needs items.
// expect: after the function comes at least one range
// expect: after f, op and the initial value comes at least one range
// expect: after make, step and merge comes at least one range
#include <parimap/parimap.hpp>

#include <functional>
#include <vector>

int main() {
    const auto identity = [](int x) { return x; };
    parimap::pool pool{2};
#ifdef PARIMAP_BAD
    parimap::parallel_map(pool, identity);
    parimap::parallel_map_reduce(pool, identity, std::plus<>(), std::vector<int>{42});
    parimap::parallel_fold(
        pool, [] { return 0; }, identity, std::vector<int>{42});
#else
    parimap::parallel_map(pool, identity, std::vector<int>{42});
#endif
}
