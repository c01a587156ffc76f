#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the report of what run.py wrote: one page with its pictures, and the table of targets as Markdown."""

import argparse
import base64
import collections
import html
import io
import json
import pathlib
import statistics
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.colors  # noqa: E402  (the backend is to be chosen first)
import matplotlib.pyplot as plt  # noqa: E402

UNITS = {"ns": 1e-3, "us": 1.0, "ms": 1e3, "s": 1e6}
COSTS_NS = {"0": 0, "100ns": 100, "1us": 1e3, "10us": 1e4, "100us": 1e5, "1ms": 1e6}
STREAMS = ("stream_ordered", "stream_unordered")
SIZES = {"20k": 2e4, "200k": 2e5, "2M": 2e6, "10M": 1e7}
RANKS = ("openmpi_", "mpich_")
SKEWS = ("skew_map", "skew_ordered", "skew_unordered")


# --- The measurements -------------------------------------------------------------------------------------------------

def is_over_ranks(group):
    return group.startswith(RANKS)


class Measured:
    """What was measured, found by group, contender and number of workers."""

    def __init__(self, report):
        self.context = report["context"]
        self.cpus = self.context["cpus"]
        self.rounds = collections.defaultdict(dict)    # (group, contender, workers): {round: run}
        for run in report["runs"]:
            if run.get("error_occurred") or run.get("run_type") == "aggregate":
                continue
            workload, parameter, contender, workers = run["name"].split("/")[:4]
            self.rounds[f"{workload}/{parameter}", contender, int(workers)][run["round"]] = run

    def groups(self, workload):
        return list(dict.fromkeys(g for g, _, _ in self.rounds if g.split("/")[0] == workload))

    def contenders(self, group, workers=None):
        """Those of a group, parimap first; serial has one worker and is always meant."""
        found = {c for g, c, w in self.rounds if g == group and (workers is None or w == workers or c == "serial")}
        return sorted(found, key=lambda c: (not c.startswith("parimap"), c == "serial", c))

    def workers(self, contender):
        return 1 if contender == "serial" else self.cpus

    def values(self, group, contender, workers=None, what="real_time"):
        """{round: value}; times in microseconds."""
        runs = self.rounds.get((group, contender, workers or self.workers(contender)))
        if runs is None:    # between ranks there are two workers, however many CPUs there are
            runs = self.rounds.get((group, contender, 2), {}) if is_over_ranks(group) else {}
        scale = (lambda run: UNITS[run["time_unit"]]) if what == "real_time" else (lambda run: 1.0)
        return {number: run[what] * scale(run) for number, run in runs.items() if what in run}

    def median(self, group, contender, workers=None, what="real_time"):
        values = self.values(group, contender, workers, what)
        return statistics.median(values.values()) if values else None

    def per_item(self, group, contender, workers=None):
        """{round: nanoseconds for an item}"""
        times = self.values(group, contender, workers)
        counts = self.values(group, contender, workers, "items")
        return {number: times[number] * 1e3 / counts[number] for number in times if number in counts}

    def ratio(self, group, contender, other):
        """How many times as long as the other an item takes: the median of the ratios within a round."""
        mine, theirs = self.per_item(group, contender), self.per_item(group, other)
        ratios = [mine[number] / theirs[number] for number in mine if number in theirs]
        return statistics.median(ratios) if ratios else None

    def ideal_share(self, group, contender):
        """1.0: as if the serial loop's work were spread over the CPUs at no cost."""
        ratio = self.ratio(group, contender, "serial")
        return None if ratio is None else 1 / (ratio * (2 if is_over_ranks(group) else self.cpus))

    def backends(self):
        # Variants, which have a plus in their names, stand in the columns of their backends.
        names = {c.split("+")[0] for _, c, _ in self.rounds if c.startswith("parimap-")}
        # Where only the compiler was measured, one column holds its rows.
        return sorted(names, key=lambda c: ("threads" not in c, c)) or ["parimap"]


# --- Targets ----------------------------------------------------------------------------------------------------------

