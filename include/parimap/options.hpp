// SPDX-License-Identifier: MIT
// map_options: what every frontend can be told beside the function and its items.
#ifndef PARIMAP_OPTIONS_HPP
#define PARIMAP_OPTIONS_HPP

#include <cstddef>
#include <stop_token>

namespace parimap {

/// Options of one call, for designated initialisers: map_options{.window = 16}.
struct map_options {
    /// The most items a worker takes at a time; 0 adapts to the measured cost of an item.
    std::size_t chunk = 0;
    /// The most items taken from the input and not yet handed back; 0 starts at twice the workers and grows
    /// only while items are so cheap that bigger batches pay.
    std::size_t window = 0;
    /// Stops the call early: no further item starts and the call throws cancelled.
    std::stop_token stop = {};
    /// Where the index of the item whose exception leaves the call is written; may be null.
    std::size_t* failed_index = nullptr;
};

}  // namespace parimap

#endif
