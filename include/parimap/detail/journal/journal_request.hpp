// SPDX-License-Identifier: MIT
// map_options::journal, and whether this file was compiled with what it takes.
#ifndef PARIMAP_DETAIL_JOURNAL_JOURNAL_REQUEST_HPP
#define PARIMAP_DETAIL_JOURNAL_JOURNAL_REQUEST_HPP

#include <parimap/detail/form.hpp>
#include <parimap/journal_file.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// How the calls of a file of source know journals: not at all, so that nothing more is compiled,
struct without_journal;
/// or as journalled.hpp says. A template argument of every call, so that calls in files of both kinds are different functions.
struct with_journal;

#if defined(PARIMAP_JOURNAL)
using journal_of_this_file = with_journal;
#else
using journal_of_this_file = without_journal;
#endif

template <class Path>
concept some_path = std::convertible_to<Path, std::string> || std::convertible_to<Path, std::string_view>;

/// Made from a path, a std::filesystem::path too, or a journal_file, or nothing. An empty path is nothing.
class journal_request {
  public:
    journal_request() noexcept = default;

    template <some_path Path, class Journal = journal_of_this_file>
    journal_request(const Path& path) : journal_request(std::type_identity<Journal>{}, journal_file{.path = text_of(path)}) {}

    template <std::same_as<journal_file> File, class Journal = journal_of_this_file>
    journal_request(File file) : journal_request(std::type_identity<Journal>{}, std::move(file)) {}

    explicit operator bool() const noexcept { return file_ != nullptr; }
    const journal_file& operator*() const noexcept { return *file_; }

  private:
    template <class Journal>
    journal_request(std::type_identity<Journal>, journal_file&& file) {
        static_assert(!std::is_same_v<Journal, without_journal>,
                      "parimap: .journal needs the component parimap::journal: link that target, or compile with "
                      "-DPARIMAP_JOURNAL=1 where there is no CMake");
        if (!file.path.empty()) file_ = std::make_shared<const journal_file>(std::move(file));
    }

    template <class Path>
    static std::string text_of(const Path& path) {
        if constexpr (std::convertible_to<Path, std::string>) {
            return path;
        } else {
            return std::string(static_cast<std::string_view>(path));
        }
    }

    std::shared_ptr<const journal_file> file_;
};

}  // namespace parimap::detail

#endif
