// SPDX-License-Identifier: MIT
// Bars on outputs that pause, that others write to, or that two descriptors lead to; in forked processes; and told to sinks.
#include "support/bar_on_terminal.hpp"
#include "support/captured_output.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/environment.hpp"
#include "support/gate.hpp"
#include "support/items.hpp"
#include "support/pipe_ends.hpp"
#include "support/pseudo_terminal.hpp"
#include "support/recording_sink.hpp"
#include "support/sanitizers.hpp"

#include <parimap/progress.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

using namespace parimap_test;
using namespace std::chrono_literals;
using parimap::progress_bar;
using parimap::progress_options;

namespace {

// ThreadSanitizer ends a forked process that makes a thread.
constexpr bool child_may_have_threads = !parimap_test::under_tsan;

using clock_type = std::chrono::steady_clock;

void say(int fd, std::string_view text) { REQUIRE(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size())); }

// The exit status of what runs in a forked process; 128 and more if a signal ends it, as after five seconds.
int status_of_child(const std::function<void()>& run) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::alarm(5);
        run();
        ::_exit(0);
    }
    return status_of(child);
}

class from_function : public parimap::progress_sink {
  public:
    explicit from_function(std::function<void(const parimap::progress_snapshot&)> f) : f_(std::move(f)) {}
    void update(const parimap::progress_snapshot& snapshot) override { f_(snapshot); }

  private:
    std::function<void(const parimap::progress_snapshot&)> f_;
};

progress_options told_to(std::function<void(const parimap::progress_snapshot&)> f) {
    return parimap_test::told_to(std::make_shared<from_function>(std::move(f)));
}

}  // namespace

// ---- a paused terminal --------------------------------------------------------------------------------------------

TEST_CASE("progress_output: a terminal that was paused for a while shows its bars again") {
    pseudo_terminal terminal(70);
    progress_bar bar(on(terminal, "scan"));
    REQUIRE(comes_to_show(terminal, "scan: 0it"));
    terminal.pause();
    bar.tick(3);
    std::this_thread::sleep_for(700ms);
    terminal.resume();
    bar.tick(4);
    REQUIRE(comes_to_show(terminal, "scan: 7it"));
    REQUIRE(terminal.rows().size() == 1);
}

TEST_CASE("progress_output: a paused terminal holds up nobody who opens or changes a bar, nor other terminals") {
    pseudo_terminal paused(70);
    pseudo_terminal other(70);
    progress_bar first(on(paused));
    progress_bar elsewhere(on(other, "elsewhere"));
    paused.pause();
    std::this_thread::sleep_for(20ms);
    const auto start = clock_type::now();
    {
        std::vector<std::unique_ptr<progress_bar>> bars;
        for (int i = 0; i < 10; ++i) bars.push_back(std::make_unique<progress_bar>(on(paused)));
        for (const auto& bar : bars) bar->set_description("x");
        REQUIRE(clock_type::now() - start < 2s);
        elsewhere.tick(5);
        REQUIRE(comes_to_show(other, "elsewhere: 5it"));
    }
    REQUIRE(clock_type::now() - start < 4s);  // of the ten, one waits for half a second
    paused.resume();
    first.tick(2);
    REQUIRE(comes_to_show(paused, "2it"));
}

TEST_CASE("progress_output: a bar that closes on a paused terminal shows its end if that goes on soon") {
    pseudo_terminal terminal(70);
    {
        const progress_bar in_vain(on(terminal));
        terminal.pause();
    }
    terminal.resume();
    std::optional<progress_bar> bar(std::in_place, on(terminal, "scan"));
    REQUIRE(comes_to_show(terminal, "scan: 0it"));  // so it has gone on
    bar->tick(9);
    terminal.pause();
    std::thread person([&] {
        std::this_thread::sleep_for(100ms);
        terminal.resume();
    });
    bar.reset();
    person.join();
    REQUIRE(comes_to_show(terminal, "scan: 9it"));
}

