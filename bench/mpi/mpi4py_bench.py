#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mpi4py.futures on the workloads of bench_mpi where that makes sense, under `mpirun -n 2 python3 -m mpi4py.futures`. Takes the
arguments of Google Benchmark that run.py uses, and writes JSON of the same form."""

import argparse
import json
import re
import sys
import time

import mpi4py.futures

# Name of the group: (chunk size, number of items)
WORKLOADS = {f"openmpi_{order}/{name}": (order, *sizes) for order in ("ordered", "unordered")
             for name, sizes in (("batch_1", (1, 2_000)), ("batch_64", (64, 20_000)))}


def same(x):
    return x


def measure(name, order, chunk, count):
    with mpi4py.futures.MPIPoolExecutor() as pool:
        list(pool.map(same, range(100)))    # the workers have started
        start = time.perf_counter()
        answer = sum(pool.map(same, range(count), chunksize=chunk, unordered=order == "unordered"))
        seconds = time.perf_counter() - start
    return {"name": name, "run_type": "iteration", "iterations": 1, "real_time": seconds * 1e6, "time_unit": "us",
            "items": count, "error_occurred": answer != sum(range(count))}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--benchmark_list_tests", action="store_true")
    parser.add_argument("--benchmark_filter", default="")
    parser.add_argument("--benchmark_out")
    parser.add_argument("--benchmark_min_time", help="ignored: every workload runs once")
    arguments = parser.parse_args()

    names = {f"{group}/mpi4py-futures/2": workload for group, workload in WORKLOADS.items()}
    chosen = {name: workload for name, workload in names.items() if re.search(arguments.benchmark_filter, name)}
    if arguments.benchmark_list_tests:
        print("\n".join(chosen))
        return
    results = [measure(name, *workload) for name, workload in chosen.items()]
    with open(arguments.benchmark_out, "w") if arguments.benchmark_out else sys.stdout as out:
        json.dump({"benchmarks": results}, out, indent=2)


if __name__ == "__main__":
    main()
