// SPDX-License-Identifier: MIT
// JSON as it is written: objects and lists of what reports and traces consist of.

#include <parimap/detail/text/json_text.hpp>

#include <string>
#include <string_view>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE json_object& json_object::add(std::string_view name, std::string_view text) {
    return add_raw(name, json_string(text));
}

PARIMAP_INLINE json_object& json_object::add_raw(std::string_view name, std::string_view json) {
    members_ += members_.empty() ? '{' : ',';
    members_ += '"';
    members_ += name;
    members_ += "\":";
    members_ += json;
    return *this;
}

PARIMAP_INLINE void json_list::add(std::string_view json) {
    elements_ += elements_.empty() ? '[' : ',';
    elements_ += json;
}

PARIMAP_INLINE std::string json_string(std::string_view text) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string quoted = "\"";
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        if (code < 0x20) {
            quoted += "\\u00";
            quoted += digits[code >> 4U];
            quoted += digits[code & 0xFU];
        } else {
            if (c == '"' || c == '\\') quoted += '\\';
            quoted += c;
        }
    }
    return quoted + '"';
}

}  // namespace parimap::detail
