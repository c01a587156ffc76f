// SPDX-License-Identifier: MIT
// Where a function is in the program, said so that another process that runs the same program finds it.
#ifndef PARIMAP_DETAIL_TRAVEL_CODE_PLACE_HPP
#define PARIMAP_DETAIL_TRAVEL_CODE_PLACE_HPP

#include <parimap/detail/form.hpp>

#include <cstdint>

namespace parimap::inline PARIMAP_ABI::detail {

/// The program, or one of its shared objects, lies at another address in each process; what is in it does not.
struct code_place {
    std::uint64_t object;  // its build id, or what else tells it from others
    std::uint64_t offset;  // from where it lies
};

using any_function = void (*)();

PARIMAP_EXPORT code_place place_of(any_function f);

/// Throws error where this process has no such object.
PARIMAP_EXPORT any_function function_at(code_place place);

/// What tells this program from others: its build id.
PARIMAP_EXPORT std::uint64_t id_of_program();

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/travel/code_place.cpp>  // IWYU pragma: keep
#endif

#endif
