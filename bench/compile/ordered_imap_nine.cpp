// SPDX-License-Identifier: MIT
// Nine streams in one file: run.py measures what each takes beyond the first.

#include "nine.hpp"

#include <parimap/ordered_imap.hpp>

void take_nine_streams() {
    parimap::pool pool;
    call_nine([&](const auto& f, const auto& items) {
        for (const auto& r : parimap::ordered_imap(pool, f, items)) take(r);
    });
}
