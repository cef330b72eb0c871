"""The notebooks run from top to bottom on a fresh machine, and are stored without outputs.

Each has a few minutes, though it takes well below one where nothing else runs. One that needs an
extra that isn't here is skipped, with the reason.
"""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
RENDER: dict[str, Any] = runpy.run_path(str(ROOT / "docs" / "notebooks.py"))
LONGEST = 1_500_000
"""Characters of all that a notebook shows."""


def cells(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_stored_without_outputs(path: Path) -> None:
    assert all(not cell.get("outputs") for cell in cells(path))
    assert all(cell.get("execution_count") is None for cell in cells(path))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_tells_a_story(path: Path) -> None:
    first = "".join(cells(path)[0]["source"])
    assert re.match(rf"# {path.stem[:2]} \w", first)
    told = [cell for cell in cells(path) if cell["cell_type"] == "markdown"]
    assert len(told) >= 6
    ids = [cell["id"] for cell in cells(path)]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore")  # of the notebook machinery, not of kgmed
def test_notebook_runs(path: Path, graph: object) -> None:
    pytest.importorskip("nbclient")
    for package in RENDER["missing"](path.stem):
        pytest.skip(f"it needs {package}: pip install 'kgmed[optimize,evaluate]'")
    notebook = RENDER["executed"](path)
    shown = [
        output["data"]["text/html"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "text/html" in output.get("data", {})
    ]
    assert len(shown) >= 3, "values render as HTML"
    assert sum(map(len, shown)) < LONGEST
    assert not any("<script" in html for html in shown)
    page = RENDER["markdown"](notebook)
    assert page.startswith(f"# {path.stem[:2]} ")
    assert page.count('<div class="kgmed-output">') == len(shown)
    for line in page.splitlines():
        assert line.startswith('<div class="kgmed-output">') or "</table>" not in line


def test_what_a_cell_shows_stays_in_its_block() -> None:
    nbformat = pytest.importorskip("nbformat")
    v4 = nbformat.v4
    made = v4.new_notebook(
        cells=[
            v4.new_markdown_cell("# 09 A title"),
            v4.new_code_cell(
                "x",
                outputs=[
                    v4.new_output("stream", name="stderr", text="a warning"),
                    v4.new_output("stream", name="stdout", text="\x1b[31mred\x1b[0m\n```\n"),
                    v4.new_output("display_data", {"text/html": "<p>a\n\nb</p>"}),
                    v4.new_output("execute_result", {"text/plain": "42"}),
                ],
            ),
        ]
    )
    assert RENDER["title_of"](made) == "09 A title"
    page = RENDER["markdown"](made)
    assert "warning" not in page
    assert "````text\nred\n```\n````" in page
    assert '<div class="kgmed-output"><p>a&#10;&#10;b</p></div>' in page
    assert "```text\n42\n```" in page


def test_a_notebook_that_there_isnt_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        RENDER["main"](["--out", str(tmp_path), "99-none"])
    assert "expected some of: 01-questions" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore")
def test_notebooks_are_rendered_into_a_folder(
    tmp_path: Path, graph: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("nbclient")
    (tmp_path / "in").mkdir()
    small = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("# 01 Small"),
            nbformat.v4.new_code_cell("import kgmed\nkgmed.open_graph().neighbourhood('imatinib')"),
        ]
    )
    nbformat.write(small, tmp_path / "in" / "01-small.ipynb")
    monkeypatch.setitem(RENDER["main"].__globals__, "NOTEBOOKS", tmp_path / "in")
    assert RENDER["main"](["--out", str(tmp_path / "out")]) == 0
    assert "<svg" in (tmp_path / "out" / "01-small.md").read_text(encoding="utf-8")
    index = (tmp_path / "out" / "index.md").read_text(encoding="utf-8")
    assert "[01 Small](01-small.md)" in index
