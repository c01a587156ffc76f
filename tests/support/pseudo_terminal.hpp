// SPDX-License-Identifier: MIT
// A real pseudo-terminal, and what a person would see on it.
#ifndef PARIMAP_TESTS_SUPPORT_PSEUDO_TERMINAL_HPP
#define PARIMAP_TESTS_SUPPORT_PSEUDO_TERMINAL_HPP

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace parimap_test {

// The rows of a terminal that knows what bars use: CR, LF, and the escape sequences for colours, moving up and
// erasing. A line that is wider than the terminal goes on in the next row, as on a real one.
class screen {
  public:
    explicit screen(std::size_t columns) : columns_(columns) {}

    // Wider or narrower from now on. What was too wide wraps, and the cursor stays with its character.
    void resize(std::size_t columns) {
        std::vector<row> wrapped;
        std::size_t at = 0;
        for (std::size_t r = 0; r < rows_.size(); ++r) {
            if (r == y_) at = wrapped.size() + x_ / columns;
            for (std::size_t begin = 0; begin == 0 || begin < rows_[r].size(); begin += columns) {
                const std::size_t end = std::min(rows_[r].size(), begin + columns);
                wrapped.emplace_back(rows_[r].begin() + static_cast<std::ptrdiff_t>(begin),
                                     rows_[r].begin() + static_cast<std::ptrdiff_t>(end));
            }
        }
        rows_ = std::move(wrapped);
        y_ = at;
        x_ %= columns;
        columns_ = columns;
    }

    void put(std::string_view text) {
        pending_ += text;
        std::size_t used = 0;
        while (const std::size_t length = take(std::string_view(pending_).substr(used))) used += length;
        pending_.erase(0, used);
    }

    // The rows, without blanks at their ends and without empty ones at the end.
    std::vector<std::string> rows() const {
        std::vector<std::string> all;
        for (const row& r : rows_) {
            std::string text;
            for (const std::string& cell : r) text += cell.empty() ? " " : cell;
            text.erase(text.find_last_not_of(' ') + 1);
            all.push_back(text);
        }
        while (!all.empty() && all.back().empty()) all.pop_back();
        return all;
    }

    // How often a line ran over the right edge.
    int wraps() const { return wraps_; }

  private:
    using row = std::vector<std::string>;  // a character of UTF-8 in each cell

    row& line() {
        if (rows_.size() <= y_) rows_.resize(y_ + 1);
        return rows_[y_];
    }

    // How many bytes the next thing takes, having done it; 0 if it is not whole yet.
    std::size_t take(std::string_view text) {
        if (text.empty()) return 0;
        const auto lead = static_cast<unsigned char>(text[0]);
        if (lead == '\r') return x_ = 0, 1;
        if (lead == '\n') return ++y_, (void)line(), 1;
        if (lead == 0x1b) return escape(text);
        const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
        if (text.size() < length) return 0;
        if (x_ >= columns_) {
            ++wraps_;
            x_ = 0;
            ++y_;
        }
        if (line().size() <= x_) line().resize(x_ + 1);
        line()[x_++] = text.substr(0, length);
        return length;
    }

    std::size_t escape(std::string_view text) {
        const std::size_t end = text.find_first_not_of("0123456789;", 2);
        if (text.size() < 3 || end == std::string_view::npos) return 0;
        const std::string number(text.substr(2, end - 2));
        const std::size_t n = number.empty() ? 0 : static_cast<std::size_t>(std::atoi(number.c_str()));
        switch (text[end]) {
            case 'm': break;
            case 'A': y_ -= std::min(y_, std::max<std::size_t>(n, 1)); break;
            case 'K': line().resize(std::min(line().size(), x_)); break;
            case 'J':
                line().resize(std::min(line().size(), x_));
                rows_.resize(y_ + 1);
                break;
            default: throw std::runtime_error("screen: it does not know the sequence that ends in " + std::string(1, text[end]));
        }
        return end + 1;
    }

    std::size_t columns_;
    std::size_t x_ = 0;
    std::size_t y_ = 0;
    std::vector<row> rows_;
    std::string pending_;
    int wraps_ = 0;
};

class pseudo_terminal {
  public:
    explicit pseudo_terminal(std::size_t columns, std::size_t rows = 24)
        : master_(::posix_openpt(O_RDWR | O_NOCTTY)), screen_(columns) {
        if (master_ < 0 || ::grantpt(master_) != 0 || ::unlockpt(master_) != 0)
            throw std::runtime_error("no pseudo-terminal to be had");
        slave_ = ::open(::ptsname(master_), O_RDWR | O_NOCTTY);
        if (slave_ < 0) throw std::runtime_error("the pseudo-terminal cannot be opened");
        ::setenv("TERM", "xterm", 1);  // one that knows what the screen knows
        tell_size(columns, rows);
        reader_ = std::thread([this] { read(); });
        set_read(false);
        set_read(true);
    }
    ~pseudo_terminal() {
        stop_ = true;
        reader_.join();
        ::close(slave_);
        ::close(master_);
    }
    pseudo_terminal(const pseudo_terminal&) = delete;
    pseudo_terminal& operator=(const pseudo_terminal&) = delete;

    // What a program writes to.
    int fd() const noexcept { return slave_; }

    // Another descriptor that leads here. Yours to close.
    int another_fd() const { return ::open(::ptsname(master_), O_RDWR | O_NOCTTY); }

    // As with Ctrl-S and Ctrl-Q: what is written meanwhile has to wait.
    void pause() const { (void)::tcflow(slave_, TCOOFF); }
    void resume() const { (void)::tcflow(slave_, TCOON); }

    // Nobody reads any more, or again. Who does not read allocates nothing either: a child that is forked then may do so, also
    // where a sanitizer's allocator does not expect to be forked.
    void set_read(bool is_read) {
        is_read_ = is_read;
        while (rests_ == is_read) std::this_thread::yield();
    }

    // Between two frames: one that is written for the old size and comes to the new one would leave rows there, as on a real one.
    void resize(std::size_t columns, std::size_t rows = 24) {
        pause();
        std::this_thread::sleep_for(std::chrono::milliseconds(5));  // the kernel hands on what was written
        std::unique_lock lock(mutex_);
        for (pollfd ready{master_, POLLIN, 0}; ::poll(&ready, 1, 0) > 0;) {
            lock.unlock();
            std::this_thread::sleep_for(std::chrono::microseconds(100));
            lock.lock();
        }
        tell_size(columns, rows);
        screen_.resize(columns);
        lock.unlock();
        resume();
    }

    std::vector<std::string> rows() const {
        std::lock_guard lock(mutex_);
        return screen_.rows();
    }
    std::string bytes() const {
        std::lock_guard lock(mutex_);
        return bytes_;
    }
    // With what is still on its way. A mark, which is left out, comes behind all of it.
    std::string all_bytes() const {
        if (::write(slave_, "~", 1) != 1) throw std::runtime_error("the pseudo-terminal takes nothing");
        for (;;) {
            std::string all = bytes();
            if (all.ends_with('~')) return all.substr(0, all.size() - 1);
            std::this_thread::sleep_for(std::chrono::microseconds(100));
        }
    }
    int wraps() const {
        std::lock_guard lock(mutex_);
        return screen_.wraps();
    }

  private:
    void tell_size(std::size_t columns, std::size_t rows) const {
        winsize size{};
        size.ws_col = static_cast<unsigned short>(columns);
        size.ws_row = static_cast<unsigned short>(rows);
        if (::ioctl(slave_, TIOCSWINSZ, &size) != 0) throw std::runtime_error("the pseudo-terminal has no size");
    }

    void read() {
        while (!stop_) {
            pollfd ready{master_, POLLIN, 0};
            rests_ = !is_read_;
            if (rests_) {
                ::poll(nullptr, 0, 1);
                continue;
            }
            if (::poll(&ready, 1, 2) <= 0) continue;
            std::lock_guard lock(mutex_);
            char buffer[4096];
            const ssize_t count = ::read(master_, buffer, sizeof(buffer));
            if (count <= 0) continue;
            bytes_.append(buffer, static_cast<std::size_t>(count));
            screen_.put(std::string_view(buffer, static_cast<std::size_t>(count)));
        }
    }

    int master_;
    int slave_ = -1;
    mutable std::mutex mutex_;
    screen screen_;
    std::string bytes_;
    std::atomic<bool> stop_{false};
    std::atomic<bool> is_read_{true};
    std::atomic<bool> rests_{false};
    std::thread reader_;
};

}  // namespace parimap_test

#endif
