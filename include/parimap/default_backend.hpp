// SPDX-License-Identifier: MIT
// The backend that parimap::pool means in this translation unit, as chosen in CMake.
#ifndef PARIMAP_DEFAULT_BACKEND_HPP
#define PARIMAP_DEFAULT_BACKEND_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

// Generated: includes every backend that this target links, and names the default among them. The sources as they are have none:
// whoever compiles with them by hand gets the backend that needs nothing, if its folder is given too.
#if __has_include(<parimap/backend_list.hpp>)
#include <parimap/backend_list.hpp>
#elif __has_include(<parimap/backends/threads.hpp>)
#include <parimap/backends/threads.hpp>
#if !defined(PARIMAP_DEFAULT_BACKEND)
#define PARIMAP_DEFAULT_BACKEND threads
#endif
#else
#error "parimap: no backend is with these headers. Install parimap and use that folder, or add -I<parimap>/backends/threads/include"
#endif
#include <parimap/detail/form.hpp>

namespace parimap::inline PARIMAP_ABI {

using default_backend = backends::PARIMAP_DEFAULT_BACKEND;

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
