#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mpi4py.futures on the workloads of bench_mpi where that makes sense, under `mpirun -n 2 python3 -m mpi4py.futures`. Takes the
arguments of Google Benchmark that run.py uses, and writes JSON of the same form."""

import time

import mpi4py.futures

import python_main

# Name: (order, chunk size, number of items)
WORKLOADS = {f"openmpi_{order}/{name}/mpi4py-futures/2": (order, *sizes) for order in ("ordered", "unordered")
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


if __name__ == "__main__":
    python_main.run(__doc__, WORKLOADS, measure)
