"""The page as files: all there, all shipped, served with the right types, and no way for a text to
become markup. A browser drives it in tests/real/test_explorer.py."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import kgmed.serve
from kgmed.reasoning.answer import NOTICE
from kgmed.serve import words

if TYPE_CHECKING:
    import httpx

STATIC = Path(kgmed.serve.__file__).parent / "static"
OURS = sorted(path for path in STATIC.rglob("*.js") if "vendor" not in path.parts)
TYPES = {
    ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css",
    ".html": "text/html", ".svg": "image/svg+xml",
}  # fmt: skip


def test_every_file_that_is_named_is_there() -> None:
    named = set(re.findall(r'(?:href|src)="/static/([^"]+)"', (STATIC / "index.html").read_text()))
    assert {"js/main.js", "css/base.css", "css/views.css", "css/graph.css", "favicon.svg"} <= named
    for path in OURS:
        text = path.read_text(encoding="utf-8")
        for found in re.findall(r'(?:from|import) "(\.[^"]+)"', text):
            assert (path.parent / found).resolve().is_file(), f"{path.name} imports {found}"
        named |= set(re.findall(r'"/static/([^"]+)"', text))
    assert [name for name in sorted(named) if not (STATIC / name).is_file()] == []


def test_nothing_of_ours_reads_a_text_as_markup_or_code() -> None:
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|srcdoc|eval\("
        r"|new Function|createContextualFragment|setTimeout\(\s*[\"'`]|javascript:"
    )
    found = [
        f"{path.name}: {match[0]}"
        for path in OURS
        for match in [forbidden.search(path.read_text(encoding="utf-8"))]
        if match
    ]
    assert found == []


def test_nothing_is_fetched_from_elsewhere_and_nothing_stands_inline() -> None:
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"https?://|<style|style=|\son\w+=|<script(?![^>]*\ssrc=)", page)
    for path in STATIC.rglob("*.css"):
        assert not re.search(r"@import|url\(", path.read_text(encoding="utf-8")), path.name
    for path in OURS:
        calls = re.findall(r"fetch\(([^,)]*)", path.read_text(encoding="utf-8"))
        assert calls in ([], ["path"]), path.name


def test_the_library_has_its_licence_beside_it_and_in_the_notice() -> None:
    folder = STATIC / "vendor" / "cytoscape"
    assert "Permission is hereby granted" in (folder / "LICENSE").read_text(encoding="utf-8")
    notice = (Path(kgmed.serve.__file__).parents[2] / "NOTICE").read_text(encoding="utf-8")
    library = (folder / "cytoscape.esm.min.mjs").read_text(encoding="utf-8")
    version = re.search(r'\.version="([\d.]+)"', library)
    assert version is not None
    assert f"Cytoscape.js {version[1]} " in notice
    assert f"Cytoscape.js {version[1]}" in (STATIC / "js/views/more.js").read_text(encoding="utf-8")


def test_the_words_of_predicates_are_the_registry_s() -> None:
    assert words.WORDS.read_text(encoding="utf-8") == words.javascript(), (
        "write it again: python -m kgmed.serve.words"
    )


def test_texts_stand_in_both_languages_and_the_notice_is_the_answer_s() -> None:
    text = (STATIC / "js" / "i18n.js").read_text(encoding="utf-8")
    table = text[text.index("export const TEXTS") : text.index("const REASONS")]
    pairs = re.findall(r'\b(\w+): \["((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)"\]', table)
    texts = {key: (en, zh) for key, en, zh in pairs}
    assert len(texts) == len(pairs) == table.count("[")
    for key, (en, zh) in texts.items():
        assert sorted(set(re.findall(r"\{\d\}", en))) == sorted(set(re.findall(r"\{\d\}", zh))), key
    assert texts["notice"] == (NOTICE["en"], NOTICE["zh"])
    used = {key for path in OURS for key in re.findall(r'\bt\("(\w+)"', path.read_text("utf-8"))}
    assert sorted(used - set(texts)) == []


def test_no_text_says_that_something_is_safe() -> None:
    text = (STATIC / "js" / "i18n.js").read_text(encoding="utf-8")
    said = re.findall(r"[^.\"]*\bsaf\w+[^.\"]*|[^。\"]*安全[^。\"]*", text)
    assert len(said) == 6
    assert all(re.search(r"no evidence of safety|不能说明|不是安全的证据", one) for one in said)


def test_files_are_served_with_their_types_and_under_the_policy(client: httpx.Client) -> None:
    for path in sorted(STATIC.rglob("*.*")):
        if path.suffix not in TYPES:
            continue
        found = client.get(f"/static/{path.relative_to(STATIC).as_posix()}")
        assert found.status_code == 200, path.name
        assert found.headers["content-type"].split(";")[0] == TYPES[path.suffix], path.name
        assert found.headers["content-security-policy"].startswith("default-src 'self'; ")
        assert "unsafe" not in found.headers["content-security-policy"]
        assert found.headers["x-content-type-options"] == "nosniff"


def test_what_a_browser_holds_already_is_not_sent_again(client: httpx.Client) -> None:
    first = client.get("/static/js/main.js")
    again = client.get("/static/js/main.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_page_is_at_the_root_whatever_the_view(client: httpx.Client) -> None:
    page = client.get("/").text
    assert client.get("/?view=concept&id=drugbank:DB00682").text == page
    assert page.startswith("<!doctype html>")


def test_the_page_and_its_modules_are_asked_for_again_and_told_by_head(
    client: httpx.Client,
) -> None:
    for path in ("/", "/static/js/main.js", "/static/css/base.css"):
        found, head = client.get(path), client.head(path)
        assert found.headers["cache-control"] == head.headers["cache-control"] == "no-cache"
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == found.headers["content-length"]
        assert head.headers["etag"] == found.headers["etag"]


def test_nothing_of_ours_says_how_much_the_server_takes() -> None:
    said = [
        f"{path.name}: {found}"
        for path in OURS
        for found in re.findall(r'maxlength: "?\d+|MOST_\w+ = \d+;', path.read_text("utf-8"))
    ]
    assert said == []


@pytest.mark.parametrize("path", ["../service.py", "%2e%2e/service.py", "js/../../words.py", "js"])
def test_nothing_but_the_page_s_files_is_served(client: httpx.Client, path: str) -> None:
    assert client.get(f"/static/{path}").status_code == 404
