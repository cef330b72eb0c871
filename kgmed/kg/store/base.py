"""The protocol that every back end of a kgmed graph serves.

External CURIEs go in and come out; limits and a total order are part of the protocol, so that two
back ends over the same snapshot give the same answers in the same order. Edges are ordered by
(predicate, neighbour id, statement id), all compared as UTF-8 bytes.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Literal, NamedTuple, Protocol

from kgmed.kg.model import Concept, Mapping, Name, Path, Statement

EdgeDirection = Literal["out", "in", "both"]


class Edge(NamedTuple):
    """A statement between two concepts, without its details. ``statement`` is its id."""

    subject: str
    predicate: str
    object: str
    statement: str
    negated: bool


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One source in a snapshot, with what it gave."""

    infores: str
    name: str
    release: str
    licence: str
    concepts: int
    statements: int
    attribution: str = ""


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """How many statements a source holds of a predicate between two categories.

    ``object_category`` is '' for statements with a value.
    """

    predicate: str
    subject_category: str
    object_category: str
    source: str
    release: str
    statements: int
    subjects: int
    objects: int


@dataclass(frozen=True, slots=True)
class OverlayInfo:
    """What an overlay changes of the graph that it lies on, whose hash is ``base``.

    ``retracted`` counts the statements taken back, the others what was added.
    """

    base: str
    retracted: int
    concepts: int
    names: int
    statements: int
    values: int
    mappings: int


@dataclass(frozen=True, slots=True)
class GraphInfo:
    """What a graph is: its hash, format, sizes and sources; ``overlay`` where one lies on it."""

    uri: str
    snapshot: str
    format: int
    created: str
    concepts: int
    names: int
    statements: int
    values: int
    mappings: int
    paths: int
    sources: tuple[SourceRow, ...]
    predicates: dict[str, int]
    categories: dict[str, int]
    licences: dict[str, int]
    overlay: OverlayInfo | None = None

    def _repr_html_(self) -> str:
        from kgmed.kg.display.values import info_html

        return info_html(self)


class Lexicon(Protocol):
    """The names of a snapshot; always local. ``norm`` is :func:`kgmed.kg.linking.normalize.key`."""

    def exact(self, norms: Sequence[str]) -> list[list[tuple[str, Name]]]:
        """For each normalised text, (concept id, name) of every name that normalises to it."""
        ...

    def held(self, hashes: Sequence[int]) -> list[int]:
        """The places of the hashes (:func:`kgmed.kg.linking.stems.name_hash`) that some name has;
        of a list or an array."""
        ...

    def hashed(self, hashes: Sequence[int], *, limit: int = 40) -> list[list[tuple[str, Name]]]:
        """For each hash, (concept id, name) of names with it, in the stored order; their texts may
        differ in inflection, in the order of words, or altogether."""
        ...

    def prefix(self, norm: str, *, limit: int = 20) -> list[tuple[str, Name]]:
        """Names whose normalised text begins with ``norm``, in order of that text."""
        ...

    def tokens(self, tokens: Sequence[str], *, limit: int = 20) -> list[tuple[str, Name]]:
        """Names that hold all of ``tokens``, shortest first."""
        ...

    def fuzzy(self, norm: str, *, limit: int = 20) -> list[tuple[str, Name, int]]:
        """Names within a few edits of ``norm``, with the edit distance, nearest first."""
        ...

    def one_edit(self, word: str) -> list[str]:
        """The tokens of names that differ from a word in one edit: an insertion, deletion,
        substitution or swap of neighbours. [] where the word is such a token itself."""
        ...

    def names(self, ids: Sequence[str]) -> list[list[Name]]:
        """All names of each concept, preferred first."""
        ...


