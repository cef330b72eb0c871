"""Where the open graph lies in the user's cache, and how it gets there.

On the path of every question: nothing but the standard library is imported until a build is due.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kgmed.builders.version import MADE_BY

if TYPE_CHECKING:
    from kgmed.builders.self_check import SelfCheck

TABLES = Path(__file__).parent / "tables"


def fingerprint() -> str:
    """A short digest of the committed tables and of the build that reads them."""
    crc = zlib.crc32(MADE_BY.encode())
    for path in sorted(TABLES.iterdir()):
        if path.suffix in {".gz", ".tsv"}:
            crc = zlib.crc32(path.name.encode(), crc)
            crc = zlib.crc32(path.read_bytes(), crc)
    return f"{crc:08x}"


def ensure_open_graph(
    home: Path, *, progress: Callable[[str], None], self_check: SelfCheck | None = None
) -> Path:
    """The folder of the open graph, built there first if need be (a few seconds).

    Several processes may ask at once: one builds, the others wait for it.
    """
    root = home / "graphs" / f"open-{fingerprint()}"
    if (root / "CURRENT").exists():
        return root
    root.parent.mkdir(parents=True, exist_ok=True)
    with _only_one(root.parent / f"{root.name}.lock"):
        if not (root / "CURRENT").exists():
            from kgmed.builders.open_data.sources import open_sources
            from kgmed.builders.pipeline import build

            progress("building the open graph, once")
            build(open_sources(), root, self_check=self_check, progress=progress)
    return root


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        try:
            import fcntl
        except ImportError:  # Windows: a second build is wasted work, and harmless
            yield
            return
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
