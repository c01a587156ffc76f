// SPDX-License-Identifier: MIT
// Uses every frontend once, with success and failure, for tests of what that leaves behind.
#ifndef PARIMAP_TESTS_SUPPORT_USE_EVERYTHING_HPP
#define PARIMAP_TESTS_SUPPORT_USE_EVERYTHING_HPP

#include "support/items.hpp"
#include "support/throws_on.hpp"

#include <parimap/parimap.hpp>

#include <functional>
#include <vector>

namespace parimap_test {

template <class Pool>
void use_everything() {
    Pool p{3};
    const auto items = numbers(200);
    std::vector<int> out(200);
    (void)parimap::parallel_map(p, same, items);
    (void)parimap::parallel_map_into(p, out, same, items);
    parimap::parallel_for_each(p, same, items);
    (void)parimap::parallel_map_reduce(p, same, std::plus<>{}, 0, items);
    parimap::map_async(p, same, items).get();
    (void)drain(parimap::ordered_imap(p, same, items));
    (void)drain(parimap::unordered_imap(p, parimap::map_options{.window = 2}, same, items));
    (void)parimap::parallel_map(same, items);
    p.submit(same, 1).get();
    try {
        (void)parimap::parallel_map(p, throws_on{{50}}, items);
    } catch (const item_error&) {
    }
    auto left_early = parimap::ordered_imap(p, throws_on{{50}}, items);
    left_early.next();
    left_early.cancel();
    p.terminate();
    p.join();
}

}  // namespace parimap_test

#endif
