// SPDX-License-Identifier: MIT
// Numbers and times as progress lines and reports show them, the same in every locale.

#include <parimap/detail/text/number_text.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE std::string as_text(double number, std::chars_format form, int precision) {
    char text[800];  // the longest double has 309 digits before the point
    return std::string(text, std::to_chars(text, text + sizeof(text), number, form, precision).ptr);
}

PARIMAP_INLINE std::string at_right(const std::string& text, std::size_t width) {
    return std::string(width - std::min(width, text.size()), ' ') + text;
}

PARIMAP_INLINE std::string fixed(double number, int decimals, std::size_t width) {
    return at_right(as_text(number, std::chars_format::fixed, decimals), width);
}

PARIMAP_INLINE std::string scaled_number(double number, double divisor) {
    for (const char* prefix : {"", "k", "M", "G", "T", "P", "E", "Z"}) {
        if (std::abs(number) < 999.5) {
            const int decimals = std::abs(number) < 9.995 ? 2 : std::abs(number) < 99.95 ? 1 : 0;
            return fixed(number, decimals, decimals == 0 ? 3 : 0) + prefix;
        }
        number /= divisor;
    }
    return fixed(number, 1, 0) + 'Y';
}

PARIMAP_INLINE std::string clock_time(double seconds) {
    const double longest = 9e18;  // fits a long long
    const auto all = static_cast<long long>(std::clamp(seconds, 0.0, longest));
    char text[40];
    if (all >= 3600) {
        std::snprintf(text, sizeof(text), "%lld:%02lld:%02lld", all / 3600, all / 60 % 60, all % 60);
    } else {
        std::snprintf(text, sizeof(text), "%02lld:%02lld", all / 60, all % 60);
    }
    return text;
}

}  // namespace parimap::detail
