// SPDX-License-Identifier: MIT
// Exceptions as bytes.
#ifndef PARIMAP_DETAIL_TRAVEL_EXCEPTIONS_HPP
#define PARIMAP_DETAIL_TRAVEL_EXCEPTIONS_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/travel/byte_stream.hpp>

#include <exception>
#include <typeinfo>

namespace parimap::inline PARIMAP_ABI::detail {

/// One type of exceptions that arrive as themselves.
struct travelling_exception {
    const std::type_info* type;
    void (*write)(byte_writer& out);  // the exception that is being handled, which is of that very type
    std::exception_ptr (*read)(byte_reader& in);
};

/// Takes the place of what was said of the type before. Any thread.
PARIMAP_EXPORT void add_travelling_exception(const travelling_exception& known);

/// rank: where this process is, which a remote_error tells.
PARIMAP_EXPORT void write_exception(byte_writer& out, const std::exception_ptr& exception, int rank);

PARIMAP_EXPORT std::exception_ptr read_exception(byte_reader& in);

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/travel/exceptions.cpp>  // IWYU pragma: keep
#endif

#endif