class Target:
    """A value is compared with a limit; worst says which of several is shown."""

    def __init__(self, text, sign, limit, measure, digits=2):
        self.text, self.sign, self.limit, self.measure, self.digits = text, sign, limit, measure, digits

    def value(self, measured, contender):
        values = [v for v in self.measure(measured, contender) if v is not None]
        if not values:
            return None
        return max(values) if self.sign == "≤" else min(values)

    def is_met(self, value):
        # As it is shown: 0.947 is shown as 0.95, and is 0.95 enough.
        shown = round(value, self.digits)
        return shown <= self.limit if self.sign == "≤" else shown >= self.limit

    def show(self, value):
        return f"{value:,.{self.digits}f}"


def both(parameter):
    return [f"{stream}/{parameter}" for stream in STREAMS]


def times_as_long(groups, other):
    return lambda m, c: [m.ratio(group, c, other) for group in groups(m)]


def times_as_fast(groups, other):
    return lambda m, c: [1 / r for group in groups(m) if (r := m.ratio(group, c, other))]


def share_of_ideal(groups):
    return lambda m, c: [m.ideal_share(group, c) for group in groups(m)]


def over_ideal(groups):
    return lambda m, c: [1 / s for group in groups(m) if (s := m.ideal_share(group, c))]


def best_ratio(groups, others):
    """How many times as long as the best of the others."""
    return lambda m, c: [max((r for o in others if (r := m.ratio(group, c, o)) is not None), default=None)
                         for group in groups(m)]


def over_one_worker(groups):
    """How many times as long on all CPUs as on one."""
    def of(m, c):
        pairs = [(m.per_item(group, c), m.per_item(group, c, 1)) for group in groups(m)]
        return [statistics.median(mine[n] / theirs[n] for n in mine) for mine, theirs in pairs
                if mine and mine.keys() == theirs.keys()]
    return of


def of_variants(measure, *variants):
    """The same of a backend's variants, such as +unseq; an empty one is the backend without permission."""
    return lambda m, c: [value for variant in variants for value in measure(m, c + variant)]


def medians(groups, what, scale=1.0):
    def of(m, c):
        found = [next((m.median(group, c, w, what) for g, o, w in m.rounds if g == group and o == c), None)
                 for group in groups(m)]
        return [value * scale for value in found if value is not None]
    return of


def allocations_per_item(m, c):
    found = medians(lambda m: m.groups("memory"), "allocations_after_first_million")(m, c)
    items = medians(lambda m: m.groups("memory"), "items")(m, c)
    return [count / of for count, of in zip(found, items)]


def ns_per_item(groups):
    return lambda m, c: [statistics.median(v.values()) for group in groups(m) if (v := m.per_item(group, c))]


def compile_times(m, level, name):
    """{round: seconds of user CPU time}"""
    return m.values(f"compile/{level}", name, 1, "user_s")


def compile_ratio(name, other, *levels):
    def of(m, _):
        pairs = [(compile_times(m, level, name), compile_times(m, level, other)) for level in levels]
        return [statistics.median(mine[n] / theirs[n] for n in mine) for mine, theirs in pairs if mine and theirs]
    return of


def seconds_per_further_call(*names):
    def of(m, _):
        pairs = [(compile_times(m, "O2", name), compile_times(m, "O2", f"{name}_nine")) for name in names]
        return [statistics.median((nine[n] - one[n]) / 8 for n in nine) for one, nine in pairs if nine]
    return of


def program_kilobytes(m, _):
    return [v / 1000 for v in m.values("size/O2", "one_stream", 1, "bytes").values()]


def small_groups(m):
    return [group for group in m.groups("small") if group != "small/1000"]


def all_of(*names):
    return lambda m: [group for name in names for group in m.groups(name)]


def at_least_10us(m):
    return [group for stream in STREAMS for group in m.groups(stream) if COSTS_NS[group.split("/")[1]] >= 1e4]


def over_ranks(*parameters):
    return lambda m: [group for group in dict.fromkeys(g for g, _, _ in m.rounds)
                      if is_over_ranks(group) and group.split("/")[1] in parameters]


def large(*names):
    return lambda m: [group for group in all_of(*names)(m) if not group.endswith("_20k")]