TEST_CASE("progress_output: what a terminal has taken in part is finished before anything else") {
    pseudo_terminal terminal(200, 50);
    terminal.set_read(false);
    {
        std::vector<std::unique_ptr<progress_bar>> bars;
        for (int i = 0; i < 20; ++i) {
            progress_options options = on(terminal, "bar " + std::to_string(i));
            options.interval = 1ms;
            options.total = 1000;
            options.colour = "green";
            bars.push_back(std::make_unique<progress_bar>(options));
        }
        for (int i = 0; i < 100; ++i) {  // more than a terminal holds
            for (const auto& bar : bars) bar->tick();
            std::this_thread::sleep_for(1ms);
        }
        terminal.set_read(true);
        for (int i = 0; i < 20; ++i)
            REQUIRE(comes_to_show(terminal, "bar " + std::to_string(i) + ":  10%|", static_cast<std::size_t>(i)));
    }
    REQUIRE(eventually([&] { return terminal.bytes().ends_with("\r"); }));
    const std::string bytes = terminal.bytes();
    for (std::size_t at = 0; (at = bytes.find('\x1b', at)) != std::string::npos; ++at) {  // the screen has thrown for unknown ones
        REQUIRE((at + 1 < bytes.size() && bytes[at + 1] == '['));
    }
    REQUIRE(terminal.rows().size() == 20);
    REQUIRE(terminal.wraps() == 0);
}

TEST_CASE("progress_output: the lines of a log are whole, also where the reader was slow") {
    pipe_ends ends;
    REQUIRE(::fcntl(ends.fds[1], F_SETPIPE_SZ, 4096) == 4096);
    std::string filler(4000, 'x');
    filler.back() = '\n';
    say(ends.fds[1], filler);
    std::string text;
    std::thread reader;
    {
        progress_options options;
        options.output = ends.fds[1];
        options.total = 10;
        options.width = 300;
        options.ascii = true;
        options.interval = 1ms;
        progress_bar bar(options);
        for (int i = 0; i < 10; ++i) {
            bar.tick();
            std::this_thread::sleep_for(5ms);
        }
        reader = std::thread([&] {
            std::this_thread::sleep_for(50ms);
            char buffer[512];
            while (text.find("10/10") == std::string::npos || text.back() != '\n') {
                const ssize_t n = ::read(ends.fds[0], buffer, sizeof(buffer));
                if (n <= 0) break;
                text.append(buffer, static_cast<std::size_t>(n));
            }
        });
    }
    ::close(ends.fds[1]);
    reader.join();
    ends.fds[1] = ::dup(ends.fds[0]);
    REQUIRE(text.find("10/10") != std::string::npos);
    std::size_t begin = text.find('\n') + 1;
    for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
        CAPTURE(text.substr(begin, end - begin));
        REQUIRE(end - begin == 300);
        REQUIRE(text[end - 1] == ']');
    }
}

TEST_CASE("progress_output: lines that nobody takes fill no memory, and none of those that are kept is cut") {
    parimap::detail::progress_output output{{}};
    const std::string line = std::string(999, 'x') + '\n';
    for (int i = 0; i < 1000; ++i) output.keep(line);
    const std::string kept = output.take_rest();
    REQUIRE(kept.size() <= 65536);
    REQUIRE(kept.size() > 60000);
    REQUIRE(kept.size() % line.size() == 0);
}

TEST_CASE("progress_output: a text that waits for its terminal keeps no other bar from being shown or closed") {
    pseudo_terminal paused(70);
    pseudo_terminal other(70);
    const progress_bar bar(on(paused, "paused"));
    REQUIRE(comes_to_show(paused, "paused: 0it"));
    paused.pause();
    std::thread writer([&] { parimap::progress_write("a text", paused.fd()); });
    std::this_thread::sleep_for(20ms);
    std::thread next_writer([&] { parimap::progress_write("the next", paused.fd()); });
    std::this_thread::sleep_for(20ms);  // so that it waits for the first
    bool is_shown = false;
    {
        progress_bar elsewhere(on(other, "elsewhere"));
        elsewhere.tick(3);
        is_shown = comes_to_show(other, "elsewhere: 3it");
    }
    paused.resume();
    writer.join();
    next_writer.join();
    REQUIRE(is_shown);
    REQUIRE(comes_to_show(paused, "paused: 0it", 2));
    auto texts = paused.rows();
    texts.pop_back();
    REQUIRE(sorted(texts) == std::vector<std::string>{"a text", "the next"});
}

