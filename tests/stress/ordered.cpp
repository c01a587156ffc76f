// SPDX-License-Identifier: MIT
// Programs around one ordered_imap. (A file of its own, for it takes long to compile.)
#include "stress/streams.hpp"

namespace parimap_stress {

void run_ordered(site& s, choices c, std::size_t depth) { read_some_stream(s, c, depth, true, parimap::ordered_imap); }

}  // namespace parimap_stress
