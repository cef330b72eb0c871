"""The wire shapes: what ``--json`` prints, and their JSON Schemas.

The shapes are the frozen values of the model themselves (Answer, Link, Statement, Concept, Path,
Mapping ...); pydantic derives schema and validation from them, so that there is one definition. It
is imported only where something is validated or a schema is asked for: printing JSON needs none.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator
from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from kgmed.builders.datasets.report import Forecast, Trace, Written
from kgmed.kg.diff.model import Diff
from kgmed.kg.linking.links import LinkedDocument, LinkedFiles, Links
from kgmed.kg.mapping_set import MappingsWritten
from kgmed.kg.model import Concept, Language, Name, Path, Statement
from kgmed.kg.store.base import CoverageRow, GraphInfo, OverlayInfo
from kgmed.kg.store.neo4j.report import Loaded, Rows
from kgmed.kg.views.written import KgxWritten, RdfWritten
from kgmed.kg.why import Why
from kgmed.reasoning.answer import Answer, Withheld
from kgmed.reasoning.claims.model import Skipped, Verification, VerifiedClaim, verified_claim
from kgmed.reasoning.claims.recheck import Rechecked
from kgmed.reasoning.evaluation.contents import Contents
from kgmed.reasoning.evaluation.told import Evaluated
from kgmed.reasoning.lm.checked import LMCheck
from kgmed.reasoning.optimize.told import Optimized, Scored

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class Paths:
    """What ``kgmed paths --json`` prints."""

    start: str
    end: str
    hops: int
    paths: tuple[Path, ...]
    concepts: MappingABC[str, Concept]
    snapshot: str
    withheld: tuple[Withheld, ...] = ()
    schema: str = "kgmed.paths/1"


@dataclass(frozen=True, slots=True)
class Shown:
    """What ``kgmed show --json`` prints: a concept with its names, or a statement, with the
    concepts at its ends where it comes from a server."""

    concept: Concept | None = None
    names: tuple[Name, ...] = ()
    statement: Statement | None = None
    snapshot: str = ""
    concepts: MappingABC[str, Concept] = field(default_factory=dict)
    schema: str = "kgmed.show/1"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a server offers besides the graph: ``programs`` that a question may name, and the one
    that is meant where it names none; ``lm`` says whether a language model answers. ``limits`` are
    texts in code points, times (``_s``) in seconds, the rest in numbers; the reference on limits in
    docs/serve.md has them in words. ``plausibility`` is the name of the trained model that can be
    asked about unsupported claims and to rank paths, '' for none."""

    programs: tuple[str, ...]
    program: str
    lm: bool
    limits: MappingABC[str, int | float]
    plausibility: str = ""


