"""A few rows of a dataset, as an export writes them.

They are made in a process of their own, which ends with them: the libraries that write datasets
take hundreds of megabytes, and what takes too long is ended.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgmed.kg.errors import StoreError, TimeLimit, UsageError
from kgmed.serve.shapes import Sample

if TYPE_CHECKING:
    from kgmed.facade import Graph

Rows = list[dict[str, Any]]
LOOK_S = 0.2
"""Seconds between two looks at whether rows are still wanted."""


def sample(graph: Graph, task: str, lang: str, rows: Rows) -> Sample:
    """Rows of a task, with the statements behind them."""
    ids = list(dict.fromkeys(id for row in rows for id in row.get("statements", ())))
    cited = {s.id: s for s in graph.store.statements(ids) if s is not None}
    return Sample(task, lang, tuple(rows), cited, graph.info().snapshot)


def sample_rows(
    graph: Graph, task: str, lang: str, count: int, *, allow: Sequence[str], timeout_s: float,
    look: Callable[[], object] = lambda: None,
) -> Rows:  # fmt: skip
    """The first ``count`` rows that an export of a task begins with.

    What isn't openly licensed, nor named by ``allow``, is left out. It takes seconds, on a graph of
    millions of statements minutes; ``look`` is called meanwhile, and what it raises ends it. Raises
    :class:`~kgmed.kg.errors.TimeLimit` past ``timeout_s``, and
    :class:`~kgmed.kg.errors.UsageError` where there are no such rows.
    """
    info = graph.info()
    with (
        tempfile.TemporaryDirectory(prefix="kgmed-sample-") as folder,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as told,
    ):
        asked = json.dumps([info.uri, info.snapshot, task, lang, count, list(allow), folder])
        command = [sys.executable, "-m", "kgmed.serve.samples", asked]
        with subprocess.Popen(command, stdout=out, stderr=told) as process:  # noqa: S603  our own
            try:
                _wait(process, time.monotonic() + timeout_s, look)
            finally:
                process.kill()
        out.seek(0), told.seek(0)
        problem = told.read().decode("utf-8", "replace").strip()
        if process.returncode == UsageError.exit_code:
            raise UsageError(problem)
        if process.returncode:
            raise StoreError(f"making a sample failed: {problem[-2000:]}")
        rows: Rows = json.loads(out.read())
    return rows


def _wait(process: subprocess.Popen[bytes], until: float, look: Callable[[], object]) -> None:
    while True:
        try:
            process.wait(LOOK_S)
        except subprocess.TimeoutExpired:
            look()
            if time.monotonic() < until:
                continue
            raise TimeLimit(
                "A sample takes longer on this graph than this server lets it. `kgmed export "
                "instructions --max-rows N` makes one without a limit."
            ) from None
        return


def made(  # noqa: PLR0917  what the command line gives
    uri: str, snapshot: str, task: str, lang: str, count: int, allow: Sequence[str], folder: str
) -> Rows:
    """The rows, made here, in a folder that whoever asks removes: this process may be ended."""
    from kgmed.facade import Graph
    from kgmed.facade.opening import open_again
    from kgmed.kg.predicates import registry

    with Graph(open_again(uri, snapshot), registry(), uri=uri) as whole:
        out = Path(folder) / "sample"
        whole.write_instructions(
            out, tasks=[task], languages=[lang], max_rows=count, processes=1, seed=0,
            allow_restricted=allow,
        )  # fmt: skip
        found: Rows = []
        for path in sorted(out.glob("*/*.jsonl")):
            with path.open(encoding="utf-8") as lines:
                found += [json.loads(line) for line in lines]
    return found[:count]


def main() -> None:
    """``python -m kgmed.serve.samples [URI, SNAPSHOT, TASK, LANG, COUNT, ALLOW, FOLDER]``."""
    try:
        rows = made(*json.loads(sys.argv[1]))
    except UsageError as error:
        sys.stderr.write(str(error))
        sys.exit(UsageError.exit_code)
    sys.stdout.buffer.write(json.dumps(rows, ensure_ascii=False).encode())


if __name__ == "__main__":
    main()
