"""SSSOM mapping sets: TSV with embedded metadata, or with a metadata file beside it.

Follows https://mapping-commons.github.io/sssom/spec-formats-tsv/ (SSSOM 1.0, and ``match_type`` of
before 0.9.1 is named in errors). Values may be quoted as in RFC 4180, and then hold tabs and line
breaks. Mappings become mappings and labels names; a mapping asserts no concept. A user's override
file has this format too.

Suggestions of a trained model (:mod:`kgmed.builders.suggestions`) are no mappings: those that a
curator accepted become statements, the others are set aside.

CURIEs are normalised by their prefix. Only a prefix that kgmed doesn't know is looked up in the
set's ``curie_map``: where it maps to an authority's own URI it stands for that authority.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from kgmed.builders.forecast import InputFile, survey_files
from kgmed.builders.quoted import UNCLOSED, quoted_records, unquoted_fields
from kgmed.builders.rows import (
    BadRows,
    Block,
    Curies,
    OnError,
    Problem,
    Records,
    as_paths,
    constant,
    counted,
    digest,
    is_gzip,
    labels_of,
    languages,
    make_batch,
    not_a_curie,
    read_blocks,
    shown,
    split_name,
    trimmed,
)
from kgmed.builders.source import SourceInfo, TableName, Tally
from kgmed.builders.suggestions.review import is_set, predicate_of, reason, told
from kgmed.kg.curies import PREFIXES, normalize_prefix
from kgmed.kg.errors import DataError
from kgmed.kg.iris import OBO, URIS, VOCABULARIES
from kgmed.kg.licences import LICENCES
from kgmed.kg.suggestion import REVIEW, SOURCE, VALIDATED

if TYPE_CHECKING:
    import pyarrow as pa

READER_VERSION = "sssom 4"
PACE = 20.0
"""Seconds to read a million rows."""

REQUIRED = ("subject_id", "predicate_id", "object_id", "mapping_justification")
READ = (*REQUIRED, "predicate_modifier", "confidence", "subject_label", "object_label",
        "subject_type", "object_type", "mapping_provider", "comment", *REVIEW)  # fmt: skip

NO_TERM = "sssom:NoTermFound"
"""The id by which a set says that it looked for a counterpart and found none."""

LITERAL = "rdfs literal"

OF_KGMED = "urn:kgmed:snapshot:"
"""What the id of a set that kgmed wrote begins with: ids in it are percent-encoded
(:mod:`kgmed.builders.sssom_write`), and are decoded. Its rows keep their source
and status, and its labels are no names: they were taken from the graph."""
STATUSES = ("merged", "related", "negative", "refused")
"""What identity made of a mapping. Refused ones are claims that the graph doesn't make."""
INFORES = "https://w3id.org/biolink/infores/"
"""What the provider of a row in such a set begins with: the source's own id follows."""

_VOCABULARY_SPELLINGS = {name.lower(): name for name in VOCABULARIES} | {"oio": "oboInOwl"}

Metadata = Mapping[str, str | list[str] | dict[str, str]]


class _File(NamedTuple):
    """What the beginning of a mapping file says: metadata, columns, lines before the rows."""

    path: Path
    metadata: dict[str, str | list[str] | dict[str, str]]
    ignored: list[str]
    header: list[str]
    start: int
    metadata_path: Path | None


