// SPDX-License-Identifier: MIT
// Numbers and times as progress lines and reports show them, the same in every locale.
#ifndef PARIMAP_DETAIL_TEXT_NUMBER_TEXT_HPP
#define PARIMAP_DETAIL_TEXT_NUMBER_TEXT_HPP

#include <parimap/detail/form.hpp>

#include <charconv>
#include <cstddef>
#include <string>

namespace parimap::inline PARIMAP_ABI::detail {

/// As printf would in the C locale; the program's own may be another.
PARIMAP_EXPORT std::string as_text(double number, std::chars_format form, int precision);

/// The text at the right of at least so many columns.
PARIMAP_EXPORT std::string at_right(const std::string& text, std::size_t width);

/// number with so many decimals, at least `width` long.
PARIMAP_EXPORT std::string fixed(double number, int decimals, std::size_t width);

/// 1.00, 10.0, 100, 1.00k: three digits and a prefix.
PARIMAP_EXPORT std::string scaled_number(double number, double divisor);

/// Seconds as MM:SS or H:MM:SS.
PARIMAP_EXPORT std::string clock_time(double seconds);

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/text/number_text.cpp>  // IWYU pragma: keep
#endif

#endif
