// SPDX-License-Identifier: MIT
// Trace files: a JSON array of events that several processes may add to, and that is whole after each of them.

#include <parimap/detail/watch/trace_file.hpp>

#include <parimap/detail/system/parse_number.hpp>
#include <parimap/detail/system/standard_descriptors.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

namespace parimap::inline PARIMAP_ABI::detail {

// (What is made by then is closed where the rest throws.)
PARIMAP_INLINE trace_file::trace_file(const std::string& path, std::chrono::milliseconds patience) : trace_file() {
    const standard_descriptors kept;
    for (int attempt = 0; attempt < 3 && fd_ < 0; ++attempt) {
        fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
        if (fd_ < 0) return;
        struct stat status {};
        const bool is_locked = lock(patience);
        if (is_locked && ::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink > 0) {
            size_ = status.st_size;
            written_ = status.st_mtim;
            read_header();
            return;
        }
        close();
        is_busy_ = !is_locked;
        if (is_busy_) return;  // else somebody has removed it meanwhile
    }
}

PARIMAP_INLINE bool trace_file::begin() {
    if (!can_write(header_size + end_of_array.size())) return false;
    writers_.clear();
    begun_ = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
    end_ = static_cast<off_t>(header_size);
    is_whole_ = ::ftruncate(fd_, 0) == 0 && write(header() + std::string(end_of_array), 0);
    if (!is_whole_) (void)!::ftruncate(fd_, 0);
    return is_whole_;
}

PARIMAP_INLINE std::uint64_t trace_file::number_of(trace_writer self) {
    for (const trace_writer& w : writers_) {
        if (w.is_same_process(self)) return w.number;
    }
    const auto is_taken = [&] {
        return std::any_of(writers_.begin(), writers_.end(), [&](const trace_writer& w) { return w.number == self.number; });
    };
    while (is_taken()) self.number = self.number % most_processes + 1;
    writers_.push_back(self);
    const std::string text = header();
    if (text.size() == header_size) {
        (void)write(text, 0);
    } else {
        writers_.pop_back();  // so many that there is no room for more
    }
    return self.number;
}

PARIMAP_INLINE void trace_file::add(std::string_view text) {
    buffer_ += text;
    if (buffer_.size() > (std::size_t{1} << 20)) flush();
}

PARIMAP_INLINE bool trace_file::commit() {
    buffer_ += end_of_array;
    flush();
    is_committed_ = !has_failed_ && write(first_, end_);
    return is_committed_;
}

PARIMAP_INLINE bool trace_file::lock(std::chrono::milliseconds patience) const {
    auto deadline = std::chrono::steady_clock::now() + patience;
    off_t size = 0;
    while (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR) continue;
        if (errno != EWOULDBLOCK) return true;  // a file system without locks
        struct stat status {};
        if (::fstat(fd_, &status) == 0 && std::exchange(size, status.st_size) != status.st_size)
            deadline = std::chrono::steady_clock::now() + patience;
        if (std::chrono::steady_clock::now() >= deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

PARIMAP_INLINE void trace_file::close() noexcept {
    if (fd_ < 0) return;
    if (flushed_ > 0 && !is_committed_) (void)!::ftruncate(fd_, end_ + static_cast<off_t>(end_of_array.size()));
    ::flock(fd_, LOCK_UN);  // a process that was forked meanwhile has it open too
    ::close(fd_);
    fd_ = -1;
}

PARIMAP_INLINE bool trace_file::write(std::string_view text, off_t at) const noexcept {
    while (!text.empty()) {
        const ssize_t n = ::pwrite(fd_, text.data(), text.size(), at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(n));
        at += n;
    }
    return true;
}

PARIMAP_INLINE bool trace_file::can_write(std::size_t size) const {
    std::string same = read(0, size);
    same.resize(size, ' ');
    const bool can = write(same, 0);
    if (size_ < static_cast<off_t>(size)) (void)!::ftruncate(fd_, size_);
    return can;
}

PARIMAP_INLINE std::string trace_file::read(off_t at, std::size_t size) const {
    std::string text(size, '\0');
    std::size_t done = 0;
    while (done < size) {
        const ssize_t n = ::pread(fd_, text.data() + done, size - done, at + static_cast<off_t>(done));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        done += static_cast<std::size_t>(n);
    }
    text.resize(done);
    return text;
}

PARIMAP_INLINE std::string trace_file::header() const {
    std::string text = std::string(header_begin) + std::to_string(begun_) + ",\"writers\":[";
    for (const trace_writer& w : writers_) text += (&w != writers_.data() ? ",\"" : "\"") + w.text() + '"';
    text += "]}}";
    text.resize(std::max(text.size(), header_size), ' ');
    return text;
}

PARIMAP_INLINE void trace_file::read_header() {
    const std::string text = read(0, header_size);
    if (text.size() != header_size || !text.starts_with(header_begin)) return;
    const std::string_view begun = std::string_view(text).substr(header_begin.size());
    begun_ = parse_number<std::uint64_t>(begun.substr(0, begun.find(','))).value_or(begun_);
    std::size_t at = text.find('[', header_begin.size());
    while (at != std::string::npos && at + 1 < text.size() && text[at + 1] == '"') {  // after [ or ,
        const std::size_t end = text.find('"', at + 2);
        if (end == std::string::npos) return;
        if (auto writer = trace_writer::from(text.substr(at + 2, end - at - 2))) writers_.push_back(*std::move(writer));
        at = end + 1;
    }
    find_end();
}

PARIMAP_INLINE void trace_file::find_end() {
    constexpr std::size_t block = 65536;
    const auto least = static_cast<off_t>(header_size);
    off_t from = size_;
    while (from > least) {
        const off_t begin = std::max<off_t>(least, from - static_cast<off_t>(block));
        const std::string text = read(begin, static_cast<std::size_t>(from - begin) + end_of_array.size() - 1);
        if (const std::size_t at = text.rfind(end_of_array); at != std::string::npos) {
            end_ = begin + static_cast<off_t>(at);
            const off_t size = end_ + static_cast<off_t>(end_of_array.size());
            is_whole_ = size == size_ || ::ftruncate(fd_, size) == 0;
            return;
        }
        from = begin;
    }
}

PARIMAP_INLINE void trace_file::flush() {
    const std::size_t missing = end_of_array.size() - first_.size();
    first_ += buffer_.substr(0, missing);
    const std::string_view rest = std::string_view(buffer_).substr(std::min(missing, buffer_.size()));
    has_failed_ = has_failed_ || !write(rest, end_ + static_cast<off_t>(end_of_array.size()) + flushed_);
    flushed_ += static_cast<off_t>(rest.size());
    buffer_.clear();
}

}  // namespace parimap::detail
