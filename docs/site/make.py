#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""make.py <folder>: writes what MkDocs makes the site of: mkdocs.yml, and the pages in pages/.

Those are the documents of the repository, with links that lead within the site, and the reference: all public names with their comments
and declarations from the headers, and a program that uses them from the documents. scripts/docs runs it.
"""
import html
import json
import os
import pathlib
import re
import shutil
import sys

import public_names

ROOT = public_names.ROOT
TARGET = pathlib.Path(sys.argv[1]).resolve()
PAGES = TARGET / "pages"

DOCUMENTS = {    # of the repository: its page, and what the navigation calls it
    "README.md": ("index.md", "parimap"), "docs/guide.md": ("guide.md", "Guide"), "docs/recipes.md": ("recipes.md", "Recipes"),
    "docs/promises.md": ("promises.md", "Promises"), "docs/progress.md": ("progress.md", "Bars, reports, traces"),
    "docs/mpi.md": ("mpi.md", "Many machines"), "bench/README.md": ("bench.md", "How fast"),
    "docs/reliability.md": ("reliability.md", "How it is tested"), "CHANGELOG.md": ("changelog.md", "Changes"),
    "CONTRIBUTING.md": ("contributing.md", "Contributing"), "docs/engine.md": ("engine.md", "The engine"),
    "packaging/README.md": ("packaging.md", "Packages"), "SECURITY.md": ("security.md", "Security")}
MADE = {"examples": "examples.md", "include/parimap.h": "reference/c.md"}    # pages that stand for files
FILES = {"LICENSE": "LICENSE.txt", "CITATION.cff": "CITATION.txt"}    # that are on the site as they are

GROUPS = {    # of the reference, with the headers that each is about
    "pools": ("Pools and backends", "basic_pool pool_options default_backend cpu_count backend backends/serial backends/threads backends/openmp backends/tbb"),
    "calls": ("Calls that wait", "parallel_map parallel_map_into parallel_for_each parallel_map_reduce parallel_fold parallel_find_if map_async options journal_file"),
    "streams": ("Streams", "ordered_imap unordered_imap imap"),
    "functions": ("Functions that wrap f", "catching per_worker unpacked unseq"),
    "inputs": ("Inputs and random numbers", "blocks pull_from read_ahead item_rng"),
    "progress": ("Bars and reports", "progress progress_bar detail/watch/bar_options format_progress insights"),
    "machines": ("Many machines", "session share codec travels backends/mpi"),
    "errors": ("Errors and versions", "errors version")}
NO_NAMES = {"parimap", "pool", "progress_options", "travels"}    # headers whose names others declare, or that may have none


# --- The documents --------------------------------------------------------------------------------------------------------


def split_programs(text):
    """The text in pieces, of which every second one is a program."""
    return re.split(r"^( *```.*?^ *```$)", text, flags=re.M | re.S)


def link_to(target, page):
    """What a link on a page has to say to lead to another."""
    return os.path.relpath(target, pathlib.PurePosixPath(page).parent)


def with_links_of_site(text, source, page):
    def changed(found):
        path, anchor = found[1], found[2] or ""
        if re.match(r"[a-z]+:", path) or not path:
            return found[0]
        target = os.path.normpath(ROOT / pathlib.PurePosixPath(source).parent / path).removeprefix(f"{ROOT}/")
        if target in DOCUMENTS:
            return f"]({link_to(DOCUMENTS[target][0], page)}{anchor})"
        if target in MADE or target in FILES:
            return f"]({link_to((MADE | FILES)[target], page)})"
        if target.startswith("docs/pictures/"):
            return f"]({link_to(target.removeprefix('docs/'), page)})"
        sys.exit(f"{source} has a link to {target}, which is not on the site: see DOCUMENTS in {__file__}")
    return re.sub(r"\]\(([^)#\s]*)(#[^)\s]*)?\)", changed, text)


def as_mkdocs_reads(text):
    """The same text where MkDocs reads Markdown otherwise than those who show repositories do."""
    lines, list_before = [], False
    for line in text.split("\n"):
        starts_item = re.match(r"(\*|\d+\.) ", line)
        if starts_item and lines and lines[-1] and not list_before:
            lines.append("")
        list_before = bool(starts_item) or (list_before and line.startswith(" "))
        if re.match(r"   \S", line):    # under a numbered item
            line = " " + line
        if line.lstrip().startswith("|"):
            line = re.sub(r"`[^`]*`", lambda code: code[0].replace("\\|", "|"), line)
        lines.append(line)
    return "\n".join(lines)


def write_page(page, text):
    (PAGES / page).parent.mkdir(parents=True, exist_ok=True)
    (PAGES / page).write_text(text)


def write_documents():
    for source, (page, _) in DOCUMENTS.items():
        pieces = split_programs(re.sub(r"^<!--.*?-->\n", "", (ROOT / source).read_text(), flags=re.M))
        pieces[::2] = [as_mkdocs_reads(with_links_of_site(piece, source, page)) for piece in pieces[::2]]
        write_page(page, "".join(pieces))
    shutil.copytree(ROOT / "docs/pictures", PAGES / "pictures", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for source, file in FILES.items():
        shutil.copy(ROOT / source, PAGES / file)


def write_examples():
    text = ["# Examples\n", "Programs of `examples/`, which the tests run.\n"]
    languages = {".cpp": "cpp", ".c": "c", ".f90": "fortran"}
    for path in sorted(p for p in (ROOT / "examples").iterdir() if p.suffix in languages):
        text.append(f"## {path.name}\n\n```{languages[path.suffix]}\n{path.read_text()}```\n")
    write_page(MADE["examples"], "\n".join(text))


# --- The reference --------------------------------------------------------------------------------------------------------


def programs():
    """(name, text, page and anchor) of all programs in C++ that the tests run."""
    for source, (page, _) in DOCUMENTS.items():
        text = (ROOT / source).read_text()
        for found in re.finditer(r"<!-- test: (\w+) -->\n```cpp\n(.*?)```", text, re.S):
            yield found[1], found[2], page


PROGRAMS = list(programs())


def program_with(name):
    """The program that is about a name, else the shortest that has it."""
    using = [p for p in PROGRAMS if re.search(rf"\bparimap::(backends::)?{name}\b", p[1])]
    named = [p for p in using if p[0].endswith(f"_{name}")]
    return min(named or using, key=lambda p: len(p[1]), default=None)


def prose(comment):
    """A comment as Markdown."""
    lines = []
    for line in comment:
        if line.startswith("  "):
            lines.append("    " + line.strip())
        else:
            line = re.sub(r"(?<![\w`:.&<])((?:\w+::)*\w+(?:_\w+)+(?:\(\))?|(?:\w+::)+\w+|\w+\(\))(?![\w`(])", r"`\1`", line)
            lines.append("".join(piece if i % 2 else html.escape(piece, quote=False).replace("*", "\\*")
                                 for i, piece in enumerate(re.split(r"(`[^`]*`)", line))))
    return "\n".join(lines)


def declared_as(declared):
    """What stands before the braces or the semicolon, for users."""
    head = re.sub(r"\[\[gnu::visibility\(\"default\"\)\]\] |PARIMAP_EXPORT ", "", declared.head)
    lines = head.split("\n")
    indent = min((len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()), default=0)
    head = "\n".join([lines[0]] + ["    " * (indent > 0) + line[indent:] for line in lines[1:]])
    if declared.kind in ("function", "constructor"):
        head = re.split(r"(?<=\))(?: noexcept)?\s+: (?!:)", head)[0]
    if declared.kind == "variable" and declared.body is not None:
        head += "{" + declared.body + "}"
    return head


def is_for_users(member):
    return member.kind in ("class", "function", "constructor", "variable", "type") or "operator" in member.head.split("(")[0]


def synopsis(declared):
    """A declaration as code: of a class with what users see of it."""
    if declared.kind == "macro":
        return declared.head
    if declared.kind != "class" or declared.body is None:
        return declared_as(declared) + ";"
    inside = []
    for member in public_names.public_part(declared):
        if not is_for_users(member) or member.head.startswith("using frontend"):
            continue
        if member.comment and inside:
            inside.append("")
        inside += [f"// {line}".rstrip() for line in member.comment]
        inside += (synopsis(member) + (f"  // {member.behind}" if member.behind else "")).split("\n")
    access = "  public:\n" if re.search(r"(^|>|\])\s*class\b", declared.head) else ""
    return declared_as(declared) + " {\n" + access + "".join(("    " + line).rstrip() + "\n" for line in inside) + "};"


def entry(name, declarations):
    """The text about one name."""
    first = declarations[0]
    header = first.file.split("include/", 1)[1].replace("detail/watch/bar_options", "progress_options")
    text, code = [f"## {name}\n"], []
    for declared in declarations:
        comment = list(declared.comment)
        if declared.kind == "function object":
            signature, colon, rest = comment.pop(0).partition("): ")
            code += re.split(r"\s{3,}", signature + (")" if colon else ""))
            comment = ([rest] if rest else []) + comment
        else:
            code.append(synopsis(declared))
        text.append(prose(comment).strip() + "\n")
    text.append(f"```cpp\n#include <{header}>\n\n" + "\n".join(code) + "\n```\n")
    if program := program_with(name):
        text.append(f'<details markdown="1">\n<summary>A program with it</summary>\n\n```cpp\n{program[1]}```\n\n'
                    f"From [this page](../{program[2]}).\n\n</details>\n")
    return "\n".join(text)


def write_reference():
    by_header, page_of = {}, {}
    for declared in public_names.of_cpp():
        header = declared.file.split("include/parimap/", 1)[1].removesuffix(".hpp")
        by_header.setdefault(header, {}).setdefault(declared.name, []).append(declared)
    for key, (title, headers) in GROUPS.items():
        text = [f"# {title}\n"]
        for header in headers.split():
            names = by_header.pop(header)
            # The variable of a function object says nothing that its class has not said.
            entries = {name: [d for d in found if d.kind != "variable" or len(found) == 1] for name, found in names.items()}
            undocumented = [name for name, found in entries.items() if not any(d.comment for d in found)]
            if undocumented and not header.startswith(("backends/", "version", "default_backend", "session")):
                sys.exit(f"{header}.hpp has no comment for {undocumented}")
            text += [entry(name, found) for name, found in entries.items()]
            page_of |= {name: f"{key}.md" for name in names}
        write_page(f"reference/{key}.md", "\n".join(text))
    if left := set(by_header) - NO_NAMES:
        sys.exit(f"No page of the reference has the headers {sorted(left)}: see GROUPS in {__file__}")
    write_languages()

    text = ["# All names\n", "Of C++, all in the namespace `parimap`, backends in `parimap::backends`. Those of C are on a page [of their own](c.md), as are "
            "those of [Fortran](fortran.md).\n"]
    text += [f"* [`{name}`]({page}#{name.lower()})" for name, page in sorted(page_of.items(), key=lambda item: item[0].lower())]
    write_page("reference/names.md", "\n".join(text) + "\n")


def write_languages():
    write_page("reference/c.md", f"# C: parimap.h\n\n```c\n{(ROOT / 'include/parimap.h').read_text()}```\n\n"
               "How it is used, with a program: [the guide](../guide.md#from-c-and-fortran).\n")
    module = (ROOT / "fortran/parimap.f90").read_text().split("    ! --- parimap.h")[0]
    write_page("reference/fortran.md", f"# Fortran: the module parimap\n\nIts public part; the functions are those [of C](c.md).\n\n```fortran\n{module}```\n\n"
               "How it is used, with a program: [the guide](../guide.md#from-c-and-fortran).\n")


def write_settings():
    reference = [{"All names": "reference/names.md"}] + [{title: f"reference/{key}.md"} for key, (title, _) in GROUPS.items()]
    reference += [{"C": "reference/c.md"}, {"Fortran": "reference/fortran.md"}]
    first, rest = list(DOCUMENTS.values())[:6], list(DOCUMENTS.values())[6:]
    settings = {
        "site_name": "parimap", "docs_dir": "pages", "use_directory_urls": False, "extra_css": ["style.css", "code.css"],
        "theme": {"name": "mkdocs", "highlightjs": False},
        "plugins": ["search"],
        "markdown_extensions": ["tables", "fenced_code", "md_in_html", {"toc": {"permalink": False}},
                                {"codehilite": {"guess_lang": False}}],
        "nav": [{title: page} for page, title in first] + [{"Examples": MADE["examples"]}, {"Reference": reference},
                {"More": [{title: page} for page, title in rest]}]}
    (TARGET / "mkdocs.yml").write_text(json.dumps(settings, indent=2) + "\n")    # JSON is YAML
    shutil.copy(pathlib.Path(__file__).parent / "style.css", PAGES)


if __name__ == "__main__":
    shutil.rmtree(TARGET, ignore_errors=True)
    PAGES.mkdir(parents=True)
    write_documents()
    write_examples()
    write_reference()
    write_settings()
