"""The documentation does what it says.

Of README.md and every page under docs: Python blocks run, console blocks print what they show, and
links resolve. The generated reference is what the code says, and docs/index.md leads to every page
and command. A page that has ``<!-- needs: dspy -->`` is skipped where that package isn't.

A fenced block whose info string names a file (```` ```toml kgmed.toml ````) is that file in the
page's working folder. In what a console block shows, a line of ``...`` stands for any lines, and
one that ends in ``...`` may go on; ``$ echo $?`` shows the exit code before it.
"""

from __future__ import annotations

import contextlib
import difflib
import doctest
import gc
import io
import re
import runpy
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pytest

from kgmed.builders.config import BuildConfig, IdentityConfig
from kgmed.builders.open_data.files import extraction
from kgmed.builders.source_configs import SourceConfig, StatedConfig
from kgmed.cli import main
from kgmed.cli.app import COMMANDS
from kgmed.reasoning.answer import Form, Reason

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
REFERENCE = sorted((DOCS / "reference").glob("*.md"))
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file it is or '', its text, its first line's number."""

    language: str
    file: str
    text: str
    line: int


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for match in re.finditer(r"^```(\w+)[ ]*(\S*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        language, file, body = match.groups()
        yield Block(language, file, body, text[: match.start(3)].count("\n") + 1)


@pytest.fixture
def folder(page: Path, graph: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page's working folder, with the files that it shows."""
    monkeypatch.chdir(tmp_path)
    for block in blocks(page):
        if block.file:
            (tmp_path / block.file).write_text(block.text, encoding="utf-8")
    return tmp_path


def run(command: str, monkeypatch: pytest.MonkeyPatch) -> tuple[str, int]:
    """What a kgmed command line prints to stdout and stderr, and its exit code."""
    screen = io.StringIO()
    monkeypatch.setattr(sys, "argv", shlex.split(command))
    threshold = gc.get_threshold()
    code = 0
    with contextlib.redirect_stdout(screen), contextlib.redirect_stderr(screen):
        try:
            main()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    gc.set_threshold(*threshold)
    return screen.getvalue(), code


def same_every_time(text: str) -> str:
    """Without times and hashes; short statement ids stay."""
    text = re.sub(r'"elapsed_ms": [\d.]+', '"elapsed_ms": 0', text)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:]+\+00:00", "TIME", text)
    return re.sub(r"\b[0-9a-f]{12,}\b", "HASH", text)


def shows(shown: str, printed: str) -> bool:
    """Whether a console block's text shows what a command printed."""
    wanted = []
    for line in same_every_time(shown).rstrip().splitlines():
        if line.strip() == "...":
            wanted.append(r"(?:.*\n)*?")
        elif line.endswith("..."):
            wanted.append(re.escape(line[:-3].rstrip()) + r".*\n")
        else:
            wanted.append(re.escape(line.rstrip()) + r"[ \t]*\n")
    return re.fullmatch("".join(wanted), same_every_time(printed).rstrip() + "\n") is not None


def run_console(block: Block, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code = 0
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        if command == "echo $?":
            assert shown.strip() == str(code), f"{where}: exit code of the command before"
            continue
        assert command.startswith("kgmed "), f"{where}: {command!r} isn't run by this test"
        printed, code = run(command, monkeypatch)
        if not shows(shown or "\n", printed or "\n"):
            lines = difflib.unified_diff(
                shown.rstrip().splitlines(), printed.rstrip().splitlines(), "shown", "printed",
                lineterm="",
            )  # fmt: skip
            pytest.fail(f"{where}: $ {command}\n" + "\n".join(lines), pytrace=False)


def run_python(block: Block, where: str, names: dict[str, Any]) -> None:
    if ">>>" in block.text:
        test = doctest.DocTestParser().get_doctest(block.text, names, where, where, block.line)
        problems = io.StringIO()
        runner = doctest.DocTestRunner(optionflags=FLAGS)
        runner.run(test, out=problems.write, clear_globs=False)
        names.update(test.globs)
        if runner.failures:
            pytest.fail(problems.getvalue(), pytrace=False)
        return
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(block.text, where, "exec"), names)  # noqa: S102  our own page


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.stem)
def test_what_a_page_shows_is_what_happens(
    page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in re.findall(r"^<!-- needs: (\w+) -->$", page.read_text("utf-8"), re.MULTILINE):
        pytest.importorskip(package, reason=f"the page needs {package}")
    names: dict[str, Any] = {"__name__": "page"}
    for block in blocks(page):
        where = f"{page.name}:{block.line}"
        if block.language in {"console", "shell"}:
            run_console(block, where, monkeypatch)
        elif block.language == "python":
            run_python(block, where, names)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def links(page: Path) -> list[str]:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    return re.findall(r"\]\(([^)\s]+)\)", text)


@pytest.mark.parametrize(
    "page",
    [*PAGES, *REFERENCE, *(ROOT / n for n in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md"))],
    ids=lambda page: page.name,
)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        if re.match(r"\w+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name}: {link}"
        assert not anchor or anchor in anchors(target), f"{page.name}: {link}"


def test_the_reference_is_what_the_code_says(capsys: pytest.CaptureFixture[str]) -> None:
    generate = runpy.run_path(str(DOCS / "generate.py"))
    assert generate["main"](["--check"]) == 0, capsys.readouterr().err


def test_the_index_leads_to_every_page_and_command() -> None:
    index = DOCS / "index.md"
    linked = {(DOCS / link.partition("#")[0]).resolve() for link in links(index)}
    assert {*PAGES, *REFERENCE} - {index} <= linked
    text = index.read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"`kgmed {name}`" not in text] == []


def test_every_form_and_every_reason_is_explained() -> None:
    text = (DOCS / "questions.md").read_text(encoding="utf-8")
    words = [*get_args(Form), *get_args(Reason)]
    assert [word for word in words if f"`{word}`" not in text] == []


def test_every_source_stands_with_its_release_and_licence() -> None:
    rows = (DOCS / "graph.md").read_text(encoding="utf-8").splitlines()
    for entry in extraction()["sources"].values():
        info = entry["info"]
        cells = f"| `{info['infores']}` | {info['release']} | {info['licence']} |"
        assert any(cells in row for row in rows), cells


def test_every_key_of_kgmed_toml_is_explained() -> None:
    text = (DOCS / "build.md").read_text(encoding="utf-8")
    sources = {*SourceConfig.__subclasses__(), *StatedConfig.__subclasses__()} - {StatedConfig}
    models = (BuildConfig, IdentityConfig, *sources)
    keys = {name for model in models for name in model.model_fields}
    assert [key for key in sorted(keys) if f"`{key}`" not in text] == []
