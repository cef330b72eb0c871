"""``kgmed synth``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from kgmed.cli.opening import Progress
from kgmed.cli.options import AsJson, Quiet
from kgmed.cli.output import echo


def synth(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="umls, snomed, drugbank, cmekg, or all.")
    ],
    *,
    out: Annotated[
        Path,
        typer.Option("--out", metavar="DIR", help="Folder; for all, one folder a source in it."),
    ],
    scale: Annotated[
        float, typer.Option("--scale", help="Size; 1 is that of the real source, 2 the largest.")
    ] = 0.01,
    seed: Annotated[int, typer.Option("--seed", help="Another seed is another world.")] = 1,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write made-up UMLS, SNOMED CT, DrugBank or CMeKG files in the published formats.

    They need no licence, and those of one scale and seed refer to each other.
    """
    import json

    from kgmed.builders.synthetic import SOURCES, write
    from kgmed.kg.errors import UsageError

    if source not in {*SOURCES, "all"}:
        raise UsageError(f"Found source {source!r}, expected one of: {', '.join(SOURCES)}, all.")
    tell = Progress(quiet=quiet)
    rows: dict[str, dict[str, int]] = {}
    start = time.perf_counter()
    for name in SOURCES if source == "all" else (source,):
        tell(f"writing {name} at scale {scale:g}")
        folder = out / name if source == "all" else out
        rows[name] = write(name, folder, scale=scale, seed=seed)
    tell.done()
    if as_json:
        echo(json.dumps({"out": str(out), "scale": scale, "seed": seed, "rows": rows}, indent=1))
        return
    for name, files in rows.items():
        for file, count in files.items():
            echo(f"{name}: {file}: {count:,} rows")
    echo(f"{out}: scale {scale:g}, seed {seed}, {time.perf_counter() - start:.1f} s")