class SssomSource:
    """One or several SSSOM TSV files of one publisher.

    ``metadata`` is an external metadata file (``.sssom.yml``); without it one of the mapping
    file's own name is taken where the file has no embedded metadata. What ``info`` leaves empty,
    release and licence above all, comes from the metadata. Bad rows are treated as in
    :class:`kgmed.builders.kgx.KgxSource`. Raises :class:`~kgmed.kg.errors.DataError` for a file
    that lacks a required column.
    """

    def __init__(
        self,
        paths: Path | str | Sequence[Path | str],
        *,
        metadata: Path | str | None = None,
        info: SourceInfo | None = None,
        on_error: OnError = "stop",
        quarantine: Path | None = None,
    ) -> None:
        self.paths = as_paths(paths)
        if not self.paths:
            raise DataError("A source of mappings needs an SSSOM file; found none.")
        external = Path(metadata) if metadata is not None else None
        self._files = [_open(path, external) for path in self.paths]
        self.info = _info(self._files, info)
        self.tallies: dict[str, Tally] = {}
        self.findings: dict[str, list[dict[str, str]]] = {}
        self._labels = labels_of(self.paths)
        self._on_error: OnError = on_error
        self._bad = BadRows(on_error, quarantine)
        self._replaced: dict[str, int] = {}
        self._find(
            "metadata lines that weren't understood",
            [
                {"file": self._labels[f.path], "line": line}
                for f in self._files
                for line in f.ignored
            ],
        )

    def fingerprint(self) -> str:
        """SHA-256 over the files' bytes, their metadata files' and the reader's version."""
        files = [("mappings", path) for path in self.paths]
        files += [("metadata", f.metadata_path) for f in self._files if f.metadata_path]
        return digest(f"{READER_VERSION} {self._on_error} {self.info}", files)

    def survey(self) -> list[InputFile]:
        """The files, with their rows by their size."""
        return survey_files(self.paths, pace=PACE)

    def batches(self, table: TableName) -> Iterator[pa.RecordBatch]:
        """Stream mappings, or names; the files are read once for each."""
        if table == "mappings":
            yield from self._read(_mappings)
        elif table == "names":
            yield from self._read(_names)
        elif table == "statements" and any(is_set(_set_id(file)) for file in self._files):
            yield from self._read(_statements)

    def _find(self, kind: str, rows: list[dict[str, str]]) -> None:
        self.findings.pop(kind, None)
        if rows:
            self.findings[kind] = rows

    def _read(self, make: Callable[[_Checked], pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        unknown: Counter[str] = Counter()
        contradictions: dict[str, dict[str, str]] = {}
        for file in self._files:
            label = self._labels[file.path]
            tally = self.tallies[label] = Tally()
            prefixes = _Prefixes(file.metadata)
            of_kgmed, suggested = _set_id(file).startswith(OF_KGMED), is_set(_set_id(file))
            chosen = _OF_KGMED.get(make, make) if of_kgmed else make
            if suggested != (make is _statements):
                chosen = _nothing_of(make)
            check = _Check(prefixes, decode=of_kgmed, suggested=suggested)
            for records in self._records(file, tally):
                problems, checked = check(records)
                self._bad.reject(file.path, records, problems, tally)
                if problems:
                    _, checked = check(records.without(problems))
                skipped = checked.skipped
                tally.skipped.update(skipped)
                tally.kept += len(records) - len(problems) - sum(skipped.values())
                batch = chosen(checked)
                if batch.num_rows:
                    yield batch
            unknown.update(prefixes.unknown)
            for row in prefixes.contradictions:
                contradictions.setdefault(row["prefix"] + row["uri"], row)
        self._find("prefix that neither kgmed nor the curie_map knows", counted("prefix", unknown))
        self._find("curie_map gives a prefix another's URI", list(contradictions.values()))
        replaced = [{"file": file, "count": str(n)} for file, n in self._replaced.items() if n]
        self._find("control characters, now spaces", replaced)

    def _records(self, file: _File, tally: Tally) -> Iterator[Records]:
        label = self._labels[file.path]
        self._replaced[label] = 0

        def blocks() -> Iterator[Block]:
            for block in read_blocks(file.path):
                self._replaced[label] += block.replaced
                yield block

        for records, blank in quoted_records(blocks(), file.header, READ, start=file.start):
            tally.read += len(records) + len(records.problems) + blank
            if blank:
                tally.skipped["blank line"] += blank
            yield records


class _Prefixes:
    """Writes the prefixes of one mapping set kgmed's way."""

    def __init__(self, metadata: Metadata) -> None:
        given = metadata.get("curie_map", {})
        self._map = given if isinstance(given, dict) else {}
        self.unknown: Counter[str] = Counter()
        self.contradictions: list[dict[str, str]] = []
        for prefix, uri in sorted(self._map.items()):
            known, meant = normalize_prefix(prefix), authority_of(uri)
            if known in PREFIXES and meant and meant != known:
                self.contradictions.append(
                    {"prefix": prefix, "uri": uri, "read as": known, "URI of": meant}
                )

    def entity(self, prefix: str) -> str:
        """The prefix of a subject or object."""
        known = normalize_prefix(prefix)
        if known in PREFIXES:
            return known
        meant = authority_of(self._map.get(prefix, ""))
        if not meant and prefix not in self._map and prefix not in VOCABULARIES:
            self.unknown[prefix] += 1
        return meant or known

    def term(self, prefix: str) -> str:
        """The prefix of a predicate or justification."""
        uri = self._map.get(prefix, "")
        for name, its in VOCABULARIES.items():
            if uri == its:
                return name
        return _VOCABULARY_SPELLINGS.get(prefix.lower(), prefix)


def authority_of(uri: str) -> str:
    """The Bioregistry prefix whose ids' URIs begin so, '' where kgmed knows none.

    >>> authority_of("http://purl.obolibrary.org/obo/MONDO_"), authority_of("https://acme.org/")
    ('mondo', '')
    """
    return _authorities().get(_bare(uri), "")


@cache
def _authorities() -> dict[str, str]:
    found: dict[str, str] = {}
    for prefix in PREFIXES:
        for base in ("identifiers.org/", "bioregistry.io/"):
            found[_bare(f"https://{base}{prefix}:")] = prefix
            found[_bare(f"https://{base}{prefix}/")] = prefix
    for prefix in OBO:
        found[_bare(f"http://purl.obolibrary.org/obo/{PREFIXES[prefix].biolink}_")] = prefix
    for prefix, uris in URIS.items():
        found |= {_bare(uri): prefix for uri in uris}
    return found


def _bare(uri: str) -> str:
    return re.sub(r"^https?://(www\.)?", "", uri.strip()).lower()


class _Checked(NamedTuple):
    """Columns of rows that follow the format; ``keep`` are those that map two entities."""

    columns: dict[str, pa.Array]
    keep: pa.Array
    skipped: Counter[str]


class _Check:
    """Records -> checked columns, or the problems of the rows that have one."""

    def __init__(
        self, prefixes: _Prefixes, *, decode: bool = False, suggested: bool = False
    ) -> None:
        self._decode, self._suggested = decode, suggested
        self._entities = Curies(prefixes.entity)
        self._terms = Curies(prefixes.term)

    def __call__(self, records: Records) -> tuple[dict[int, Problem], _Checked]:
        import pyarrow as pa
        import pyarrow.compute as pc

        rows = len(records)
        given = {
            name: trimmed(records.columns[name]) if name in records.columns else constant("", rows)
            for name in READ
        }
        if self._decode:
            given |= {name: _decoded(given[name]) for name in ("subject_id", "object_id")}
        none = pa.repeat(pa.scalar(False), rows)
        nowhere, literal = none, none
        for end in ("subject", "object"):
            ids, kinds = given[f"{end}_id"], given[f"{end}_type"]
            nowhere = pc.or_(nowhere, pc.equal(ids, NO_TERM))
            is_literal = pc.equal(pc.utf8_lower(kinds), LITERAL)
            literal = pc.or_(literal, pc.and_(is_literal, pc.equal(ids, "")))
        keep = pc.invert(pc.or_(nowhere, literal))
        problems: dict[int, Problem] = {}
        columns = dict(given)
        columns["confidence"] = _confidences(given["confidence"], problems)
        columns["predicate_modifier"] = _modifiers(given["predicate_modifier"], problems)
        justifications, bad = self._terms.column(given["mapping_justification"])
        columns["mapping_justification"] = justifications
        problems |= _not_curies("mapping_justification", given, bad)
        for name in ("object_id", "predicate_id", "subject_id"):  # the first of a row's problems
            curies = self._terms if name == "predicate_id" else self._entities
            columns[name], bad = curies.column(given[name])
            if bad and name != "predicate_id":
                kept = keep.to_pylist()
                bad = [row for row in bad if kept[row]]
            problems |= _not_curies(name, given, bad)
        skipped: Counter[str] = Counter()
        if not problems:
            missing = pc.sum(nowhere).as_py() or 0
            counts = {
                f"{NO_TERM}: the set found no counterpart": missing,
                "a literal, not an entity": (pc.sum(pc.invert(keep)).as_py() or 0) - missing,
            }
            skipped.update({why: n for why, n in counts.items() if n})
            if self._suggested:
                keep, aside = _accepted(keep, given[REVIEW[0]])
                skipped.update(aside)
        return problems, _Checked(columns, keep, skipped)


def _accepted(keep: pa.Array, reviews: pa.Array) -> tuple[pa.Array, Counter[str]]:
    """Which rows to keep of suggestions, and how many aren't accepted, by reason."""
    import pyarrow as pa
    import pyarrow.compute as pc

    why = [reason(text) for text in reviews.to_pylist()]
    of_two = keep.to_pylist()
    aside = Counter(text for text, mapped in zip(why, of_two, strict=True) if text and mapped)
    return pc.and_(keep, pa.array([not text for text in why], pa.bool_())), aside


def _decoded(column: pa.Array) -> pa.Array:
    import pyarrow as pa

    encoded = column.dictionary_encode()
    texts = [unquote(text) if "%" in text else text for text in encoded.dictionary.to_pylist()]
    return pa.array(texts, pa.string()).take(encoded.indices)


def _not_curies(name: str, given: Mapping[str, pa.Array], bad: Sequence[int]) -> dict[int, Problem]:
    return {row: not_a_curie(name, given[name][row].as_py()) for row in bad}


def _confidences(column: pa.Array, problems: dict[int, Problem]) -> pa.Array:
    import pyarrow as pa

    encoded = column.dictionary_encode()
    written = encoded.dictionary.to_pylist()
    values = [_confidence(text) for text in written]
    wrong = {at for at, text in enumerate(written) if text and values[at] is None}
    if wrong:
        for row, at in enumerate(encoded.indices.to_pylist()):
            if at in wrong:
                problems[row] = Problem(
                    "confidence isn't in 0-1",
                    f"confidence {shown(written[at])}",
                    "a number from 0 to 1, or nothing",
                    "Correct the cell; 95% is 0.95.",
                )
    return pa.array(values, pa.float64()).take(encoded.indices)


def _confidence(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value <= 1 and "_" not in text else None


def _modifiers(column: pa.Array, problems: dict[int, Problem]) -> pa.Array:
    import pyarrow.compute as pc

    lower = pc.utf8_lower(column)
    wrong = pc.invert(pc.or_(pc.equal(lower, "not"), pc.equal(lower, "")))
    for row in pc.indices_nonzero(wrong).to_pylist():
        problems[row] = Problem(
            "unknown predicate_modifier",
            f"predicate_modifier {shown(column[row].as_py())}",
            "Not, or nothing",
            "Correct the cell.",
        )
    return pc.if_else(pc.equal(lower, "not"), "Not", "")


def _mappings(checked: _Checked) -> pa.RecordBatch:
    """Checked rows -> mappings."""
    columns, keep = checked.columns, checked.keep
    made = {
        "subject": columns["subject_id"],
        "predicate": columns["predicate_id"],
        "object": columns["object_id"],
        "modifier": columns["predicate_modifier"],
        "justification": columns["mapping_justification"],
        "confidence": columns["confidence"],
        "subject_label": columns["subject_label"],
        "object_label": columns["object_label"],
    }
    made = {name: values.filter(keep) for name, values in made.items()}
    return make_batch("mappings", made, len(made["subject"]))


def _stated_mappings(checked: _Checked) -> pa.RecordBatch:
    """Checked rows of a set that kgmed wrote -> mappings, each of its own source and status."""
    import pyarrow as pa
    import pyarrow.compute as pc

    batch = _mappings(checked)
    providers = checked.columns["mapping_provider"].filter(checked.keep)
    name = pc.replace_substring_regex(providers, f"^{re.escape(INFORES)}", "infores:")
    comments = checked.columns["comment"].filter(checked.keep)
    parts = pc.extract_regex(comments, r"(?s)^(?P<status>[a-z]+)(?:: (?P<reason>.*))?$")
    status, reason = (
        pc.fill_null(pc.struct_field(parts, [name]), "") for name in ("status", "reason")
    )
    known = pc.is_in(status, pa.array(STATUSES))
    columns = {
        "source": pc.if_else(pc.starts_with(providers, INFORES), name, ""),
        "status": pc.if_else(known, status, ""),
        "reason": pc.if_else(known, reason, ""),
    }
    for column, values in columns.items():
        batch = batch.set_column(batch.schema.get_field_index(column), column, values)
    return batch


def _no_names(_checked: _Checked) -> pa.RecordBatch:
    return make_batch("names", {}, 0)


def _names(checked: _Checked) -> pa.RecordBatch:
    """Checked rows -> the labels, once for each id and text of the batch."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = checked.columns
    ids, texts = [], []
    for end in ("subject", "object"):
        ids.append(columns[f"{end}_id"].filter(checked.keep))
        texts.append(columns[f"{end}_label"].filter(checked.keep))
    pairs = pa.table({"id": pa.concat_arrays(ids), "text": pa.concat_arrays(texts)})
    pairs = pairs.group_by(["id", "text"], use_threads=False).aggregate([]).combine_chunks()
    named = pairs.filter(pc.not_equal(pairs["text"], ""))
    id, text = (_one(named.column(name)) for name in ("id", "text"))
    rows = len(text)
    made = {
        "id": id,
        "text": text,
        "language": languages(text),
        "kind": constant("synonym", rows),
    }
    return make_batch("names", made, rows)


def _statements(checked: _Checked) -> pa.RecordBatch:
    """Accepted suggestions -> statements that a human validated."""
    import pyarrow as pa

    from kgmed.kg.predicates import registry

    columns = {name: values.filter(checked.keep) for name, values in checked.columns.items()}
    cells = {name: columns[name].to_pylist() for name in ("predicate_id", "comment", *REVIEW[1:])}
    known, labels = registry(), cells["predicate_id"]
    confidences = ["" if p is None else f"{p:.4f}" for p in columns["confidence"].to_pylist()]
    models = [text.partition(": ")[0] for text in cells["comment"]]
    texts = map(told, confidences, models, cells[REVIEW[1]], cells[REVIEW[2]])
    rows = len(labels)
    made = {
        "subject": columns["subject_id"],
        "predicate": pa.array([predicate_of(label, known) for label in labels], pa.string()),
        "object": columns["object_id"],
        "original_predicate": columns["predicate_id"],
        "primary_knowledge_source": constant(SOURCE, rows),
        "knowledge_level": constant("prediction", rows),
        "agent_type": constant(VALIDATED, rows),
        "text": pa.array(list(texts), pa.string()),
    }
    return make_batch("statements", made, rows)


def _nothing_of(make: _Make) -> _Make:
    """What gives no rows of a table: a set of suggestions has statements alone, others none."""
    tables: dict[_Make, TableName] = {_mappings: "mappings", _names: "names"}
    return lambda _checked: make_batch(tables.get(make, "statements"), {}, 0)


def _set_id(file: _File) -> str:
    return _text(file.metadata, "mapping_set_id")


_Make = Callable[[_Checked], "pa.RecordBatch"]
_OF_KGMED: dict[_Make, _Make] = {_mappings: _stated_mappings, _names: _no_names}


def _one(column: pa.ChunkedArray) -> pa.Array:
    import pyarrow as pa

    combined = column.combine_chunks()
    if isinstance(combined, pa.ChunkedArray):
        return combined.chunk(0) if combined.num_chunks else pa.array([], pa.string())
    return combined


def _open(path: Path, external: Path | None) -> _File:
    """Read a file's metadata and header. Raises :class:`DataError` where columns are missing."""
    if split_name(path)[1] not in (".tsv", ".txt"):
        raise DataError(
            f"{path}: found a file of format {split_name(path)[1] or 'unknown'!r}, expected SSSOM"
            " as .tsv or .tsv.gz. Convert it with sssom parse or sssom convert."
        )
    block = next(iter(read_blocks(path)), None)
    lines = block.lines if block is not None else []
    start = 0
    while start < len(lines) and (lines[start].startswith("#") or not lines[start].strip()):
        start += 1
    if block is None or start == len(lines):
        raise DataError(
            f"{path}: found no header line, expected the columns {', '.join(REQUIRED)}."
        )
    if start in block.problems:
        why = block.problems[start]
        raise DataError(
            f"{path} line {start + 1}: found {why.found}, expected {why.expected}. {why.hint}"
        )
    embedded = [line[1:] for line in lines[:start] if line.startswith("#")]
    metadata, ignored = parse_metadata(embedded)
    beside = external or (_beside(path) if not embedded else None)
    if beside is not None:
        its, more = parse_metadata(_metadata_lines(beside))
        metadata, ignored = metadata | its, ignored + more
    fields, span = unquoted_fields(lines, start)
    if isinstance(fields, Problem) or span != 1:
        wrong = fields if isinstance(fields, Problem) else UNCLOSED
        raise DataError(
            f"{path} line {start + 1}: found {wrong.found}, expected {wrong.expected}. {wrong.hint}"
        )
    header = [name.strip() for name in fields]
    _check_header(path, start + 1, header)
    return _File(path, metadata, ignored, header, start + 1, beside)


def _check_header(path: Path, line: int, header: list[str]) -> None:
    found = ", ".join(name[:40] for name in header[:40])
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        hint = "Add them, and name the columns as SSSOM does (https://w3id.org/sssom)."
        if len(header) == 1 and "," in header[0]:
            hint = "The columns are separated by commas; SSSOM TSV needs tabs."
        elif "match_type" in header and missing == ["mapping_justification"]:
            hint = "match_type is of SSSOM before 0.9.1: rename it and write semapv: terms."
        raise DataError(
            f"{path} line {line}: found the columns {found}, expected also {', '.join(missing)}."
            f" {hint}"
        )
    twice = sorted(name for name, n in Counter(header).items() if n > 1)
    if twice:
        raise DataError(
            f"{path} line {line}: found {twice[0]!r} twice, expected a name of its own for each"
            " column. Rename or drop it."
        )


def _beside(path: Path) -> Path | None:
    """The metadata file of the same name, where there is one."""
    inner = path.with_suffix("") if is_gzip(path) else path
    stem = inner.with_suffix("")
    names = [f"{stem.name}.yml", f"{stem.name.removesuffix('.sssom')}.sssom.yml"]
    return next((found for name in names if (found := path.with_name(name)).is_file()), None)


def _metadata_lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise DataError(f"{path}: can't be read ({error.strerror or error}).") from error
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: found byte {error.start + 1} that isn't UTF-8, expected UTF-8 text."
            " Convert the file with iconv."
        ) from error


_KEY = re.compile(r"""(?:"([^"]+)"|'([^']+)'|([^\s:#"'\[{-][^\s:]*))\s*:(?:\s+(.*))?""")


def parse_metadata(
    lines: Iterable[str],
) -> tuple[dict[str, str | list[str] | dict[str, str]], list[str]]:
    """Read the metadata block: the part of YAML that SSSOM writers use.

    Keys with a value, a list or a map below them, ``[a, b]`` and ``{a: b}`` on one line, quotes,
    comments, values that go on in deeper lines. Returns it with the lines that weren't understood.

    >>> parse_metadata(["curie_map:", "  HP: http://purl.obolibrary.org/obo/HP_", "license: CC0"])
    ({'curie_map': {'HP': 'http://purl.obolibrary.org/obo/HP_'}, 'license': 'CC0'}, [])
    """
    found: dict[str, str | list[str] | dict[str, str]] = {}
    ignored: list[str] = []
    key, depth = "", -1
    for raw in lines:
        line = raw.rstrip()
        text = line.lstrip()
        if not text or text.startswith("#") or text in ("---", "..."):
            continue
        indent = len(line) - len(text)
        value = found.get(key)
        items = value if isinstance(value, list) else []
        match = _KEY.fullmatch(text)
        if key and text.startswith("- ") and indent >= depth and (items or not value):
            found[key] = [*items, _scalar(text[2:])]
        elif match and (not key or indent <= depth):
            key, depth = match[1] or match[2] or match[3], indent
            found[key] = _value(match[4] or "")
        elif not key or indent <= depth:
            ignored.append(text)
        elif match and (value == "" or isinstance(value, dict)):
            entries = value if isinstance(value, dict) else {}
            name = match[1] or match[2] or match[3]
            found[key] = {**entries, name: _scalar(match[4] or "")}
        elif isinstance(value, str):
            found[key] = f"{value} {_scalar(text)}".strip()
        else:
            ignored.append(text)
    return found, ignored


def _value(text: str) -> str | list[str] | dict[str, str]:
    """A value on its key's line."""
    text = text.strip()
    if text in ("|", ">", "|-", ">-"):
        return ""
    if text.startswith("[") and text.endswith("]"):
        return [_scalar(part) for part in _parts(text[1:-1])]
    if text.startswith("{") and text.endswith("}"):
        pairs = [part.partition(":") for part in _parts(text[1:-1])]
        return {_scalar(name): _scalar(value) for name, _, value in pairs}
    return _scalar(text)


def _parts(text: str) -> list[str]:
    """What commas outside quotes separate."""
    pieces = re.findall(r"""(?:"(?:\\.|[^"\\])*"|'[^']*'|[^,"'])+""", text)
    return [piece for piece in pieces if piece.strip()]


def _scalar(text: str) -> str:
    """A YAML scalar as text; null is ''."""
    text = text.strip()
    quoted = re.match(r"""("(?:\\.|[^"\\])*"|'(?:''|[^'])*')\s*(?:#.*)?$""", text)
    if quoted:
        inner = quoted[1]
        if inner.startswith("'"):
            return inner[1:-1].replace("''", "'")
        try:
            return str(json.loads(inner))
        except ValueError:
            return inner[1:-1]
    text = re.split(r"\s#", text, maxsplit=1)[0].strip()
    return "" if text in ("null", "~", "Null", "NULL") else text


def _text(metadata: Metadata, key: str) -> str:
    value = metadata.get(key, "")
    return value if isinstance(value, str) else ""


def _info(files: Sequence[_File], given: SourceInfo | None) -> SourceInfo:
    """What is said of the source; the metadata fill what ``given`` leaves empty."""
    releases = _distinct(release_of(_text(f.metadata, "mapping_set_version")) for f in files)
    licences = _distinct(licence_of(_text(f.metadata, "license")) for f in files)
    sets = _distinct(_text(f.metadata, "mapping_set_id") for f in files)
    titles = _distinct(_text(f.metadata, "mapping_set_title") for f in files)
    name = split_name(files[0].path)[0].removesuffix(".sssom")
    if given is None:
        title = titles[0] if len(titles) == 1 else name
        given = SourceInfo(f"infores:{'-'.join(name.lower().split())}", title, "", "")
    if not given.licence and len(licences) > 1:
        raise DataError(
            f"{', '.join(str(f.path) for f in files)}: found the licences {', '.join(licences)},"
            " expected one for all files of a source. Make each licence's files a source of their"
            " own, or say which licence holds."
        )
    return replace(
        given,
        release=given.release or "; ".join(releases),
        licence=given.licence or "".join(licences),
        url=given.url or (sets[0] if len(sets) == 1 else ""),
    )


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))