def tiny(*names):
    return lambda m: [group for group in all_of(*names)(m) if group.endswith("_20k")]


PIPELINE = "tbb-pipeline"
FORS = ("omp-for", "tbb-for")
PERMITTED = ("+unseq", "+noexcept")


def vector_targets(suffix, flags):
    """Those of the rows over vectors, which are compiled twice."""
    maps, reductions = (f"vector_map{suffix}", f"vector_for_each{suffix}"), (f"vector_reduce{suffix}",)
    return [
        Target(f"maps and loops over 200,000 numbers and more{flags}, with unseq and noexcept: times as long as the best of "
               "omp and tbb", "≤", 1.10, of_variants(best_ratio(large(*maps), FORS), *PERMITTED)),
        Target("the same over 20,000", "≤", 1.25, of_variants(best_ratio(tiny(*maps), FORS), *PERMITTED)),
        Target("the same over 20,000 and more: times as long as the serial loop", "≤", 1.0,
               of_variants(times_as_long(all_of(*maps), "serial"), *PERMITTED)),
        Target(f"reductions of 200,000 numbers and more{flags}, with unseq: times as long as the best of omp and "
               "tbb::parallel_deterministic_reduce", "≤", 1.15,
               of_variants(best_ratio(large(*reductions), ("omp-for", "tbb-deterministic")), "+unseq")),
        Target("the same without permission: times as long as tbb::parallel_deterministic_reduce", "≤", 1.30,
               times_as_long(large(*reductions), "tbb-deterministic")),
    ]


