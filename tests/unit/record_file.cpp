// SPDX-License-Identifier: MIT
// The file of a journal is whole whatever was killed, damaged or full, and belongs to one call at a time.

#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/gate.hpp"
#include "support/journal_path.hpp"
#include "support/open_files.hpp"

#include <parimap/detail/journal/checksum.hpp>
#include <parimap/detail/journal/record_file.hpp>
#include <parimap/errors.hpp>

#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace parimap_test;
using parimap::journal_file;
using parimap::detail::byte_writer;
using parimap::detail::checksum;
using parimap::detail::journalled_call;
using parimap::detail::record_file;
using parimap::detail::record_head;
using parimap::detail::unknown_items;

namespace {

std::uint32_t sum(std::string_view text) { return checksum(std::as_bytes(std::span(text))); }

journalled_call call_of(std::uint64_t items = 9) { return {.type = typeid(int), .size_of_type = sizeof(int), .items = items}; }

void append(record_file& file, std::uint64_t item, std::string_view text) {
    byte_writer record;
    record.leave_room<record_head>();
    record.bytes(text.data(), text.size());
    file.append(item, record);
}

std::string read(const record_file& file, std::uint64_t item) {
    const auto bytes = file.read(item);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// What it says when it is not opened; nothing when it is.
std::string refusal(const journal_file& file, const journalled_call& call = call_of()) {
    try {
        const record_file opened(file, call);
        return "";
    } catch (const parimap::error& e) {
        return e.what();
    }
}

bool says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

const std::vector<std::string> results{"first", "", std::string(300, 'x'), std::string(1, '\0'), "last of all"};

// Writes the results of items 8, 7, 6, ..., and returns where each ends, after where the head does.
std::vector<std::size_t> write_results(const journal_path& journal) {
    record_file file({.path = journal.path, .key = "seed 1"}, call_of());
    std::vector<std::size_t> ends{journal.size()};
    for (std::size_t i = 0; i < results.size(); ++i) {
        append(file, 8 - i, results[i]);
        ends.push_back(journal.size());
    }
    return ends;
}

// How many results are there, each of them right; nothing if the file is refused.
std::optional<std::size_t> whole_results(const journal_path& journal) {
    try {
        const record_file file({.path = journal.path, .key = "seed 1"}, call_of());
        for (std::size_t i = 0; i < file.size(); ++i) {
            if (!file.has(8 - i) || read(file, 8 - i) != results[i]) return std::nullopt;
        }
        return static_cast<std::size_t>(file.size());
    } catch (const parimap::error&) {
        return std::nullopt;
    }
}

}  // namespace

TEST_CASE("journal: the checksum gives the known answers of CRC-32C") {
    REQUIRE(sum("123456789") == 0xe3069283);
    REQUIRE(sum("") == 0);
    // RFC 3720, B.4
    REQUIRE(sum(std::string(32, '\0')) == 0x8a9136aa);
    REQUIRE(sum(std::string(32, '\xff')) == 0x62a8ab43);
    const std::string_view rest = "56789";
    REQUIRE(checksum(std::as_bytes(std::span(rest)), sum("1234")) == 0xe3069283);
}

TEST_CASE("journal: what was appended is there when the file is opened again, and of two results of an item the first") {
    const journal_path journal;
    {
        record_file file({.path = journal.path}, call_of(unknown_items));
        REQUIRE(file.size() == 0);
        REQUIRE_FALSE(file.has(5));
        append(file, 5, "five");
        append(file, std::uint64_t{1} << 40, "far behind");
        append(file, 5, "another five");
        append(file, 0, "");
    }
    const record_file file({.path = journal.path}, call_of(unknown_items));
    REQUIRE(file.size() == 3);
    REQUIRE(read(file, 5) == "five");
    REQUIRE(read(file, 0).empty());
    REQUIRE(read(file, std::uint64_t{1} << 40) == "far behind");
    REQUIRE_FALSE(file.has(4));
}

TEST_CASE("journal: a file that was cut off anywhere has the results before, and takes others") {
    const journal_path journal;
    const auto ends = write_results(journal);
    const std::string all = journal.bytes();
    for (std::size_t size = 0; size <= all.size(); ++size) {
        journal.write(all.substr(0, size));
        std::size_t whole = 0;
        while (whole < results.size() && ends[whole + 1] <= size) ++whole;
        REQUIRE(whole_results(journal) == whole);
        REQUIRE(journal.size() == ends[whole]);  // the torn rest is gone
        {
            record_file file({.path = journal.path, .key = "seed 1"}, call_of());
            append(file, 1, "one more");
        }
        const record_file file({.path = journal.path, .key = "seed 1"}, call_of());
        REQUIRE(file.size() == whole + 1);
        REQUIRE(read(file, 1) == "one more");
    }
}

TEST_CASE("journal: a file that was damaged before its last result is refused, and left as it is") {
    const journal_path journal;
    const auto ends = write_results(journal);
    const std::string all = journal.bytes();
    const std::size_t last = ends[results.size() - 1];
    for (std::size_t at = 0; at < last; ++at) {
        std::string damaged = all;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
        journal.write(damaged);
        REQUIRE_FALSE(whole_results(journal));
        REQUIRE(journal.bytes() == damaged);
    }
    std::string damaged = all;
    damaged[last - 1] = '?';
    journal.write(damaged);
    REQUIRE(says(refusal({.path = journal.path, .key = "seed 1"}), "is damaged at byte " + std::to_string(ends[3])));
}

TEST_CASE("journal: a last result that is not what was written, or zeros that a lost write left, are cut away") {
    const journal_path journal;
    const auto ends = write_results(journal);
    const std::string all = journal.bytes();
    std::string damaged = all;
    damaged.back() = '?';
    journal.write(damaged);
    REQUIRE(whole_results(journal) == results.size() - 1);
    REQUIRE(journal.size() == ends[results.size() - 1]);

    journal.write(all + std::string(100'000, '\0'));
    REQUIRE(whole_results(journal) == results.size());
    REQUIRE(journal.bytes() == all);
    journal.write(all + std::string(100'000, '\0') + '1');
    REQUIRE_FALSE(whole_results(journal));

    // They begin with a page, wherever that is in a result.
    for (std::size_t page = ends.front(); page < all.size(); ++page) {
        CAPTURE(page);
        std::string lost = all;
        std::fill(lost.begin() + static_cast<std::ptrdiff_t>(page), lost.end(), '\0');
        journal.write(lost + std::string(10, '\0'));
        const auto before = static_cast<std::size_t>(std::upper_bound(ends.begin(), ends.end(), page) - ends.begin()) - 1;
        const auto whole = whole_results(journal);
        REQUIRE(whole.has_value());
        REQUIRE(*whole >= before);  // one more, if it ends with zeros itself
        REQUIRE(*whole <= before + 1);
    }
}

TEST_CASE("journal: results that are larger than what is read at a time are read whole") {
    const journal_path journal;
    std::string large(300'001, 'a');
    large[200'000] = 'b';
    {
        record_file file({.path = journal.path}, call_of());
        for (std::uint64_t item : {3u, 1u}) append(file, item, large);
        append(file, 2, "small");
    }
    const record_file file({.path = journal.path}, call_of());
    REQUIRE(file.size() == 3);
    REQUIRE(read(file, 1) == large);
    REQUIRE(read(file, 2) == "small");
}

TEST_CASE("journal: a result that somebody changes or moves while the file is open is refused") {
    const journal_path journal;
    {
        record_file file({.path = journal.path}, call_of());
        append(file, 1, "this");
        append(file, 2, "that");
    }
    const std::string all = journal.bytes();
    const record_file file({.path = journal.path}, call_of());
    const auto read_from = [&](const std::string& bytes) {
        journal.write(bytes);
        try {
            return read(file, 1);
        } catch (const parimap::error& e) {
            return std::string(e.what());
        }
    };
    REQUIRE(read_from(all) == "this");
    const std::size_t record = sizeof(record_head) + 4;
    const std::size_t first = all.size() - 2 * record;
    std::string changed = all;
    changed[first + record - 1] = '?';
    REQUIRE(says(read_from(changed), "was changed by somebody else while this call ran"));
    const std::string swapped = all.substr(0, first) + all.substr(first + record) + all.substr(first, record);
    REQUIRE(says(read_from(swapped), "was changed by somebody else while this call ran"));
}

TEST_CASE("journal: another call is refused, with what is different and the mend") {
    const journal_path journal;
    write_results(journal);
    const std::string before = journal.bytes();
    const std::string other_key = refusal({.path = journal.path, .key = "seed 2"});
    REQUIRE(says(other_key, journal.path));
    REQUIRE(says(other_key, "the key there is \"seed 1\", and here it is \"seed 2\""));
    REQUIRE(says(other_key, "give another path, or remove the file"));
    REQUIRE(
        says(refusal({.path = journal.path, .key = "seed 1"}, call_of(10)), "the input there is 9 items, and here it is 10 items"));
    REQUIRE(says(refusal({.path = journal.path, .key = "seed 1"}, call_of(unknown_items)), "here it is an input of unknown size"));
    REQUIRE(says(refusal({.path = journal.path, .key = "seed 1"}, {.type = typeid(double), .size_of_type = 8, .items = 9}),
                 "the type of the results there is int, and here it is double"));
    REQUIRE(says(refusal({.path = journal.path, .key = "seed 1"}, {.type = typeid(int), .size_of_type = 8, .items = 9}),
                 "the size of a result there is 4, and here it is 8"));
    REQUIRE(journal.bytes() == before);
    REQUIRE(whole_results(journal) == results.size());
}

TEST_CASE("journal: a file of another version, or of another kind of machine, is refused, and left as it is") {
    const journal_path journal;
    const std::size_t end_of_head = write_results(journal).front();
    const std::string all = journal.bytes();
    for (const std::size_t number : {20U, 24U, 28U}) {  // the version, the order of bytes, the size of a pointer
        CAPTURE(number);
        std::string other = all;
        other[number] = static_cast<char>(other[number] ^ 0x10);
        const std::size_t summed = end_of_head - sizeof(std::uint32_t);
        const std::uint32_t right = sum(std::string_view(other).substr(0, summed));
        std::memcpy(&other[summed], &right, sizeof right);
        journal.write(other);
        REQUIRE(says(refusal({.path = journal.path, .key = "seed 1"}),
                     "was written by another version of parimap, or on another kind of machine"));
        REQUIRE(journal.bytes() == other);
    }
}

TEST_CASE("journal: what is no journal is refused, and left as it is") {
    const journal_path journal;
    for (const std::string& other :
         {std::string("the results of last year\n"), std::string(5000, 'x'), std::string("q"), std::string(70, '\0')}) {
        journal.write(other);
        REQUIRE(says(refusal({.path = journal.path}), "is no journal of parimap"));
        REQUIRE(journal.bytes() == other);
    }
    REQUIRE(says(refusal({.path = "/dev/full"}), "is no regular file"));
    REQUIRE(says(refusal({.path = "."}), "cannot be opened"));
    REQUIRE(says(refusal({.path = "no/such/folder/journal"}), "cannot be opened: No such file"));
    std::filesystem::remove(journal.path);
    REQUIRE(::mkfifo(journal.path.c_str(), 0600) == 0);
    REQUIRE(says(refusal({.path = journal.path}), "is no regular file"));
}

TEST_CASE("journal: one call at a time has a file, of this process or another") {
    const journal_path journal;
    {
        const record_file file({.path = journal.path, .key = "seed 1"}, call_of());
        REQUIRE(says(refusal({.path = journal.path, .key = "seed 1"}), "is in use by another process, or by another call"));
        REQUIRE(end_of_child([&] { std::_Exit(says(refusal({.path = journal.path, .key = "seed 1"}), "is in use") ? 7 : 1); }) ==
                "exit 7");
        // Nor has it a program that is started, which would keep it locked.
        const auto all = descriptors_of(journal.path);
        REQUIRE(all.size() == 1);
        REQUIRE((::fcntl(all[0], F_GETFD) & FD_CLOEXEC) != 0);
    }
    REQUIRE(refusal({.path = journal.path, .key = "seed 1"}).empty());
}

TEST_CASE("journal: a file that was replaced while it was opened is not taken for the one that is there") {
    const journal_path journal;
    const journal_path fresh("fresh");
    std::atomic<bool> is_over{false};
    std::thread other([&] {
        while (!is_over) {  // replaces it whenever nobody has it
            const int fd = ::open(journal.path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
            if (::flock(fd, LOCK_EX | LOCK_NB) == 0) {
                fresh.write("");
                std::filesystem::rename(fresh.path, journal.path);
            }
            ::close(fd);
        }
    });
    int lost = 0;
    for (int i = 0; i < 2000; ++i) {
        try {
            record_file file({.path = journal.path}, call_of());
            const std::size_t before = journal.size();
            append(file, 1, "a result");
            lost += journal.size() == before ? 1 : 0;
        } catch (const parimap::error&) {  // the other has it, or replaces it too often
        }
    }
    is_over = true;
    other.join();
    REQUIRE(lost == 0);
}

TEST_CASE("journal: a forked process neither holds the file nor appends to it") {
    const journal_path journal;
    auto file = std::make_unique<record_file>(journal_file{.path = journal.path}, call_of());
    append(*file, 1, "of the parent");
    const pid_t child = ::fork();
    if (child == 0) {
        for (;;) ::pause();
    }
    // (The child's end of the fork may come a moment later than the parent's.)
    file.reset();
    const bool is_free = eventually([&] { return refusal({.path = journal.path}).empty(); });
    ::kill(child, SIGKILL);
    status_of(child);
    REQUIRE(is_free);

    file = std::make_unique<record_file>(journal_file{.path = journal.path}, call_of());
    const auto in_child = [&] {
        int refused = 0;
        try {
            append(*file, 2, "of the child");
        } catch (const parimap::error& e) {
            refused += says(e.what(), "belongs to the process that this one was forked from");
        }
        try {
            (void)file->read(1);
        } catch (const parimap::error& e) {
            refused += says(e.what(), "belongs to the process that this one was forked from");
        }
        file.reset();
        std::_Exit(refused);
    };
    REQUIRE(end_of_child(in_child) == "exit 2");
    append(*file, 3, "of the parent");
    file.reset();

    // The process that has opened it dies before one that it has forked.
    const auto leaves_a_child = [&] {
        file = std::make_unique<record_file>(journal_file{.path = journal.path}, call_of());
        const pid_t last = ::fork();
        if (last == 0) {
            ::alarm(30);
            for (;;) ::pause();
        }
        std::_Exit(last > 0 ? 7 : 1);
    };
    REQUIRE(end_of_child(leaves_a_child) == "exit 7");
    REQUIRE(eventually([&] { return refusal({.path = journal.path}).empty(); }));
    const record_file again({.path = journal.path}, call_of());
    REQUIRE(again.size() == 2);
    REQUIRE_FALSE(again.has(2));
}

TEST_CASE("journal: a forked process keeps what has the descriptor that a file had before it was closed") {
    const journal_path journal;
    int number = -1;
    {
        const record_file file({.path = journal.path}, call_of());
        number = descriptors_of(journal.path).at(0);
    }
    REQUIRE(::dup2(STDOUT_FILENO, number) == number);
    const std::string end = end_of_child([&] { std::_Exit(::fcntl(number, F_GETFD) >= 0 ? 7 : 1); });
    ::close(number);
    REQUIRE(end == "exit 7");
}

TEST_CASE("journal: a file is no standard descriptor of a process that has closed them, and takes nothing that is printed") {
    const journal_path journal;
    const auto in_child = [&] {
        for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::close(fd);
        int wrong = 0;
        record_file file({.path = journal.path, .key = "seed 1"}, call_of());
        for (const int fd : descriptors_of(journal.path)) wrong += fd <= STDERR_FILENO ? 1 : 0;
        append(file, 8, results[0]);
        if (::write(STDERR_FILENO, "an error", 8) >= 0) wrong += 2;
        append(file, 7, results[1]);
        std::_Exit(wrong);
    };
    REQUIRE(end_of_child(in_child) == "exit 0");
    REQUIRE(whole_results(journal) == std::size_t{2});
}

TEST_CASE("journal: however many files are open when a process is forked, all are free once they were closed") {
    std::vector<std::unique_ptr<journal_path>> paths;
    std::vector<std::unique_ptr<record_file>> files;
    for (int i = 0; i < 100; ++i) {
        paths.push_back(std::make_unique<journal_path>("many_" + std::to_string(i)));
        files.push_back(std::make_unique<record_file>(journal_file{.path = paths.back()->path}, call_of()));
    }
    const pid_t child = ::fork();
    if (child == 0) {
        for (;;) ::pause();
    }
    files.clear();
    int in_use = 0;
    for (const auto& path : paths) in_use += refusal({.path = path->path}).empty() ? 0 : 1;
    ::kill(child, SIGKILL);
    status_of(child);
    REQUIRE(in_use == 0);
}

TEST_CASE("journal: what a full disk does not take is an error that names the file, which stays whole") {
    const journal_path journal;
    // A limit on the size of files, in a process that has it alone: the kernel writes what fits, as on a disk that is about to be full.
    const auto in_child = [&] {
        int wrong = 0;
        record_file file({.path = journal.path, .key = "seed 1"}, call_of());
        append(file, 8, results[0]);
        const std::size_t whole = journal.size();
        rlimit most{};
        ::getrlimit(RLIMIT_FSIZE, &most);
        most.rlim_cur = static_cast<rlim_t>(whole + 50);
        ::setrlimit(RLIMIT_FSIZE, &most);
        for (int attempt = 0; attempt < 2; ++attempt) {
            try {
                append(file, 6, results[2]);
                wrong += 1;
            } catch (const parimap::error& e) {
                if (!says(e.what(), journal.path) || !says(e.what(), "cannot take a result: File too large")) wrong += 2;
            }
            if (journal.size() != whole) wrong += 4;
        }
        append(file, 7, results[1]);  // which fits
        std::_Exit(wrong);
    };
    REQUIRE(end_of_child(in_child) == "exit 0");
    REQUIRE(whole_results(journal) == std::size_t{2});
}

TEST_CASE("journal: a file that keeps a torn result takes no others behind it") {
    // One in memory, which can be forbidden to shrink.
    const int memory = ::memfd_create("journal", MFD_ALLOW_SEALING | MFD_CLOEXEC);
    REQUIRE(memory >= 0);
    const auto in_child = [&] {
        record_file file({.path = "/proc/self/fd/" + std::to_string(memory)}, call_of());
        const auto size = [&] {
            struct stat status {};
            ::fstat(memory, &status);
            return status.st_size;
        };
        const auto said_of_append = [&] {
            try {
                append(file, 6, results[2]);
            } catch (const parimap::error& e) {
                return std::string(e.what());
            }
            return std::string();
        };
        rlimit most{};
        ::getrlimit(RLIMIT_FSIZE, &most);
        rlimit little = most;
        little.rlim_cur = static_cast<rlim_t>(size() + 50);
        ::fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK);
        ::setrlimit(RLIMIT_FSIZE, &little);
        int wrong = says(said_of_append(), "cannot be cut behind the last whole result") ? 0 : 1;
        ::setrlimit(RLIMIT_FSIZE, &most);
        const auto torn = size();
        if (!says(said_of_append(), "could not take an earlier result, nor be cut behind the last whole one")) wrong += 2;
        if (size() != torn) wrong += 4;
        std::_Exit(wrong);
    };
    const std::string end = end_of_child(in_child);
    ::close(memory);
    REQUIRE(end == "exit 0");
}
