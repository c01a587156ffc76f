// SPDX-License-Identifier: MIT
// progress_bar, progress() and progress_write: on a terminal, in a file, and where nobody reads.
#include "support/bar_on_terminal.hpp"
#include "support/captured_output.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"
#include "support/gate.hpp"
#include "support/items.hpp"
#include "support/pipe_ends.hpp"
#include "support/pseudo_terminal.hpp"
#include "support/recording_sink.hpp"

#include <parimap/progress.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <list>
#include <memory>
#include <optional>
#include <ranges>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <range/v3/range/conversion.hpp>
#include <range/v3/view/take.hpp>

using namespace parimap_test;
using namespace std::chrono_literals;
using parimap::progress_bar;
using parimap::progress_options;

namespace {

std::size_t entries_of(const char* folder) {
    const std::filesystem::directory_iterator entries(folder);
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

std::size_t threads_of_process() { return entries_of("/proc/self/task"); }
std::size_t descriptors_of_process() { return entries_of("/proc/self/fd"); }

}  // namespace

TEST_CASE("progress_bar: counts ticks from many threads and shows them all in the end") {
    const auto sink = std::make_shared<recording_sink>();
    progress_options options = told_to(sink);
    options.total = 80'000;
    {
        progress_bar bar(options);
        std::vector<std::thread> threads;
        for (int t = 0; t < 40; ++t) {
            threads.emplace_back([&bar] {
                for (int i = 0; i < 1000; ++i) bar.tick(2);
            });
        }
        for (std::thread& t : threads) t.join();
        REQUIRE(bar.ticks() == 80'000);
    }
    REQUIRE(sink->is_whole());
    REQUIRE(sink->last().n == 80'000);
}

TEST_CASE("progress_bar: its thread, and what it opens, exist only while a bar does") {
    pseudo_terminal terminal(80);
    const std::size_t before = threads_of_process();
    const std::size_t open_before = descriptors_of_process();
    {
        progress_bar first(on(terminal));
        {
            progress_bar second(on(terminal));
            REQUIRE(threads_of_process() == before + 1);
        }
        REQUIRE(threads_of_process() == before + 1);
    }
    REQUIRE(threads_of_process() == before);
    for (int i = 0; i < 200; ++i) progress_bar often(on(terminal));
    REQUIRE(threads_of_process() == before);
    REQUIRE(descriptors_of_process() == open_before);
}

TEST_CASE("progress_bar: bars that come and go on many threads are all closed") {
    pseudo_terminal terminal(80);
    const auto sink = std::make_shared<recording_sink>();
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 50; ++i) {
                progress_options options = t % 2 ? on(terminal) : told_to(sink);
                options.leave = false;
                progress_bar bar(options);
                bar.tick();
            }
        });
    }
    for (std::thread& t : threads) t.join();
    const auto told = sink->all();
    REQUIRE(std::count_if(told.begin(), told.end(), [](auto& s) { return s.closed && s.n == 1; }) == 4 * 50);
    REQUIRE(eventually([&] { return terminal.rows().empty(); }));
}

TEST_CASE("progress_bar: on a terminal it keeps one line, never as wide as that, and follows its resizing") {
    pseudo_terminal terminal(60);
    progress_options options = on(terminal, "scan");
    options.total = 100;
    progress_bar bar(options);
    bar.tick(42);
    REQUIRE(comes_to_show(terminal, " 42/100 ["));
    REQUIRE(terminal.rows().size() == 1);
    REQUIRE(terminal.rows()[0].find("scan:  42%|") == 0);
    REQUIRE(terminal.rows()[0].size() == 59);
    for (const std::size_t columns : std::initializer_list<std::size_t>{40, 20, 5, 2, 120, 60}) {
        CAPTURE(columns);
        terminal.resize(columns);
        bar.tick();
        REQUIRE(eventually([&] { return terminal.rows().size() == 1 && terminal.rows()[0].size() <= columns - 1; }));
        if (columns >= 60) REQUIRE(eventually([&] { return terminal.rows()[0].size() == columns - 1; }));
    }
    const int before = terminal.wraps();
    bar.tick();
    REQUIRE(comes_to_show(terminal, " 49/100 ["));
    REQUIRE(terminal.wraps() == before);
    bar.close();
    REQUIRE(eventually([&] { return terminal.bytes().ends_with("\r"); }));
    REQUIRE(terminal.rows().size() == 1);  // it stays
}

