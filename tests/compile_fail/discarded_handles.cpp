// SPDX-License-Identifier: MIT
// A future, a stream or an unfinished pipe that nobody keeps is a mistake more often than not, and warned of.
// expect: ignoring return(ed)? value
#include <parimap/parimap.hpp>

#include <vector>

int main() {
    parimap::pool pool{2};
    const std::vector<int> items{1, 2, 3};
    const auto identity = [](int x) { return x; };
#ifdef PARIMAP_BAD
    pool.submit(identity, 1);
    parimap::map_async(pool, identity, items);
    parimap::ordered_imap(pool, identity);
    parimap::ordered_imap(pool, identity, items);
#else
    const auto future = pool.submit(identity, 1);
    static_cast<void>(parimap::map_async(pool, identity, items));
    auto stream = parimap::ordered_imap(pool, identity, items);
    stream.cancel();
#endif
}
