"""Compiled programs on disk: a program's instructions and examples as JSON, and what they are for.

Nothing is pickled. A file says which model, snapshot and kgmed it was made with, and its score; who
loads it with others is warned, as another model may read the same prompt in another way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kgmed.kg.errors import DataError, OutputError
from kgmed.kg.model import Language
from kgmed.kg.version import VERSION
from kgmed.reasoning.programs.signatures import Kind

SCHEMA = "kgmed.program/1"


@dataclass(frozen=True, slots=True)
class Compiled:
    """A compiled program.

    ``kinds`` and ``languages`` are the forms of question that it has predictors for; ``budget`` its
    tokens of evidence, None for the program's own. ``before`` and ``score`` are the means over the
    development items (0-1), ``parts`` those of the measure. ``state`` is the module's.
    """

    program: str
    kinds: tuple[Kind, ...]
    languages: tuple[Language, ...]
    model: str
    snapshot: str
    optimizer: str
    before: float
    score: float
    state: Mapping[str, Any]
    budget: int | None = None
    parts: Mapping[str, float] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    train: str = ""
    dev: str = ""
    kgmed: str = VERSION
    dspy: str = ""
    schema: str = SCHEMA

    def save(self, path: Path) -> None:
        """Write it; raises :class:`~kgmed.kg.errors.OutputError` where that can't be done."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1, default=str) + "\n"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            work = path.with_name(f".{path.name}.new")
            work.write_text(text, encoding="utf-8")
            work.replace(path)
        except OSError as error:
            raise OutputError(f"{path}: can't be written ({error.strerror or error}).") from error

    def unlike(self, *, model: str, snapshot: str) -> list[str]:
        """What is other than where it was made, a sentence each."""
        found = []
        if model != self.model:
            found.append(f"it was compiled for the model {self.model}, and runs on {model}")
        if snapshot != self.snapshot:
            found.append(
                f"it was compiled over the snapshot {self.snapshot[:12]}, and runs over "
                f"{snapshot[:12]}"
            )
        if self.kgmed != VERSION:
            found.append(f"it was compiled by kgmed {self.kgmed}, and this is {VERSION}")
        return found

    def _repr_html_(self) -> str:
        from kgmed.reasoning.display.runs import compiled_html

        return compiled_html(self)


def see_that_it_may_go(path: Path, *, model: str, snapshot: str) -> None:
    """Raise :class:`~kgmed.kg.errors.OutputError` where a file is already that isn't to be lost: a
    program of another model or snapshot, or something else."""
    if not path.exists():
        return
    if path.is_dir():
        raise OutputError(f"{path}: found a folder, expected the name of a file (--out).")
    what = "Name another file (--out), or give --force to replace it."
    try:
        found = read_compiled(path)
    except DataError as error:
        raise OutputError(f"{path}: found a file that is no compiled program. {what}") from error
    for name, own, now in (("model", found.model, model), ("snapshot", found.snapshot, snapshot)):
        if own != now:
            raise OutputError(
                f"{path}: found a program that was compiled for the {name} {own[:40]}, and this "
                f"one would be for {now[:40]}. {what}"
            )


def read_compiled(path: Path) -> Compiled:
    """A compiled program from its file; raises :class:`~kgmed.kg.errors.DataError` for one that is
    none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path}: found no file, expected a compiled program.") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: can't be read ({error}), expected a compiled program.") from error
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise DataError(f"{path}: found no {SCHEMA}, expected a program that kgmed optimized.")
    try:
        return Compiled(**{**found, "kinds": tuple(found["kinds"]),
                           "languages": tuple(found["languages"])})  # fmt: skip
    except (TypeError, KeyError) as error:
        raise DataError(f"{path}: found other fields than expected ({error}).") from error


def loaded(module: Any, compiled: Compiled, path: Path) -> Any:
    """A module of the compiled program's kind with its instructions and examples."""
    known = {name for name, _predictor in module.named_predictors()}
    missing = sorted(set(compiled.state) - known - {"metadata"})
    if missing:
        raise DataError(
            f"{path}: found predictors that {compiled.program} doesn't have: {', '.join(missing)}."
        )
    module.load_state(dict(compiled.state))
    return module
