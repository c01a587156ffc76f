// SPDX-License-Identifier: MIT
// Which process of which run writes a trace file: several may share one.
#ifndef PARIMAP_DETAIL_WATCH_TRACE_RUN_HPP
#define PARIMAP_DETAIL_WATCH_TRACE_RUN_HPP

#include <parimap/detail/form.hpp>

#include <cstdint>
#include <ctime>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>
#include <unistd.h>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_EXPORT std::string first_set_variable(std::initializer_list<const char*> names);

/// This process's number among those that an MPI launcher or a batch system has started together; empty if it was neither.
PARIMAP_EXPORT std::string rank_of_process();

/// The path with %p as this process, %r as its rank (or 0), and %% as %.
PARIMAP_EXPORT std::string trace_path(std::string_view pattern);

/// When a process began, in clock ticks since the machine did; nothing if it does not run, or the system does not say.
PARIMAP_EXPORT std::optional<std::uint64_t> start_of_process(pid_t process);

/// One process that writes a trace file, as the file's first event notes it.
struct PARIMAP_EXPORT trace_writer {
    std::string host;
    std::uint64_t process = 0;
    std::uint64_t start = 0;
    std::uint64_t number = 0;   // the process, or another where one on another host has the same
    std::uint64_t program = 0;  // the same in processes that were forked from one another
    std::uint64_t job = 0;      // the same in the processes of a launcher
    std::string rank;           // "-": none

    bool is_same_process(const trace_writer& other) const noexcept;

    bool is_running_here(const std::string& this_host) const;

    std::string text() const;

    static std::optional<trace_writer> from(const std::string& text);

    static trace_writer this_process();

  private:
    /// Something that stands between blanks and in quotes.
    static std::string word(std::string text);

    static std::uint64_t mixed(std::uint64_t x) noexcept;
    static std::uint64_t mixed(std::string_view text) noexcept;

    static std::uint64_t program_of(const trace_writer& w);

    /// 0 without a launcher. Where it gives no name to what it has started, the ranks of a machine have one parent.
    static std::uint64_t job_of(const trace_writer& w);
};

/// Whether a file that was written last at `written` belongs to the run of this process, which has not written to it yet: then
/// it is added to, and else begun anew. It does if a writer was forked from the same program, is still running, or wrote after
/// this process began; or if a launcher has started them together. A rank of a launcher that is there already, and has ended,
/// is of an earlier run.
template <class Writers>
bool is_of_this_run(const Writers& writers, const trace_writer& self, const timespec& written) {
    bool is_together = false;
    bool is_there_already = false;
    for (const trace_writer& w : writers) {
        if (w.program == self.program || w.is_running_here(self.host)) return true;
        is_together = is_together || (self.job != 0 && w.job == self.job);
        is_there_already = is_there_already || w.rank == self.rank;
    }
    if (is_together && !is_there_already) return true;
    if (self.start == 0) return false;
    const auto seconds = [](const timespec& t) { return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec); };
    const auto now = [&](clockid_t clock) {
        timespec time{};
        ::clock_gettime(clock, &time);
        return seconds(time);
    };
#ifdef CLOCK_BOOTTIME
    const double since_boot = now(CLOCK_BOOTTIME);
#else
    const double since_boot = now(CLOCK_MONOTONIC);
#endif
    const double tick = 1.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
    const double began = now(CLOCK_REALTIME) - since_boot + (static_cast<double>(self.start) + 1) * tick;  // at the latest
    return seconds(written) > began;
}

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/watch/trace_run.cpp>  // IWYU pragma: keep
#endif

#endif
