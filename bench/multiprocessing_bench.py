#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Python's multiprocessing.Pool on the workloads where that makes sense. Takes the arguments of Google Benchmark that
run.py uses, and writes JSON of the same form."""

import math
import multiprocessing
import os
import random
import time

import python_main

FACTOR = 6364136223846793005
SUMMAND = 1442695040888963407
MASK = 2**64 - 1


def work(x, steps):
    """The work of cost.hpp, step by step."""
    for _ in range(steps):
        x = (x * FACTOR + SUMMAND) & MASK
    return x


def foretold(x, steps):
    """What work() returns, found by squaring."""
    multiplier, offset, a, b = 1, 0, FACTOR, SUMMAND
    while steps:
        if steps & 1:
            multiplier, offset = multiplier * a & MASK, (offset * a + b) & MASK
        b, a = (a * b + b) & MASK, a * a & MASK
        steps >>= 1
    return (x * multiplier + offset) & MASK


def own_work(steps):
    return work(steps, steps)


def sleep_1ms(x):
    time.sleep(0.001)
    return x


def steps_per_us():
    """Python's own rate: an item costs as much time as in the other programs, in fewer steps."""
    rates = []
    for _ in range(9):
        start = time.perf_counter()
        work(1, 20_000)
        rates.append(20_000 / (time.perf_counter() - start) / 1e6)
    return sorted(rates)[len(rates) // 2]


def stream_items(rate, microseconds):
    return [max(1, round(rate * microseconds))] * int(80_000 / microseconds)


def eight_heavy(rate, before):
    items = [1] * 100_000
    items[before:before] = [round(rate * 10_000)] * 8
    return items


def log_normal(rate):
    source = random.Random(5)
    return [round(source.lognormvariate(math.log(5), 1.5) * rate) for _ in range(6_500)]


def workloads():
    """Name of the group: (items, function, how the pool is used, number of workers)."""
    rate = steps_per_us()
    cpus = len(os.sched_getaffinity(0))
    found = {}
    for way, order in (("imap", "ordered"), ("imap_unordered", "unordered")):
        for name, cost in (("10us", 10), ("100us", 100), ("1ms", 1000)):
            # Python leaves batches to its users. One that takes about 1 ms serves them well.
            found[f"stream_{order}/{name}"] = (stream_items(rate, cost), own_work, (way, 1000 // cost), cpus)
    makers = {"start": lambda: eight_heavy(rate, 0), "middle": lambda: eight_heavy(rate, 50_000),
              "end": lambda: eight_heavy(rate, 100_000), "lognormal": lambda: log_normal(rate)}
    for where, make in makers.items():
        found[f"skew_map/{where}"] = (make(), own_work, ("map", None), cpus)
        for way, order in (("imap", "ordered"), ("imap_unordered", "unordered")):
            found[f"skew_{order}/{where}"] = (make(), own_work, (way, 64), cpus)
    found["blocking/1ms"] = (list(range(3_200)), sleep_1ms, ("map", 1), 64)
    return found


def measure(name, items, function, use, workers):
    way, chunk = use
    right = sum(items) if function is sleep_1ms else sum(foretold(s, s) for s in items)
    with multiprocessing.Pool(workers) as pool:
        pool.map(abs, range(4 * workers), 1)    # the processes have started
        run = getattr(pool, way)
        start = time.perf_counter()
        answer = sum(run(function, items, chunk) if chunk else run(function, items))
        seconds = time.perf_counter() - start
    result = {"name": name, "run_type": "iteration", "iterations": 1, "real_time": seconds * 1e6, "time_unit": "us",
              "items": len(items), "error_occurred": answer != right}
    if function is sleep_1ms:
        start = time.perf_counter()
        for _ in range(30):
            sleep_1ms(0)
        result["speedup"] = (time.perf_counter() - start) / 30 * len(items) / seconds
    return result


if __name__ == "__main__":
    named = {f"{group}/python-multiprocessing/{workload[-1]}": workload for group, workload in workloads().items()}
    python_main.run(__doc__, named, measure)
