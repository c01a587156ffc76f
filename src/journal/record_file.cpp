// SPDX-License-Identifier: MIT
// The file of a journal: which call it is of, and a record for each item that has finished.

#include <parimap/detail/journal/record_file.hpp>

#include <parimap/detail/journal/checksum.hpp>
#include <parimap/detail/journal/held_files.hpp>
#include <parimap/detail/system/standard_descriptors.hpp>
#include <parimap/detail/system/write_signals.hpp>
#include <parimap/errors.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <cxxabi.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace parimap::inline PARIMAP_ABI::detail {

namespace journal_format {

// The head of a file: the name, then numbers as this machine has them, then texts behind their lengths, then the sum of all before.
inline constexpr std::string_view name = "parimap journal\n";
inline constexpr std::uint32_t version = 1;
inline constexpr std::uint32_t byte_order = 0x01020304;
struct numbers {
    std::uint32_t size_of_head;
    std::uint32_t version;
    std::uint32_t byte_order;
    std::uint32_t size_of_pointer;
    std::uint64_t size_of_type;
    std::uint64_t items;
};
inline constexpr std::size_t smallest_head = name.size() + sizeof(numbers) + 3 * sizeof(std::uint32_t);

inline std::uint32_t sum_of(std::string_view bytes) noexcept { return checksum(std::as_bytes(std::span(bytes))); }
inline std::uint32_t sum_of(const record_head& head) noexcept {
    const std::uint64_t summed[] = {head.item, head.size};
    return checksum(std::as_bytes(std::span(summed)));
}

template <class T>
void add(std::string& to, const T& value) {
    to.append(reinterpret_cast<const char*>(&value), sizeof value);
}
inline void add_text(std::string& to, std::string_view text) {
    add(to, static_cast<std::uint32_t>(text.size()));
    to += text;
}

template <class T>
T take(std::string_view& from) noexcept {
    T value{};
    if (from.size() < sizeof value) return value;  // (what was summed is as it was written)
    std::memcpy(&value, from.data(), sizeof value);
    from.remove_prefix(sizeof value);
    return value;
}
inline std::string_view take_text(std::string_view& from) noexcept {
    const std::string_view text = from.substr(0, take<std::uint32_t>(from));
    from.remove_prefix(text.size());
    return text;
}

inline std::string readable(std::string_view type) {
    const std::string mangled(type);
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status), &std::free);
    return status == 0 && text ? text.get() : mangled;
}
inline std::string number_of(std::uint64_t items) {
    return items == unknown_items ? "an input of unknown size" : std::to_string(items) + " items";
}

}  // namespace journal_format

/// Reads a file from one end to the other, in large pieces.
class record_file::reader {
  public:
    reader(const record_file& file, std::uint64_t from) : file_(file), place_(from) {}

    std::uint64_t place() const noexcept { return place_; }

    /// The next so many bytes, of the file that has them. No more than 64 KiB.
    std::span<const std::byte> next(std::size_t count, std::uint64_t end) {
        if (count > held_.size() - used_) {
            held_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(piece, end - place_)));
            file_.read_whole(held_.data(), held_.size(), place_);
            used_ = 0;
        }
        const auto bytes = std::span<const std::byte>(held_).subspan(used_, count);
        used_ += count;
        place_ += count;
        return bytes;
    }

    static constexpr std::size_t piece = std::size_t{64} << 10;

  private:
    const record_file& file_;
    std::vector<std::byte> held_;
    std::size_t used_ = 0;
    std::uint64_t place_;
};

PARIMAP_INLINE record_file::record_file(const journal_file& file, const journalled_call& call)
    : path_(file.path), key_(file.key), call_(call), process_(::getpid()) {
    using namespace journal_format;
    std::string head(name);
    const std::string_view type = call.type.name();
    add(head, numbers{.size_of_head = static_cast<std::uint32_t>(smallest_head + type.size() + key_.size()),
                      .version = version,
                      .byte_order = byte_order,
                      .size_of_pointer = sizeof(void*),
                      .size_of_type = call.size_of_type,
                      .items = call.items});
    add_text(head, type);
    add_text(head, key_);
    add(head, sum_of(head));
    open();
    try {
        begin_or_check(head);
    } catch (...) {
        close();
        throw;
    }
}

PARIMAP_INLINE record_file::~record_file() {
    if (::getpid() == process_) close();
}

PARIMAP_INLINE void record_file::close() noexcept {
    // A process that was forked in the moments in which the file is not held, or beside more files than are, or that has not come to its
    // exec(), has it too, and to close it here leaves it locked there.
    ::flock(fd_, LOCK_UN);
    let_file_go(fd_);
    ::close(fd_);
}

