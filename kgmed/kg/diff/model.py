"""What a diff says; the field names are the wire shape ``kgmed.diff/1``.

Fields may be added, none renamed. A new kind of row takes a word in its ``Literal`` and a count
with the default 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from kgmed.kg.model import Statement

StatementKind = Literal["added", "removed", "retracted", "restored", "changed", "moved"]
ConceptKind = Literal[
    "added",
    "retired",
    "moved",
    "merged",
    "split",
    "member_moved",
    "members_changed",
    "renamed",
    "recategorized",
]
STATEMENT_KINDS: tuple[StatementKind, ...] = get_args(StatementKind)
CONCEPT_KINDS: tuple[ConceptKind, ...] = get_args(ConceptKind)

FIELDS = (
    "subject",
    "object",
    "predicate",
    "release",
    "licence",
    "original_predicate",
    "knowledge_level",
    "agent_type",
    "source_record",
    "publications",
    "text",
)
"""What can differ in two statements of one id; all else is part of the id."""

ONE_CONCEPT = "one_concept"
"""Reason of a statement's coming or going: in the graph without it, both its ends are one
concept, and a build leaves such statements out."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two snapshots. ``counts`` are rows per table."""

    graph: str
    generation: str
    snapshot: str
    created: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class StatementCounts:
    """Statements, those with a value included.

    ``added`` and ``removed`` are ids of one side only; of these, ``parted`` and ``joined`` are
    those whose two ends are one concept on the other side. ``retracted`` are those that stand in
    the old and that an overlay of the new retracts, ``restored`` the reverse. ``moved`` are those
    of which the concepts at their ends have another id and nothing else differs; ``changed`` those
    of which anything else does, ``release_only`` of them the ones where it is the release alone.
    ``fields`` counts, over changed and moved statements, what differs.
    """

    old: int = 0
    new: int = 0
    added: int = 0
    removed: int = 0
    retracted: int = 0
    restored: int = 0
    changed: int = 0
    moved: int = 0
    release_only: int = 0
    joined: int = 0
    parted: int = 0
    fields: Mapping[str, int] = field(default_factory=dict)

    @property
    def shown(self) -> list[str]:
        """The counts that a table shows: those that only overlays make where there are some."""
        of_overlays = [kind for kind in ("retracted", "restored") if getattr(self, kind)]
        return ["old", "new", "added", "removed", *of_overlays, "changed", "release_only", "moved"]

    @property
    def unchanged(self) -> int:
        """Statements that are on both sides, word for word."""
        return self.new - self.added - self.restored - self.changed - self.moved


@dataclass(frozen=True, slots=True)
class ConceptCounts:
    """Rows of each kind of :class:`ConceptChange`; a concept can have several."""

    added: int = 0
    retired: int = 0
    moved: int = 0
    merged: int = 0
    split: int = 0
    member_moved: int = 0
    members_changed: int = 0
    renamed: int = 0
    recategorized: int = 0


@dataclass(frozen=True, slots=True)
class NameCounts:
    """Names of one language. A name is added where the concept, or what became it, didn't have
    that text in that language, and removed where it no longer has."""

    language: str
    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class MappingCounts:
    """Mappings, by source, both ids, predicate, modifier and justification.

    ``restated`` are those whose status or its reason, confidence or labels differ; ``statuses``
    counts those of another status, as ``"merged > refused"``.
    """

    old: int = 0
    new: int = 0
    added: int = 0
    removed: int = 0
    restated: int = 0
    statuses: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceDiff:
    """What changed in one source.

    ``concepts`` counts rows about concepts that the source speaks of, so that a concept of two
    sources counts in both; ``names`` goes by the source that a name is listed under.
    """

    source: str
    old_releases: tuple[str, ...] = ()
    new_releases: tuple[str, ...] = ()
    old_licences: tuple[str, ...] = ()
    new_licences: tuple[str, ...] = ()
    statements: StatementCounts = StatementCounts()
    concepts: ConceptCounts = ConceptCounts()
    names: tuple[NameCounts, ...] = ()
    mappings: MappingCounts = MappingCounts()


@dataclass(frozen=True, slots=True)
class StatementChange:
    """One statement that differs: as it is in the new snapshot, or was in the old if removed.

    One that the new snapshot ``retracted`` is as it was in the old, with the retraction.

    ``before`` holds the old values of what differs, by field of :class:`~kgmed.kg.model.Statement`
    (see ``FIELDS``); it is empty for added and removed ones. ``reason`` is '' or ``one_concept``:
    in the graph that lacks the statement, both its ends are one concept.
    """

    kind: StatementKind
    statement: Statement
    before: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    reason: str = ""

    @property
    def id(self) -> str:
        return self.statement.id


@dataclass(frozen=True, slots=True)
class ConceptChange:
    """One thing that became of a concept. ``id`` is its id in the new snapshot; in the old one if
    it was retired or split.

    | kind | ``before`` | ``after`` |
    |---|---|---|
    | `added`: none of its ids was known | | its ids |
    | `retired`: none of its ids is known | its ids | |
    | `moved`: it is led by another id | old id | new id |
    | `merged`: several concepts became one | their ids | the id |
    | `split`: its ids are in several concepts, some of them new | the id | their ids |
    | `member_moved`: `ids` went to another concept that was there before | old id | new id |
    | `members_changed`: it lost or gained ids | those no longer known | those newly known |
    | `renamed`: another preferred name in `language` | old name | new name |
    | `recategorized`: other categories | old ones | new ones |
    """

    kind: ConceptKind
    id: str
    name: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    language: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Diff:
    """What changed between two snapshots: counts, per source too, and examples.

    ``same`` says that nothing counted here differs. ``source`` is the one source that was asked
    for, or ''. ``statement_examples`` and ``concept_examples`` hold the first few rows of each
    kind; ``names_of`` the names of the concepts in them.
    """

    old: Side
    new: Side
    same: bool
    source: str
    statements: StatementCounts
    concepts: ConceptCounts
    names: tuple[NameCounts, ...]
    mappings: MappingCounts
    paths_added: int
    paths_removed: int
    sources: tuple[SourceDiff, ...]
    statement_examples: tuple[StatementChange, ...] = ()
    concept_examples: tuple[ConceptChange, ...] = ()
    names_of: Mapping[str, str] = field(default_factory=dict)
    elapsed_ms: float = 0.0
    schema: str = "kgmed.diff/1"

    def _repr_html_(self) -> str:
        from kgmed.kg.display.diffs import diff_html

        return diff_html(self)
