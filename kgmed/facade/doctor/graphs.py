"""The graphs: the one that commands open, and what else lies in the home folder."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

from kgmed.facade.doctor.model import Line
from kgmed.kg.errors import KgmedError
from kgmed.kg.store.neo4j.address import is_server
from kgmed.kg.store.snapshot import open_snapshot
from kgmed.settings import OPEN_GRAPH


def graphs(chosen: str, home: Path) -> list[Line]:
    """The open graph, the graph that the settings name, and open graphs of earlier versions."""
    from kgmed.builders.open_data.cache import fingerprint

    folder = home / "graphs"
    root = folder / f"open-{fingerprint()}"
    if (root / "CURRENT").exists():
        lines = [_graph(OPEN_GRAPH, root, mend=f"rm -r {quote(str(root))} && kgmed info")]
    else:
        lines = [
            Line(
                "graphs",
                OPEN_GRAPH,
                "missing",
                "isn't built yet: the first question does, in some seconds",
                "kgmed info",
            )
        ]
    if chosen != OPEN_GRAPH and not is_server(chosen):
        mend = f"kgmed build --out {quote(chosen)}"
        lines.append(_graph(chosen, Path(chosen).expanduser(), mend=mend))
    old = [path for path in sorted(folder.glob("open-*")) if path.is_dir() and path != root]
    if old:
        size = sum(
            file.stat().st_size for path in old for file in path.rglob("*") if file.is_file()
        )
        told = f"{len(old)} open graphs of other versions of kgmed, {size / 2**20:,.0f} MiB"
        fix = "To make room: rm -r " + " ".join(quote(str(path)) for path in old)
        lines.append(Line("graphs", "left over", "ok", told, fix))
    return lines


def _graph(name: str, root: Path, *, mend: str) -> Line:
    """Whether a graph's folder can be opened; raises nothing."""
    try:
        snapshot = open_snapshot(root)
    except (KgmedError, OSError, ValueError, KeyError) as error:
        absent = not root.exists()
        return Line(
            "graphs", name, "missing" if absent else "broken",
            f"{root} isn't there" if absent else " ".join(str(error).split()), mend, needed=True,
        )  # fmt: skip
    manifest = snapshot.manifest
    checked = "every checksum is right" if snapshot.verified else (
        "sizes are right (kgmed check reads every byte)"
    )  # fmt: skip
    told = (
        f"snapshot {manifest['snapshot'][:16]}, format {manifest['format']}, "
        f"{manifest['counts']['concepts']:,} concepts, {snapshot.size / 2**20:,.0f} MiB; {checked}"
    )
    return Line("graphs", name, "ok", told, needed=True)
