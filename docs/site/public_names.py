#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""public_names.py [--list]: fails where no page for users names a public name of parimap in code font; --list says which names there are.

The names are read from the public headers, from parimap.h and from the module for Fortran, with what users see of classes: member functions,
and members of structs. A member counts where the page names its class too. Programs in the pages do not count: that a name is used says
nothing about it. The reference that scripts/docs makes is read from the same declarations.
"""
import dataclasses
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOT_FOR_USERS = {"engine.md", "reliability.md"}
OF_RANGES = {"begin", "end"}    # what every range has
CLOSING = {"(": ")", "[": "]", "{": "}"}


@dataclasses.dataclass
class Declaration:
    kind: str    # access, namespace, class, function, variable, type, concept, macro, or nothing that has a name here
    name: str
    head: str    # without what stands in braces
    body: str    # what stands there; None where there are none
    comment: list    # the lines before it that are for users
    behind: str = ""    # such a comment on its own line
    file: str = ""


# --- C++ ------------------------------------------------------------------------------------------------------------------


def skip_literal(text, at):
    """Behind the string or character that begins at a quote."""
    end = at + 1
    while text[end] != text[at]:
        end += 2 if text[end] == "\\" else 1
    return end + 1


def end_of_line(text, at):
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def end_of_group(text, at):
    """Behind the bracket that closes the one at `at`."""
    close = CLOSING[text[at]]
    at += 1
    while text[at] != close:
        if text[at] in CLOSING:
            at = end_of_group(text, at)
        elif text[at] == '"' or (text[at] == "'" and not text[at - 1].isalnum()):
            at = skip_literal(text, at)
        elif text.startswith("//", at):
            at = end_of_line(text, at)
        else:
            at += 1
    return at + 1


def without_template(head):
    """A head behind its `template <...>`."""
    while head.startswith("template <"):
        depth, at = 0, len("template ")
        while True:
            depth += {"<": 1, ">": -1}.get(head[at], 0)
            at += 1
            if depth == 0:
                break
        head = head[at:].lstrip()
    return head


def classify(head, body, owner):
    """The kind and name of what is declared."""
    plain = re.sub(r"\[\[.*?\]\]|\bPARIMAP_EXPORT\b|\balignas\([^)]*\)|\bdecltype\([^)]*\)", " ", " ".join(head.split()))
    plain = without_template(" ".join(plain.split()))
    if plain.startswith("namespace ") or plain.startswith("inline namespace "):
        return "namespace", plain.split()[-1]
    if re.match(r"(friend|static_assert|extern)\b", plain) or re.match(r"using [\w:]+(\(\))?$", plain) or "operator" in plain:
        return "", ""
    if found := re.match(r"using (\w+) =", plain):
        return "type", found[1]
    if found := re.match(r"concept (\w+) =", plain):
        return "concept", found[1]
    if found := re.match(r"(?:requires .*? )?(?:class|struct|enum|enum class) (\w+)(?: final)?(<.*>)?(?: :.*)?$", plain):
        return ("class" if body is not None else "announced", found[1])
    before = re.split(r" =(?: |$)| : ", plain)[0]
    if found := re.search(r"\(\*(\w+)\)\(", before):
        return "variable", found[1]
    if found := re.match(r"[^(]*?(~?)(\w+)\(", re.sub(r"^requires.*? (?=explicit|auto)", "", before)):
        return ("function", found[2]) if not found[1] and found[2] != owner else ("constructor", found[2])
    if found := re.search(r"(\w+)$", before):
        return "variable", found[1]
    return "", ""


def declarations(text, owner=""):
    """What is declared side by side in a piece of C++, in order."""
    at, head, comment, last = 0, "", [], None
    while at < len(text):
        if not head and text[at].isspace():
            at += 1
        elif not head and text[at] == "#":
            end = end_of_line(text, at)
            while text[end - 1] == "\\":
                end = end_of_line(text, end + 1)
            if found := re.match(r"#define (PARIMAP_(?!DETAIL)\w+)(?<!_HPP)(?= )", text[at:end]):
                yield Declaration("macro", found[1], text[at:end], None, comment)
            at, comment = end, []
        elif text.startswith("///<", at):
            if last:
                last.behind = text[at + 4:end_of_line(text, at)].strip()
            at = end_of_line(text, at)
        elif text.startswith("///", at):
            comment.append(text[at + 3:end_of_line(text, at)].removeprefix(" "))
            at = end_of_line(text, at)
        elif text.startswith("//", at):
            at = end_of_line(text, at)
        elif not head and (found := re.compile(r"(public|private|protected):\s").match(text, at)):
            last = None
            yield Declaration("access", found[1], "", None, [])
            at, comment = found.end(), []
        elif text[at] == ";" or text[at] == "{":
            body = None
            if text[at] == "{":
                end = end_of_group(text, at)
                follows = text[end:].lstrip()[:1]
                if follows in (",", "{"):    # a member that a constructor makes
                    head, at = head + text[at:end], end
                    continue
                body, at = text[at + 1:end - 1], end
                if follows == ";":
                    at = text.index(";", end) + 1
            else:
                at += 1
            kind, name = classify(head, body, owner)
            last = Declaration(kind, name, head.strip(), body, comment)
            rest = text[at:end_of_line(text, at)]
            if found := re.match(r"\s*///<\s*(.*)", rest):
                last.behind = found[1].strip()
                at += len(rest)
            yield last
            head, comment = "", []
        elif text[at] in "([":
            end = end_of_group(text, at)
            head, at = head + text[at:end], end
        elif text[at] == '"' or (text[at] == "'" and not text[at - 1].isalnum()):
            end = skip_literal(text, at)
            head, at = head + text[at:end], end
        else:
            head, at = head + text[at], at + 1


def public_part(of):
    """The declarations of a class that users see."""
    access = "private" if re.search(r"(^|>|\])\s*class\b", of.head) else "public"
    for member in declarations(of.body or "", of.name):
        if member.kind == "access":
            access = member.name
        elif access == "public":
            yield member


def in_namespace(text, file, found):
    for declared in declarations(text):
        declared.file = file
        if declared.kind == "namespace" and "detail" not in declared.name and (found or "parimap" in declared.head):
            yield from in_namespace(declared.body, file, True)
        elif declared.kind == "announced":
            if found and declared.comment:    # for users to specialise
                yield dataclasses.replace(declared, kind="class")
        elif declared.kind == "macro" or (found and declared.name and not declared.name.endswith("_fn")):
            yield declared
        elif found and declared.name.endswith("_fn") and declared.body is not None and "_fn" in declared.head.split(":")[0]:
            yield dataclasses.replace(declared, kind="function object", name=declared.name.removesuffix("_fn"))


def cpp_headers():
    """The public headers, and those that show a part of one."""
    yield from sorted((ROOT / "include/parimap").glob("*.hpp"))
    yield ROOT / "include/parimap/detail/watch/bar_options.hpp"
    yield from sorted((ROOT / "backends").glob("*/include/parimap/backends/*.hpp"))


def of_cpp():
    for path in cpp_headers():
        file = str(path.relative_to(ROOT))
        for declared in in_namespace(path.read_text(), file, False):
            if declared.kind != "namespace":
                yield declared


# --- C and Fortran --------------------------------------------------------------------------------------------------------


def names_of_c():
    """(owner or nothing, name) of parimap.h."""
    text = re.sub(r"/\*.*?\*/", "", (ROOT / "include/parimap.h").read_text(), flags=re.S)
    for found in re.finditer(r"^(?:typedef )?(enum|struct) (\w+) \{(.*?)\}", text, re.M | re.S):
        yield "", found[2]
        pattern = r"(PARIMAP_\w+) =" if found[1] == "enum" else r"(\w+);"
        yield from (("" if found[1] == "enum" else found[2], name) for name in re.findall(pattern, found[3]))
    yield from (("", name) for name in re.findall(r"^typedef int \(\*(\w+)\)|^typedef struct \w+ (\w+);", text, re.M) for name in name if name)
    yield from (("", name) for name in re.findall(r"^(?!typedef)[\w *]+[ *](parimap_\w+)\(", text, re.M))


def names_of_fortran():
    text = re.sub(r"!.*", "", (ROOT / "fortran/parimap.f90").read_text())
    public = re.findall(r"\w+", " ".join(re.findall(r"^    public ::(.*)$", text, re.M)))
    public += re.findall(r"parameter, public :: (\w+)", text)
    yield from (("", name) for name in public)
    for name, inside in re.findall(r"^    type(?:, abstract)? :: (\w+)\n(.*?)end type", text, re.M | re.S):
        if name in public:
            components, _, procedures = inside.partition("contains")
            if "private" not in components:
                yield from ((name, component) for component in re.findall(r":: (\w+)", components))
            yield from ((name, procedure) for procedure in re.findall(r":: (\w+)", procedures))


# --- Names and pages ------------------------------------------------------------------------------------------------------


def names_of_cpp():
    for declared in of_cpp():
        yield "", declared.name
        if declared.kind == "class" and declared.file.startswith("include/"):
            for member in public_part(declared):
                if member.kind in ("function", "variable") and member.name not in OF_RANGES:
                    yield declared.name, member.name


def pages():
    """The pages for users."""
    return [ROOT / "README.md"] + sorted(p for p in (ROOT / "docs").glob("*.md") if p.name not in NOT_FOR_USERS)


def named_in(page):
    """The words that stand in code font on a page, outside programs."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
    return set(re.findall(r"\w+", " ".join(code for _, code in re.findall(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", text, re.S))))


def main():
    names = {language: list(dict.fromkeys(found())) for language, found in
             (("C++", names_of_cpp), ("C", names_of_c), ("Fortran", names_of_fortran))}
    if sys.argv[1:] == ["--list"]:
        for language, found in names.items():
            print(f"{language}:", *(f"{owner}::{name}" if owner else name for owner, name in found))
        return
    if few := [language for language, found in names.items() if len(found) < 20]:
        sys.exit(f"There are hardly any names in {', '.join(few)}: they are read wrongly.")
    words = [named_in(page) for page in pages()]
    missing = [f"  {language}: {owner + ', ' if owner else ''}{name}" for language, found in names.items() for owner, name in found
               if not any(name in page and (not owner or owner in page) for page in words)]
    if missing:
        sys.exit("No page in docs/ for users, nor the README, names these in code font. A member belongs on a page that names its class.\n"
                 + "\n".join(missing))
    print(f"All {sum(map(len, names.values()))} public names are in the documents.")


if __name__ == "__main__":
    main()