TARGETS = [
    Target("empty items, streams: ns an item", "≤", 15, ns_per_item(lambda m: both("0")), 1),
    Target("empty items, ordered stream with unseq: ns an item", "≤", 5,
           of_variants(ns_per_item(lambda m: ["stream_ordered/0"]), "+unseq"), 1),
    Target("empty items, streams: times as long as tbb::parallel_pipeline", "≤", 0.20,
           times_as_long(lambda m: both("0"), PIPELINE)),
    Target("100 ns items, streams: times as fast as tbb::parallel_pipeline", "≥", 2.0,
           times_as_fast(lambda m: both("100ns"), PIPELINE)),
    Target("100 ns items, streams: share of the ideal throughput", "≥", 0.80,
           share_of_ideal(lambda m: both("100ns"))),
    Target("1 us items, streams: share of the ideal throughput", "≥", 0.90, share_of_ideal(lambda m: both("1us"))),
    Target("10 us items and longer, streams: share of the ideal throughput", "≥", 0.95,
           share_of_ideal(at_least_10us)),
    Target("all streams: times as long as tbb::parallel_pipeline", "≤", 1.0,
           times_as_long(all_of(*STREAMS, "zip_ordered", "strings_ordered"), PIPELINE)),
    Target("map of 10 million squares into a warm vector: times as long as the best of omp and tbb", "≤", 1.15,
           best_ratio(lambda m: ["map/warm"], FORS)),
    Target("the same into a fresh vector: times as long as a vector filled by tbb::parallel_for", "≤", 0.60,
           times_as_long(lambda m: ["map/fresh"], "tbb-for")),
    Target("uneven items: times as long as the ideal", "≤", 1.15, over_ideal(all_of(*SKEWS))),
    Target("waiting consumer: p99 of the delay, us", "≤", 100, medians(all_of("latency"), "p99_us"), 0),
    Target("map of 2 to 100 empty items: us a call", "≤", 10, medians(small_groups, "real_time"), 1),
    Target("map of 2 empty items, with unseq: us a call", "≤", 0.4,
           of_variants(medians(lambda m: ["small/2"], "real_time"), "+unseq")),
    Target("the same without", "≤", 0.7, medians(lambda m: ["small/2"], "real_time")),
    Target("map of 100 empty items, with unseq: us a call", "≤", 0.8,
           of_variants(medians(lambda m: ["small/100"], "real_time"), "+unseq")),
    Target("the same without", "≤", 1.5, medians(lambda m: ["small/100"], "real_time")),
    Target("map of 1,000 empty items, with unseq and without: us a call", "≤", 2.0,
           of_variants(medians(lambda m: ["small/1000"], "real_time"), "+unseq", "")),
    Target("sum of 1,000 numbers, with unseq and without: us a call", "≤", 2.0,
           of_variants(medians(lambda m: ["small_reduce/1000"], "real_time"), "+unseq", "")),
    Target("map of 2 inside an item: us a call", "≤", 0.25,
           lambda m, c: [ns / 1e3 for ns in ns_per_item(lambda m: ["nested_call/2"])(m, c)]),
    Target("100,000 jobs by submit: ns a job", "≤", 400, ns_per_item(lambda m: ["submit/100k"]), 0),
    Target("calls over 2,000 items in a row, with unseq and without: times as long on all CPUs as on one", "≤", 1.05,
           of_variants(over_one_worker(all_of("calls")), "+unseq", "")),
    Target("300,000 strings: times as long as omp", "≤", 1.20, times_as_long(all_of("strings_map"), "omp-for")),
    Target("sweeps over 1024 x 1024 numbers, with unseq and without: times as long as omp", "≤", 1.10,
           of_variants(times_as_long(lambda m: ["stencil/1024"], "omp-for"), "+unseq", "")),
    Target("the same over 256 x 256", "≤", 2.0,
           of_variants(times_as_long(lambda m: ["stencil/256"], "omp-for"), "+unseq", "")),
    *vector_targets("", ""),
    *vector_targets("_native", " at -march=native"),
    Target("64 workers on items that sleep: share of 64 times the speed", "≥", 0.95,
           medians(all_of("blocking"), "speedup", 1 / 64)),
    Target("between two ranks, batches of 1 in a window of 4: times as long as a message there and back", "≤", 1.5,
           times_as_long(over_ranks("batch_1"), "ping-pong")),
    Target("the same, batches of 64", "≤", 0.15, times_as_long(over_ranks("batch_64"), "ping-pong")),
    Target("the same, empty items", "≤", 0.10, times_as_long(over_ranks("empty"), "ping-pong")),
    Target("the same, items of 100 us and 1 ms: share of the ideal throughput", "≥", 0.95,
           share_of_ideal(over_ranks("100us", "1ms"))),
    Target("batches of 1 and 64: times as long as mpi4py.futures", "≤", 0.02,
           times_as_long(over_ranks("batch_1", "batch_64"), "mpi4py-futures")),
    Target("long stream: allocations an item after the first million", "≤", 0, allocations_per_item, 3),
    Target("long stream: growth of the peak memory after the first million items, KiB", "≤", 256,
           medians(all_of("memory"), "peak_growth_kib"), 0),
    Target("idle pool: CPU time in a second, us", "≤", 1000, medians(all_of("idle"), "real_time"), 0),
    Target("pool of 8 workers created and destroyed, us", "≤", 1000, medians(all_of("pool"), "real_time"), 0),
    Target("progress bar on a stream of 1 us items: times as long as without", "≤", 1.01,
           medians(lambda m: ["watched/bar"], "ratio"), 3),
    Target("report of the same: times as long as without", "≤", 1.02,
           medians(lambda m: ["watched/report"], "ratio"), 3),
    Target("compiling one ordered_imap, -O2: times as long as the zip header of range-v3", "≤", 2.0,
           compile_ratio("ordered_imap", "zip_header", "O2")),
    Target("the same at -O0", "≤", 2.0, compile_ratio("ordered_imap", "zip_header", "O0")),
    Target("compiling one ordered_imap, -O2 and -O0: times as long as the same by BS::thread_pool", "≤", 1.0,
           compile_ratio("ordered_imap", "bs_thread_pool", "O2", "O0")),
    Target("the same, by boost::asio::thread_pool", "≤", 1.0,
           compile_ratio("ordered_imap", "boost_asio", "O2", "O0")),
    Target("the same, by tbb::parallel_pipeline", "≤", 1.0,
           compile_ratio("ordered_imap", "tbb_pipeline", "O2", "O0")),
    Target("compiling one parallel_map, -O2: times as long as the zip header of range-v3", "≤", 1.8,
           compile_ratio("parallel_map", "zip_header", "O2")),
    Target("the same at -O0", "≤", 1.8, compile_ratio("parallel_map", "zip_header", "O0")),
    Target("compiling each further call with another function and type, -O2: s", "≤", 0.15,
           seconds_per_further_call("ordered_imap", "parallel_map")),
    Target("compiling one ordered_imap header-only, -O2: times as long as the zip header of range-v3", "≤", 3.5,
           compile_ratio("header_only", "zip_header", "O2")),
    Target("stripped program with one ordered_imap, -O2: kB", "≤", 45, program_kilobytes, 1),
]


