// SPDX-License-Identifier: MIT
// What the kernel tells in small files, and their parts.
#ifndef PARIMAP_DETAIL_SYSTEM_TEXT_INPUT_HPP
#define PARIMAP_DETAIL_SYSTEM_TEXT_INPUT_HPP

#include <parimap/detail/form.hpp>

#include <string>
#include <string_view>

namespace parimap::inline PARIMAP_ABI::detail {

/// The whole of a small file; nothing if it cannot be read.
PARIMAP_EXPORT [[gnu::cold]] std::string text_of_file(const std::string& path);

/// Takes what stands before the first separator, or all of it, off the front of a text.
PARIMAP_EXPORT std::string_view cut(std::string_view& text, std::string_view separator);

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/system/text_input.cpp>  // IWYU pragma: keep
#endif

#endif