class GraphStore(Protocol):
    """A graph that can be asked. One instance per thread; opening one is cheap."""

    @property
    def lexicon(self) -> Lexicon: ...

    @property
    def expand_at_once(self) -> int:
        """How many nodes path search hands to ``expand``: more than one where each call is a trip
        over the network. It may be more nodes than the search turns out to need."""
        ...

    def close(self) -> None:
        """Release files and connections."""
        ...

    def info(self) -> GraphInfo: ...

    def coverage(self) -> list[CoverageRow]: ...

    def check(self) -> list[str]:
        """Compare what is there with what the build made; a line for each thing that differs."""
        ...

    def resolve(self, curies: Sequence[str]) -> list[str | None]:
        """Any equivalent CURIE -> the concept's id; None where the graph doesn't hold it."""
        ...

    def concepts(self, ids: Sequence[str]) -> list[Concept | None]:
        """The concepts of these ids, in order."""
        ...

    def degrees(self, ids: Sequence[str]) -> list[int]:
        """Statements at each concept, in and out; 0 for an unknown id."""
        ...

    def neighbors(
        self,
        ids: Sequence[str],
        *,
        predicates: Sequence[str] | None = None,
        direction: EdgeDirection = "both",
        limit: int | None = None,
    ) -> list[list[Edge]]:
        """The edges at each concept: out before in, then (predicate, neighbour, statement).

        ``limit`` cuts each concept's list. An unknown id gives an empty list.
        """
        ...

    def find_statements(
        self, triples: Sequence[tuple[str, str, str]], *, negated: bool = False
    ) -> list[list[str]]:
        """The ids of the positive statements with this subject, predicate and object, sorted; of
        those that deny it where ``negated``."""
        ...

    def has_statements(self, triples: Sequence[tuple[str, str, str]]) -> list[bool]:
        """Whether a positive statement has this subject, predicate and object."""
        ...

    def sources_of(
        self,
        ids: Sequence[str],
        *,
        predicates: Sequence[str] | None = None,
        direction: EdgeDirection = "both",
    ) -> list[list[str]]:
        """The sources (infores) of the statements at each concept, negated ones too, sorted.

        ``direction`` says which end the concept is: ``out`` where it is the subject.
        """
        ...

    def statements(self, ids: Sequence[str]) -> list[Statement | None]:
        """Whole statements by id. A prefix of at least 8 digits will do where only one has it.

        A statement that an overlay retracted comes back marked; no other method gives it.
        """
        ...

    def between(
        self, pairs: Sequence[tuple[str, str]], *, predicates: Sequence[str] | None = None
    ) -> list[list[Statement]]:
        """The positive statements that join each two concepts.

        Those from the first to the second come before those the other way, each by (predicate,
        statement id).
        """
        ...

    def values(
        self, ids: Sequence[str], *, predicates: Sequence[str] | None = None
    ) -> list[list[Statement]]:
        """The statements with a value at each concept, by (predicate, statement id)."""
        ...

    def curated_paths(self, start: str, end: str) -> list[Path]:
        """The paths that a source states between two concepts, by the source's path id."""
        ...

    def mappings(self, ids: Sequence[str]) -> list[list[Mapping]]:
        """Every mapping that names one of the equivalent ids of each concept, any status."""
        ...

    def mapping_table(self, folder: FilePath) -> FilePath:
        """A Parquet file of all mappings, in the fields of :class:`~kgmed.kg.model.Mapping`; it
        is written into ``folder`` where the graph has no such file."""
        ...

    def scan(self, *, predicate: str | None = None) -> Iterator[Statement]:
        """All statements, or those of one predicate, by (subject, predicate, object, id)."""
        ...

    # What path search walks on: a back end's own cheap node keys, in the order of the CURIEs.

    def node(self, id: str) -> Hashable | None:
        """The back end's key of a concept."""
        ...

    def node_ids(self, nodes: Sequence[Hashable]) -> list[str]:
        """The concept ids of keys."""
        ...

    def expand(
        self, nodes: Sequence[Hashable], *, predicates: Sequence[str] | None = None
    ) -> list[list[Hashable]]:
        """The neighbours of each node over positive statements in either direction, in the order
        of its edges; one that several statements join it to comes several times."""
        ...

    def node_degrees(self, nodes: Sequence[Hashable]) -> list[int]:
        """Statements at each node, in and out."""
        ...