def cell(target, value):
    if value is None:
        return "-", ""
    met = target.is_met(value)
    return target.show(value) + ("" if met else " ✗"), "pass" if met else "fail"


def target_rows(measured):
    for target in TARGETS:
        limit = f"{target.sign} {target.limit:g}"
        yield target.text, limit, [cell(target, target.value(measured, c)) for c in measured.backends()]


def markdown_table(measured):
    names = [c.removeprefix("parimap-") for c in measured.backends()]
    lines = ["| | target | " + " | ".join(names) + " |", "|---|---|" + "---|" * len(names)]
    for text, limit, cells in target_rows(measured):
        lines.append(f"| {text} | {limit} | " + " | ".join(shown for shown, _ in cells) + " |")
    return "\n".join(lines)


def machine(context):
    kind = "virtual machine" if context["virtual"] else "machine"
    return f"{context['cpus']}-CPU {kind}, {context['cpu_model']}"


# --- Pictures ---------------------------------------------------------------------------------------------------------

COLOURS = {"parimap-threads": "#d62728", "parimap-openmp": "#ff7f0e", "parimap-tbb": "#8c1c4b", "serial": "#444444",
           "tbb-pipeline": "#1f77b4", "tbb-flow-graph": "#17becf", "tbb-for": "#1f77b4", "omp-for": "#2ca02c",
           "tbb-deterministic": "#17becf", "tbb-tasks": "#17becf", "omp-tasks": "#98df8a", "omp-ordered": "#2ca02c",
           "std-async": "#9467bd", "boost-asio": "#7f7f7f", "python-multiprocessing": "#e377c2"}


def colour(contender):
    """That of its backend for a variant, but paler."""
    plain, *variant = contender.split("+")
    return matplotlib.colors.to_rgba(COLOURS.get(plain, "#bcbd22"), 0.5 if variant else 1)


def stream_picture(measured, workload):
    """Nanoseconds an item against its cost, both logarithmic; empty items stand where 10 ns would."""
    groups = sorted(measured.groups(workload), key=lambda g: COSTS_NS[g.split("/")[1]])
    if not groups:
        return None
    figure, axes = plt.subplots(figsize=(9, 6))
    place = {group: max(COSTS_NS[group.split("/")[1]], 10) for group in groups}
    for contender in dict.fromkeys(c for group in groups for c in measured.contenders(group, measured.cpus)):
        points = [(place[g], statistics.median(v.values())) for g in groups if (v := measured.per_item(g, contender))]
        thick = contender.startswith("parimap")
        axes.plot(*zip(*points), marker="o", label=contender, color=colour(contender), linewidth=2.2 if thick else 1.2)
    ideal = [(place[g], statistics.median(v.values()) / measured.cpus) for g in groups
             if (v := measured.per_item(g, "serial"))]
    if ideal:
        axes.plot(*zip(*ideal), "k--", label=f"ideal: serial / {measured.cpus}", linewidth=1)
    axes.set(xscale="log", yscale="log", xlabel="cost of an item", ylabel="ns an item",
             title=workload.replace("_", ", "))
    axes.set_xticks(list(place.values()), [group.split("/")[1] for group in groups])
    axes.grid(True, which="both", alpha=0.25)
    axes.legend(fontsize=8)
    return figure


