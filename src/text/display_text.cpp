// SPDX-License-Identifier: MIT
// How many columns a text takes on a terminal, and cutting it to fit.

#include <parimap/detail/text/display_text.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE display_reader::piece display_reader::next() noexcept {
    if (rest_.starts_with("\x1b[")) {
        std::size_t end = 2;
        while (end < rest_.size() && (rest_[end] == ';' || (rest_[end] >= '0' && rest_[end] <= '9'))) ++end;
        const bool has_end = end < rest_.size() && rest_[end] >= '@' && rest_[end] <= '~';
        return {take(end + (has_end ? 1 : 0)), 0, true};
    }
    const auto lead = static_cast<unsigned char>(rest_[0]);
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    char32_t code = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if (i >= rest_.size() || (static_cast<unsigned char>(rest_[i]) & 0xC0U) != 0x80U) return {take(1), 1};
        code = (code << 6U) | (static_cast<unsigned char>(rest_[i]) & 0x3FU);
    }
    if (length > 1 && !is_shortest(code, length)) return {take(1), 1};
    // Those of one byte, and those of Unicode's Latin-1 block, in which terminals find a new line and the begin of sequences.
    const bool is_control = length == 1 ? code < 0x20 || code == 0x7F : code < 0xA0;
    return {take(length), is_wide(code) ? 2U : 1U, false, is_control};
}

PARIMAP_INLINE std::string_view display_reader::take(std::size_t bytes) noexcept {
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
}

PARIMAP_INLINE std::size_t display_width(std::string_view text) noexcept {
    std::size_t width = 0;
    for (display_reader reader(text); !reader.done();) width += reader.next().width;
    return width;
}

PARIMAP_INLINE std::string trimmed(std::string text, std::size_t columns) {
    constexpr std::string_view reset = "\x1b[0m";
    std::size_t kept = 0;
    std::size_t width = 0;
    bool coloured = false;
    for (display_reader reader(text); !reader.done();) {
        const auto piece = reader.next();
        if (width + piece.width > columns) break;
        width += piece.width;
        kept += piece.bytes.size();
        coloured = coloured || piece.is_escape;
    }
    text.resize(kept);
    if (coloured && !text.ends_with(reset)) text += reset;
    return text;
}

PARIMAP_INLINE std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return lower;
}

PARIMAP_INLINE std::string on_one_line(std::string_view text, bool keeps_colours) {
    std::string line;
    for (display_reader reader(text); !reader.done();) {
        const auto piece = reader.next();
        const bool is_kept = keeps_colours && piece.bytes.ends_with('m');
        if (piece.is_escape && !is_kept) {  // what is left of it is a text like any other
            line += ' ';
            line += piece.bytes.substr(1);
        } else if (piece.is_control) {
            line += ' ';
        } else {
            line += piece.bytes;
        }
    }
    return line;
}

}  // namespace parimap::detail
