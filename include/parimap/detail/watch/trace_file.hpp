// SPDX-License-Identifier: MIT
// Trace files: a JSON array of events that several processes may add to, and that is whole after each of them.
#ifndef PARIMAP_DETAIL_WATCH_TRACE_FILE_HPP
#define PARIMAP_DETAIL_WATCH_TRACE_FILE_HPP

#include <parimap/detail/system/write_signals.hpp>
#include <parimap/detail/watch/trace_run.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <initializer_list>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

namespace parimap::detail {

/// While it lives, those of the three standard descriptors that were closed lead nowhere: else the next file that is opened
/// becomes one of them, and gets what the program prints.
class standard_descriptors {
  public:
    standard_descriptors() noexcept {
        for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
            if (::fcntl(fd, F_GETFD) >= 0) continue;
            const int got = ::open("/dev/null", O_RDWR | O_CLOEXEC);
            taken_[fd] = got == fd;
            if (got >= 0 && got != fd) ::close(got);
        }
    }
    ~standard_descriptors() {
        for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
            if (taken_[fd]) ::close(fd);
        }
    }
    standard_descriptors(const standard_descriptors&) = delete;
    standard_descriptors& operator=(const standard_descriptors&) = delete;

  private:
    bool taken_[3] = {};
};

/// The file, open and locked against other writers, while this lives. Its first event has a fixed length and names the writers;
/// the other events follow, then the end of the array. New events are written behind that end, and take its place when all
/// of them are there: what does not fit the disk, or is cut off, leaves the events before as they were.
class trace_file {
  public:
    /// Only a regular file. patience: how long to wait for other writers.
    trace_file(const std::string& path, std::chrono::milliseconds patience) {
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
    ~trace_file() { close(); }
    trace_file(const trace_file&) = delete;
    trace_file& operator=(const trace_file&) = delete;

    bool is_open() const noexcept { return fd_ >= 0; }
    bool is_busy() const noexcept { return is_busy_; }

    /// Whether what stands there is ours, and of the run of this process.
    bool is_of_run(const trace_writer& self) const { return is_whole_ && is_of_this_run(writers_, self, written_); }
    bool is_whole() const noexcept { return is_whole_; }

    /// Tells a file that was begun anew from what it was before.
    std::uint64_t begun() const noexcept { return begun_; }

    /// Begins it anew, without events. False if even that does not fit; then it is as it was.
    bool begin() {
        if (!can_write(header_size + end_of_array.size())) return false;
        writers_.clear();
        begun_ = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
        end_ = static_cast<off_t>(header_size);
        is_whole_ = ::ftruncate(fd_, 0) == 0 && write(header() + std::string(end_of_array), 0);
        if (!is_whole_) (void)!::ftruncate(fd_, 0);
        return is_whole_;
    }

    /// Notes the process among the writers, if it is not, and says which number it has.
    std::uint64_t number_of(trace_writer self) {
        for (const trace_writer& w : writers_) {
            if (w.is_same_process(self)) return w.number;
        }
        const auto is_taken = [&] { return std::any_of(writers_.begin(), writers_.end(), [&](const trace_writer& w) { return w.number == self.number; }); };
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

    /// Adds text to the events. All of it is there when commit() has returned.
    void add(std::string_view text) {
        buffer_ += text;
        if (buffer_.size() > (std::size_t{1} << 20)) flush();
    }
    bool commit() {
        buffer_ += end_of_array;
        flush();
        is_committed_ = !has_failed_ && write(first_, end_);
        return is_committed_;
    }

  private:
    static constexpr std::string_view end_of_array = "\n]\n";
    static constexpr std::string_view header_begin = "[\n{\"ph\":\"M\",\"name\":\"trace\",\"pid\":0,\"tid\":0,\"args\":{\"begun\":";
    static constexpr std::size_t header_size = 4096;
    static constexpr std::uint64_t most_processes = 4'194'303;  // as Linux has them

    /// Patience begins anew whenever the file grows: its writers may be many, but they are at it.
    bool lock(std::chrono::milliseconds patience) const {
        auto deadline = std::chrono::steady_clock::now() + patience;
        off_t size = 0;
        while (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
            if (errno == EINTR) continue;
            if (errno != EWOULDBLOCK) return true;  // a file system without locks
            struct stat status {};
            if (::fstat(fd_, &status) == 0 && std::exchange(size, status.st_size) != status.st_size) deadline = std::chrono::steady_clock::now() + patience;
            if (std::chrono::steady_clock::now() >= deadline) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return true;
    }

    /// What was not committed never was.
    void close() noexcept {
        if (fd_ < 0) return;
        if (flushed_ > 0 && !is_committed_) (void)!::ftruncate(fd_, end_ + static_cast<off_t>(end_of_array.size()));
        ::flock(fd_, LOCK_UN);  // a process that was forked meanwhile has it open too
        ::close(fd_);
        fd_ = -1;
    }

    bool write(std::string_view text, off_t at) const noexcept {
        while (!text.empty()) {
            const ssize_t n = ::pwrite(fd_, text.data(), text.size(), at);
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) return false;
            text.remove_prefix(static_cast<std::size_t>(n));
            at += n;
        }
        return true;
    }

    /// Whether so many bytes fit the file at all: what stands there must not go for nothing.
    bool can_write(std::size_t size) const {
        std::string same = read(0, size);
        same.resize(size, ' ');
        const bool can = write(same, 0);
        if (size_ < static_cast<off_t>(size)) (void)!::ftruncate(fd_, size_);
        return can;
    }

    std::string read(off_t at, std::size_t size) const {
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

    /// Of the length it always has, or longer.
    std::string header() const {
        std::string text = std::string(header_begin) + std::to_string(begun_) + ",\"writers\":[";
        for (const trace_writer& w : writers_) text += (&w != writers_.data() ? ",\"" : "\"") + w.text() + '"';
        text += "]}}";
        text.resize(std::max(text.size(), header_size), ' ');
        return text;
    }

    void read_header() {
        const std::string text = read(0, header_size);
        if (text.size() != header_size || !text.starts_with(header_begin)) return;
        std::from_chars(text.data() + header_begin.size(), text.data() + text.size(), begun_);
        std::size_t at = text.find('[', header_begin.size());
        while (at != std::string::npos && at + 1 < text.size() && text[at + 1] == '"') {  // after [ or ,
            const std::size_t end = text.find('"', at + 2);
            if (end == std::string::npos) return;
            if (auto writer = trace_writer::from(text.substr(at + 2, end - at - 2))) writers_.push_back(*std::move(writer));
            at = end + 1;
        }
        find_end();
    }

    /// The last end of an array. What stands behind it was cut off when its writer ended.
    void find_end() {
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

    /// Writes what was added, but for its first bytes, which go where the end of the array stands.
    void flush() {
        const std::size_t missing = end_of_array.size() - first_.size();
        first_ += buffer_.substr(0, missing);
        const std::string_view rest = std::string_view(buffer_).substr(std::min(missing, buffer_.size()));
        has_failed_ = has_failed_ || !write(rest, end_ + static_cast<off_t>(end_of_array.size()) + flushed_);
        flushed_ += static_cast<off_t>(rest.size());
        buffer_.clear();
    }

    const no_write_signals guard_;
    int fd_ = -1;
    bool is_busy_ = false;
    bool is_whole_ = false;
    bool has_failed_ = false;
    bool is_committed_ = false;
    off_t size_ = 0;
    off_t end_ = 0;      // where the array ends
    off_t flushed_ = 0;  // behind that end
    timespec written_{};
    std::uint64_t begun_ = 0;
    std::vector<trace_writer> writers_;
    std::string buffer_;
    std::string first_;
};

}  // namespace parimap::detail

#endif
