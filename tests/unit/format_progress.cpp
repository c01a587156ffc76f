// SPDX-License-Identifier: MIT
// format_progress: shows what tqdm shows, and what parimap knows beside it.
#include "support/catch.hpp"
#include "unit/tqdm/table.hpp"

#include <parimap/format_progress.hpp>

#include <chrono>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>

using parimap::format_progress;
using parimap::progress_snapshot;

namespace {

progress_snapshot half_done() {
    progress_snapshot s;
    s.n = 50;
    s.total = 100;
    s.elapsed = 10;
    s.description = "scan";
    return s;
}

}  // namespace

TEST_CASE("format_progress: shows what tqdm's format_meter shows") {
    std::size_t rows = 0;
    for (const parimap_test::tqdm_row& row : parimap_test::tqdm_table) {
        progress_snapshot s;
        s.n = row.n;
        s.total = row.total;
        s.elapsed = row.elapsed;
        s.rate = row.rate;
        s.initial = row.initial;
        s.description = row.description;
        s.postfix = row.postfix;
        s.unit = row.unit;
        s.unit_scale = row.unit_scale;
        s.unit_divisor = row.unit_divisor;
        s.ascii = row.ascii;
        s.colour = row.colour;
        s.bar_format = row.bar_format;
        s.width = row.width;
        CAPTURE(rows, row.n, row.elapsed, row.bar_format);
        CHECK(format_progress(s) == row.line);
        ++rows;
    }
    REQUIRE(rows > 500);
}