PARIMAP_INLINE void record_file::open() {
    const standard_descriptors kept;
    // Who waits for a lock may get that of a file which was removed meanwhile; nobody waits here, but the same goes for the two calls below.
    for (int attempt = 0; attempt < 3; ++attempt) {
        // O_NONBLOCK: a FIFO without a reader would hold up the call, before it can be refused.
        fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
        if (fd_ < 0) fail_by_system("cannot be opened");
        hold_file(fd_);
        struct stat status {};
        const bool is_regular = ::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode);
        if (!is_regular) {
            close();
            fail("is no regular file; give another path");
        }
        // Of the open file: another call of this process is refused too.
        if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
            const int reason = errno;
            close();
            if (reason == EWOULDBLOCK)
                fail("is in use by another process, or by another call of this one; wait until it has ended, or give another path");
            errno = reason;
            fail_by_system(reason == ENOSYS || reason == ENOLCK || reason == EOPNOTSUPP
                               ? "cannot be locked, for its file system has no locks (of Lustre: the mount option flock); give a "
                                 "path on another"
                               : "cannot be locked");
        }
        struct stat at_path {};
        if (::stat(path_.c_str(), &at_path) == 0 && at_path.st_ino == status.st_ino && at_path.st_dev == status.st_dev) return;
        close();
    }
    fail("was removed again and again while it was opened");
}

PARIMAP_INLINE void record_file::begin_or_check(const std::string& head) {
    struct stat status {};
    if (::fstat(fd_, &status) != 0) fail_by_system("cannot be read");
    const auto size = static_cast<std::uint64_t>(status.st_size);
    std::string found(static_cast<std::size_t>(std::min<std::uint64_t>(size, journal_format::smallest_head)), '\0');
    read_whole(reinterpret_cast<std::byte*>(found.data()), found.size(), 0);
    if (size < head.size()) {  // whoever began it was killed
        found.resize(static_cast<std::size_t>(size));
        read_whole(reinterpret_cast<std::byte*>(found.data()), found.size(), 0);
        if (head.starts_with(found)) {
            cut(0);
            write_whole(reinterpret_cast<const std::byte*>(head.data()), head.size());
            return;
        }
    }
    if (!found.starts_with(journal_format::name)) fail("is no journal of parimap, and is left as it is; give another path");
    if (found.size() < journal_format::smallest_head) fail("has a damaged head; remove it to begin anew");
    std::string_view rest = std::string_view(found).substr(journal_format::name.size());
    const auto numbers = journal_format::take<journal_format::numbers>(rest);
    if (numbers.byte_order != journal_format::byte_order || numbers.version != journal_format::version ||
        numbers.size_of_pointer != sizeof(void*))
        fail("was written by another version of parimap, or on another kind of machine; go on there, or give another path");
    if (numbers.size_of_head < journal_format::smallest_head || numbers.size_of_head > size)
        fail("has a damaged head; remove it to begin anew");
    found.resize(numbers.size_of_head);
    read_whole(reinterpret_cast<std::byte*>(found.data()), found.size(), 0);
    check(found, head);
    find_records(numbers.size_of_head, size);
}

PARIMAP_INLINE void record_file::check(std::string_view head, const std::string& own) const {
    using namespace journal_format;
    std::string_view summed = head.substr(0, head.size() - sizeof(std::uint32_t));
    std::string_view sum = head.substr(summed.size());
    if (take<std::uint32_t>(sum) != sum_of(summed)) fail("has a damaged head; remove it to begin anew");
    if (head == own) return;
    std::string_view rest = summed.substr(name.size());
    const auto found = take<numbers>(rest);
    const std::string_view type = take_text(rest);
    const std::string_view key = take_text(rest);
    const auto differs = [&](const std::string& what, const std::string& there, const std::string& here) {
        fail("is of another call: " + what + " there is " + there + ", and here it is " + here +
             "; give another path, or remove the file to begin anew");
    };
    if (key != key_) differs("the key", '"' + std::string(key) + '"', '"' + key_ + '"');
    if (found.items != call_.items) differs("the input", number_of(found.items), number_of(call_.items));
    if (type != call_.type.name()) differs("the type of the results", readable(type), readable(call_.type.name()));
    differs("the size of a result", std::to_string(found.size_of_type), std::to_string(call_.size_of_type));
}