@dataclass(frozen=True, slots=True)
class Info:
    """What ``kgmed info --json`` prints; ``withheld`` are the sources of which a server leaves out
    what may not leave its machine, ``service`` what it offers, None where no server answers."""

    info: GraphInfo
    withheld: tuple[str, ...] = ()
    service: Offer | None = None
    schema: str = "kgmed.info/1"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What ``kgmed coverage --json`` prints."""

    rows: tuple[CoverageRow, ...]
    snapshot: str
    schema: str = "kgmed.coverage/1"


@dataclass(frozen=True, slots=True)
class Check:
    """What ``kgmed check --json`` prints."""

    graph: str
    ok: bool
    problems: tuple[str, ...]
    schema: str = "kgmed.check/1"


@dataclass(frozen=True, slots=True)
class Addition:
    """A source that an overlay added: who did, when, why, and how many new concepts, statements
    and values it brought."""

    infores: str
    name: str
    release: str
    licence: str
    who: str
    reason: str
    date: str
    concepts: int
    statements: int
    values: int


@dataclass(frozen=True, slots=True)
class Overlay:
    """What ``kgmed overlay --json`` prints; ``overlay`` is None where none lies on the graph.

    ``retracted`` and ``added`` are filled by ``--list``, ``report`` where an overlay was made.
    """

    graph: str
    snapshot: str
    overlay: OverlayInfo | None
    additions: tuple[Addition, ...] = ()
    retracted: tuple[Statement, ...] = ()
    added: tuple[Statement, ...] = ()
    report: MappingABC[str, Any] | None = None
    schema: str = "kgmed.overlay/1"


@dataclass(frozen=True, slots=True)
class Verified:
    """What ``kgmed verify --json`` prints."""

    text: str
    lang: Language
    claims: tuple[VerifiedClaim, ...]
    skipped: tuple[Skipped, ...]
    snapshot: str
    elapsed_ms: float
    withheld: tuple[Withheld, ...] = ()
    schema: str = "kgmed.verification/1"


def verified(found: Verification) -> Verified:
    """A verification as it is printed: what is claimed and what came of it side by side."""
    claims = tuple(map(verified_claim, found.claims))
    return Verified(found.text, found.lang, claims, found.skipped, found.snapshot, found.elapsed_ms)


_SHAPES: dict[str, type] = {
    "kgmed.answer/1": Answer,
    "kgmed.links/1": Links,
    "kgmed.linked/1": LinkedDocument,
    "kgmed.linked_files/1": LinkedFiles,
    "kgmed.paths/1": Paths,
    "kgmed.why/1": Why,
    "kgmed.show/1": Shown,
    "kgmed.info/1": Info,
    "kgmed.coverage/1": Coverage,
    "kgmed.check/1": Check,
    "kgmed.diff/1": Diff,
    "kgmed.mappings/1": MappingsWritten,
    "kgmed.overlay/1": Overlay,
    "kgmed.kgx/1": KgxWritten,
    "kgmed.load/1": Loaded,
    "kgmed.cypher/1": Rows,
    "kgmed.rdf/1": RdfWritten,
    "kgmed.dataset/1": Written,
    "kgmed.forecast/1": Forecast,
    "kgmed.trace/1": Trace,
    "kgmed.verification/1": Verified,
    "kgmed.rechecked/1": Rechecked,
    "kgmed.lm/1": LMCheck,
    "kgmed.benchmark/1": Contents,
    "kgmed.evaluation/1": Evaluated,
    "kgmed.optimized/1": Optimized,
    "kgmed.score/1": Scored,
}
_LATER = {
    "kgmed.doctor/1": ("kgmed.facade.doctor.model", "Doctor"),
    "kgmed.comparison/1": ("kgmed.reasoning.evaluation.comparison.model", "Comparison"),
    "kgmed.judged/1": ("kgmed.reasoning.evaluation.judging.model", "Judged"),
    "kgmed.learned/1": ("kgmed.reasoning.plausibility.told", "Learned"),
    "kgmed.learned_models/1": ("kgmed.reasoning.plausibility.told", "LearnedModels"),
    "kgmed.learn-evaluation/1": ("kgmed.reasoning.plausibility.told", "LearnEvaluation"),
    "kgmed.suggestions/1": ("kgmed.kg.suggestion", "Suggestions"),
    "kgmed.search/1": ("kgmed.serve.shapes", "Search"),
    "kgmed.concept/1": ("kgmed.serve.shapes", "ConceptShown"),
    "kgmed.concepts/1": ("kgmed.serve.shapes", "Concepts"),
    "kgmed.statements/1": ("kgmed.serve.shapes", "Statements"),
    "kgmed.interactions/1": ("kgmed.serve.shapes", "Interactions"),
    "kgmed.triples/1": ("kgmed.serve.shapes", "Triples"),
    "kgmed.sample/1": ("kgmed.serve.shapes", "Sample"),
}
"""Shapes whose modules are imported where the shape is asked for: they bring numpy, or are a
command's alone."""


class _Shapes(MappingABC[str, type]):
    def __getitem__(self, name: str) -> type:
        if name not in _LATER:
            return _SHAPES[name]
        module, value = _LATER[name]
        found: type = getattr(import_module(module), value)
        return found

    def __iter__(self) -> Iterator[str]:
        yield from _SHAPES
        yield from _LATER

    def __len__(self) -> int:
        return len(_SHAPES) + len(_LATER)


SHAPES = _Shapes()
"""Every shape with its version: fields may be added to one, none is renamed."""


def to_plain(value: Any) -> Any:
    """A value as JSON's own types; dataclasses become objects of their fields, in order.

    >>> to_plain(Check("kgmed:open", True, ()))
    {'graph': 'kgmed:open', 'ok': True, 'problems': [], 'schema': 'kgmed.check/1'}
    """
    kind = type(value)
    if kind in _ALREADY_PLAIN:
        return value
    names = _names(cast(Hashable, kind))
    if names is not None:
        return {name: to_plain(getattr(value, name)) for name in names}
    if isinstance(value, dict | MappingABC):
        return {str(name): to_plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    return value


_ALREADY_PLAIN = frozenset((str, int, float, bool, type(None)))


@cache
def _names(kind: type) -> tuple[str, ...] | None:
    """The fields of a dataclass; None for any other type."""
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else None


def to_json(value: Any, *, indent: int | None = 1) -> str:
    """A wire shape as JSON text; Chinese stays readable."""
    return json.dumps(to_plain(value), ensure_ascii=False, indent=indent)


def adapter(name: str) -> TypeAdapter[Any]:
    """The pydantic adapter of a shape, for validation and schema.

    >>> adapter("kgmed.check/1").validate_json('{"graph": "g", "ok": true, "problems": []}').ok
    True
    """
    from pydantic import TypeAdapter

    return TypeAdapter(SHAPES[name])


def json_schema(name: str) -> dict[str, Any]:
    """The JSON Schema of a shape."""
    return adapter(name).json_schema()
