// SPDX-License-Identifier: MIT
// All workers share one f, so it must not change itself.
// expect: const&
// expect: per_worker
#include <parimap/parimap.hpp>

#include <vector>

int main() {
    const std::vector<int> items{1, 2, 3};
#ifdef PARIMAP_BAD
    parimap::parallel_map([sum = 0](int x) mutable { return sum += x; }, items);
#else
    parimap::parallel_map(parimap::per_worker([] { return 0; }, [](int& sum, int x) { return sum += x; }), items);
#endif
}