TEST_CASE("format_progress: what takes for ever ends some centuries from now") {
    progress_snapshot s = half_done();
    s.bar_format = "{eta:%Y}";
    s.now = std::chrono::system_clock::from_time_t(1'000'000'000);  // 2001
    s.n = 1;
    s.total = std::numeric_limits<std::size_t>::max();
    s.elapsed = 1e9;
    REQUIRE(format_progress(s) == "2318");
}

TEST_CASE("format_progress: a line with a bar is never wider than it may be") {
    for (const std::string description : {"", "scan", "走る走る走る", "\x1b[32mgreen\x1b[0m"}) {
        for (std::size_t width = 1; width < 120; ++width) {
            progress_snapshot s = half_done();
            s.description = description;
            s.width = width;
            s.colour = "red";
            CAPTURE(description, width);
            REQUIRE(parimap::detail::display_width(format_progress(s)) <= width);
        }
    }
}

TEST_CASE("format_progress: characters that take two columns count as two") {
    REQUIRE(parimap::detail::display_width("走る") == 4);
    REQUIRE(parimap::detail::display_width("✅⏳🚀") == 6);
    REQUIRE(parimap::detail::display_width("\U00016FE0\U00018D08") == 4);  // Tangut, from its iteration mark to its supplement
    REQUIRE(parimap::detail::display_width("é█▏✓") == 4);
    REQUIRE(parimap::detail::display_width("\x1b[38;2;0;1;2mred\x1b[0m") == 3);
    REQUIRE(parimap::detail::display_width("\xff\xc3") == 2);  // no UTF-8
    REQUIRE(parimap::detail::trimmed("走る", 3) == "走");
}

TEST_CASE("format_progress: what is no UTF-8 counts as bytes, and angle brackets of old as wide") {
    using parimap::detail::display_width;
    REQUIRE(display_width("\u2329\u232A") == 4);
    REQUIRE(display_width("\xc0\xaf") == 2);          // too long for a slash
    REQUIRE(display_width("\xe0\x80\xaf") == 3);      // even longer
    REQUIRE(display_width("\xf0\x82\x82\xac") == 4);  // a longer euro
    REQUIRE(display_width("\xed\xa0\x80") == 3);      // half of a surrogate pair
    REQUIRE(display_width("\xf4\x90\x80\x80") == 4);  // past the last character
    REQUIRE(display_width("\xf4\x8f\xbf\xbf") == 1);  // the last one
    REQUIRE(display_width("\xe2\x82\xac") == 1);      // the euro as it is written
}

TEST_CASE("format_progress: no control character of either kind breaks a line") {
    using parimap::detail::on_one_line;
    REQUIRE(on_one_line("a\nb\rc\td\x7f.") == "a b c d .");
    REQUIRE(on_one_line("new\u0085line \u009B2J \u0084.") == "new line  2J  .");
    REQUIRE(on_one_line("\u00A0\u00E9") == "\u00A0\u00E9");  // no controls
    REQUIRE(on_one_line("\x1b[31mred\x1b[2J") == " [31mred [2J");
    REQUIRE(on_one_line("\x1b[31mred\x1b[2J", true) == "\x1b[31mred [2J");
    REQUIRE(on_one_line("\x1b[3\nx", true) == " [3 x");
}

TEST_CASE("format_progress: a width without limit makes a line that can be held") {
    progress_snapshot s = half_done();
    for (const std::string form : {"", "{bar}", "{l_bar}{bar:-10}{r_bar}", "{bar:9999}{bar:9999}"}) {
        s.bar_format = form;
        for (const std::size_t width : {std::size_t(-1), std::size_t(-2), std::size_t{1} << 40}) {
            s.width = width;
            CAPTURE(form, width);
            const std::string line = format_progress(s);
            REQUIRE(parimap::detail::display_width(line) <= parimap::detail::widest_line);
            REQUIRE(line.size() < 100'000);
        }
    }
}

TEST_CASE("format_progress: rates are scaled as the counts are, and times by thousands") {
    progress_snapshot s = half_done();
    s.unit = "B";
    s.unit_scale = true;
    s.unit_divisor = 1024;
    s.rate = 2048;
    REQUIRE(format_progress(s).find(" 2.00kB/s]") != std::string::npos);
    s.rate = 1.0 / 3000;
    REQUIRE(format_progress(s).find(" 3.00ks/B]") != std::string::npos);
}

TEST_CASE("format_progress: says which items failed and which still run") {
    progress_snapshot s = half_done();
    s.failed = 2;
    REQUIRE(format_progress(s) == "scan:  50%|█████     | 50/100 [00:10<00:10,  5.00it/s, 2 failed]");
    s.failed = 0;
    s.running = 3;
    s.oldest_item = 47;
    s.oldest_age = 0.5;  // too young to be worth a word
    REQUIRE(format_progress(s) == "scan:  50%|█████     | 50/100 [00:10<00:10,  5.00it/s]");
    s.oldest_age = 83;
    REQUIRE(format_progress(s) == "scan:  50%|█████     | 50/100 [00:10<00:10,  5.00it/s, 3 running, #47 for 01:23]");
}

TEST_CASE("format_progress: an unknown field or specification is an error that names it") {
    progress_snapshot s = half_done();
    for (const char* const wrong : {"{nonsense}", "{n", "{n:x}", "{desc:d}", "{bar:long}", "{n:>>>}", "{n:99999}"}) {
        s.bar_format = wrong;
        CAPTURE(wrong);
        REQUIRE_THROWS_AS(format_progress(s), std::invalid_argument);
    }
    s.bar_format = "{nonsense}";
    std::string message;
    try {
        (void)format_progress(s);
    } catch (const std::invalid_argument& e) {
        message = e.what();
    }
    REQUIRE(message.find("'nonsense'") != std::string::npos);
    REQUIRE(message.find("{desc}") != std::string::npos);
}

TEST_CASE("format_progress: the time of the end follows the clock it is given") {
    progress_snapshot s = half_done();
    s.bar_format = "{eta:%S}";
    s.now = std::chrono::system_clock::time_point(std::chrono::seconds(1'000'000'005));  // a whole minute and 45 s
    REQUIRE(format_progress(s) == "55");
    s.rate = 0;
    REQUIRE(format_progress(s) == "?");
}
