// SPDX-License-Identifier: MIT
// Fields in braces within a text, with the part of Python's format specifications that suits a progress bar.

#include <parimap/detail/text/field_format.hpp>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE field_spec::field_spec(std::string_view text) {
    const std::string_view whole = text;
    const auto is_align = [](char c) { return c == '<' || c == '>' || c == '^'; };
    if (text.size() > 1 && is_align(text[1])) {
        fill = text[0];
        align = text[1];
        text.remove_prefix(2);
    } else if (!text.empty() && is_align(text[0])) {
        align = text[0];
        text.remove_prefix(1);
    }
    if (!text.empty() && text[0] == '0') fill = '0';
    width = static_cast<std::size_t>(take_number(text, whole));
    if (!text.empty() && text[0] == '.') {
        text.remove_prefix(1);
        precision = take_number(text, whole);
    }
    if (!text.empty()) {
        type = text[0];
        text.remove_prefix(1);
    }
    if (!text.empty()) bad(whole);
}

PARIMAP_INLINE void field_spec::bad(std::string_view spec) {
    throw std::invalid_argument("parimap: bar_format has a field with the specification '" + std::string(spec) +
                                "'; it may be [[fill]<>^][0][width][.precision][d f e g % s]");
}

PARIMAP_INLINE std::string field_spec::padded(std::string text, char default_align) const {
    const std::size_t length = display_width(text);
    if (length >= width) return text;
    const std::size_t missing = width - length;
    const char how = align ? align : default_align;
    const std::size_t before = how == '>' ? missing : how == '^' ? missing / 2 : 0;
    return std::string(before, fill) + std::move(text) + std::string(missing - before, fill);
}

PARIMAP_INLINE int field_spec::take_number(std::string_view& text, std::string_view whole) {
    int number = 0;
    while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
        number = 10 * number + (text[0] - '0');
        if (number > 300) bad(whole);
        text.remove_prefix(1);
    }
    return number;
}

PARIMAP_INLINE std::string format_string(std::string text, std::string_view specification) {
    const field_spec spec(specification);
    if (spec.type && spec.type != 's') field_spec::bad(specification);
    if (spec.precision) text = trimmed(std::move(text), static_cast<std::size_t>(*spec.precision));
    return spec.padded(std::move(text), '<');
}

PARIMAP_INLINE std::string format_number(field_number number, std::string_view specification) {
    const field_spec spec(specification);
    const int precision = spec.precision.value_or(6);
    const auto form = spec.type == 'e'                                         ? std::chars_format::scientific
                      : spec.type == 'g' || (spec.type == 0 && spec.precision) ? std::chars_format::general
                                                                               : std::chars_format::fixed;
    if (std::string_view("defg%").find(spec.type) == std::string_view::npos && spec.type != 0) field_spec::bad(specification);
    if (std::isnan(number.value)) return spec.padded("?", '>');
    if (spec.type == 'd' || (spec.type == 0 && number.whole && !spec.precision)) return spec.padded(fixed(number.value, 0, 0), '>');
    if (spec.type == '%') return spec.padded(as_text(100 * number.value, form, precision) + '%', '>');
    if (spec.type != 0 || spec.precision) return spec.padded(as_text(number.value, form, precision), '>');
    char text[40];  // the shortest text that reads back as the same number, as Python shows it
    std::string shortest(text, std::to_chars(text, text + sizeof(text), number.value).ptr);
    if (shortest.find_first_of(".en") == std::string::npos) shortest += ".0";
    return spec.padded(std::move(shortest), '>');
}

}  // namespace parimap::detail
