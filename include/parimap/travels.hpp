// SPDX-License-Identifier: MIT
// remote_error and travels(): what becomes of an exception that was thrown in another process.
#ifndef PARIMAP_TRAVELS_HPP
#define PARIMAP_TRAVELS_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/codec.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/travel/exceptions.hpp>
#include <parimap/errors.hpp>

#include <exception>
#include <typeinfo>

namespace parimap::inline PARIMAP_ABI {

/// Exceptions of type E arrive as themselves from now on. Call it on all ranks, before the pool that needs it is used. Those of
/// <stdexcept> and <system_error>, std::bad_alloc and this library's own do so without; all others become a remote_error. E needs a codec.
/// A derived class does not travel as its base.
template <class E>
void travels() {
    static_assert(
        detail::can_travel<E>,
        "parimap: exceptions of this type cannot travel, for there is no codec for it; specialise parimap::codec for it, or "
        "give it a serialize function of cereal");
    detail::add_travelling_exception({.type = &typeid(E),
                                      .write =
                                          [](byte_writer& out) {
                                              try {
                                                  throw;
                                              } catch (const E& e) {
                                                  codec<E>::write(out, e);
                                              }
                                          },
                                      .read = [](byte_reader& in) { return std::make_exception_ptr(codec<E>::read(in)); }});
}

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif
