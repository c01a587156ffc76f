// SPDX-License-Identifier: MIT
// JSON as it is written: objects and lists of what reports and traces consist of.
#ifndef PARIMAP_DETAIL_TEXT_JSON_TEXT_HPP
#define PARIMAP_DETAIL_TEXT_JSON_TEXT_HPP

#include <parimap/detail/form.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace parimap::inline PARIMAP_ABI::detail {

/// One object; members in the order in which they are added. Names are ours and need no escapes.
class PARIMAP_EXPORT json_object {
  public:
    json_object& add(std::string_view name, std::string_view text);
    json_object& add(std::string_view name, const char* text) { return add(name, std::string_view(text)); }
    json_object& add(std::string_view name, bool yes) { return add_raw(name, yes ? "true" : "false"); }
    template <std::unsigned_integral Number>
        requires(!std::same_as<Number, bool>)
    json_object& add(std::string_view name, Number number) {
        return add_raw(name, std::to_string(number));
    }

    /// What is JSON already: another object, a list, a number with as many digits as the caller likes.
    json_object& add_raw(std::string_view name, std::string_view json);

    std::string text() const { return members_.empty() ? "{}" : members_ + '}'; }

  private:
    std::string members_;  // from the brace on
};

/// A list of what is JSON already.
class PARIMAP_EXPORT json_list {
  public:
    void add(std::string_view json);
    std::string text() const { return elements_.empty() ? "[]" : elements_ + ']'; }

  private:
    std::string elements_;
};

/// A string with its quotes and escapes. What is no UTF-8 stays as it is.
PARIMAP_EXPORT std::string json_string(std::string_view text);

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/text/json_text.cpp>  // IWYU pragma: keep
#endif

#endif