TEST_CASE("progress_output: a text for a file waits for no terminal, and one for a terminal stands behind what was printed there") {
    pseudo_terminal terminal(70);
    const int another = terminal.another_fd();
    pipe_ends ends;
    std::fflush(stdout);
    REQUIRE(status_of_child([&] {
                ::dup2(terminal.fd(), STDOUT_FILENO);
                ::dup2(terminal.fd(), STDERR_FILENO);
                ::setvbuf(stdout, nullptr, _IOFBF, 4096);
                ::setvbuf(stderr, nullptr, _IOFBF, 4096);
                std::fputs("printed, ", stdout);
                std::fputs("told, ", stderr);
                parimap::progress_write("written", another);
                std::fputs("kept", stdout);
                terminal.pause();
                parimap::progress_write("a text", ends.fds[1]);
            }) == 0);
    terminal.resume();
    ::close(another);
    REQUIRE(ends.read_all() == "a text\n");
    REQUIRE(comes_to_show(terminal, "printed, told, written"));
}

TEST_CASE("progress_output: a terminal is opened anew beside the standard descriptors, also where one of them is closed") {
    pseudo_terminal terminal(70);
    REQUIRE(status_of_child([&] {
                ::close(STDIN_FILENO);
                const parimap::detail::unblocked_output output(terminal.fd());
                if (::fcntl(STDIN_FILENO, F_GETFD) >= 0 || output.write("a text") != 6) ::_exit(1);
            }) == 0);
    REQUIRE(comes_to_show(terminal, "a text"));
}

TEST_CASE("progress_output: a terminal of another user, as after su, holds up nobody either") {
    if (!child_may_have_threads) return;
    pseudo_terminal terminal(2000, 50);
    REQUIRE(::fchmod(terminal.fd(), 0) == 0);  // nobody can open it once more, and root is about to be somebody else
    terminal.set_read(false);
    const int status = status_of_child([&] {
        if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(1);
        std::vector<std::unique_ptr<progress_bar>> bars;
        for (int i = 0; i < 4; ++i) {  // 8000 columns a frame
            progress_options options = on(terminal, "bar");
            options.total = 1000;
            bars.push_back(std::make_unique<progress_bar>(options));
        }
        for (int i = 0; i < 20; ++i) {  // more than a terminal holds
            for (const auto& bar : bars) bar->tick();
            std::this_thread::sleep_for(1ms);
        }
    });
    REQUIRE(status == 0);  // and not ended after five seconds
    terminal.set_read(true);
    REQUIRE(comes_to_show(terminal, "bar:   "));
}

// ---- with others ----------------------------------------------------------------------------------------------------

TEST_CASE("progress_output: what others print meanwhile stays readable, with one bar and with several") {
    for (const int count : {1, 3}) {
        CAPTURE(count);
        pseudo_terminal terminal(70, 50);
        std::vector<std::unique_ptr<progress_bar>> bars;
        for (int i = 0; i < count; ++i) bars.push_back(std::make_unique<progress_bar>(on(terminal, "bar " + std::to_string(i))));
        for (std::size_t line = 0; line < 4; ++line) {
            const std::string text = "printed " + std::to_string(line);
            REQUIRE(comes_to_show(terminal, "bar 0: " + std::to_string(line) + "it", line));
            say(terminal.fd(), text + '\n');
            for (const auto& bar : bars) bar->tick();
            REQUIRE(comes_to_show(terminal, text, line));  // behind the bar's line, as with tqdm
            REQUIRE(comes_to_show(terminal, "bar 0: ", line + 1));
            REQUIRE(terminal.rows()[line].starts_with("bar 0: "));
            REQUIRE(terminal.rows()[line].ends_with(text));
        }
        REQUIRE(eventually([&] { return terminal.rows().size() == 4 + static_cast<std::size_t>(count); }));
    }
}

