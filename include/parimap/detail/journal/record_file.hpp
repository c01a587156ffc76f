// SPDX-License-Identifier: MIT
// The file of a journal: which call it is of, and a record for each item that has finished.
#ifndef PARIMAP_DETAIL_JOURNAL_RECORD_FILE_HPP
#define PARIMAP_DETAIL_JOURNAL_RECORD_FILE_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/system/mutex.hpp>
#include <parimap/detail/travel/byte_stream.hpp>
#include <parimap/journal_file.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <typeinfo>
#include <vector>

#include <sys/types.h>

namespace parimap::inline PARIMAP_ABI::detail {

/// Stands before the bytes of a result. It has a sum of its own: where a size is wrong, the next record cannot be found, and that must
/// not look like a last record that was cut off.
struct record_head {
    std::uint64_t item;
    std::uint64_t size;
    std::uint32_t sum_of_head;
    std::uint32_t sum;  // of the bytes
};

/// What a journal's results are of: another call is refused.
struct journalled_call {
    const std::type_info& type;  // of the results
    std::uint64_t size_of_type;
    std::uint64_t items;  // unknown_items where nobody can say before the end
};
inline constexpr std::uint64_t unknown_items = ~std::uint64_t{0};

/// Open, and no other process's or call's, while it lives. Each record is appended by one write() to the end, so whoever is killed leaves
/// whole records and at most one that is cut off, which the next one to open the file cuts away. All throw error, with the path and what to do.
class PARIMAP_EXPORT record_file {
  public:
    record_file(const journal_file& file, const journalled_call& call);
    ~record_file();
    record_file(const record_file&) = delete;
    record_file& operator=(const record_file&) = delete;

    /// The items whose results were there when it was opened.
    std::uint64_t size() const noexcept { return places_.size(); }
    bool has(std::uint64_t item) const noexcept { return place_of(item) != 0; }

    /// The bytes of the item's result. Any thread, side by side. Requires has(item).
    std::vector<std::byte> read(std::uint64_t item) const;

    /// The record begins with room for its head. Any thread, one after another.
    void append(std::uint64_t item, byte_writer& record);

  private:
    struct place {
        std::uint64_t item;
        std::uint64_t offset;  // of its head; the file's own head comes first, so never 0
    };
    class reader;

    std::uint64_t place_of(std::uint64_t item) const noexcept;
    void open();
    void begin_or_check(const std::string& head);
    void check(std::string_view head, const std::string& own) const;
    void find_records(std::uint64_t first, std::uint64_t end);
    void cut(std::uint64_t size);
    void write_whole(const std::byte* bytes, std::size_t count);
    void read_whole(std::byte* to, std::size_t count, std::uint64_t offset) const;
    void close() noexcept;
    void throw_if_inherited() const;
    [[noreturn]] void fail(const std::string& what) const;
    [[noreturn]] void fail_by_system(const char* what) const;

    const std::string path_;
    const std::string key_;
    const journalled_call call_;
    const pid_t process_;
    int fd_ = -1;
    std::vector<place> places_;  // by item
    mutex appending_;
    std::uint64_t end_ = 0;
    bool is_torn_ = false;  // what a failed append left could not be cut away
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/journal/record_file.cpp>  // IWYU pragma: keep
#endif

#endif