def short(value):
    """Four digits that matter, without exponents."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def bar_picture(measured, workload, what="real_time", unit="us", workers=None):
    """One row of bars for each parameter. Where they differ much, the scale is logarithmic."""
    groups = measured.groups(workload)
    rows = []
    for group in groups:
        bars = [(c, v) for c in measured.contenders(group)
                if (v := measured.median(group, c, workers or measured.workers(c), what)) is not None]
        if bars:
            rows.append((group, bars))
    if not rows:
        return None
    height = sum(len(bars) for _, bars in rows) * 0.24 + len(rows) * 0.75
    figure, all_axes = plt.subplots(len(rows), 1, figsize=(9, height), squeeze=False,
                                    height_ratios=[len(bars) + 1 for _, bars in rows])
    for axes, (group, bars) in zip(all_axes[:, 0], rows):
        names, values = zip(*bars)
        drawn = axes.barh(names, values, color=[colour(name) for name in names])
        axes.bar_label(drawn, labels=[short(value) for value in values], fontsize=7, padding=2)
        positive = [value for value in values if value > 0]
        if positive and max(positive) > 30 * min(positive):
            axes.set_xscale("log")
        serial = measured.median(group, "serial") if what == "real_time" else None
        if serial and workload in SKEWS:
            axes.axvline(serial / measured.cpus, color="k", linestyle="--", linewidth=1)
        axes.set_title(f"{group} ({unit})", fontsize=9, loc="left")
        axes.tick_params(labelsize=8)
        axes.invert_yaxis()
        axes.margins(x=0.12)
    figure.tight_layout()
    return figure


def vector_picture(measured, workload):
    """Nanoseconds an item against how many there are, for each function and type."""
    kinds = collections.defaultdict(list)
    for group in measured.groups(workload):
        kind, size = group.rsplit("_", 1)
        kinds[kind].append((SIZES[size], group))
    if not kinds:
        return None
    rows = (len(kinds) + 1) // 2
    figure, all_axes = plt.subplots(rows, 2, figsize=(11, 4.2 * rows), squeeze=False)
    for axes in all_axes.flat[len(kinds):]:
        axes.set_visible(False)
    for axes, (kind, places) in zip(all_axes.flat, kinds.items()):
        for contender in measured.contenders(places[0][1]):
            points = [(size, statistics.median(v.values())) for size, group in sorted(places)
                      if (v := measured.per_item(group, contender))]
            if points:
                style = {"unseq": "--", "noexcept": ":"}.get(contender.partition("+")[2], "-")
                axes.plot(*zip(*points), style, marker=".", label=contender, color=colour(contender))
        axes.set(xscale="log", yscale="log", title=kind, xlabel="items", ylabel="ns an item")
        axes.set_xticks(list(SIZES.values()), list(SIZES))
        axes.set_xticks([], minor=True)
        axes.grid(True, which="both", alpha=0.25)
    figure.tight_layout()
    figure.legend(*all_axes[0, 0].get_legend_handles_labels(), loc="upper center", bbox_to_anchor=(0.5, 0), ncol=4)
    return figure


def scaling_picture(measured):
    """Speed-up over the same contender's own single worker is flattery: all are compared with the serial loop."""
    groups = [g for g in ("stream_ordered/10us", "stream_unordered/10us", "map/warm") if measured.per_item(g, "serial")]
    if not groups:
        return None
    figure, all_axes = plt.subplots(1, len(groups), figsize=(4.5 * len(groups), 4), squeeze=False)
    for axes, group in zip(all_axes[0], groups):
        serial = statistics.median(measured.per_item(group, "serial").values())
        most = 1
        for contender in measured.contenders(group):
            workers = sorted(w for g, c, w in measured.rounds if g == group and c == contender)
            if contender == "serial" or len(workers) < 2:
                continue
            most = max(most, *workers)
            speed = [serial / statistics.median(measured.per_item(group, contender, w).values()) for w in workers]
            axes.plot(workers, speed, marker="o", label=contender, color=colour(contender))
        axes.plot([1, most], [1, most], "k--", linewidth=1, label="ideal")
        axes.set(title=group, xlabel="workers", ylabel="times as fast as the serial loop", xticks=range(1, most + 1))
        axes.grid(True, alpha=0.25)
        axes.legend(fontsize=7)
    figure.tight_layout()
    return figure


