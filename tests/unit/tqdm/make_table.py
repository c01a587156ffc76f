#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes table.hpp beside it: what tqdm's own format_meter shows for many states of a bar.

    sudo apt-get install python3-tqdm && tests/unit/tqdm/make_table.py

format_progress must show the same. Where the two differ on purpose, the state is not in the table: without a total,
tqdm puts a second colon behind a description that ends in one; what is not known it calls None in some fields, and ? in
others. And tqdm scales a rate by thousands whatever the unit's divisor; the table has it scaled as the counts are.
"""
import itertools
import json
import pathlib

import tqdm
from tqdm.std import tqdm as bar

WIDE = "走る"          # two columns a character
FIELDS = ("{l_bar}|{bar}|{r_bar}", "{desc}: {percentage:.1f}% {n}/{total}", "{n_fmt:>8}/{total_fmt:<8}|{bar:20}|{rate_fmt}",
          "{elapsed}<{remaining} {bar:-10b}|", "{bar:12a} {postfix}", "{percentage:3.0f}%|{bar}| {rate_noinv_fmt} {rate_inv_fmt}",
          "{desc:^12}|{elapsed_s:08.3f}|{remaining_s:.2f}", "{{{n}}} {unit} {unit_divisor}", "{bar}", "{l_bar}{bar:-30}{r_bar}")


def states():
    plain = dict(prefix="", unit="it", unit_scale=False, unit_divisor=1000, postfix=None, initial=0, rate=None, ncols=None,
                 ascii=False, bar_format=None, colour=None)
    counts = [(0, 100), (1, 100), (42, 100), (99, 100), (100, 100), (101, 100), (7, None), (0, None), (0, 0), (1, 3),
              (999_499, 1_000_000), (123_456_789, 9_876_543_210)]
    for (n, total), elapsed in itertools.product(counts, (0, 0.25, 7.5, 3599.9, 3600, 360_000)):
        yield n, total, elapsed, plain
    for (n, total), ncols in itertools.product(counts, (0, 1, 10, 30, 60, 80, 200)):
        yield n, total, 12.5, plain | dict(ncols=ncols)
        yield n, total, 12.5, plain | dict(ncols=ncols, ascii=True, prefix="scan")
    for scale, divisor in ((True, 1000), (True, 1024)):
        for n in (0, 1, 9, 9.9949, 99, 999, 1000, 9_995, 99_950, 999_499, 999_500, 10**9, 10**15):
            if n == int(n):
                yield int(n), 10**16, 10, plain | dict(unit="B", unit_scale=scale, unit_divisor=divisor)
                yield int(n), None, 10, plain | dict(unit="B", unit_scale=scale, unit_divisor=divisor)
    for prefix, postfix in itertools.product(("", "scan", "scan: ", WIDE), (None, "", "loss=0.5", WIDE)):
        for ncols in (None, 40, 70):
            yield 30, 64, 5, plain | dict(prefix=prefix, postfix=postfix, ncols=ncols)
            if not prefix.endswith(": "):
                yield 30, None, 5, plain | dict(prefix=prefix, postfix=postfix, ncols=ncols)
    for initial, rate in itertools.product((0, 20), (None, 0.0, 0.013, 0.999, 1.0, 1.001, 12345.678)):
        yield 30, 64, 5, plain | dict(initial=initial, rate=rate)
        yield 30, 64, 5, plain | dict(initial=initial, rate=rate, unit_scale=True)
    for colour in ("red", "GREEN", "#00ff7F"):
        yield 30, 64, 5, plain | dict(colour=colour, ncols=60)
    for share in range(0, 101):
        yield share, 100, 1, plain | dict(ncols=40)
    for form, (n, total), ncols in itertools.product(FIELDS, ((0, 100), (42, 100), (100, 100)), (None, 60)):
        yield n, total, 12.5, plain | dict(bar_format=form, ncols=ncols, prefix="scan", postfix="x=1")
        yield n, total, 12.5, plain | dict(bar_format=form, ncols=ncols)
    for form in ("{desc}{n_fmt}{unit} {bar:5}|", "{l_bar}{bar}| {elapsed}"):
        yield 42, None, 12.5, plain | dict(bar_format=form, ncols=50, prefix="scan")


def literal(text):
    """A C++ string literal. JSON's escapes are C++'s; what is not ASCII stays as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\\u001b", "\\x1b\" \"")


def optional(value):
    return "{}" if value is None else repr(value)


def format_meter(n, total, elapsed, options):
    """tqdm's, with rates that honour the divisor. (The times of the states with another than 1000 are too short to be scaled.)"""
    format_sizeof = bar.format_sizeof
    bar.format_sizeof = staticmethod(lambda number, suffix="", divisor=1000: format_sizeof(number, suffix, options["unit_divisor"]))
    try:
        return bar.format_meter(n, total, elapsed, **options)
    finally:
        bar.format_sizeof = staticmethod(format_sizeof)


def main():
    rows = []
    for n, total, elapsed, options in states():
        line = format_meter(n, total, elapsed, options)
        rows.append("    {%d, %s, %r, %s, %s, %s, %s, %r, %d, %s, %s, %s, %s, %s,\n     %s},\n" % (
            n, optional(total), float(elapsed), literal(options["prefix"]), literal(options["postfix"] or ""),
            literal(options["unit"]), str(options["unit_scale"]).lower(), float(options["unit_divisor"]), options["initial"],
            optional(options["rate"]), optional(options["ncols"]), str(options["ascii"]).lower(),
            literal(options["bar_format"] or ""), literal(options["colour"] or ""), literal(line)))
    path = pathlib.Path(__file__).with_name("table.hpp")
    path.write_text("""// SPDX-License-Identifier: MIT
// Generated by make_table.py from tqdm %s: states of a bar, and what its format_meter shows for them.
#ifndef PARIMAP_TESTS_UNIT_TQDM_TABLE_HPP
#define PARIMAP_TESTS_UNIT_TQDM_TABLE_HPP

#include <cstdint>
#include <optional>

namespace parimap_test {

struct tqdm_row {
    std::uint64_t n;
    std::optional<std::uint64_t> total;
    double elapsed;
    const char* description;
    const char* postfix;
    const char* unit;
    bool unit_scale;
    double unit_divisor;
    std::uint64_t initial;
    std::optional<double> rate;
    std::optional<std::size_t> width;
    bool ascii;
    const char* bar_format;
    const char* colour;
    const char* line;
};

inline const tqdm_row tqdm_table[] = {
%s};

}  // namespace parimap_test

#endif
""" % (tqdm.__version__, "".join(rows)), encoding="utf-8")
    print(len(rows), "rows in", path)


if __name__ == "__main__":
    main()
