// SPDX-License-Identifier: MIT
// Fields in braces within a text, with the part of Python's format specifications that suits a progress bar.
#ifndef PARIMAP_DETAIL_TEXT_FIELD_FORMAT_HPP
#define PARIMAP_DETAIL_TEXT_FIELD_FORMAT_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/text/display_text.hpp>
#include <parimap/detail/text/number_text.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace parimap::inline PARIMAP_ABI::detail {

struct field_number {
    double value = 0;  // NaN: not known, shown as ?
    bool whole = false;
};

/// [[fill]align][0][width][.precision][type]
struct PARIMAP_EXPORT field_spec {
    char fill = ' ';
    char align = 0;
    std::size_t width = 0;
    std::optional<int> precision;
    char type = 0;

    explicit field_spec(std::string_view text);

    [[noreturn]] static void bad(std::string_view spec);

    std::string padded(std::string text, char default_align) const;

  private:
    static int take_number(std::string_view& text, std::string_view whole);
};

PARIMAP_EXPORT std::string format_string(std::string text, std::string_view specification);

PARIMAP_EXPORT std::string format_number(field_number number, std::string_view specification);

/// The text with {name} and {name:spec} replaced by what value(name, spec) gives, {{ and }} by single braces.
template <class Value>
std::string fill_fields(std::string_view format, Value value) {
    std::string text;
    while (!format.empty()) {
        const char c = format.front();
        format.remove_prefix(1);
        if ((c == '{' || c == '}') && format.starts_with(c)) {
            format.remove_prefix(1);
            text += c;
        } else if (c == '{') {
            const std::size_t end = format.find('}');
            const std::string_view field = format.substr(0, end);
            const std::size_t colon = std::min(field.find(':'), field.size());
            const std::string_view spec = field.substr(std::min(colon + 1, field.size()));
            std::optional<std::string> filled;
            if (end != std::string_view::npos) filled = value(field.substr(0, colon), spec);
            if (!filled) {
                throw std::invalid_argument("parimap: bar_format has no field '" + std::string(field.substr(0, colon)) +
                                            "'; it knows those of tqdm, such as {desc} {percentage:3.0f} {bar} {n_fmt} {total_fmt} "
                                            "{elapsed} {remaining} {rate_fmt} {postfix}");
            }
            text += *filled;
            format.remove_prefix(end + 1);
        } else {
            text += c;
        }
    }
    return text;
}

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/text/field_format.cpp>  // IWYU pragma: keep
#endif

#endif