TEST_CASE("progress_bar: several bars stand below one another, and one that ends leaves its line above the rest") {
    pseudo_terminal terminal(70);
    std::optional<progress_bar> first(std::in_place, on(terminal, "first"));
    progress_bar second(on(terminal, "second"));
    progress_options passing = on(terminal, "third");
    passing.leave = false;
    std::optional<progress_bar> third(std::in_place, passing);
    second.tick(5);
    REQUIRE(comes_to_show(terminal, "first: 0it [", 0));
    REQUIRE(comes_to_show(terminal, "second: 5it [", 1));
    REQUIRE(comes_to_show(terminal, "third: 0it [", 2));
    third.reset();
    REQUIRE(eventually([&] { return terminal.rows().size() == 2; }));
    first->tick(3);
    first.reset();
    REQUIRE(comes_to_show(terminal, "first: 3it [", 0));
    REQUIRE(comes_to_show(terminal, "second: 5it [", 1));
    second.tick();
    REQUIRE(comes_to_show(terminal, "second: 6it [", 1));
    REQUIRE(terminal.rows().size() == 2);
}

TEST_CASE("progress_bar: more bars than rows show as many as fit") {
    pseudo_terminal terminal(70, 4);
    std::list<progress_bar> bars;
    for (int i = 0; i < 6; ++i) bars.emplace_back(on(terminal, "bar " + std::to_string(i)));
    REQUIRE(comes_to_show(terminal, "bar 2: 0it", 2));
    std::this_thread::sleep_for(20ms);
    REQUIRE(terminal.rows().size() == 3);
    bars.clear();
    progress_options options = on(terminal);
    options.bar_format = "of {nrows} rows";
    const progress_bar bar(options);
    REQUIRE(eventually([&] { return terminal.bytes().find("of 4 rows") != std::string::npos; }));
}

TEST_CASE("progress_bar: progress_write prints above the bars") {
    pseudo_terminal terminal(70);
    std::fflush(stdout);
    const int before = ::dup(STDOUT_FILENO);
    ::dup2(terminal.fd(), STDOUT_FILENO);
    {
        progress_options options = on(terminal, "scan");
        options.leave = false;
        progress_bar bar(options);
        progress_bar other(on(terminal, "other"));
        for (int i = 0; i < 20; ++i) {
            bar.tick();
            parimap::progress_write("line " + std::to_string(i));
        }
        const bool shown = comes_to_show(terminal, "scan: 20it [", 20) && comes_to_show(terminal, "other: 0it [", 21);
        ::dup2(before, STDOUT_FILENO);
        REQUIRE(shown);
    }
    ::close(before);
    REQUIRE(eventually([&] { return terminal.rows().size() == 21; }));
    for (std::size_t i = 0; i < 20; ++i) REQUIRE(terminal.rows()[i] == "line " + std::to_string(i));
    REQUIRE(terminal.rows()[20].find("other: 0it [") == 0);
}

TEST_CASE("progress_bar: progress_write without a bar prints a line") {
    captured_output out;
    parimap::progress_write("alone");
    REQUIRE(out.text() == "alone\n");
}

TEST_CASE("progress_bar: description, postfix and total can change, and break no line") {
    pseudo_terminal terminal(100);
    progress_bar bar(on(terminal, "a\nb\x1b[2J"));
    bar.set_postfix("loss\r0.5");
    bar.set_total(8);
    bar.tick(2);
    REQUIRE(comes_to_show(terminal, "2/8 ["));
    REQUIRE(terminal.rows().size() == 1);
    REQUIRE(terminal.rows()[0].find("a b [2J:  25%|") == 0);
    REQUIRE(terminal.rows()[0].find(", loss 0.5]") != std::string::npos);
    bar.set_description("c");
    REQUIRE(comes_to_show(terminal, "c:  25%|"));
}

TEST_CASE("progress_bar: a unit_divisor that makes no number smaller counts as 1000") {
    pseudo_terminal terminal(70);
    for (const double divisor : {0.0, 1.0, -1.0}) {
        CAPTURE(divisor);
        progress_options options = on(terminal, std::to_string(divisor));
        options.unit_scale = true;
        options.unit_divisor = divisor;
        options.leave = false;
        progress_bar bar(options);
        bar.tick(1500);
        REQUIRE(comes_to_show(terminal, options.description + ": 1.50kit ["));
    }
}

