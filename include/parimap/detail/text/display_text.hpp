// SPDX-License-Identifier: MIT
// How many columns a text takes on a terminal, and cutting it to fit.
#ifndef PARIMAP_DETAIL_TEXT_DISPLAY_TEXT_HPP
#define PARIMAP_DETAIL_TEXT_DISPLAY_TEXT_HPP

#include <parimap/detail/form.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace parimap::inline PARIMAP_ABI::detail {

/// No line is wider, whatever width is asked for: "no limit" must not take all memory.
inline constexpr std::size_t widest_line = 4096;

/// Takes the next thing off the front of UTF-8 text: a character, or an escape sequence of no width. Bytes that are
/// not UTF-8 count as a character each.
class PARIMAP_EXPORT display_reader {
  public:
    explicit display_reader(std::string_view text) noexcept : rest_(text) {}

    struct piece {
        std::string_view bytes;
        std::size_t width = 0;
        bool is_escape = false;
        bool is_control = false;
    };

    bool done() const noexcept { return rest_.empty(); }

    piece next() noexcept;

  private:
    std::string_view take(std::size_t bytes) noexcept;

    /// Whether UTF-8 writes this character in so many bytes: not in more than it needs, no surrogates, and none past the last.
    static constexpr bool is_shortest(char32_t code, std::size_t length) noexcept {
        constexpr char32_t least[] = {0x80, 0x800, 0x10000};
        return code >= least[length - 2] && !(code >= 0xD800 && code <= 0xDFFF) && code <= 0x10FFFF;
    }

    /// The blocks whose characters Unicode's East Asian Width calls wide or fullwidth (Unicode Standard Annex 11), in
    /// the large: a character that is taken for wide costs a column, no more.
    static constexpr bool is_wide(char32_t c) noexcept {
        constexpr struct {
            char32_t first, last;
        } wide[] = {{0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23F3},   {0x25FD, 0x25FE},
                    {0x2614, 0x2615},   {0x2630, 0x2637},   {0x2648, 0x2653},   {0x267F, 0x268F},   {0x2693, 0x26FD},
                    {0x2705, 0x2705},   {0x270A, 0x270B},   {0x2728, 0x2728},   {0x274C, 0x2757},   {0x2795, 0x2797},
                    {0x27B0, 0x27BF},   {0x2B1B, 0x2B1C},   {0x2B50, 0x2B55},   {0x1F004, 0x1F0CF}, {0x1F18E, 0x1F19A},
                    {0x1F200, 0x1F265}, {0x2E80, 0x303E},   {0x3041, 0xA4CF},   {0xA960, 0xA97C},   {0xAC00, 0xD7A3},
                    {0xF900, 0xFAFF},   {0xFE10, 0xFE19},   {0xFE30, 0xFE6B},   {0xFF01, 0xFF60},   {0xFFE0, 0xFFE6},
                    {0x16FE0, 0x18DFF}, {0x1AFF0, 0x1B2FB}, {0x1D300, 0x1D376}, {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FC},
                    {0x1F7E0, 0x1F7F0}, {0x1F90C, 0x1FAFF}, {0x20000, 0x3FFFD}};
        for (const auto& block : wide) {
            if (c >= block.first && c <= block.last) return true;
        }
        return false;
    }

    std::string_view rest_;
};

/// Columns of a terminal, escape sequences not counted.
PARIMAP_EXPORT std::size_t display_width(std::string_view text) noexcept;

/// As much of the front of the text as fits in so many columns. Text with colours ends in their reset, as with tqdm.
PARIMAP_EXPORT std::string trimmed(std::string text, std::size_t columns);

/// A to Z as a to z, whatever the locale.
PARIMAP_EXPORT std::string lower_case(std::string_view text);

/// The text in one line: control characters, which would break it up, as spaces. Colours may stay.
PARIMAP_EXPORT std::string on_one_line(std::string_view text, bool keeps_colours = false);

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/text/display_text.cpp>  // IWYU pragma: keep
#endif

#endif
