"""The documentation as a website that needs no network: gather the pages, build them, check them.

    python docs/website.py               # into site/
    python docs/website.py --out DIR
    python -m http.server --directory site      # look at it, at http://localhost:8000

Zensical (zensical.toml says how) builds ``build/website``: the pages of ``docs`` as they are, but
for links (those out of that folder lead to the source, a page's name becomes its title), beside
pages of the Python API, the notebooks, the changelog and the notice. A build fails for a page that
stands nowhere in the navigation, for a link or an anchor that leads nowhere, and for anything that
a page would fetch from elsewhere.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from posixpath import normpath
from typing import Any
from urllib.parse import unquote, urlsplit

DOCS = Path(__file__).parent
ROOT = DOCS.parent
STAGED = ROOT / "build" / "website"
SOURCE = "https://github.com/kgmed/kgmed/blob/main/"
ABOUT = {
    "CHANGELOG.md": "about/changelog.md",
    "CONTRIBUTING.md": "about/contributing.md",
    "NOTICE": "about/notice.md",
    "LICENSE": "about/licence.md",
}
"""Files of the checkout -> pages of the website."""
PYTHON = {
    "kgmed": ["kgmed.open_graph", "kgmed.ask", "kgmed.link", "kgmed.verify", "kgmed.find_paths",
              "kgmed.diff", "kgmed.open_diff", "kgmed.facade.load_graph", "kgmed.reward"],
    "graph": ["kgmed.facade.graph.Graph"],
    "model": ["kgmed.kg.model", "kgmed.kg.predicates"],
    "answers": ["kgmed.reasoning.answer", "kgmed.kg.linking.links", "kgmed.kg.linking.link",
                "kgmed.kg.why"],
    "claims": ["kgmed.reasoning.claims.model", "kgmed.reasoning.reward"],
    "store": ["kgmed.kg.store.base"],
    "sources": ["kgmed.builders.source"],
    "settings": ["kgmed.settings"],
    "errors": ["kgmed.kg.errors"],
}  # fmt: skip
"""Pages of the Python API -> what each shows."""
WIDE = {"predicates.md"}
"""Pages whose tables need the room of the table of contents."""
SHOWN = {"reference", "images"}
"""Folders of ``docs`` that are part of the website; links into others lead to the source."""
CSS = """\
.md-typeset table:not([class]) { font-size: .66rem; }
.md-typeset table:not([class]) th, .md-typeset table:not([class]) td { padding: .45em .7em; }
.md-typeset table:not([class]) th, .md-typeset table:not([class]) td { min-width: 4.5em; }
.md-typeset table:not([class]) td:first-child code { white-space: nowrap; }
.md-typeset .doc-contents { margin-bottom: 1.2rem; }
.md-typeset h3.doc-heading, .md-typeset h4.doc-heading { text-transform: none; }
"""


_LINK = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")


class Broken(Exception):
    """What is wrong with the pages, a line each."""


def gather(
    staged: Path = STAGED, *, rendered: Callable[[Path], dict[str, str]] | None = None
) -> None:
    """Lay every page into a folder, ready to be built; ``rendered`` lays the notebooks' pages into
    a folder and names them, by default after running them all."""
    shutil.rmtree(staged, ignore_errors=True)
    (staged / "assets").mkdir(parents=True)
    (staged / "assets" / "kgmed.css").write_text(CSS, encoding="utf-8")
    notebooks = (rendered or _notebooks)(staged / "notebooks")
    for page in _pages():
        target = staged / page.relative_to(DOCS)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = page.read_text(encoding="utf-8")
        head = "---\nhide:\n  - toc\n---\n\n" if target.name in WIDE else ""
        target.write_text(head + _with_links(text, page, notebooks), encoding="utf-8")
    shutil.copytree(DOCS / "reference" / "schemas", staged / "reference" / "schemas")
    if (DOCS / "images").is_dir():
        shutil.copytree(DOCS / "images", staged / "images")
    (staged / "about").mkdir()
    for name, page in ABOUT.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        if name.endswith(".md"):
            text = _with_links(text, ROOT / name, notebooks, at=page)
        else:
            text = f"# {Path(page).stem.title()}\n\n```text\n{text}```\n"
        (staged / page).write_text(text, encoding="utf-8")
    for name, shown in PYTHON.items():
        page = staged / "reference" / "python" / f"{name}.md"
        page.parent.mkdir(exist_ok=True)
        blocks = "\n\n".join(f"::: {path}" for path in shown)
        page.write_text(
            f"# {name.capitalize() if name != 'kgmed' else name}\n\n{blocks}\n", "utf-8"
        )
    _told_in_the_navigation(staged)


def _pages() -> Iterator[Path]:
    yield from sorted(DOCS.glob("*.md"))
    yield from sorted((DOCS / "reference").glob("*.md"))


def _notebooks(folder: Path) -> dict[str, str]:
    """Render the notebooks, where the script that does is there; notebook's name -> page."""
    script = DOCS / "notebooks.py"
    if not script.is_file():
        sys.stderr.write("website: there is no docs/notebooks.py: notebooks are left out\n")
        return {}
    subprocess.run([sys.executable, str(script), "--out", str(folder)], check=True)  # noqa: S603
    return {f"{page.stem}.ipynb": f"notebooks/{page.name}" for page in sorted(folder.glob("*.md"))}