TEST_CASE("progress_bar: one that an exception ends is red on a terminal") {
    const auto bytes_of = [](bool fails) {
        pseudo_terminal terminal(70);
        try {
            progress_options options = on(terminal);
            options.total = 10;
            options.colour = "green";
            progress_bar bar(options);
            bar.tick(4);
            if (fails) throw std::runtime_error("work");
        } catch (const std::runtime_error&) {
        }
        REQUIRE(comes_to_show(terminal, "4/10"));
        return terminal.bytes();
    };
    REQUIRE(bytes_of(false).find("\x1b[32m") != std::string::npos);
    REQUIRE(bytes_of(false).find("\x1b[31m") == std::string::npos);
    REQUIRE(bytes_of(true).find("\x1b[31m") != std::string::npos);
    const environment unsaid("NO_COLOR", "");
    REQUIRE(bytes_of(true).find("\x1b[31m") != std::string::npos);
    const environment plain("NO_COLOR", "1");
    REQUIRE(bytes_of(true).find("\x1b[3") == std::string::npos);
}

TEST_CASE("progress_bar: time passes on the terminal while nothing is done") {
    pseudo_terminal terminal(70);
    progress_options options = on(terminal);
    options.bar_format = "{n} {elapsed_s:.3f}";
    progress_bar bar(options);
    const auto seconds = [&] { return terminal.rows().empty() ? 0.0 : std::atof(terminal.rows()[0].substr(2).c_str()); };
    REQUIRE(eventually([&] { return seconds() > 0.02; }));
    const double before = seconds();
    REQUIRE(eventually([&] { return seconds() > before + 0.05; }));
}

TEST_CASE("progress_bar: elsewhere than on a terminal it writes few whole lines and no carriage return") {
    pipe_ends ends;
    {
        progress_options options;
        options.description = "scan";
        options.total = 1000;
        options.output = ends.fds[1];
        options.interval = 1ms;
        options.colour = "green";
        progress_bar bar(options);
        for (int i = 0; i < 1000; ++i) {
            bar.tick();
            if (i % 5 == 0) std::this_thread::sleep_for(1ms);
        }
    }
    const std::string text = ends.read_all();
    REQUIRE(text.find('\r') == std::string::npos);
    REQUIRE(text.find('\x1b') == std::string::npos);
    const auto lines = std::count(text.begin(), text.end(), '\n');
    REQUIRE(lines >= 2);
    REQUIRE(lines <= 12);
    REQUIRE(text.find("scan:   0%|") == 0);
    REQUIRE(text.find("scan: 100%|") != std::string::npos);
    REQUIRE(text.back() == '\n');
}

TEST_CASE("progress_bar: a log without a total adds a line when its time has come") {
    const auto written = [](const pipe_ends& ends) {
        int bytes = 0;
        (void)::ioctl(ends.fds[0], FIONREAD, &bytes);
        return bytes;
    };
    progress_options options;
    options.interval = 1ms;
    pipe_ends rarely;
    options.output = rarely.fds[1];
    {
        progress_bar bar(options);
        bar.tick();
        std::this_thread::sleep_for(100ms);
    }
    const std::string text = rarely.read_all();
    REQUIRE(std::count(text.begin(), text.end(), '\n') == 2);  // the next was due in 30 s

    const environment interval("PARIMAP_PROGRESS_INTERVAL", "0.01");
    pipe_ends often;
    options.output = often.fds[1];
    const progress_bar bar(options);
    const int begin = written(often);
    REQUIRE(eventually([&] { return written(often) > 4 * begin; }));
}

TEST_CASE("progress_bar: the environment says how progress is shown") {
    const auto shown = [](bool terminal_wanted) {
        pipe_ends ends;
        std::optional<pseudo_terminal> terminal;
        if (terminal_wanted) terminal.emplace(70);
        {
            progress_options options;
            options.total = 10;
            options.output = terminal ? terminal->fd() : ends.fds[1];
            progress_bar bar(options);
            bar.tick(10);
        }
        return terminal ? terminal->all_bytes() : ends.read_all();
    };
    {
        const environment mode("PARIMAP_PROGRESS", "off");
        REQUIRE(shown(false).empty());
        REQUIRE(shown(true).empty());
        const auto sink = std::make_shared<recording_sink>();
        { progress_bar bar(told_to(sink)); }
        REQUIRE(sink->is_whole());  // what a program takes for itself is its own affair
    }
    {
        const environment mode("PARIMAP_PROGRESS", "bar");
        REQUIRE(shown(false).find('\r') != std::string::npos);
    }
    {
        const environment mode("PARIMAP_PROGRESS", "log");
        const std::string text = shown(true);
        REQUIRE(std::count(text.begin(), text.end(), '\n') == 2);
        REQUIRE(text.find("\x1b") == std::string::npos);
    }
    for (const char* const automatic : {"auto", "", "what?"}) {
        const environment mode("PARIMAP_PROGRESS", automatic);
        REQUIRE(shown(false).find('\r') == std::string::npos);
        REQUIRE(shown(true).find("\x1b[K") != std::string::npos);
    }
    const environment interval("PARIMAP_PROGRESS_INTERVAL", "0.005");
    const auto sink = std::make_shared<recording_sink>();
    progress_options rarely = told_to(sink);
    rarely.interval = 1000s;
    progress_bar bar(rarely);
    REQUIRE(eventually([&] { return sink->size() > 3; }));
}

