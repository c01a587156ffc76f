// SPDX-License-Identifier: MIT
// Which process of which run writes a trace file: several may share one.

#include <parimap/detail/watch/trace_run.hpp>

#include <parimap/detail/system/parse_number.hpp>
#include <parimap/detail/system/text_input.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#if __has_include(<sys/auxv.h>)
#include <sys/auxv.h>
#endif
#include <sys/types.h>
#include <unistd.h>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE std::string first_set_variable(std::initializer_list<const char*> names) {
    for (const char* name : names) {
        if (const char* value = std::getenv(name); value && *value) return value;
    }
    return {};
}

PARIMAP_INLINE std::string rank_of_process() {
    return first_set_variable(
        {"PMIX_RANK", "PMI_RANK", "OMPI_COMM_WORLD_RANK", "MV2_COMM_WORLD_RANK", "PALS_RANKID", "FLUX_TASK_RANK", "SLURM_PROCID"});
}

PARIMAP_INLINE std::string trace_path(std::string_view pattern) {
    std::string path;
    for (std::size_t at = 0; at < pattern.size(); ++at) {
        const char what = pattern[at] == '%' && at + 1 < pattern.size() ? pattern[at + 1] : '\0';
        if (what != 'p' && what != 'r' && what != '%') {
            path += pattern[at];
            continue;
        }
        ++at;
        const std::string rank = rank_of_process();
        path += what == 'p' ? std::to_string(::getpid()) : what == '%' ? "%" : rank.empty() ? "0" : rank;
    }
    return path;
}

PARIMAP_INLINE std::optional<std::uint64_t> start_of_process(pid_t process) {
    const std::string text = text_of_file("/proc/" + std::to_string(process) + "/stat");
    std::string_view fields = text;
    fields.remove_prefix(std::min(text.size(), text.rfind(')') + 2));  // the name before it may contain anything
    std::string_view field;
    for (int i = 3; i <= 22; ++i) {
        field = cut(fields, " ");
        if (i == 3 && (field == "Z" || field == "X")) return std::nullopt;  // it has ended, and nobody has asked how
    }
    return parse_number<std::uint64_t>(field);
}

PARIMAP_INLINE bool trace_writer::is_same_process(const trace_writer& other) const noexcept {
    return host == other.host && process == other.process && start == other.start;
}

PARIMAP_INLINE bool trace_writer::is_running_here(const std::string& this_host) const {
    return host == this_host && start_of_process(static_cast<pid_t>(process)) == start;
}

PARIMAP_INLINE std::string trace_writer::text() const {
    std::string all = host;
    for (const std::uint64_t value : {process, start, number, program, job}) (all += ' ') += std::to_string(value);
    return (all += ' ') += rank;
}

PARIMAP_INLINE std::optional<trace_writer> trace_writer::from(const std::string& text) {
    std::string_view words = text;
    trace_writer w;
    w.host = cut(words, " ");
    for (std::uint64_t* value : {&w.process, &w.start, &w.number, &w.program, &w.job}) {
        const std::optional<std::uint64_t> read = parse_number<std::uint64_t>(cut(words, " "));
        if (!read) return std::nullopt;
        *value = *read;
    }
    w.rank = cut(words, " ");
    if (w.host.empty() || w.rank.empty()) return std::nullopt;
    return w;
}

PARIMAP_INLINE trace_writer trace_writer::this_process() {
    trace_writer w;
    char host[256] = {};
    ::gethostname(host, sizeof(host) - 1);
    w.host = word(host);
    w.process = static_cast<std::uint64_t>(::getpid());
    w.start = start_of_process(::getpid()).value_or(0);
    w.number = w.process;
    w.program = program_of(w);
    w.rank = word(rank_of_process());
    w.job = job_of(w);
    return w;
}

PARIMAP_INLINE std::string trace_writer::word(std::string text) {
    text.resize(std::min<std::size_t>(text.size(), 40));
    const auto is_plain = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_';
    };
    std::replace_if(
        text.begin(), text.end(), [&](char c) { return !is_plain(c); }, '-');
    return text.empty() ? "-" : text;
}

PARIMAP_INLINE std::uint64_t trace_writer::mixed(std::uint64_t x) noexcept {
    x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31U);
}

PARIMAP_INLINE std::uint64_t trace_writer::mixed(std::string_view text) noexcept {
    std::uint64_t sum = 0;
    for (const char c : text) sum = mixed(sum + static_cast<unsigned char>(c) + 1);
    return sum;
}

PARIMAP_INLINE std::uint64_t trace_writer::program_of(const trace_writer& w) {
#ifdef AT_RANDOM
    // Random bytes that the kernel gives to each program it starts. They also guard the stack: only a mix of them is shown.
    std::uint64_t bytes[2];
    if (const unsigned long at = ::getauxval(AT_RANDOM)) {
        std::memcpy(bytes, reinterpret_cast<const void*>(at), sizeof(bytes));
        return mixed(bytes[0] + mixed(bytes[1] + 1));
    }
#endif
    return mixed(w.host + std::to_string(w.process) + ' ' + std::to_string(w.start));
}

PARIMAP_INLINE std::uint64_t trace_writer::job_of(const trace_writer& w) {
    if (w.rank == "-") return 0;
    std::string job = first_set_variable({"PMIX_NAMESPACE", "PMI_JOBID", "PALS_APID", "FLUX_JOB_ID"});
    if (job.empty()) {
        const std::string step = first_set_variable({"SLURM_STEP_ID", "SLURM_STEPID"});
        if (!step.empty()) job = first_set_variable({"SLURM_JOB_ID", "SLURM_JOBID"}) + '.' + step;
    }
    if (job.empty())
        job = w.host + ' ' + std::to_string(::getppid()) + ' ' + std::to_string(start_of_process(::getppid()).value_or(0));
    return mixed(job);
}

}  // namespace parimap::detail