TEST_CASE("progress_output: two descriptors of one terminal have one block of bars") {
    pseudo_terminal terminal(70);
    const int another = terminal.another_fd();
    {
        progress_options second_options = on(terminal, "second");
        second_options.output = another;
        progress_bar first(on(terminal, "first"));
        progress_bar second(second_options);
        for (int i = 0; i < 5; ++i) {
            first.tick();
            second.tick();
            std::this_thread::sleep_for(10ms);
        }
        parimap::progress_write("above", another);
        REQUIRE(comes_to_show(terminal, "above", 0));
        REQUIRE(comes_to_show(terminal, "first: 5it", 1));
        REQUIRE(comes_to_show(terminal, "second: 5it", 2));
        REQUIRE(terminal.rows().size() == 3);
    }
    ::close(another);
}

TEST_CASE("progress_output: a line in which nothing changes is written once a second at most, and when its terminal is resized") {
    pseudo_terminal terminal(70);
    progress_options options = on(terminal);
    options.bar_format = "{n}";
    options.interval = 1ms;
    progress_bar bar(options);
    REQUIRE(comes_to_show(terminal, "0"));
    std::this_thread::sleep_for(300ms);
    const std::string bytes = terminal.bytes();
    REQUIRE(std::count(bytes.begin(), bytes.end(), '0') <= 6);  // each frame has two, one of them in a sequence
    std::this_thread::sleep_for(1500ms);
    REQUIRE(terminal.bytes().size() > bytes.size());  // but that often
    bar.tick(4);
    REQUIRE(comes_to_show(terminal, "4"));
    const auto start = clock_type::now();
    for (std::size_t columns = 60; columns > 50; --columns) {
        const std::size_t before = terminal.bytes().size();
        terminal.resize(columns);
        REQUIRE(eventually([&] { return terminal.bytes().size() > before; }));
    }
    REQUIRE(clock_type::now() - start < 5s);  // at once where it may have been wrapped, and not once a second
}

// ---- how it is shown ------------------------------------------------------------------------------------------------

TEST_CASE("progress_output: a terminal that knows no escape sequences gets whole lines, unless a bar is asked for") {
    const auto shown = [] {
        pseudo_terminal terminal(70);
        const char* const terms[] = {"dumb", "", nullptr};
        std::vector<std::string> all;
        for (const char* term : terms) {
            const environment dumb("TERM", term);
            const std::size_t before = terminal.bytes().size();
            progress_bar bar(on(terminal, "scan"));
            bar.tick(2);
            bar.close();
            REQUIRE(eventually([&] { return terminal.bytes().find("2it [", before) != std::string::npos; }));
            std::this_thread::sleep_for(1100ms);  // so that the next is no short bar among many
            all.push_back(terminal.bytes().substr(before));
        }
        return all;
    };
    for (const std::string& bytes : shown()) {
        REQUIRE(bytes.find('\x1b') == std::string::npos);
        REQUIRE(std::count(bytes.begin(), bytes.end(), '\r') ==
                std::count(bytes.begin(), bytes.end(), '\n'));  // the terminal's own
    }
    const environment mode("PARIMAP_PROGRESS", "bar");
    for (const std::string& bytes : shown()) REQUIRE(bytes.find('\x1b') != std::string::npos);
}