TEST_CASE("progress_bar: an output that is closed or full ends the bar and not the work") {
    pipe_ends ends;
    progress_options options;
    options.output = ends.fds[1];
    {
        progress_bar bar(options);
        ends.close_reader();
        bar.tick();
    }
    options.output = 1000;  // no such descriptor
    {
        progress_bar bar(options);
        bar.tick();
    }
    pipe_ends full;
    const std::string much(1 << 17, 'x');
    REQUIRE(parimap::detail::write_some(full.fds[1], much).value() < much.size());
    REQUIRE(parimap::detail::write_some(full.fds[1], much) == 0);
}

TEST_CASE("progress_bar: a socket that others fill meanwhile holds up nobody") {
    const std::string much(1 << 16, 'x');
    bool is_held_up = false;
    const auto end = std::chrono::steady_clock::now() + 300ms;
    while (!is_held_up && std::chrono::steady_clock::now() < end) {
        int sockets[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
        const int size = 4096;
        REQUIRE(::setsockopt(sockets[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size) == 0);
        std::atomic<int> begun{0};
        std::atomic<int> ended{0};
        const auto fill = [&] {
            ++begun;
            while (begun < 2) std::this_thread::yield();
            (void)parimap::detail::write_some(sockets[0], much);
            ++ended;
        };
        std::thread one(fill);
        std::thread other(fill);
        is_held_up = !eventually([&] { return ended == 2; });
        ::close(sockets[1]);  // ends a write that waits
        one.join();
        other.join();
        ::close(sockets[0]);
    }
    REQUIRE_FALSE(is_held_up);
}

TEST_CASE("progress_bar: a terminal that nobody reads ends the bars and not the work") {
    const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
    REQUIRE((master >= 0 && ::grantpt(master) == 0 && ::unlockpt(master) == 0));
    const int slave = ::open(::ptsname(master), O_RDWR | O_NOCTTY);
    winsize size{};
    size.ws_col = 200;
    size.ws_row = 24;
    REQUIRE(::ioctl(slave, TIOCSWINSZ, &size) == 0);
    std::chrono::steady_clock::time_point start;
    {
        std::list<progress_bar> bars;
        for (int i = 0; i < 20; ++i) {
            progress_options options;
            options.output = slave;
            options.total = 10;
            options.interval = 1ms;
            bars.emplace_back(options);
        }
        std::this_thread::sleep_for(50ms);
        for (progress_bar& bar : bars) bar.tick();
        start = std::chrono::steady_clock::now();
    }
    REQUIRE(std::chrono::steady_clock::now() - start < 5s);  // each of the bars would wait for half a second
    ::close(slave);
    ::close(master);
}

TEST_CASE("progress_bar: a slow sink, or an odd interval, holds up nobody for long") {
    struct slow : parimap::progress_sink {
        void update(const parimap::progress_snapshot& s) override {
            if (!s.closed) std::this_thread::sleep_for(20ms);
        }
    };
    const auto start = std::chrono::steady_clock::now();
    for (const auto interval :
         {1e-300, 1e-3, 1e300, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN(), -1.0}) {
        progress_options options;
        options.sink = std::make_shared<slow>();
        options.interval = std::chrono::duration<double>(interval);
        progress_bar bar(options);
        for (int i = 0; i < 5; ++i) bar.set_postfix("x");
        std::this_thread::sleep_for(30ms);
    }
    REQUIRE(std::chrono::steady_clock::now() - start < 8s);

    const auto sink = std::make_shared<recording_sink>();
    progress_options options = told_to(sink);
    options.interval = std::chrono::duration<double>(std::numeric_limits<double>::infinity());
    {
        const progress_bar bar(options);
        let_mistakes_happen();
    }
    REQUIRE(sink->size() == 2);  // its begin and its end
}

TEST_CASE("progress_bar: a log stays quiet when more is done than was expected, and its lines stay lines") {
    pipe_ends ends;
    {
        progress_options options;
        options.total = 10;
        options.output = ends.fds[1];
        options.interval = 1ms;
        options.bar_format = "\r{l_bar}\n{bar}{r_bar}";
        progress_bar bar(options);
        for (int i = 0; i < 200; ++i) {
            bar.tick(5);
            std::this_thread::sleep_for(1ms);
        }
    }
    const std::string text = ends.read_all();
    REQUIRE(text.find('\r') == std::string::npos);
    REQUIRE(std::count(text.begin(), text.end(), '\n') <= 12);
}

TEST_CASE("progress_bar: a bar_format that cannot be used in every state throws when the bar is made") {
    for (const char* const wrong : {"{rate:F}", "{rate_inv:x}", "{total:s}", "{nonsense}"}) {
        for (const std::optional<std::size_t> width : {std::optional<std::size_t>(), std::optional<std::size_t>(0)}) {
            for (const std::optional<std::size_t> total : {std::optional<std::size_t>(), std::optional<std::size_t>(9)}) {
                CAPTURE(wrong);
                progress_options options;
                options.bar_format = wrong;
                options.width = width;
                options.total = total;
                REQUIRE_THROWS_AS(progress_bar(options), std::invalid_argument);
                const int items[] = {1};
                auto view = parimap::progress(items, options);
                REQUIRE_THROWS_AS(view.begin(), std::invalid_argument);
                REQUIRE_THROWS_AS(view.begin(), std::invalid_argument);  // and has not begun
            }
        }
    }
}

TEST_CASE("progress: loops over any range and counts what the loop is done with") {
    const auto sink = std::make_shared<recording_sink>();
    const auto items = numbers(100);
    long sum = 0;
    for (const int& i : parimap::progress(items, told_to(sink))) {
        REQUIRE(&i == &items[static_cast<std::size_t>(i)]);
        sum += i;
    }
    REQUIRE(sum == 4950);
    REQUIRE(sink->is_whole());
    REQUIRE(sink->last().n == 100);
    REQUIRE(sink->last().total == 100);

    const auto whole = std::make_shared<recording_sink>();
    progress_options options = told_to(whole);
    options.initial = 50;
    const auto view = parimap::progress(items, options);
    for (const int i : view) sum -= i;
    REQUIRE(whole->is_whole());  // though the view could be asked for more
    REQUIRE(whole->last().n == 150);
    REQUIRE(whole->last().total == 150);

    const auto left = std::make_shared<recording_sink>();
    for (const int i : std::list<int>{1, 2, 3, 4} | parimap::progress(told_to(left))) {
        if (i == 3) break;
    }
    REQUIRE(left->is_whole());
    REQUIRE(left->last().n == 2);  // the third was not finished
    REQUIRE(left->last().total == 4);

    const auto stream = std::make_shared<recording_sink>();
    std::istringstream text("5 6 7");
    for (const int i : std::ranges::istream_view<int>(text) | parimap::progress(told_to(stream))) sum += i;
    REQUIRE(stream->last().n == 3);
    REQUIRE_FALSE(stream->last().total);
}

TEST_CASE("progress: is a view for both libraries, and elements can be changed through it") {
    const auto sink = std::make_shared<recording_sink>();
    auto items = numbers(10);
    for (int& i : parimap::progress(items, told_to(sink))) i *= 2;
    REQUIRE(items[9] == 18);
    REQUIRE((parimap::progress(items, told_to(sink)) | ranges::views::take(3) | ranges::to<std::vector>()) ==
            std::vector<int>{0, 2, 4});
    int count = 0;
    for (const int i : parimap::progress(items, told_to(sink)) | std::views::transform([](int i) { return i + 1; })) count += i > 0;
    REQUIRE(count == 10);
    for (const int i : parimap::progress(std::vector<int>{}, told_to(sink))) count += i;
    REQUIRE(count == 10);
    for (const int i : parimap::progress({1, 2, 3}, told_to(sink))) count += i;
    REQUIRE(count == 16);
}

TEST_CASE("progress: the rate can follow the latest past") {
    const auto sink = std::make_shared<recording_sink>();
    progress_options options = told_to(sink);
    options.smoothing_window = 20ms;
    options.total = 1'000'000;
    progress_bar bar(options);
    bar.tick(1000);
    REQUIRE(eventually([&] { return sink->last().n == 1000 && sink->last().rate == 0.0; }));  // none in the last 20 ms
    bar.close();
    REQUIRE_FALSE(sink->last().rate);  // the whole run's in the end

    const auto wide = std::make_shared<recording_sink>();
    options = told_to(wide);
    options.smoothing_window = 1000s;
    progress_bar slow(options);
    slow.tick(1000);
    // The window begins with the bar, or a moment later.
    const auto rate_by_time = [&] {
        const auto s = wide->last();
        return s.n == 1000 && s.rate ? *s.rate * s.elapsed : 0.0;
    };
    REQUIRE(eventually([&] { return rate_by_time() > 0 && rate_by_time() < 1500; }));
    REQUIRE(rate_by_time() > 999);
}