PARIMAP_INLINE void record_file::find_records(std::uint64_t first, std::uint64_t end) {
    reader in(*this, first);
    const auto damaged = [&](std::uint64_t at) {
        fail("is damaged at byte " + std::to_string(at) +
             ", with more behind it, which no kill does; the results before it are whole: " +
             "truncate the file to that size to go on with them, or remove it");
    };
    // Where the power went, the file system may have kept the length of what was written last, and zeros in its place: from the begin of a
    // page, which is in the middle of a result or of its head.
    const auto is_zeros = [&](std::uint64_t from) {
        std::vector<std::byte> tail(static_cast<std::size_t>(std::min<std::uint64_t>(end - from, reader::piece)));
        for (std::uint64_t at = from; at < end; at += tail.size()) {
            tail.resize(static_cast<std::size_t>(std::min<std::uint64_t>(end - at, tail.size())));
            read_whole(tail.data(), tail.size(), at);
            if (std::any_of(tail.begin(), tail.end(), [](std::byte b) { return b != std::byte{0}; })) return false;
        }
        return true;
    };
    std::uint64_t whole = first;
    while (end - whole >= sizeof(record_head)) {
        record_head head;
        std::memcpy(&head, in.next(sizeof head, end).data(), sizeof head);
        if (head.sum_of_head != journal_format::sum_of(head)) {
            if (!is_zeros(in.place())) damaged(whole);
            break;
        }
        if (head.size > end - in.place()) break;  // cut off
        std::uint32_t sum = 0;
        for (std::uint64_t left = head.size; left > 0;) {
            const auto piece = in.next(static_cast<std::size_t>(std::min<std::uint64_t>(left, reader::piece)), end);
            sum = checksum(piece, sum);
            left -= piece.size();
        }
        if (sum != head.sum) {
            if (!is_zeros(in.place())) damaged(whole);
            break;
        }
        places_.push_back({head.item, whole});
        whole = in.place();
    }
    if (whole != end) cut(whole);
    end_ = whole;
    // Of two results of an item the first counts: somebody may have seen it.
    std::stable_sort(places_.begin(), places_.end(), [](const place& a, const place& b) { return a.item < b.item; });
    places_.erase(std::unique(places_.begin(), places_.end(), [](const place& a, const place& b) { return a.item == b.item; }),
                  places_.end());
}

PARIMAP_INLINE std::uint64_t record_file::place_of(std::uint64_t item) const noexcept {
    const auto found =
        std::lower_bound(places_.begin(), places_.end(), item, [](const place& p, std::uint64_t i) { return p.item < i; });
    return found != places_.end() && found->item == item ? found->offset : 0;
}

PARIMAP_INLINE std::vector<std::byte> record_file::read(std::uint64_t item) const {
    throw_if_inherited();
    const std::uint64_t offset = place_of(item);
    record_head head;
    read_whole(reinterpret_cast<std::byte*>(&head), sizeof head, offset);
    std::vector<std::byte> bytes;
    const bool is_right_head = head.item == item && head.sum_of_head == journal_format::sum_of(head);
    if (is_right_head) {
        bytes.resize(static_cast<std::size_t>(head.size));
        read_whole(bytes.data(), bytes.size(), offset + sizeof head);
    }
    if (!is_right_head || checksum(bytes) != head.sum) fail("was changed by somebody else while this call ran");
    return bytes;
}

PARIMAP_INLINE void record_file::append(std::uint64_t item, byte_writer& record) {
    throw_if_inherited();
    const auto bytes = record.view().subspan(sizeof(record_head));
    record_head head{.item = item, .size = bytes.size(), .sum_of_head = 0, .sum = checksum(bytes)};
    head.sum_of_head = journal_format::sum_of(head);
    record.fill(0, head);
    const lock held(appending_);
    if (is_torn_) fail("could not take an earlier result, nor be cut behind the last whole one");
    write_whole(record.view().data(), record.size());
}

PARIMAP_INLINE void record_file::cut(std::uint64_t size) {
    while (::ftruncate(fd_, static_cast<off_t>(size)) != 0) {
        if (errno == EINTR) continue;
        is_torn_ = true;
        fail_by_system("cannot be cut behind the last whole result");
    }
    end_ = size;
}

PARIMAP_INLINE void record_file::write_whole(const std::byte* bytes, std::size_t count) {
    const no_write_signals guard;
    std::size_t written = 0;
    while (written < count) {  // once, unless the disk is about to be full
        const ssize_t wrote = ::write(fd_, bytes + written, count - written);
        if (wrote > 0) {
            written += static_cast<std::size_t>(wrote);
        } else if (wrote == 0 || errno != EINTR) {
            const int reason = wrote == 0 ? ENOSPC : errno;
            if (written > 0) cut(end_);
            errno = reason;
            fail_by_system("cannot take a result");
        }
    }
    end_ += count;
}

PARIMAP_INLINE void record_file::read_whole(std::byte* to, std::size_t count, std::uint64_t offset) const {
    for (std::size_t done = 0; done < count;) {
        const ssize_t got = ::pread(fd_, to + done, count - done, static_cast<off_t>(offset + done));
        if (got > 0) {
            done += static_cast<std::size_t>(got);
        } else if (got == 0) {
            fail("was cut by somebody else while this call ran");
        } else if (errno != EINTR) {
            fail_by_system("cannot be read");
        }
    }
}

PARIMAP_INLINE void record_file::throw_if_inherited() const {
    if (::getpid() != process_)
        fail("belongs to the process that this one was forked from; open it anew, with a call of this process");
}

PARIMAP_INLINE void record_file::fail(const std::string& what) const { throw error("parimap: the journal " + path_ + ' ' + what); }

PARIMAP_INLINE void record_file::fail_by_system(const char* what) const {
    const std::string reason = std::generic_category().message(errno);
    fail(std::string(what) + ": " + reason);
}

}  // namespace parimap::detail
