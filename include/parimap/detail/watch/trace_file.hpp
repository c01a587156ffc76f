// SPDX-License-Identifier: MIT
// Trace files: a JSON array of events that several processes may add to, and that is whole after each of them.
#ifndef PARIMAP_DETAIL_WATCH_TRACE_FILE_HPP
#define PARIMAP_DETAIL_WATCH_TRACE_FILE_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/system/write_signals.hpp>
#include <parimap/detail/watch/trace_run.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace parimap::inline PARIMAP_ABI::detail {

/// The file, open and locked against other writers, while this lives. Its first event has a fixed length and names the writers;
/// the other events follow, then the end of the array. New events are written behind that end, and take its place when all
/// of them are there: what does not fit the disk, or is cut off, leaves the events before as they were.
class PARIMAP_EXPORT trace_file {
  public:
    /// Only a regular file. patience: how long to wait for other writers.
    trace_file(const std::string& path, std::chrono::milliseconds patience);
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
    bool begin();

    /// Notes the process among the writers, if it is not, and says which number it has.
    std::uint64_t number_of(trace_writer self);

    /// Adds text to the events. All of it is there when commit() has returned.
    void add(std::string_view text);
    bool commit();

  private:
    static constexpr std::string_view end_of_array = "\n]\n";
    static constexpr std::string_view header_begin = "[\n{\"ph\":\"M\",\"name\":\"trace\",\"pid\":0,\"tid\":0,\"args\":{\"begun\":";
    static constexpr std::size_t header_size = 4096;
    static constexpr std::uint64_t most_processes = 4'194'303;  // as Linux has them

    trace_file() = default;

    /// Patience begins anew whenever the file grows: its writers may be many, but they are at it.
    bool lock(std::chrono::milliseconds patience) const;

    /// What was not committed never was.
    void close() noexcept;

    bool write(std::string_view text, off_t at) const noexcept;

    /// Whether so many bytes fit the file at all: what stands there must not go for nothing.
    bool can_write(std::size_t size) const;

    std::string read(off_t at, std::size_t size) const;

    /// Of the length it always has, or longer.
    std::string header() const;

    void read_header();

    /// The last end of an array. What stands behind it was cut off when its writer ended.
    void find_end();

    /// Writes what was added, but for its first bytes, which go where the end of the array stands.
    void flush();

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

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/watch/trace_file.cpp>  // IWYU pragma: keep
#endif

#endif
