#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the benchmarks in turns, and writes down every single result.

Round by round, and within a round workload by workload, every contender runs once for a short time. What disturbs the
machine for a while so disturbs all contenders alike, and the report compares what was measured in the same round."""

import argparse
import datetime
import importlib.util
import json
import os
import pathlib
import platform
import re
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
MIN_TIME = "0.02"       # seconds: most workloads run once after one run that does not count
TIMEOUT = 15            # seconds: a benchmark that takes longer is out
ONLY_OPTIMISED = ("ordered_imap_nine", "parallel_map_nine", "header_only")    # these have no target at -O0
QUICK_GROUPS = (r"^(stream_ordered/(0|100ns|1us|10us)|stream_unordered/(0|100ns|1us|10us)|map/.*|"
                r"skew_(map|ordered)/(start|lognormal)|latency/after_cheap|small/(2|100)|nested/.*|zip_.*|strings_.*|"
                r"blocking/.*|pool/.*|idle/.*|watched/.*|vector_map/square_double_200k|vector_for_each/.*_200k|"
                r"vector_reduce/sum_.*_200k|stencil/1024|openmpi_.*|calls/5ns.*|small_reduce/.*|nested_call/.*|submit/.*)/")
QUICK = QUICK_GROUPS + "(parimap-.*|serial|omp-for|tbb-for|tbb-pipeline|tbb-deterministic|tbb-tasks|ping-pong|mpi4py-futures)/"


def group_of(name):
    """workload/parameter of workload/parameter/contender/workers/..."""
    return "/".join(name.split("/")[:2])


def say(text):
    print(text, flush=True)


def output_of(command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def over_ranks(mpi, command):
    """Runs on two ranks that share the CPUs; nothing, where the launcher is missing."""
    launcher = shutil.which(f"mpirun.{mpi}")
    unbound = {"openmpi": "--bind-to", "mpich": "-bind-to"}[mpi]
    return [launcher, "-n", "2", unbound, "none", *command] if launcher else None


def find_programs(build):
    """The commands that take Google Benchmark's arguments, by name."""
    programs = {}
    for path in sorted((build / "bench").glob("bench_*")):
        if not path.is_file() or not os.access(path, os.X_OK) or path.name.startswith("bench_memory_"):
            continue
        mpi = re.fullmatch(r"bench_mpi_(\w+)", path.name)
        programs[path.name] = over_ranks(mpi[1], [str(path)]) if mpi else [str(path)]
    programs["multiprocessing_bench.py"] = [sys.executable, str(HERE / "multiprocessing_bench.py")]
    if importlib.util.find_spec("mpi4py"):    # Debian's is on Open MPI
        script = [sys.executable, "-m", "mpi4py.futures", str(HERE / "mpi4py_bench.py")]
        programs["mpi4py_bench.py"] = over_ranks("openmpi", script)
    if os.geteuid() == 0:
        os.environ |= {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    return {name: command for name, command in programs.items() if command}


def find_groups(programs, wanted):
    """What there is to run, in the order of the programs' lists: {group: [(program, name), ...]}."""
    groups = {}
    # Peers first: they have every group.
    for program in sorted(programs, key=lambda name: not name.startswith("bench_peers")):
        for name in output_of(programs[program] + ["--benchmark_list_tests"]).split():
            if re.search(wanted, name):
                groups.setdefault(group_of(name), []).append((program, name))
    return groups


def run_once(command, name):
    """One benchmark in a process of its own, so that one contender's threads do not disturb the next one."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "out.json"
        pattern = name.replace("+", "[+]")
        arguments = [f"--benchmark_filter=^{pattern}$", f"--benchmark_min_time={MIN_TIME}", f"--benchmark_out={out}"]
        subprocess.run(command + arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       timeout=TIMEOUT, check=True)
        return json.loads(out.read_text())["benchmarks"]


def run_rounds(programs, groups, rounds, deadline):
    runs, too_slow, longest = [], [], 0.0
    for number in range(rounds):
        start = time.monotonic()
        if start + longest > deadline:
            say(f"No time for round {number + 1}.")
            break
        for everybody in groups.values():
            # The order turns, so that nobody always comes after the same neighbour.
            turn = number % len(everybody)
            for program, name in everybody[turn:] + everybody[:turn]:
                if name in too_slow:
                    continue
                try:
                    runs += [{"round": number} | result for result in run_once(programs[program], name)]
                except subprocess.TimeoutExpired:
                    say(f"{name} takes more than {TIMEOUT} s, and is left out from now on.")
                    too_slow.append(name)
        longest = max(longest, time.monotonic() - start)
        say(f"Round {number + 1} took {time.monotonic() - start:.0f} s.")
    return runs, too_slow


def run_memory(build, millions):
    runs = []
    for program in sorted((build / "bench").glob("bench_memory_*")):
        if os.access(program, os.X_OK) and program.is_file():
            runs += [{"round": 0} | b for b in json.loads(output_of([str(program), str(millions)]))["benchmarks"]]
    return runs


def compile_commands(build):
    """{file's name: its command without optimisation and output}."""
    commands = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["file"])
        if path.parts[-3:-1] == ("bench", "compile"):
            words = shlex.split(entry["command"])
            at = words.index("-o")
            del words[at:at + 2]
            commands[path.stem] = [word for word in words if not word.startswith("-O")] + ["-o", "/dev/null"]
    return commands


def user_seconds(command, folder):
    """CPU time without the kernel's: what others do meanwhile changes it least."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(command, check=True, cwd=folder)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def run_compiler(build, rounds):
    runs = []
    for number in range(rounds):
        for level in ("-O0", "-O2"):
            for name, command in compile_commands(build).items():
                if level == "-O0" and name in ONLY_OPTIMISED:
                    continue
                runs.append({"round": number, "name": f"compile/{level[1:]}/{name}/1",
                             "user_s": user_seconds(command + [level], build)})
    return runs


def run_strip(build):
    """The size of a program with one stream."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "one_stream"
        subprocess.run(["strip", "-o", copy, build / "bench" / "one_stream"], check=True)
        return [{"round": 0, "name": "size/O2/one_stream/1", "bytes": copy.stat().st_size}]


def package_versions():
    versions = {}
    for package in ("g++", "libtbb-dev", "libgomp1", "libboost-dev", "librange-v3-dev", "libbenchmark-dev", "python3",
                    "libopenmpi-dev", "libmpich-dev", "python3-mpi4py"):
        found = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True)
        if found.returncode == 0:
            versions[package] = found.stdout
    return versions