TEST_CASE("progress_output: the words of PARIMAP_PROGRESS may be of any case, and an unknown one is said once") {
    const auto shown = [] {
        pseudo_terminal terminal(70);
        progress_bar bar(on(terminal));
        bar.tick();
        bar.close();
        return terminal.all_bytes();
    };
    for (const char* word : {"off", "OFF", "Off", "0", "none", "None", "false", "FALSE", "no"}) {
        CAPTURE(word);
        const environment mode("PARIMAP_PROGRESS", word);
        captured_output said;
        REQUIRE(shown().empty());
        REQUIRE(said.text().empty());
    }
    for (const char* word : {"BAR", "auto", "Auto", "on", "1", "true"}) {
        CAPTURE(word);
        const environment mode("PARIMAP_PROGRESS", word);
        captured_output said;
        REQUIRE(shown().find('\x1b') != std::string::npos);
        REQUIRE(said.text().empty());
    }
    const environment mode("PARIMAP_PROGRESS", "fancy\n");
    pipe_ends said;
    REQUIRE(status_of_child([&] {  // which has said nothing yet
                ::dup2(said.fds[1], STDERR_FILENO);
                progress_options options;
                options.output = STDOUT_FILENO;
                options.delay = 1000s;
                options.interval = 1000s;
                for (int i = 0; i < 3 && (i == 0 || child_may_have_threads); ++i) progress_bar bar(options);
            }) == 0);
    const std::string text = said.read_all();
    REQUIRE(text.find("PARIMAP_PROGRESS=fancy") != std::string::npos);
    REQUIRE(std::count(text.begin(), text.end(), '\n') == 1);
}

TEST_CASE("progress_output: a bar with a delay appears when that is over, and never if it ends before") {
    pseudo_terminal terminal(70);
    progress_options options = on(terminal, "late");
    options.interval = 1000s;
    options.delay = 1000s;
    {
        progress_bar bar(options);
        bar.tick();
    }
    options.delay = 100ms;
    progress_bar bar(options);
    REQUIRE(terminal.bytes().empty());
    REQUIRE(comes_to_show(terminal, "late: 0it"));
    bar.close();

    pipe_ends ends;
    progress_options log;
    log.output = ends.fds[1];
    log.delay = 1000s;
    { progress_bar in_log(log); }
    REQUIRE(ends.read_all().empty());
    const auto sink = std::make_shared<recording_sink>();
    log.sink = sink;
    { progress_bar told(log); }
    REQUIRE(sink->is_whole());
}

TEST_CASE("progress_output: the environment is read when a bar is opened, and not when it is drawn") {
    pseudo_terminal terminal(100);
    const winsize unknown{};
    REQUIRE(::ioctl(terminal.fd(), TIOCSWINSZ, &unknown) == 0);
    progress_options options = on(terminal, "late");
    options.total = 10;
    options.delay = 30ms;
    const environment then("COLUMNS", "50");
    const progress_bar bar(options);
    const environment now("COLUMNS", "10");
    REQUIRE(comes_to_show(terminal, "late:   0%|"));
    REQUIRE(terminal.rows()[0].size() > 40);
}

TEST_CASE("progress_output: a bar is of ASCII unless the locale is one of UTF-8, as the first variable that is set says") {
    const auto is_ascii = [](const char* all, const char* characters, const char* language) {
        const environment lc_all("LC_ALL", all);
        const environment lc_ctype("LC_CTYPE", characters);
        const environment lang("LANG", language);
        pseudo_terminal terminal(70);
        progress_options options = on(terminal);
        options.ascii.reset();
        options.total = 2;
        progress_bar bar(options);
        bar.tick();
        REQUIRE(comes_to_show(terminal, "1/2 ["));
        return terminal.rows()[0].find('#') != std::string::npos;
    };
    REQUIRE(is_ascii("C", nullptr, "C.UTF-8"));
    REQUIRE_FALSE(is_ascii("en_GB.utf8", "C", "C"));
    REQUIRE(is_ascii("", "C", "C.UTF-8"));
    REQUIRE_FALSE(is_ascii(nullptr, "", "C.UTF-8"));
    REQUIRE(is_ascii(nullptr, nullptr, nullptr));
}

