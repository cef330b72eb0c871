"""Suggestions as KGX or SSSOM, with columns for a curator's review, which are empty.

KGX (https://github.com/biolink/kgx, specification/kgx-format.md): nodes and edges whose columns are
Biolink's slots, ``knowledge_level`` *prediction*, ``agent_type`` *computational_model* and the
probability as ``has_confidence_score``; besides ``model``, ``paths`` (ids of statements) and the
review. SSSOM (https://mapping-commons.github.io/sssom/spec-formats-tsv/): a row a suggestion, its
``confidence`` the probability, justified by *semapv:StructuralMatching*, as it comes of the graph's
structure.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from kgmed.kg.curies import PREFIXES
from kgmed.kg.errors import OutputError, UsageError
from kgmed.kg.iris import expansion
from kgmed.kg.predicates import Registry
from kgmed.kg.suggestion import REVIEW, SET, SOURCE, Suggestion, Suggestions

FORMATS = ("kgx", "sssom")
EDGE_ID = "kgmed.suggestion:"
JUSTIFICATION = "semapv:StructuralMatching"
"""A term of https://w3id.org/semapv/vocab/."""
OWN = "kgmed.predicate:"
"""Prefix, in SSSOM, of a predicate that Biolink has no slot for."""
NODE_COLUMNS = ("id", "category", "name", "provided_by")
EDGE_COLUMNS = (
    "id", "category", "subject", "subject_name", "predicate", "object", "object_name",
    "primary_knowledge_source", "knowledge_level", "agent_type", "has_confidence_score", "model",
    "release", "paths", "description", *REVIEW,
)  # fmt: skip
MAPPING_COLUMNS = (
    "subject_id", "subject_label", "predicate_id", "object_id", "object_label",
    "mapping_justification", "confidence", "mapping_tool", "mapping_tool_version", "comment",
    *REVIEW,
)  # fmt: skip
LISTS = frozenset(("category", "provided_by", "paths"))
Row = Mapping[str, str]


def write_kgx(
    found: Suggestions,
    out: Path,
    categories: Callable[[Sequence[str]], Sequence[Sequence[str]]],
    registry: Registry,
) -> tuple[Path, Path]:
    """Write nodes and edges to ``out``, a file ``NAME_edges.tsv`` or ``.jsonl``, and the nodes
    beside it; the paths of both. ``categories`` gives those of concepts.

    Raises :class:`~kgmed.kg.errors.UsageError` for another name, and
    :class:`~kgmed.kg.errors.OutputError` where they can't be written.
    """
    stem, _, ending = out.name.rpartition(".")
    if ending not in ("tsv", "jsonl") or not stem.endswith("edges"):
        raise UsageError(
            f"Found --out {out}, expected a file of edges for --format kgx: NAME_edges.tsv or "
            "NAME_edges.jsonl; the nodes are written beside it."
        )
    nodes = out.with_name(f"{stem.removesuffix('edges')}nodes.{ending}")
    names: dict[str, str] = {}
    for one in found.suggestions:
        names |= {one.subject: one.subject_name, one.object: one.object_name}
    ids = sorted(names)
    rows = [
        {"id": _spelled(id), "category": "|".join(f"biolink:{name}" for name in kinds),
         "name": names[id], "provided_by": SOURCE}
        for id, kinds in zip(ids, categories(ids), strict=True)
    ]  # fmt: skip
    _write(nodes, NODE_COLUMNS, rows)
    _write(out, EDGE_COLUMNS, [_edge(found, one, registry) for one in found.suggestions])
    return nodes, out


