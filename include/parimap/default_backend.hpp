// SPDX-License-Identifier: MIT
// The backend that parimap::pool means in this translation unit, as chosen in CMake.
#ifndef PARIMAP_DEFAULT_BACKEND_HPP
#define PARIMAP_DEFAULT_BACKEND_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

// Generated: includes every backend that this target links, and names the default among them.
#include <parimap/backend_list.hpp>
#include <parimap/detail/form.hpp>

namespace parimap::inline PARIMAP_ABI {

using default_backend = backends::PARIMAP_DEFAULT_BACKEND;

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
