// SPDX-License-Identifier: MIT
// What the kernel tells in small files, and their parts.

#include <parimap/detail/system/text_input.hpp>

#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE std::string text_of_file(const std::string& path) {
    struct closer {
        void operator()(std::FILE* file) const noexcept { std::fclose(file); }
    };
    std::string text;
    if (const std::unique_ptr<std::FILE, closer> file{std::fopen(path.c_str(), "re")}) {
        char part[1024];
        while (const std::size_t length = std::fread(part, 1, sizeof(part), file.get())) text.append(part, length);
    }
    return text;
}

PARIMAP_INLINE std::string_view cut(std::string_view& text, std::string_view separator) {
    const std::size_t at = text.find(separator);
    const std::string_view front = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + separator.size());
    return front;
}

}  // namespace parimap::detail
