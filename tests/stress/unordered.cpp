// SPDX-License-Identifier: MIT
// Programs around one unordered_imap. (A file of its own, for it takes long to compile.)
#include "stress/streams.hpp"

namespace parimap_stress {

void run_unordered(site& s, choices c, std::size_t depth) { read_some_stream(s, c, depth, false, parimap::unordered_imap); }

}  // namespace parimap_stress
