# SPDX-License-Identifier: MIT
"""What the benchmarks in Python share: the arguments of Google Benchmark that run.py uses, and JSON of the same form."""

import argparse
import json
import re
import sys


def run(description, workloads, measure):
    """workloads: what measure(name, *workload) takes, by the benchmark's name."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--benchmark_list_tests", action="store_true")
    parser.add_argument("--benchmark_filter", default="")
    parser.add_argument("--benchmark_out")
    parser.add_argument("--benchmark_min_time", help="ignored: every workload runs once")
    arguments = parser.parse_args()

    chosen = {name: workload for name, workload in workloads.items() if re.search(arguments.benchmark_filter, name)}
    if arguments.benchmark_list_tests:
        print("\n".join(chosen))
        return
    results = [measure(name, *workload) for name, workload in chosen.items()]
    with open(arguments.benchmark_out, "w") if arguments.benchmark_out else sys.stdout as out:
        json.dump({"benchmarks": results}, out, indent=2)
