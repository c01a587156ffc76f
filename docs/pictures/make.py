#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes the pictures of docs/progress.md from runs of the examples: make.py EXAMPLES-FOLDER

A terminal is a real pseudo-terminal that pyte understands; its text becomes an SVG file as it is.
"""
import fcntl
import html
import json
import os
import pathlib
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
import pyte

HERE = pathlib.Path(__file__).parent


def run_on_terminal(command, columns, rows, until=None):
    """The rows of the terminal when the command ends, or when its first row matches."""
    screen = pyte.Screen(columns, rows)
    stream = pyte.ByteStream(screen)
    child, master = pty.fork()
    if child == 0:
        os.environ |= {"LANG": "C.UTF-8", "TERM": "xterm", "PARIMAP_PROGRESS_INTERVAL": "0.02"}
        os.execvp("sh", ["sh", "-c", command])
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    end = time.monotonic() + 60
    while time.monotonic() < end and not (until and re.search(until, screen.display[0])):
        if not select.select([master], [], [], 0.02)[0]:
            continue
        try:
            data = os.read(master, 65536)
        except OSError:    # the child has ended
            break
        if not data:
            break
        stream.feed(data)
    shown = [[(screen.buffer[y][x].data, screen.buffer[y][x].fg) for x in range(columns)] for y in range(rows)]
    os.close(master)
    os.waitpid(child, 0)
    return shown


def write_terminal(path, prompt, shown):
    """An SVG file of a terminal's text."""
    colours = {"default": "#d8dee9", "green": "#a3be8c", "red": "#bf616a", "cyan": "#88c0d0"}
    while shown and not any(c.strip() for c, _ in shown[-1]):
        shown.pop()
    lines = [[(c, "cyan") for c in "$ " + prompt]] + shown
    width, height = max(len(line) for line in lines), len(lines)
    cell, line_height, margin = 8.4, 18, 14
    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" '
           'font-size="14">' % (width * cell + 2 * margin, height * line_height + 2 * margin),
           '<rect width="100%" height="100%" rx="8" fill="#2e3440"/>']
    for y, line in enumerate(lines):
        text, runs = "", []
        for char, colour in line:
            if not runs or runs[-1][0] != colour:
                runs.append([colour, ""])
            runs[-1][1] += char
        runs[-1][1] = runs[-1][1].rstrip()
        for colour, run in runs:
            text += '<tspan fill="%s">%s</tspan>' % (colours.get(colour, colours["default"]), html.escape(run))
        out.append('<text x="%d" y="%d" xml:space="preserve" textLength="%.1f" lengthAdjust="spacingAndGlyphs">%s</text>' % (
            margin, margin + 13 + y * line_height, max(1, sum(len(run) for _, run in runs)) * cell, text))
    path.write_text("\n".join(out + ["</svg>", ""]), encoding="utf-8")
    print(path)


def write_trace(path, trace):
    """A plot of a trace file: a lane for each worker and one for the consumer."""
    events = json.loads(pathlib.Path(trace).read_text())
    names = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}
    spans = [e for e in events if e["ph"] == "X"]
    begin = min(e["ts"] for e in spans)
    figure, axes = plt.subplots(figsize=(9, 0.6 * len(names) + 1.1))
    workers = [lane for lane in names if names[lane].startswith("worker")]
    lanes = sorted(workers, reverse=True) + [lane for lane in names if lane not in workers]
    for place, lane in enumerate(lanes):
        bars = [((e["ts"] - begin) / 1000, e["dur"] / 1000) for e in spans if e["tid"] == lane]
        axes.broken_barh(bars, (place - 0.38, 0.76), facecolors="#5e81ac" if lane in workers else "#bf8b5a", edgecolors="white", linewidth=0.3)
    axes.set_yticks(range(len(lanes)), [names[lane] if lane in workers else "consumer waits" for lane in lanes])
    axes.set_xlabel("milliseconds")
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    print(path)


def main():
    examples = pathlib.Path(sys.argv[1]).resolve()
    os.environ["PATH"] = str(examples) + os.pathsep + os.environ["PATH"]
    write_terminal(HERE / "bar.svg", "hash_tree /usr/include > sums",
                   run_on_terminal("hash_tree /usr/include > /dev/null", 80, 24, r" [4-6]\d%.* \["))
    write_terminal(HERE / "report.svg", "hash_tree --report /usr/include > sums",
                   run_on_terminal("hash_tree --report /usr/include > /dev/null", 80, 24))
    with tempfile.TemporaryDirectory() as folder:
        trace = os.path.join(folder, "trace.json")
        subprocess.run([examples / "mandelbrot", "--workers", "3", "--height", "400", "--output", os.path.join(folder, "out.png")],
                       env=os.environ | {"PARIMAP_TRACE": trace, "PARIMAP_PROGRESS": "off"}, check=True, stdout=subprocess.DEVNULL)
        write_trace(HERE / "trace.svg", trace)


if __name__ == "__main__":
    main()
