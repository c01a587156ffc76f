// SPDX-License-Identifier: MIT
// The bar of a progress line, and its colour.
#ifndef PARIMAP_DETAIL_TEXT_METER_HPP
#define PARIMAP_DETAIL_TEXT_METER_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/text/display_text.hpp>

#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>

namespace parimap::inline PARIMAP_ABI::detail {

/// The escape sequence of a colour, or nothing if it is not known.
PARIMAP_EXPORT std::string colour_sequence(std::string_view colour);

/// The bar itself, `length` columns of it filled by `fraction`.
struct PARIMAP_EXPORT meter {
    enum class style { blocks, ascii, blank };

    double fraction = 0;
    std::size_t length = 10;
    style look = style::blocks;
    std::string colour;

    /// spec: [length][a|u|b], where a negative length is taken off the default, as tqdm has it.
    std::string text(std::string_view spec) const;

  private:
    std::size_t length_from(std::string_view spec) const;

    std::string draw() const;
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/text/meter.cpp>  // IWYU pragma: keep
#endif

#endif
