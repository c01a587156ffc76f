#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""links.py [FOLDER]: fails where a relative link leads nowhere, to a file that is not there or a heading that it does not have.

Without a folder it reads the Markdown pages of the repository; with one, the pages of a site that is built there, which may load nothing
from elsewhere either.
"""
import html.parser
import pathlib
import re
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Page:
    """Links that a page has, what it loads, and the anchors that links may name."""
    def __init__(self):
        self.links, self.loads, self.anchors = [], [], set()


def read_markdown(path):
    page = Page()
    text = re.sub(r"^ *```.*?^ *```$", "", path.read_text(), flags=re.M | re.S)
    for heading in re.findall(r"^#+ +(.*)$", text, re.M):
        slug = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()).strip().replace(" ", "-")
        number, anchor = 0, slug
        while anchor in page.anchors:
            number += 1
            anchor = f"{slug}-{number}"
        page.anchors.add(anchor)
    text = re.sub(r"(`+)[^`].*?\1", "", text)
    page.links = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r"^\[[^]]+\]: (\S+)", text, re.M)
    return page


class Reader(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.page = Page()

    def handle_starttag(self, tag, attributes):
        said = dict(attributes)
        self.page.anchors |= {said[key] for key in ("id", "name") if said.get(key)}
        if tag == "a" and said.get("href"):
            self.page.links.append(said["href"])
        if tag == "link" and said.get("href") and said.get("rel") in ("stylesheet", "shortcut icon", "icon", "preload"):
            self.page.loads.append(said["href"])
        if said.get("src"):
            self.page.loads.append(said["src"])


def read_html(path):
    reader = Reader()
    reader.feed(path.read_text())
    return reader.page


def main():
    if len(sys.argv) > 1:
        root, read, ending = pathlib.Path(sys.argv[1]).resolve(), read_html, ".html"
        paths = sorted(root.rglob("*.html"))
    else:
        root, read, ending = ROOT, read_markdown, ".md"
        folders = [ROOT, *(ROOT / name for name in ("docs", "bench", "packaging", "examples", "backends"))]
        paths = sorted({path for folder in folders for path in (folder.glob("*.md") if folder == ROOT else folder.rglob("*.md"))})
    pages = {path: read(path) for path in paths}

    wrong, links = [], 0
    for path, page in pages.items():
        for link in page.links + page.loads:
            url = urllib.parse.urlsplit(link)
            if url.scheme or url.netloc:
                if link in page.loads:
                    wrong.append(f"{path.relative_to(root)} loads {link} from elsewhere")
                continue
            links += 1
            there = (path.parent / urllib.parse.unquote(url.path)).resolve() if url.path else path
            if there.is_dir() and (there / "index.html") in pages:
                there /= "index.html"
            if not there.exists() or not there.is_relative_to(root):
                wrong.append(f"{path.relative_to(root)} has a link to {link}, which is not there")
            elif url.fragment and there.suffix == ending and urllib.parse.unquote(url.fragment) not in (pages[there].anchors if there in pages else ()):
                wrong.append(f"{path.relative_to(root)} has a link to {link}, but that page has no such heading")
    if not links:
        sys.exit(f"{root} has no page with links.")
    if wrong:
        sys.exit("Links that lead nowhere:\n  " + "\n  ".join(wrong))
    print(f"All {links} links of {len(pages)} pages lead somewhere.")


if __name__ == "__main__":
    main()
