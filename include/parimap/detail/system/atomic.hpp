// SPDX-License-Identifier: MIT
// The atomic objects of the engine, by a name of its own, so that a program may put others in their place.
#ifndef PARIMAP_DETAIL_SYSTEM_ATOMIC_HPP
#define PARIMAP_DETAIL_SYSTEM_ATOMIC_HPP

#include <parimap/detail/form.hpp>

#include <atomic>

namespace parimap::inline PARIMAP_ABI::detail {

/// What passes between threads is one of these, a fence or a mutex (mutex.hpp, asymmetric_fence.hpp). The tests in tests/model/ find
/// a header of their own under this one's name, and run the engine through all that its memory orders allow.
template <class T>
using atomic = std::atomic<T>;

using std::atomic_thread_fence;  // called as detail::atomic_thread_fence, or its argument would bring the standard's in

}  // namespace parimap::detail

#endif
