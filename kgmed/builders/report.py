"""The report of a build: every row accounted for, everything that a curator should look at."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from kgmed.builders.align.report import AlignReport
from kgmed.builders.identity import IdentityReport
from kgmed.builders.merge import MergeReport
from kgmed.builders.self_check import SelfCheckReport
from kgmed.builders.source import SourceReport
from kgmed.kg.errors import DataError

_LISTED = 40
"""Rows of a list on the readable page; the JSON has them all."""


def check_rows(sources: Sequence[SourceReport]) -> None:
    """Raise :class:`DataError` where read differs from kept + skipped in any file."""
    for source in sources:
        for file, counts in source.files.items():
            skipped = counts["skipped"]
            if counts["read"] != counts["kept"] + sum(skipped.values()):
                raise DataError(
                    f"{source.infores}, {file}: read {counts['read']}, kept {counts['kept']}, "
                    f"skipped {skipped}: the rows don't add up. This is a fault of the reader."
                )


@dataclass(slots=True)
class Report:
    """The whole report; ``report.json`` is this, ``report.md`` its readable page."""

    sources: list[SourceReport]
    identity: IdentityReport
    merge: MergeReport
    alignment: AlignReport = field(default_factory=AlignReport)
    self_check: SelfCheckReport = field(default_factory=SelfCheckReport)
    schema: str = "kgmed.report/1"

    def check(self) -> None:
        """Raise :class:`DataError` where read differs from kept + skipped anywhere."""
        check_rows(self.sources)
        counts_of = Counter(self.merge.statements)
        read = counts_of.pop("read")
        if read != counts_of.total():
            raise DataError(f"merging: read {read}, accounted for {counts_of.total()}")

    @classmethod
    def read(cls, folder: Path) -> Report:
        """The report of a generation that was built. Raises ValueError or OSError for none."""
        text = json.loads((folder / "report.json").read_bytes())
        return cls(
            [SourceReport(**row) for row in text["sources"]],
            IdentityReport(**text["identity"]),
            MergeReport(**text["merge"]),
            AlignReport(**text["alignment"]),
            SelfCheckReport(**text.get("self_check", {})),
            text["schema"],
        )

    def to_json(self) -> str:
        """The report as JSON text."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    def write(self, folder: Path) -> None:
        """Write ``report.json`` and ``report.md`` into the generation."""
        (folder / "report.json").write_text(self.to_json() + "\n", encoding="utf-8")
        (folder / "report.md").write_text(self.to_markdown(), encoding="utf-8")

    def to_markdown(self) -> str:
        """The readable page."""
        lines = ["# Build report", "", "## Sources", ""]
        lines += ["| source | release | licence | concepts | names | statements | mappings |"]
        lines += ["|---|---|---|--:|--:|--:|--:|"]
        for source in self.sources:
            numbers = " | ".join(
                f"{source.rows.get(t, 0):,}"
                for t in ("concepts", "names", "statements", "mappings")
            )
            lines.append(f"| {source.name} | {source.release} | {source.licence} | {numbers} |")
        lines += [
            "",
            "Rows read, kept and skipped:",
            "",
            "| source | file | read | kept | skipped |",
        ]
        lines += ["|---|---|--:|--:|---|"]
        for source in self.sources:
            for file, counts in source.files.items():
                reasons = "; ".join(f"{n:,} {why}" for why, n in counts["skipped"].items())
                lines.append(
                    f"| {source.infores} | {file} | {counts['read']:,} | {counts['kept']:,} |"
                    f" {reasons} |"
                )
        lines += ["", *self.alignment.to_markdown()]
        lines += _rows("A tie: names lead to several", self.alignment.tied)
        lines += _rows("A name alike, another code", self.alignment.another_code)
        lines += ["## Identity", ""]
        lines.append(f"{self.identity.ids:,} ids in {self.identity.classes:,} classes.")
        lines += ["", *_counts("Mappings by status", self.identity.mappings)]
        lines += _counts("Refused mappings by reason", self.identity.refused)
        lines += _rows("An id contradicts the name beside it", self.identity.contradictions)
        shares = [
            {
                "source": source,
                "concepts": f"{counts['concepts']:,}",
                "of one id": f"{counts['of one id']:,}",
                "share": f"{counts['of one id'] / counts['concepts']:.1%}",
            }
            for source, counts in self.merge.unmapped.items()
        ]
        lines += _rows("Concepts that nothing maps to another id", shares)
        lines += ["## Merging", "", *_counts("Statements", self.merge.statements)]
        lines += _counts("Curated paths", self.merge.paths)
        lines += _counts("Predicates that predicates.toml lacks", self.merge.unknown_predicates)
        lines += _counts("Categories that aren't Biolink's", self.merge.unknown_categories)
        lines += _rows("Cycles of subclass_of, now broader", self.merge.cycles)
        lines += self._self_check()
        lines += ["## Findings of the readers", ""]
        for source in self.sources:
            for kind, rows in source.findings.items():
                lines += _rows(f"{source.name}: {kind}", rows)
        return "\n".join(lines).rstrip() + "\n"

    def _self_check(self) -> list[str]:
        found = self.self_check
        lines = ["## Self-check", ""]
        if not found.ran:
            return [*lines, "Left out: the statements weren't verified against each other.", ""]
        spent = f"{found.statements:,} statements verified against the others in {found.seconds} s."
        if not found.count:
            return [*lines, f"{spent} None is refuted.", ""]
        return [
            *lines,
            spent,
            "",
            *_counts("Refuted statements", found.by_reason()),
            *_rows("Conflicts of sources", found.conflicts),
        ]

    def _repr_html_(self) -> str:
        from kgmed.builders.display import report_html

        return report_html(self)


def _counts(title: str, counts: dict[str, int]) -> list[str]:
    if not counts:
        return []
    return [f"{title}:", "", *(f"- {name}: {n:,}" for name, n in counts.items()), ""]


def _rows(title: str, rows: list[dict[str, str]]) -> list[str]:
    if not rows:
        return []
    columns = list(rows[0])
    lines = [f"### {title} ({len(rows):,})", ""]
    lines += ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for row in rows[:_LISTED]:
        cells = (str(row.get(column, "")).replace("|", "\\|") for column in columns)
        lines.append("| " + " | ".join(cells) + " |")
    if len(rows) > _LISTED:
        lines.append(f"\n... and {len(rows) - _LISTED:,} more in report.json.")
    return [*lines, ""]