TEST_CASE("progress_output: a bar that is disabled is shown nowhere, told to nobody and counts") {
    pseudo_terminal terminal(70);
    progress_options options = on(terminal);
    options.disable = true;
    const environment mode("PARIMAP_PROGRESS", "bar");
    {
        progress_bar bar(options);
        bar.tick(3);
        bar.set_postfix("x");
        REQUIRE(bar.ticks() == 3);
    }
    const auto sink = std::make_shared<recording_sink>();
    options.sink = sink;
    { progress_bar bar(options); }
    REQUIRE(sink->size() == 0);
    std::this_thread::sleep_for(20ms);
    REQUIRE(terminal.bytes().empty());
}

TEST_CASE("progress_output: a thousand short bars write few lines into a log, and one writes its begin and end") {
    pipe_ends ends;
    REQUIRE(::fcntl(ends.fds[1], F_SETPIPE_SZ, 1 << 20) >= 1 << 20);
    progress_options options;
    options.output = ends.fds[1];
    options.total = 1;
    const auto start = clock_type::now();
    for (int i = 0; i < 1000; ++i) {
        progress_bar bar(options);
        bar.tick();
    }
    const double seconds = std::chrono::duration<double>(clock_type::now() - start).count();
    const std::string text = ends.read_all();
    const auto lines = static_cast<double>(std::count(text.begin(), text.end(), '\n'));
    REQUIRE(lines >= 2);
    REQUIRE(lines <= 4 + 2 * seconds);
    REQUIRE(text.find("0/1 [") < text.find("1/1 ["));
    REQUIRE(text.find("1/1 [") != std::string::npos);

    pipe_ends long_one;  // one that lives for a second is no short one, whatever came before
    options.output = long_one.fds[1];
    options.interval = 10ms;
    { progress_bar bar(options); }
    {
        progress_bar bar(options);
        std::this_thread::sleep_for(1300ms);
    }
    const std::string all = long_one.read_all();
    REQUIRE(std::count(all.begin(), all.end(), '\n') >= 3);
}

TEST_CASE("progress_output: a log has a line as soon as a tenth more is done") {
    pipe_ends ends;
    progress_options options;
    options.output = ends.fds[1];
    options.total = 100;
    options.interval = 1ms;
    progress_bar bar(options);
    std::string text;
    const auto comes = [&](const std::string& wanted) {
        return eventually([&] {
            pollfd ready{ends.fds[0], POLLIN, 0};
            char buffer[4096];
            if (::poll(&ready, 1, 0) == 1)
                text.append(buffer, static_cast<std::size_t>(::read(ends.fds[0], buffer, sizeof(buffer))));
            return text.find(wanted) != std::string::npos;
        });
    };
    REQUIRE(comes("| 0/100 ["));
    bar.tick(9);
    std::this_thread::sleep_for(20ms);
    bar.tick(41);
    REQUIRE(comes("| 50/100 ["));
    REQUIRE(std::count(text.begin(), text.end(), '\n') == 2);
    bar.set_total(1000);
    bar.tick(150);
    REQUIRE(comes("| 200/1000 ["));
}

TEST_CASE("progress_output: a width without limit is the terminal's, or a usual one in a log") {
    pseudo_terminal terminal(60);
    progress_options options = on(terminal);
    options.width = std::size_t(-1);
    options.total = 10;
    const progress_bar bar(options);
    REQUIRE(eventually([&] { return terminal.rows().size() == 1 && terminal.rows()[0].size() == 59; }));
    pipe_ends ends;
    options.output = ends.fds[1];
    { progress_bar in_log(options); }
    REQUIRE(ends.read_all().size() <= 400);
}

// ---- forked processes ---------------------------------------------------------------------------------------------

