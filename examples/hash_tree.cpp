// SPDX-License-Identifier: MIT
// sha256sum for whole directory trees: hashes every file below the given paths, in parallel.
//
//     hash_tree /usr/include > sums && sha256sum --check --quiet sums

#include <parimap/parimap.hpp>

#include <openssl/evp.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <unistd.h>

namespace {

namespace fs = std::filesystem;

template <auto release>
struct releaser {
    template <class T>
    void operator()(T* resource) const {
        release(resource);
    }
};

// What is worth keeping from one file to the next. Every worker makes one for itself (see per_worker below).
struct hasher {
    std::unique_ptr<EVP_MD_CTX, releaser<EVP_MD_CTX_free>> context{EVP_MD_CTX_new()};
    std::vector<unsigned char> buffer = std::vector<unsigned char>(128 * 1024);
};

struct file_sum {
    std::string line;  // as sha256sum prints it, without its end
    std::uintmax_t bytes = 0;

    template <class Archive>
    void serialize(Archive& archive) {  // on its way from another rank
        archive(line, bytes);
    }
};

// A name with a backslash or a line break is escaped, and its line begins with a backslash, so that one line is one file.
std::string sum_line(std::span<const unsigned char> digest, std::string_view path) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string line;
    if (path.find_first_of("\\\n\r") != std::string_view::npos) {
        line += '\\';
    }
    for (unsigned char byte : digest) {
        line += hex[byte >> 4];
        line += hex[byte & 15];
    }
    line += "  ";
    for (char c : path) {
        switch (c) {
            case '\\': line += "\\\\"; break;
            case '\n': line += "\\n"; break;
            case '\r': line += "\\r"; break;
            default: line += c;
        }
    }
    return line;
}

file_sum hash_file(hasher& my, const std::string& path) {
    const auto require = [](int ok) {
        if (ok != 1) {
            throw std::runtime_error{"OpenSSL offers no SHA-256"};
        }
    };
    const auto failed = [&] { return std::system_error{errno, std::generic_category(), path}; };

    const std::unique_ptr<std::FILE, releaser<std::fclose>> file{std::fopen(path.c_str(), "rb")};
    if (!file) {
        throw failed();
    }
    require(EVP_DigestInit_ex(my.context.get(), EVP_sha256(), nullptr));
    file_sum sum;
    while (const std::size_t count = std::fread(my.buffer.data(), 1, my.buffer.size(), file.get())) {
        require(EVP_DigestUpdate(my.context.get(), my.buffer.data(), count));
        sum.bytes += count;
    }
    if (std::ferror(file.get()) != 0) {
        throw failed();
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned length = 0;
    require(EVP_DigestFinal_ex(my.context.get(), digest.data(), &length));
    sum.line = sum_line(std::span{digest}.first(length), path);
    return sum;
}

bool any_failed = false;

void complain(std::string_view message) {
    any_failed = true;
    parimap::progress_write("hash_tree: " + std::string(message), STDERR_FILENO);
}

// Adds the regular files below a directory. What is no file, a link or a device, is left out as `find -type f` does: a
// link's target is hashed where it lies, a loop of links does no harm, and no pipe is waited for.
void add_files_below(const fs::path& root, std::vector<std::string>& files) {
    std::vector<fs::path> directories{root};
    while (!directories.empty()) {
        const fs::path directory = std::move(directories.back());
        directories.pop_back();
        std::error_code failure;
        for (fs::directory_iterator entry{directory, failure}, end; !failure && entry != end; entry.increment(failure)) {
            std::error_code gone;  // a file that goes while we look is no file
            const fs::file_status status = entry->symlink_status(gone);
            if (fs::is_directory(status)) {
                directories.push_back(entry->path());
            } else if (fs::is_regular_file(status)) {
                files.push_back(entry->path().native());
            }
        }
        if (failure) {
            complain(directory.native() + ": " + failure.message());
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    parimap::session session(argc, argv);  // with mpi: of all ranks, which see the same files. The others work for the first one
    if (session.serves()) {
        return session.serve();
    }
    std::vector<std::string> paths{"/usr/include"};
    std::size_t workers = parimap::cpu_count();
    bool unordered = false;
    bool summary = false;
    bool show_report = false;
    CLI::App app{"Prints the SHA-256 sum of every file below the given paths, as sha256sum does, in path order"};
    app.add_option("paths", paths, "directories to walk and files to hash")->capture_default_str();
    app.add_option("--workers", workers, "files hashed at once")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_flag("--unordered", unordered, "print each sum as soon as it is known: a large file holds up no other");
    app.add_flag("--summary", summary, "end with a line on stderr that counts what was hashed");
    app.add_flag("--report", show_report, "end with a table on stderr that says where the time went");
    CLI11_PARSE(app, argc, argv);

    const auto start = std::chrono::steady_clock::now();
    std::vector<std::string> files;
    for (const std::string& path : paths) {
        std::error_code unknown;
        if (fs::is_directory(path, unknown)) {
            add_files_below(path, files);
        } else {
            files.push_back(path);  // whatever was named is read, and if it is missing the hash says so
        }
    }
    std::ranges::sort(files);

    parimap::pool pool{workers};
    const auto hash = parimap::catching(
        parimap::per_worker([] { return hasher{}; }, [](hasher& my, const std::string& path) { return hash_file(my, path); }));

    // The bar is on stderr. Sums that are printed on the same terminal go above it.
    parimap::run_report report;
    const parimap::map_options options{
        .progress = parimap::progress_options{.description = "hash", .unit = "file"},
        .insights = show_report ? &report : nullptr,
    };
    const bool is_terminal = ::isatty(STDOUT_FILENO) == 1;

    std::size_t hashed = 0;
    std::uintmax_t bytes = 0;
    const auto print = [&](auto sums) {
        for (auto& sum : sums) {
            try {
                if (is_terminal) {
                    parimap::progress_write(sum.value().line);
                } else {
                    std::cout << sum.value().line << '\n';
                }
                bytes += sum->bytes;
                ++hashed;
            } catch (const std::exception& error) {
                complain(error.what());
            }
            if (!std::cout) {
                break;  // nobody reads on: the files that are left are not even opened
            }
        }
    };
    if (unordered) {
        print(parimap::unordered_imap(pool, options, hash, files));
    } else {
        print(parimap::ordered_imap(pool, options, hash, files));
    }

    if (!std::cout.flush()) {
        complain("cannot write to standard output");
    }
    if (summary) {
        const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
        std::cerr << hashed << " of " << files.size() << " files, " << bytes / 1'000'000 << " MB, in " << time.count() << " s with "
                  << pool.size() << " workers\n";
    }
    if (show_report) {
        std::cerr << report;
    }
    return any_failed ? 1 : 0;
}
