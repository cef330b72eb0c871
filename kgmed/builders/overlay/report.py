"""What an overlay read: every row accounted for."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kgmed.builders.report import check_rows
from kgmed.builders.source import FileCounts, SourceReport
from kgmed.kg.errors import DataError

if TYPE_CHECKING:
    from kgmed.builders.overlay.additions import Additions
    from kgmed.builders.overlay.errata import Errata


@dataclass(slots=True)
class OverlayReport:
    """``report.json`` of an overlay's generation.

    ``errata``: file -> rows read, kept, skipped by reason; ``actions``: what the kept ones did.
    ``statements`` counts the rows of all additions, those of earlier overlays among them, by what
    became of them; ``already_there`` names and mappings that the base had. ``added_before``: files
    that an earlier overlay has added already. ``cycles``: added edges of subclass_of, now broader.
    """

    errata: dict[str, FileCounts] = field(default_factory=dict)
    actions: dict[str, int] = field(default_factory=dict)
    sources: list[SourceReport] = field(default_factory=list)
    added_before: list[str] = field(default_factory=list)
    statements: dict[str, int] = field(default_factory=dict)
    already_there: dict[str, int] = field(default_factory=dict)
    cycles: list[dict[str, str]] = field(default_factory=list)
    findings: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    schema: str = "kgmed.overlay-report/1"

    def add_errata(self, path: Path, errata: Errata) -> None:
        """Count a file's rows."""
        tally = errata.tally
        self.errata[str(path)] = {
            "read": tally.read, "kept": tally.kept, "skipped": dict(sorted(tally.skipped.items())),
        }  # fmt: skip
        for name, n in errata.counts.items():
            self.actions[name] = self.actions.get(name, 0) + n

    def additions(self, added: Additions) -> None:
        """Take over what resolving the additions counted and found."""
        self.statements = dict(added.statements)
        self.already_there = dict(added.known)
        self.findings = added.findings

    def check(self) -> None:
        """Raise :class:`DataError` where read differs from what was accounted for."""
        check_rows(self.sources)
        counts = dict(self.statements)
        read = counts.pop("read", 0)
        if read != sum(counts.values()):
            raise DataError(f"overlay: read {read}, accounted for {sum(counts.values())}")

    def to_json(self) -> str:
        """The report as JSON text."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    def write(self, folder: Path) -> None:
        """Write ``report.json`` into the generation."""
        (folder / "report.json").write_text(self.to_json() + "\n", encoding="utf-8")

    def _repr_html_(self) -> str:
        from kgmed.builders.display import overlay_html

        return overlay_html(self)
