// SPDX-License-Identifier: MIT
// Every frontend held against a plain loop, wherever a test calls it from.
#include "company/frontends.hpp"

#include "support/items.hpp"
#include "support/throws_on.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <vector>

namespace parimap_test {
namespace {

int count_wrong(pool& p) {
    using parimap::map_options;
    const std::vector<int> items = numbers(200);
    const std::vector<int> doubled = [&] {
        std::vector<int> all;
        for (const int i : items) all.push_back(2 * i);
        return all;
    }();
    int wrong = 0;
    const auto expect = [&](bool right) { wrong += !right; };

    expect(parimap::parallel_map(p, twice, items) == doubled);
    std::vector<int> out(items.size());
    expect(parimap::parallel_map_into(p, out, twice, items) == items.size() && out == doubled);
    std::vector<int> changed = items;
    parimap::parallel_for_each(
        p, [](int& i) { i *= 2; }, changed);
    expect(changed == doubled);
    expect(parimap::parallel_map_reduce(p, twice, std::plus<>{}, 0, items) == 39'800);
    expect(drain(parimap::ordered_imap(p, map_options{.window = 3}, twice, items)) == doubled);
    expect(sorted(drain(parimap::unordered_imap(p, twice, items))) == doubled);

    // Nested: the sum of 0 .. n-1 for each n.
    const auto sum = [&](int n) {
        int all = 0;
        for (const int i : parimap::ordered_imap(p, same, numbers(static_cast<std::size_t>(n)))) all += i;
        return all;
    };
    const std::vector<int> sums = parimap::parallel_map(p, sum, numbers(20));
    for (int n = 0; n < 20; ++n) expect(sums[static_cast<std::size_t>(n)] == n * (n - 1) / 2);

    std::size_t failed = 0;
    try {
        (void)parimap::parallel_map(p, map_options{.failed_index = &failed}, throws_on{{50, 120}}, items);
        expect(false);
    } catch (const item_error&) {
        expect(failed == 50);
    }
    int last = -1;
    for (const int i : parimap::ordered_imap(p, same, items)) {
        if (i == 10) break;
        last = i;
    }
    expect(last == 9);

    // Inside a job of the pool nobody may wait for another.
    if (parimap::this_worker_index() == parimap::no_worker) {
        expect(p.submit(twice, 21).get() == 42);
        expect(parimap::map_async(p, twice, items).get() == doubled);
    }
    return wrong;
}

}  // namespace

int wrong_calls(pool& p) noexcept {
    try {
        return count_wrong(p);
    } catch (...) {
        return 1;
    }
}

}  // namespace parimap_test