def write_sssom(found: Suggestions, out: Path, registry: Registry) -> Path:
    """Write an SSSOM TSV; raises as :func:`write_kgx` does."""
    if not out.name.endswith(".tsv"):
        raise UsageError(f"Found --out {out}, expected a file NAME.sssom.tsv for --format sssom.")
    ids = {end for one in found.suggestions for end in (one.subject, one.object)}
    used = sorted({id.partition(":")[0] for id in ids} | {"biolink", "semapv"})
    head = [
        "#curie_map:",
        *(f'#  {name}: "{expansion(name)}"' for name in used),
        '#license: "https://w3id.org/sssom/license/unspecified"',
        f'#mapping_set_id: "{SET}{found.snapshot}"',
        '#mapping_set_title: "Suggestions of a model that was trained on a kgmed graph"',
        '#mapping_tool: "kgmed"',
        f'#mapping_tool_version: "{found.version}"',
        '#sssom_version: "1.0"',
    ]
    rows = [_mapping(found, one, registry) for one in found.suggestions]
    _write(out, MAPPING_COLUMNS, rows, head=head, quoted=True)
    return out


def _spelled(id: str) -> str:
    """An id with its prefix as Biolink spells it."""
    prefix, colon, rest = id.partition(":")
    entry = PREFIXES.get(prefix)
    return f"{entry.biolink if entry else prefix}{colon}{rest}"


def slot_of(registry: Registry, predicate: str) -> str:
    """The Biolink slot that is read back as this predicate, '' where there is none."""
    entry = registry.get(predicate)
    slot = entry.biolink if entry else ""
    known = registry.from_label("biolink", slot) if slot else None
    return slot if known is not None and not known[1] and known[0].name == predicate else ""


def _said(found: Suggestions, one: Suggestion) -> str:
    return f"{found.model} ({found.method}): {one.coverage}"


def _edge(found: Suggestions, one: Suggestion, registry: Registry) -> Row:
    return {
        "id": EDGE_ID + one.id,
        "category": "biolink:Association",
        "subject": _spelled(one.subject),
        "subject_name": one.subject_name,
        "predicate": slot_of(registry, one.predicate) or one.predicate,
        "object": _spelled(one.object),
        "object_name": one.object_name,
        "primary_knowledge_source": SOURCE,
        "knowledge_level": "prediction",
        "agent_type": "computational_model",
        "has_confidence_score": f"{one.probability:.4f}",
        "model": f"{found.model} ({found.method})",
        "release": found.snapshot[:16],
        "paths": "|".join(" ".join(path) for path in one.paths),
        "description": one.coverage,
        **dict.fromkeys(REVIEW, ""),
    }


def _mapping(found: Suggestions, one: Suggestion, registry: Registry) -> Row:
    return {
        "subject_id": one.subject,
        "subject_label": one.subject_name,
        "predicate_id": slot_of(registry, one.predicate) or OWN + one.predicate,
        "object_id": one.object,
        "object_label": one.object_name,
        "mapping_justification": JUSTIFICATION,
        "confidence": f"{one.probability:.4f}",
        "mapping_tool": "kgmed",
        "mapping_tool_version": found.version,
        "comment": _said(found, one),
        **dict.fromkeys(REVIEW, ""),
    }


def _write(
    path: Path, columns: Sequence[str], rows: Iterable[Row], *, head: Sequence[str] = (),
    quoted: bool = False,
) -> None:  # fmt: skip
    if path.suffix == ".jsonl":
        lines = [json.dumps(_plain(row), ensure_ascii=False) for row in rows]
    else:
        cells = [[_cell(row[name], quoted=quoted) for name in columns] for row in rows]
        lines = [*head, "\t".join(columns), *("\t".join(row) for row in cells)]
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: can't be written ({error.strerror or error}).") from error
    finally:
        partial.unlink(missing_ok=True)


def _plain(row: Row) -> dict[str, str | list[str] | float]:
    """A row as JSON: lists, a number, and the cells that a curator fills even where empty."""
    found: dict[str, str | list[str] | float] = {}
    for name, value in row.items():
        if name in LISTS:
            found[name] = value.split("|") if value else []
        else:
            found[name] = float(value) if name == "has_confidence_score" else value
    return found


def _cell(text: str, *, quoted: bool) -> str:
    """A text in a line of a table: a tab or line break in it becomes a blank."""
    flat = " ".join(text.split()) if any(c in text for c in "\t\r\n") else text
    if quoted and flat.startswith('"'):
        return '"' + flat.replace('"', '""') + '"'
    return flat