def release_of(version: str) -> str:
    """A mapping set's release: its version, or the date in one that is a URL.

    >>> release_of("http://purl.obolibrary.org/obo/mondo/releases/2026-08-04/mappings/m.sssom.tsv")
    '2026-08-04'
    >>> release_of("v1.2")
    'v1.2'
    """
    date = re.search(r"/(\d{4}-\d\d-\d\d)(?:/|$)", version) if "://" in version else None
    return date[1] if date else version


def licence_of(text: str) -> str:
    """The id of :mod:`kgmed.kg.licences` that a licence's URL or name stands for.

    One that isn't listed stays as it is, and its tier is unknown.

    >>> licence_of("http://creativecommons.org/licenses/by/4.0"), licence_of("CC0")
    ('CC-BY-4.0', 'CC0-1.0')
    >>> licence_of("https://w3id.org/sssom/license/unspecified")
    ''
    """
    bare = _bare(text).rstrip("/")
    if bare.endswith("license/unspecified"):
        return ""
    for ending in ("/legalcode", "/deed.en", "/deed", ".html", ".txt"):
        bare = bare.removesuffix(ending)
    bare = bare.removeprefix("spdx.org/licenses/").removeprefix("spdx:")
    return _licences().get(bare.rstrip("/"), text.strip())


@cache
def _licences() -> dict[str, str]:
    found = {"cc0": "CC0-1.0", "creativecommons.org/publicdomain/zero": "CC0-1.0"}
    for item in LICENCES.values():
        url = _bare(item.url).rstrip("/").removesuffix(".txt").removesuffix(".html")
        found |= {item.id.lower(): item.id, item.name.lower(): item.id}
        found.setdefault(url, item.id)  # UMLS's levels share one URL: it means the whole
    return found