TEST_CASE("progress_output: a forked process draws none of its parent's bars, waits for none, and may have its own") {
    pseudo_terminal terminal(70);
    pseudo_terminal childs(70);
    progress_options options = on(terminal, "parent");
    options.interval = 1ms;
    options.bar_format = "{desc} {n} {elapsed_s:.6f}";  // drawn at every look
    auto bar = std::make_unique<progress_bar>(options);
    const auto sink = std::make_shared<recording_sink>();
    auto told = std::make_unique<progress_bar>(parimap_test::told_to(sink));
    for (int i = 0; i < 100; ++i) {
        std::this_thread::sleep_for(std::chrono::microseconds(700 + 13 * i));
        const int status = status_of_child([&] {
            bar->tick(1000);
            bar->set_description("child");
            bar->close();
            bar.reset();
            told.reset();
            parimap::progress_write("from the child", childs.fd());
            if (!child_may_have_threads) return;
            progress_bar own(on(childs, "own"));
            own.tick(5);
            std::this_thread::sleep_for(10ms);
        });
        REQUIRE(status == 0);
    }
    bar->tick(7);
    REQUIRE(comes_to_show(terminal, "parent 7 "));
    const std::string bytes = terminal.bytes();
    REQUIRE(bytes.find("parent 1000") == std::string::npos);
    REQUIRE(bytes.find("child") == std::string::npos);
    if (child_may_have_threads) REQUIRE(eventually([&] { return childs.bytes().find("own: 5it") != std::string::npos; }));
    REQUIRE(childs.bytes().find("from the child") != std::string::npos);
    told.reset();
    REQUIRE(sink->is_whole());
}

// ---- sinks that do things with bars ---------------------------------------------------------------------------------

TEST_CASE("progress_output: a sink may print, and open, change and close bars") {
    pipe_ends ends;
    REQUIRE(::fcntl(ends.fds[1], F_SETPIPE_SZ, 1 << 20) >= 1 << 20);
    pseudo_terminal terminal(70);
    progress_bar other(on(terminal, "other"));
    std::atomic<int> told{0};
    std::atomic<int> inner_told{0};
    {
        progress_bar bar(told_to([&](const parimap::progress_snapshot& s) {
            parimap::progress_write("at " + std::to_string(s.n), ends.fds[1]);
            parimap::progress_write("above", terminal.fd());
            other.set_postfix("seen");
            progress_bar passing(on(terminal, "passing"));
            progress_bar inner(told_to([&](const parimap::progress_snapshot&) { ++inner_told; }));
            ++told;
        }));
        bar.tick(3);
        REQUIRE(eventually([&] { return told >= 3; }));
    }
    REQUIRE(inner_told >= 2 * told);
    REQUIRE(ends.read_all().find("at 3\n") != std::string::npos);
    REQUIRE(eventually([&] { return terminal.bytes().find("seen") != std::string::npos; }));
}

TEST_CASE("progress_output: a sink may close its own bar, the last one, from the drawing thread") {
    for (int round = 0; round < 20; ++round) {
        std::unique_ptr<progress_bar> bar;
        std::atomic<bool> may_close{false};
        std::atomic<int> closed{0};
        std::atomic<bool> is_gone{false};
        const auto main_thread = std::this_thread::get_id();
        bar = std::make_unique<progress_bar>(told_to([&](const parimap::progress_snapshot& s) {
            if (s.closed) ++closed;
            if (s.closed || !may_close || std::this_thread::get_id() == main_thread) return;
            may_close = false;
            bar.reset();
            is_gone = true;
        }));
        may_close = true;
        REQUIRE(eventually([&] { return is_gone.load(); }));
        REQUIRE(closed == 1);
        progress_bar next(told_to([](const parimap::progress_snapshot&) {}));  // there is a thread again
    }
}

TEST_CASE("progress_output: bars that are told and opened on many threads, and in sinks, end") {
    std::vector<std::thread> threads;
    std::atomic<int> inner{0};
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 30; ++i) {
                progress_bar bar(told_to([&](const parimap::progress_snapshot& s) {
                    if (!s.closed) return;
                    progress_bar last(told_to([&](const parimap::progress_snapshot& l) { inner += l.closed; }));
                }));
                bar.tick();
            }
        });
    }
    for (std::thread& t : threads) t.join();
    REQUIRE(inner == 120);
}
