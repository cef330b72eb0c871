"""The website's own rules: every page in the navigation, every link followed, nothing fetched.

``.ci/run`` builds it; here stands what doesn't need Zensical.
"""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
WEBSITE: dict[str, Any] = runpy.run_path(str(ROOT / "docs" / "website.py"))


def test_every_page_stands_in_the_navigation_once() -> None:
    named = list(WEBSITE["navigation"]())
    pages = {page.relative_to(ROOT / "docs").as_posix() for page in WEBSITE["_pages"]()}
    assert pages - set(named) == set(), "add them to nav in zensical.toml"
    assert len(named) == len(set(named))


def test_gathered_pages_link_to_pages_and_else_to_the_source(tmp_path: Path) -> None:
    page = {"01-questions.ipynb": "notebooks/01-questions.md"}
    WEBSITE["gather"](tmp_path / "pages", rendered=lambda _folder: page)
    index = (tmp_path / "pages" / "index.md").read_text("utf-8")
    assert "[Questions](questions.md)" in index
    assert "](about/notice.md)" in index
    assert "](notebooks/01-questions.md)" in (tmp_path / "pages" / "tutorial.md").read_text("utf-8")
    changes = (tmp_path / "pages" / "about" / "changelog.md").read_text("utf-8")
    assert "](docs/" not in changes
    source = (tmp_path / "pages" / "own-source.md").read_text("utf-8")
    assert f"]({WEBSITE['SOURCE']}docs/example-source" in source


@pytest.mark.parametrize(
    ("html", "wrong"),
    [
        ('<a href="other.html#here">x</a>', ""),
        ('<a href="gone.html">x</a>', "gone.html leads nowhere"),
        ('<a href="other.html#nowhere">x</a>', "no such anchor"),
        ('<a href="#nowhere">x</a>', "no such anchor"),
        ('<a href="https://example.org/">x</a>', ""),
        ('<script src="https://example.org/x.js"></script>', "fetches https://example.org/x.js"),
        ('<link rel="stylesheet" href="//example.org/x.css">', "fetches //example.org/x.css"),
        ('<img src="gone.png">', "gone.png leads nowhere"),
    ],
)
def test_a_built_page_is_checked(tmp_path: Path, html: str, wrong: str) -> None:
    (tmp_path / "page.html").write_text(f"<html><body>{html}</body></html>")
    (tmp_path / "other.html").write_text('<h1 id="here">x</h1>')
    found = WEBSITE["check"](tmp_path)
    assert any(wrong in line for line in found) if wrong else found == []


def test_a_sheet_that_fetches_a_font_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("@import url('https://example.org/font.css');")
    assert WEBSITE["check"](tmp_path) == ["a.css: fetches https://example.org/font.css"]


def test_docstrings_become_markdown() -> None:
    text = (ROOT / "docs" / "docstrings.py").read_text("utf-8").replace(
        "from griffe import Extension", "Extension = object"
    )  # fmt: skip
    names: dict[str, Any] = {"__name__": "docstrings"}
    exec(compile(text, "docstrings.py", "exec"), names)  # noqa: S102  our own script
    markdown = names["markdown"]
    assert markdown("Raises :class:`~a.b.Wrong`, or ``x``.") == "Raises `Wrong`, or `x`."
    assert (
        markdown("Adds.\n\n>>> f(``1``)[0](2)\n2")
        == "Adds.\n\n```pycon\n>>> f(``1``)[0](2)\n2\n```"
    )
