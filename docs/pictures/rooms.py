#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes docs/pictures/rooms.svg from the includes themselves.

A box is a folder of include/parimap/detail/ and src/, or, dashed, the public headers of one layer. Its row is its layer in
tests/layers.cmake. An arrow is an include, unless others imply it.
"""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs/pictures/rooms.svg"
FRAME = {"begin", "end", "form"}  # around every header: no arrow says anything about them
GENERATED = {"backend_list", "backends"}  # and what they are made of
COLUMNS = {  # where a box stands in its row, which is for the eye alone; what is not named stands at the right
    "system": 2.08, "scheduler": 1, "text": 4.7, "watch": 3.3, "ranges": 2.08, "results": 3.3, "engine": 2, "frontend": 2,
    "backend errors version": 1, "cpu_count": 0, "basic_pool default_backend pool": 0, "format_progress": 3.6, "options": 3.3, "imap": 3.3, "": 2}
WIDTH, HEIGHT, ACROSS, DOWN, MARGIN = 140, 38, 170, 74, 16


def read_layers():
    """The names of each layer, from the ground up."""
    table = (ROOT / "tests/layers.cmake").read_text().split("set(layers", 1)[1].split("\n\n")[0]
    return [row.split() for row in re.findall(r'^ +"([^"]+)"', table, re.M)]


def read_includes():
    """(who, whom) of all includes: a folder by its name, a public header by its own."""
    pairs = set()
    for base in (ROOT / "include/parimap", ROOT / "src"):
        for path in base.rglob("*.[hc]pp"):
            who = room_of(str(path.relative_to(base)).removeprefix("detail/"))
            whom = re.findall(r"^#include <parimap/(?:detail/|src/)?([^>]+)>", path.read_text(), re.M)
            pairs |= {(who, who)} | {(who, room_of(other)) for other in whom}
    return pairs


def room_of(path):
    return path.split("/")[0] if "/" in path else path.rsplit(".", 1)[0]


def without_implied(arrows):
    """Those arrows that no chain of others makes."""
    def reaches(start, goal, arrow):
        following = [b for a, b in arrows if a == start and (a, b) != arrow]
        return goal in following or any(reaches(b, goal, arrow) for b in following)
    return {arrow for arrow in arrows if not reaches(*arrow, arrow)}


def draw():
    layers, includes = read_layers(), read_includes()
    folders = {p.name for p in (ROOT / "include/parimap/detail").iterdir() if p.is_dir()}
    rooms = {room for pair in includes for room in pair} - FRAME - GENERATED
    rows = {room: next((i for i, names in enumerate(layers) if room in names), len(layers)) for room in rooms}
    boxes = {}  # room: its box, which is (row, names); those on top are too many to be named
    for room, row in rows.items():
        public = [] if row == len(layers) else sorted(r for r in rooms - folders if rows[r] == row)
        boxes[room] = (row, room if room in folders else " ".join(public))
    arrows = without_implied({(boxes[a], boxes[b]) for a, b in includes if a in boxes and b in boxes and boxes[a] != boxes[b]})

    left_over = 5.0
    place = {}
    for box in sorted(set(boxes.values())):
        row, name = box
        if name not in COLUMNS:
            left_over += 1
        place[box] = (MARGIN + COLUMNS.get(name, left_over) * ACROSS, MARGIN + (len(layers) - row) * DOWN)
    width = max(x for x, _ in place.values()) + WIDTH + MARGIN
    height = max(y for _, y in place.values()) + HEIGHT + MARGIN

    svg = ["<!-- SPDX-License-" "Identifier: MIT -->", "<!-- Made by docs/pictures/rooms.py. -->",
           f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
           ' font-family="sans-serif" font-size="14" text-anchor="middle">',
           "<title>The rooms of parimap and which includes which</title>",
           '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="9" markerHeight="9" orient="auto">'
           '<path d="M0 0 8 4 0 8z" fill="#555"/></marker></defs>',
           f'<rect width="{width:g}" height="{height:g}" fill="#fff"/>']
    for a, b in sorted(arrows):
        (x1, y1), (x2, y2) = place[a], place[b]
        if y1 == y2:  # side by side
            y1 = y2 = y1 + HEIGHT / 2
            x1, x2 = (x1, x2 + WIDTH) if x1 > x2 else (x1 + WIDTH, x2)
        else:
            lean = max(-0.4, min(0.4, (x2 - x1) / ACROSS / 2.5))  # arrows leave and arrive on the side they come from
            x1, x2, y1 = x1 + WIDTH * (0.5 + lean), x2 + WIDTH * (0.5 - lean), y1 + HEIGHT
        svg.append(f'<path d="M{x1:g} {y1:g} {x2:g} {y2:g}" stroke="#555" stroke-width="1.3" marker-end="url(#tip)"/>')
    for (row, name), (x, y) in sorted(place.items()):
        look = 'fill="#dce9f7" stroke="#1f4e79"' if name in folders else 'fill="#fdf3dc" stroke="#8a6d1f" stroke-dasharray="5 3"'
        svg.append(f'<rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="5" {look}/>')
        label = name + "/" if name in folders else ", ".join(name.split()) or "what users include"
        size = f' font-size="{264 // len(label)}"' if len(label) > 19 else ""
        svg.append(f'<text x="{x + WIDTH / 2:g}" y="{y + HEIGHT / 2 + 5:g}"{size}>{label}</text>')
    return "\n".join([*svg, "</svg>"]) + "\n"


PICTURE.write_text(draw())