def _with_links(text: str, page: Path, notebooks: dict[str, str], *, at: str = "") -> str:
    """A page's text whose links lead to the website's pages, or else to the source."""
    here = at or page.relative_to(DOCS).as_posix()
    up = "../" * here.count("/")
    pages = {page.name for page in DOCS.glob("*.md")}

    def turned(match: re.Match[str]) -> str:
        words, link = match[1], match[2]
        if re.match(r"\w+:|#", link):
            return match[0]
        path, hash_, anchor = link.partition("#")
        target = (page.parent / path).resolve()
        if target.is_relative_to(DOCS) and target.relative_to(DOCS).parts[0] in SHOWN | pages:
            name = target.relative_to(DOCS).as_posix()
        else:
            name = target.relative_to(ROOT).as_posix()
            known = ABOUT.get(name) or notebooks.get(target.name)
            if known is None:
                return f"[{words}]({SOURCE}{name}{hash_}{anchor})"
            name = known
        if re.fullmatch(r"[\w./-]+\.md", words):
            words = _title(target)
        return f"[{words}]({up}{name}{hash_}{anchor})"

    parts = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if part.startswith("```") else _LINK.sub(turned, part) for part in parts)


def _title(page: Path) -> str:
    """What a page is called: its first heading."""
    found = re.search(r"^# (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else page.stem


def navigation(config: Path = ROOT / "zensical.toml") -> Iterator[str]:
    """The pages of the navigation, in order."""

    def pages(entries: Any) -> Iterator[str]:
        if isinstance(entries, str):
            yield entries
        elif isinstance(entries, dict):
            for value in entries.values():
                yield from pages(value)
        else:
            for entry in entries:
                yield from pages(entry)

    yield from pages(tomllib.loads(config.read_text(encoding="utf-8"))["project"]["nav"])


def _told_in_the_navigation(staged: Path) -> None:
    named = list(navigation())
    there = {page.relative_to(staged).as_posix() for page in staged.rglob("*.md")}
    lost = sorted(page for page in there - set(named) if not page.startswith("notebooks/"))
    wrong = [f"docs/{page} stands in no part of nav in zensical.toml: add it" for page in lost]
    wrong += [
        f"zensical.toml: nav names {page}, which isn't there" for page in named if page not in there
    ]
    if wrong:
        raise Broken("\n".join(wrong))


class _Page(HTMLParser):
    """What a built page links to and fetches, and the anchors that it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "link" and given.get("rel") not in {"canonical", "next", "prev", "alternate"}:
            self.fetched.append(given.get("href", ""))
        elif tag in {"script", "img", "iframe", "source", "video", "audio", "object", "embed"}:
            self.fetched += [given[name] for name in ("src", "data", "href") if given.get(name)]


def check(site: Path) -> list[str]:
    """What is wrong with a built site: a line each."""
    read = {page: _Page(page.read_text(encoding="utf-8")) for page in sorted(site.rglob("*.html"))}
    wrong = []
    for page, found in read.items():
        where = page.relative_to(site).as_posix()
        for address in found.fetched:
            if urlsplit(address).scheme in {"http", "https"} or address.startswith("//"):
                wrong.append(f"{where}: fetches {address}")
        for link in [*found.links, *found.fetched]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or link.startswith("javascript"):
                continue
            if where == "404.html":
                continue  # its links are seen from any depth
            path = normpath((page.parent / unquote(parts.path)).as_posix()) if parts.path else page
            target = Path(path) / "index.html" if Path(path).is_dir() else Path(path)
            if not target.exists():
                wrong.append(f"{where}: {link} leads nowhere")
            elif parts.fragment and target in read:
                anchor = unquote(parts.fragment)
                if anchor not in read[target].anchors and not anchor.startswith("__"):
                    wrong.append(f"{where}: {link}: there is no such anchor")
    for sheet in site.rglob("*.css"):
        for address in re.findall(
            r"url\(['\"]?(https?:[^'\")]+)", sheet.read_text(encoding="utf-8")
        ):
            wrong.append(f"{sheet.relative_to(site)}: fetches {address}")
    return wrong


def lost(staged: Path, site: Path) -> list[str]:
    """Pages in which a wording's place for the object was taken for something else."""
    wrong = []
    for page in sorted(staged.rglob("*.md")):
        name = page.relative_to(staged).with_suffix(".html")
        wanted = page.read_text(encoding="utf-8").count("{o}")
        found = (site / name).read_text(encoding="utf-8").count("{o}")
        if found < wanted:
            wrong.append(f"{name}: {wanted - found} of {wanted} places {{o}} got lost")
    return wrong


def main(arguments: Sequence[str] | None = None) -> int:
    """Build and check; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--out", type=Path, help="the folder of the site (default: site)")
    out = parser.parse_args(arguments).out
    site = ROOT / "site"
    try:
        gather()
        program = Path(sys.executable).with_name("zensical")
        subprocess.run([str(program), "build", "--clean", "--strict"], cwd=ROOT, check=True)  # noqa: S603
        wrong = [*check(site), *lost(STAGED, site)]
    except Broken as error:
        wrong = str(error).splitlines()
    except subprocess.CalledProcessError as error:
        return error.returncode or 1
    for line in wrong:
        sys.stderr.write(f"website: {line}\n")
    if wrong:
        return 1
    if out is not None:
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(site, out)
    pages = len(list(site.rglob("*.html")))
    sys.stdout.write(f"{out or site}: {pages} pages, every link leads somewhere\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
