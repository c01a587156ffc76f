// SPDX-License-Identifier: MIT
// The bar of a progress line, and its colour.

#include <parimap/detail/text/meter.hpp>

#include <parimap/detail/system/parse_number.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE std::string colour_sequence(std::string_view colour) {
    constexpr std::string_view names[] = {"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"};
    const std::string lower = lower_case(colour);
    for (std::size_t i = 0; i < std::size(names); ++i) {
        if (lower == names[i]) return "\x1b[" + std::to_string(30 + i) + "m";
    }
    if (lower.size() != 7 || lower[0] != '#' || lower.find_first_not_of("0123456789abcdef", 1) != std::string::npos) return {};
    const auto part = [&](std::size_t at) {
        return std::to_string(parse_number<int>(std::string_view(lower).substr(at, 2), 16).value());
    };
    return "\x1b[38;2;" + part(1) + ';' + part(3) + ';' + part(5) + "m";
}

PARIMAP_INLINE std::string meter::text(std::string_view spec) const {
    meter m = *this;
    if (!spec.empty()) {
        const char type = static_cast<char>(spec.back() | 0x20);
        if (type == 'a' || type == 'u' || type == 'b') {
            m.look = type == 'a' ? style::ascii : type == 'u' ? style::blocks : style::blank;
            spec.remove_suffix(1);
        }
        if (!spec.empty()) m.length = length_from(spec);
    }
    return m.draw();
}

PARIMAP_INLINE std::size_t meter::length_from(std::string_view spec) const {
    const bool relative = spec.front() == '-';
    if (relative) spec.remove_prefix(1);
    if (spec.empty() || spec.size() > 4 || spec.find_first_not_of("0123456789") != std::string_view::npos) {
        throw std::invalid_argument("parimap: in bar_format, {bar:...} takes a length and one of a, u and b, as in {bar:20a}");
    }
    const std::size_t columns = parse_number<std::size_t>(spec).value();
    return relative ? length - std::min(length, columns) : std::min(columns, widest_line);
}

PARIMAP_INLINE std::string meter::draw() const {
    static constexpr std::string_view blocks[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
    static constexpr std::string_view digits[] = {" ", "1", "2", "3", "4", "5", "6", "7", "8", "9", "#"};
    const std::string_view* symbols = look == style::ascii ? digits : blocks;
    const std::size_t steps = look == style::ascii ? std::size(digits) - 1 : std::size(blocks) - 1;
    const double share = look == style::blank ? 0 : std::clamp(fraction, 0.0, 1.0);
    const auto filled = static_cast<std::size_t>(share * static_cast<double>(length) * static_cast<double>(steps));
    std::string bar;
    for (std::size_t column = 0; column < length; ++column) {
        const std::size_t before = column * steps;
        bar += symbols[filled <= before ? 0 : std::min(filled - before, steps)];
    }
    const std::string sequence = colour_sequence(colour);
    return sequence.empty() ? bar : sequence + bar + "\x1b[0m";
}

}  // namespace parimap::detail
