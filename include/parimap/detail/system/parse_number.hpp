// SPDX-License-Identifier: MIT
// Numbers from texts, whatever the program's locale is.
#ifndef PARIMAP_DETAIL_SYSTEM_PARSE_NUMBER_HPP
#define PARIMAP_DETAIL_SYSTEM_PARSE_NUMBER_HPP

#include <parimap/detail/form.hpp>

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>
#include <system_error>

namespace parimap::inline PARIMAP_ABI::detail {

/// The number that the whole text is, if it is one and fits.
template <class Number>
std::optional<Number> parse_number(std::string_view text, [[maybe_unused]] int base = 10) noexcept {
    Number number = 0;
    std::from_chars_result parsed{};
    if constexpr (std::floating_point<Number>) {
        parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    } else {
        parsed = std::from_chars(text.data(), text.data() + text.size(), number, base);
    }
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace parimap::detail

#endif