def pictures(measured):
    """(name, what it shows, figure)"""
    for workload in STREAMS:
        yield workload, "Time for an item against what it costs. Lower is better; none can be below the dashed line.", \
            stream_picture(measured, workload)
    yield "scaling", "More workers, up to the CPUs of this machine.", scaling_picture(measured)
    yield "map", "x*x for 10 million numbers, into a vector that is there and into a new one.", \
        bar_picture(measured, "map")
    for workload in SKEWS:
        yield workload, ("Eight items of 10 ms at the start, in the middle or at the end of 100,000 tiny ones, and "
                         "costs from a log-normal distribution. Dashed: the ideal."), bar_picture(measured, workload)
    yield "latency_p50", "From the end of an item of 1 ms to its arrival at the waiting consumer, median.", \
        bar_picture(measured, "latency", "p50_us")
    yield "latency_p99", "The same, 99th percentile.", bar_picture(measured, "latency", "p99_us")
    yield "small", "A whole map of a few empty items, on threads that are there.", bar_picture(measured, "small")
    yield "small_reduce", "The same for a sum of 1,000 numbers.", bar_picture(measured, "small_reduce")
    for suffix, flags in ("", ""), ("_native", " Compiled with -O3 -march=native."):
        yield f"vector_map{suffix}", f"Functions of numbers, into a vector that is there.{flags}", \
            vector_picture(measured, f"vector_map{suffix}")
        yield f"vector_for_each{suffix}", f"y += a*x, in place.{flags}", \
            vector_picture(measured, f"vector_for_each{suffix}")
        yield f"vector_reduce{suffix}", f"Sum, scalar product and maximum.{flags}", \
            vector_picture(measured, f"vector_reduce{suffix}")
    yield "stencil", "Sweeps over a square of numbers, one call each: the time of all.", bar_picture(measured, "stencil")
    yield "calls", "Thousands of calls in a row, over 2,000 items each: the time of all.", bar_picture(measured, "calls")
    yield "nested_call", "A binary tree, whose 4,095 nodes map 2 items each: the time of all.", \
        bar_picture(measured, "nested_call")
    yield "submit", "100,000 jobs one by one, and their futures: the time of all.", bar_picture(measured, "submit")
    yield "nested", "A sum of 1000 in each of 1000 items, on the same workers.", bar_picture(measured, "nested")
    yield "zip_map", "a*b+c for a million each, into a vector that is there.", bar_picture(measured, "zip_map")
    yield "zip_ordered", "The same as an ordered stream.", bar_picture(measured, "zip_ordered")
    yield "strings_map", "Items that allocate, into a new vector.", bar_picture(measured, "strings_map")
    yield "strings_ordered", "The same as an ordered stream.", bar_picture(measured, "strings_ordered")
    yield "blocking", "64 workers on items that sleep for 1 ms: how many times as fast as one after the other.", \
        bar_picture(measured, "blocking", "speedup", "times", 64)
    yield "pool", "Creating and destroying 8 workers.", bar_picture(measured, "pool", workers=8)
    yield "idle", "CPU time in a second without work, right after work.", bar_picture(measured, "idle")
    yield "watched", "A stream of 1 us items with a progress bar, and with a report: times as long as without.", \
        bar_picture(measured, "watched", "ratio", "times")
    yield "memory", "A stream of millions of empty items: the time of all. Its memory is in the table.", \
        bar_picture(measured, "memory")
    yield "compile", ("The user CPU time for a file with one call or nine, with the library compiled or all headers; "
                      "with the same stream by others; with the zip header of range-v3 alone."), \
        bar_picture(measured, "compile", "user_s", "s", 1)


# --- The page ---------------------------------------------------------------------------------------------------------

STYLE = """body { font: 15px/1.5 sans-serif; max-width: 62em; margin: 2em auto; padding: 0 1em; color: #222 }
table { border-collapse: collapse; margin: 1em 0 }
th, td { border: 1px solid #ccc; padding: .25em .7em; text-align: left }
td.number { text-align: right } td.pass { background: #e3f4e3 } td.fail { background: #fbdcdc }
img { max-width: 100% } h2 { margin-top: 2em } .note { color: #666 }"""


