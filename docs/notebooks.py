"""The notebooks with their outputs, for the docs site: ``python docs/notebooks.py --out DIR``.

Each of ``notebooks/*.ipynb`` is executed and written as ``DIR/NAME.md``, its displays as HTML in
the Markdown: tables, marked text, pictures as inline SVG. ``DIR/index.md`` lists them. With
``--html`` each is one page of its own instead. Nothing is written back into ``notebooks``. It needs
``nbclient``, ``nbconvert`` and ``ipykernel``; a notebook whose packages are absent is left out, and
told so on standard error.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
NEEDS = {"05-programs": ("dspy",), "07-evaluate": ("dspy", "bm25s")}
"""Packages that a notebook needs besides kgmed and its own dependencies."""
TIMEOUT_S = 300
"""Seconds that a cell may take."""
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def missing(name: str) -> list[str]:
    """The packages that a notebook needs and that aren't here."""
    return [package for package in NEEDS.get(name, ()) if find_spec(package) is None]


def executed(path: Path) -> Any:
    """A notebook with its outputs; a cell that raises stops it."""
    import nbclient
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(notebook, timeout=TIMEOUT_S, kernel_name="python3").execute()
    return notebook


def title_of(notebook: Any) -> str:
    """The first heading."""
    return next(
        line.lstrip("# ") for line in notebook.cells[0].source.splitlines() if line.startswith("#")
    )


def markdown(notebook: Any) -> str:
    """A notebook as Markdown; what a cell shows stands below it."""
    parts: list[str] = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
        elif cell.source.strip():
            parts.append(f"```python\n{cell.source}\n```")
            parts += outputs(cell)
    return "\n\n".join(parts) + "\n"


def outputs(cell: Any) -> Iterator[str]:
    """What a cell showed: HTML as it is, in a block without blank lines, which would end it for a
    reader of Markdown; text in a fence. What a cell wrote to standard error is left out."""
    printed = ""
    for output in [*cell.outputs, None]:
        if output is not None and output.output_type == "stream":
            printed += output.text if output.name == "stdout" else ""
            continue
        if printed.strip():
            yield fenced(printed)
        printed = ""
        if output is None:
            return
        if output.output_type in {"execute_result", "display_data"}:
            data = output.data
            if "text/html" in data:
                yield f'<div class="kgmed-output">{in_one_block(data["text/html"])}</div>'
            elif "text/plain" in data:
                yield fenced(data["text/plain"])


def in_one_block(html: str) -> str:
    """HTML in one line, since a blank line would end it for a reader of Markdown; line ends inside
    of attributes and texts stand as HTML writes them."""
    return html.replace("\n", "&#10;")


def fenced(text: str) -> str:
    """Text in a fence that it can't end."""
    text = _ANSI.sub("", text).rstrip("\n")
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    return f"{ticks}text\n{text}\n{ticks}"


def html(notebook: Any) -> str:
    """A notebook as a page of its own, by nbconvert."""
    from nbconvert import HTMLExporter

    body, _resources = HTMLExporter(embed_images=True).from_notebook_node(notebook)
    return str(body)


def main(arguments: Sequence[str] | None = None) -> int:
    """Execute and write; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    parser.add_argument("--html", action="store_true", help="pages of HTML instead of Markdown")
    parser.add_argument("names", nargs="*", help="notebooks, such as 01-questions; default: all")
    given = parser.parse_args(arguments)
    paths = [
        p for p in sorted(NOTEBOOKS.glob("*.ipynb")) if not given.names or p.stem in given.names
    ]
    unknown = set(given.names) - {path.stem for path in paths}
    if unknown:
        known = ", ".join(path.stem for path in sorted(NOTEBOOKS.glob("*.ipynb")))
        parser.error(f"found {', '.join(sorted(unknown))}, expected some of: {known}")
    given.out.mkdir(parents=True, exist_ok=True)
    lines = [
        "# Notebooks",
        "",
        "Each runs from top to bottom on a fresh machine; the outputs here are its own.",
        "",
    ]
    ending = "html" if given.html else "md"
    for path in paths:
        absent = missing(path.stem)
        if absent:
            sys.stderr.write(f"{path.stem}: left out, as it needs {', '.join(absent)}\n")
            continue
        notebook = executed(path)
        made = html(notebook) if given.html else markdown(notebook)
        (given.out / f"{path.stem}.{ending}").write_text(made, encoding="utf-8")
        lines.append(f"- [{title_of(notebook)}]({path.stem}.{ending})")
        sys.stderr.write(f"{path.stem}.{ending}\n")
    (given.out / "index.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
