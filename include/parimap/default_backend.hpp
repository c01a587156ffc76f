// SPDX-License-Identifier: MIT
// The backend that parimap::pool means in this translation unit, as chosen in CMake.
#ifndef PARIMAP_DEFAULT_BACKEND_HPP
#define PARIMAP_DEFAULT_BACKEND_HPP

// Generated: includes every backend that this target links, and names the default among them.
#include <parimap/backend_list.hpp>

namespace parimap {

using default_backend = backends::PARIMAP_DEFAULT_BACKEND;

}  // namespace parimap

#endif