def html_table(head, rows):
    """Cells are texts, or pairs of a text and a class."""
    lines = ["<table><tr>" + "".join(f"<th>{html.escape(text)}</th>" for text in head) + "</tr>"]
    for row in rows:
        pairs = [one if isinstance(one, tuple) else (one, "") for one in row]
        lines.append("<tr>" + "".join(f'<td class="{kind}">{html.escape(text)}</td>' for text, kind in pairs) + "</tr>")
    return "\n".join(lines + ["</table>"])


def number_table(measured, workload):
    """The medians behind a picture: what a call takes, and an item of it."""
    rows = []
    for group, contender, workers in measured.rounds:
        if group.split("/")[0] != workload:
            continue
        each = measured.per_item(group, contender, workers)
        rows.append((group, contender, str(workers), (f"{measured.median(group, contender, workers):,.1f}", "number"),
                     (f"{statistics.median(each.values()):,.1f}" if each else "", "number"),
                     (str(len(measured.values(group, contender, workers))), "number")))
    return html_table(["workload", "contender", "workers", "us, median", "ns an item", "rounds"], rows)


def page(measured, report, images):
    context = measured.context
    backends = [c.removeprefix("parimap-") for c in measured.backends()]
    head = f"<meta charset='utf-8'><title>parimap: benchmarks</title><style>{STYLE}</style>"
    targets = [(text, limit, *cells) for text, limit, cells in target_rows(measured)]
    parts = [f"<!DOCTYPE html><html lang='en'>{head}",
             "<h1>parimap: benchmarks</h1>",
             f"<p>{html.escape(context['date'])}, {html.escape(machine(context))}</p>",
             "<p>Medians over rounds in which every contender ran every workload once. Ratios are medians of those "
             "within a round; where a target is about several workloads, the worst is shown. Answers are checked.</p>",
             "<h2>Targets</h2>",
             html_table(["", "target"] + backends, targets)]
    for name, text, image in images:
        parts += [f"<h2>{html.escape(name.replace('_', ', '))}</h2><p>{html.escape(text)}</p>",
                  f"<img alt='{html.escape(name)}' src='data:image/png;base64,{base64.b64encode(image).decode()}'>"]
    parts += ["<h2>Machine</h2>", html_table(["", ""], [
        ("machine", machine(context)), ("kernel", context["kernel"]), ("compiler", context["compiler"]),
        ("flags", context["flags"]), ("CPU time used by others meanwhile", f"{context['cpu_by_others']:.1%}"),
        *sorted(context["packages"].items())])]
    if report["too_slow"]:
        left_out = ", ".join(report["too_slow"])
        parts.append(f"<p>Left out, because a run took too long: {html.escape(left_out)}</p>")
    workloads = dict.fromkeys(name[0].split("/")[0] for name in measured.rounds if measured.values(*name))
    parts += ["<h2>All medians</h2>"]
    parts += [f"<details><summary>{html.escape(w)}</summary>{number_table(measured, w)}</details>" for w in workloads]
    return "\n".join(parts) + "\n</html>\n"


def save_pictures(measured, folder):
    """Writes the PNGs; (name, text, PNG) for the page."""
    images = []
    for name, text, figure in pictures(measured):
        if figure is None:
            continue
        data = io.BytesIO()
        figure.savefig(data, format="png", dpi=110, bbox_inches="tight")
        plt.close(figure)
        (folder / f"{name}.png").write_bytes(data.getvalue())
        images.append((name, text, data.getvalue()))
    return images


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=pathlib.Path, help="the JSON file that run.py wrote; the page goes beside it")
    arguments = parser.parse_args()
    report = json.loads(arguments.report.read_text())
    measured = Measured(report)
    folder = arguments.report.parent
    images = save_pictures(measured, folder)
    (folder / "report.html").write_text(page(measured, report, images))
    table = f"{measured.context['date']}, {machine(measured.context)}:\n\n{markdown_table(measured)}"
    (folder / "report.md").write_text(table + "\n")
    print(table)


if __name__ == "__main__":
    sys.exit(main())
