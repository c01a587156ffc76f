// SPDX-License-Identifier: MIT
// Nine maps in one file: run.py measures what each takes beyond the first.

#include "nine.hpp"

#include <parimap/parallel_map.hpp>

void take_nine_maps() {
    parimap::pool pool;
    call_nine([&](const auto& f, const auto& items) { take(parimap::parallel_map(pool, f, items)); });
}