def busy_seconds():
    """CPU time that anybody used since the machine started, and what its host took away."""
    user, nice, system, _, _, irq, softirq, steal = map(int, pathlib.Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def own_seconds():
    return sum(os.times()[:4])


def read_cache(build):
    lines = (build / "CMakeCache.txt").read_text().splitlines()
    return dict(re.fullmatch(r"(\w+):\w+=(.*)", line).groups() for line in lines if re.fullmatch(r"(\w+):\w+=.*", line))


def describe(build, steps):
    models = re.findall(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    cache = read_cache(build)
    compiler = cache.get("CMAKE_CXX_COMPILER", "c++")
    return {
        "date": datetime.date.today().isoformat(),
        "cpus": len(os.sched_getaffinity(0)),
        "cpu_model": models[0] if models else platform.machine(),
        "virtual": "hypervisor" in pathlib.Path("/proc/cpuinfo").read_text(),
        "kernel": platform.release(),
        "compiler": output_of([compiler, "--version"]).splitlines()[0],
        "flags": f"{cache.get('CMAKE_CXX_FLAGS', '')} {cache.get('CMAKE_CXX_FLAGS_RELEASE', '')}".strip(),
        "packages": package_versions(),
        "steps_per_us": steps,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=pathlib.Path, help="the folder that CMake built in")
    parser.add_argument("out", type=pathlib.Path, help="the JSON file to write")
    parser.add_argument("--quick", action="store_true", help="fewer parameters, fewer rounds, two minutes")
    parser.add_argument("--filter", help="run only benchmarks whose name this regular expression is found in")
    parser.add_argument("--rounds", type=int, help="at most so many")
    parser.add_argument("--seconds", type=float, help="begin no round that would end later than this")
    arguments = parser.parse_args()
    deadline = time.monotonic() + (arguments.seconds or (165 if arguments.quick else 1800))
    arguments.rounds = arguments.rounds or (5 if arguments.quick else 15)
    only_some = arguments.filter is not None
    arguments.filter = arguments.filter or (QUICK if arguments.quick else "")

    programs = find_programs(arguments.build)
    os.environ["BENCH_STEPS_PER_US"] = output_of(programs["bench_peers"] + ["--steps-per-us"]).strip()
    context = describe(arguments.build, float(os.environ["BENCH_STEPS_PER_US"]))

    start, busy, own = time.monotonic(), busy_seconds(), own_seconds()
    runs = []
    if not only_some or "memory".startswith(arguments.filter):
        runs += run_memory(arguments.build, 10 if arguments.quick else 100)
    if not only_some or "compile".startswith(arguments.filter):
        runs += run_compiler(arguments.build, 1 if arguments.quick else 7) + run_strip(arguments.build)
    groups = find_groups(programs, arguments.filter)
    say(f"{len(groups)} groups of benchmarks, up to {arguments.rounds} rounds.")
    more, too_slow = run_rounds(programs, groups, arguments.rounds, deadline)
    runs += more

    by_others = (busy_seconds() - busy) - (own_seconds() - own)
    context["cpu_by_others"] = max(0.0, by_others / (time.monotonic() - start) / context["cpus"])
    say(f"Others used {context['cpu_by_others']:.1%} of the CPUs meanwhile.")
    wrong = sorted({run["name"] for run in runs if run.get("error_occurred")})
    arguments.out.write_text(json.dumps({"context": context, "too_slow": too_slow, "runs": runs}, indent=1))
    if wrong:
        sys.exit("Wrong answers: " + ", ".join(wrong))


if __name__ == "__main__":
    main()
