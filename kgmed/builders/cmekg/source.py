"""CMeKG as a source: 中文 concepts, and statements between them or with texts.

A string becomes a concept only if it is a subject, or if its predicate's range is one; under a
predicate of texts (用法用量, 性状, 贮藏 ...) it is a value, and under one that ``predicates.toml``
lacks a value too, unless it is a subject. CMeKG has no identifiers: a concept's id is
``cmekg:`` and its name, NFKC, in lower case, without white space, and ``-`` for what a CURIE or a
URL can't hold (:func:`concept_id`). Names that differ in no more than that are one concept. What a
concept is in other vocabularies is found later, from its ICD-10 code and its names.

Categories are what the predicates on either side let conclude (:data:`.vocabularies.SIDES`). What
isn't knowledge - empty, punctuation, numbers, HTML, a sentence where a concept belongs - is skipped
and counted under its reason.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from kgmed.builders.cmekg.shapes import BadRecord, Item, read_file
from kgmed.builders.cmekg.text import detect_encoding
from kgmed.builders.cmekg.vocabularies import (
    CONCEPT_CHARACTERS,
    ICD10_FIELDS,
    PLACEHOLDERS,
    SECTIONS,
    SIDES,
    SYNONYM_FIELDS,
    VALUE_CHARACTERS,
)
from kgmed.builders.columns import language_of
from kgmed.builders.forecast import InputFile, survey_files
from kgmed.builders.rows import (
    LISTED,
    BadRows,
    Block,
    OnError,
    Records,
    as_paths,
    counted,
    digest,
    labels_of,
    without_separators,
)
from kgmed.builders.source import SourceInfo, TableName, Tally
from kgmed.builders.spool import Spool, filled
from kgmed.kg.categories import ancestors
from kgmed.kg.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

    from kgmed.kg.predicates import Predicate, Registry

READER_VERSION = "cmekg 2"
LICENCE = "CMeKG"
"""CMeKG states none for its data: an id that kgmed doesn't know lets nothing out."""
ENDINGS = (".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".txt")

PACE = 11.0
"""Seconds to read a million triples."""

_RELEASE = re.compile(r"cmekg[-_ ]?v?(\d+(?:\.\d+)*)", re.IGNORECASE)
_HTML = re.compile(r"</?[a-zA-Z][^<>]*>|&(?:[a-zA-Z]{2,8}|#\d{1,6});")
_NO_WORD = re.compile(r"[\W_]+")
_NUMBER = re.compile(r"[\W\d_①-⑳Ⅰ-Ⅻ]+")
_SENTENCE = re.compile("[。！？]")
_ENDS = " \t\r\n\u3000。；;，,、：:．"
_SPACE = re.compile(r"\s+")
_NOT_IN_IDS = re.compile(r'[:%|"<>\\^`{}#?\[\]/;,&=]+')
_ICD10 = re.compile(r"([A-Z]\d[\dA-Z](?:\.[\dA-Za-z]+)?)[*†+]?")


class CMeKGSource:
    """CMeKG files of any of the four shapes, UTF-8 or GB18030, plain or .gz; or folders of them.

    The release is the version in the name of the first file or its folder (``cmekg-v5.2.json``),
    else ``unversioned``: the files state none. With ``on_error="skip"`` records that break their
    shape go to the file ``quarantine``, or are only counted where there is none. Raises
    :class:`~kgmed.kg.errors.DataError` for a file of another format and
    :class:`~kgmed.kg.errors.RowError` for a broken record, and always for a JSON document that is
    cut or broken: what lies behind the break can't be read. Files are read once, at the first
    :meth:`batches`; memory grows with the number of concepts.
    """

    def __init__(
        self,
        paths: Path | str | Sequence[Path | str],
        *,
        on_error: OnError = "stop",
        quarantine: Path | None = None,
    ) -> None:
        self.paths = tuple(_files(as_paths(paths)))
        self.tallies: dict[str, Tally] = {}
        self.findings: dict[str, list[dict[str, str]]] = {}
        self._on_error: OnError = on_error
        self._bad = BadRows(on_error, quarantine)
        self._spool: Spool | None = None
        first = self.paths[0].resolve()
        version = _RELEASE.search(first.name) or _RELEASE.search(first.parent.name)
        release = version[1] if version else "unversioned"
        url = "https://cmekg.pcl.ac.cn"
        self.info = SourceInfo("infores:cmekg", "CMeKG", release, LICENCE, url, "CMeKG")

    def fingerprint(self) -> str:
        """SHA-256 over the files' bytes and the reader's version."""
        files = [("cmekg", path) for path in self.paths]
        return digest(f"{READER_VERSION} {self._on_error} {self.info.release}", files)

    def survey(self) -> list[InputFile]:
        """The files, with their rows or records by their size."""
        return survey_files(self.paths, rows={".json": b"{"}, pace=PACE)

    def batches(self, table: TableName) -> Iterator[pa.RecordBatch]:
        """Stream one table's rows."""
        if self._spool is None:
            self._spool = filled(self._read)
        yield from self._spool.batches(table)

    def _read(self, spool: Spool) -> None:
        from kgmed.kg.predicates import registry

        facts = Facts(spool, registry())
        labels = labels_of(self.paths)
        encodings = []
        for path in self.paths:
            tally = self.tallies[labels[path]] = Tally()
            encoding = detect_encoding(path)
            name = "GB18030" if encoding == "gb18030" else "UTF-8"
            encodings.append({"file": labels[path], "encoding": name})
            with closing(read_file(path, encoding)) as items:
                for item in items:
                    tally.read += 1
                    if isinstance(item, BadRecord):
                        self._set_aside(path, item, tally)
                    elif reason := facts.add(item):
                        tally.skipped[reason] += 1
                    else:
                        tally.kept += 1
        facts.finish()
        rows = {
            "encoding of each file": encodings,
            "predicate that predicates.toml lacks": counted("predicate", facts.unknown),
            "part of a dump that isn't known": counted("part", facts.sections),
            "sentence where a concept belongs": facts.long,
        }
        self.findings = {kind: found for kind, found in rows.items() if found}

    def _set_aside(self, path: Path, bad: BadRecord, tally: Tally) -> None:
        text = " ".join(bad.text.split()).encode("utf-8", "replace")
        block = Block(bad.line, text + b"\n")
        self._bad.reject(path, Records(block, [], {}, {0: bad.problem}), {}, tally)


class Facts:
    """Turns items into rows of a spool; concepts and what hangs on them at :meth:`finish`."""

    def __init__(self, spool: Spool, registry: Registry) -> None:
        self.unknown: Counter[str] = Counter()
        self.sections: Counter[str] = Counter()
        self.long: list[dict[str, str]] = []
        self._registry = registry
        self._texts: dict[str, str | set[str]] = {}
        self._categories: dict[str, frozenset[str]] = {}
        self._shared: dict[frozenset[str], frozenset[str]] = {}
        self._subjects: set[str] = set()
        self._undecided: list[tuple[str, str, str]] = []
        self._labels: dict[str, tuple[str, str, tuple[Predicate, bool] | None, bool]] = {}
        self._last = ("", "", "empty")
        self._codes: set[tuple[str, str]] = set()
        extracted = {"knowledge_level": "knowledge_assertion", "agent_type": "not_provided"}
        self._concepts = spool.rows("concepts", "id", "categories")
        self._names = spool.rows("names", "id", "text", "language", "kind")
        self._mappings = spool.rows(
            "mappings",
            *("subject", "object", "subject_label"),
            predicate="skos:exactMatch",
            justification="semapv:UnspecifiedMatching",
        )
        self._links = spool.rows(
            "statements",
            *("subject", "predicate", "object", "original_predicate"),
            **extracted,
        )
        self._values = spool.rows(
            "statements",
            *("subject", "predicate", "value", "value_language", "original_predicate"),
            value_type="text",
            **extracted,
        )

    def add(self, item: Item) -> str:
        """Take an item; returns the reason why it is skipped, '' where it is kept."""
        if item.label not in self._labels:
            self._labels[item.label] = self._label(_clean(item.label))
        label, reason, found, names_concept = self._labels[item.label]
        if reason:
            return f"predicate: {reason}"
        if item.subject != self._last[0]:  # a record's items have one subject
            clean = _clean(item.subject)
            self._last = item.subject, clean, noise(clean, is_concept=True)
        _, subject, reason = self._last
        if reason:
            return f"subject: {reason}"
        text = _clean(item.text)
        if label in ICD10_FIELDS:
            return self._code(subject, text, item.section)
        if reason := noise(text, is_concept=names_concept):
            if reason in (TOO_LONG, SENTENCE) and len(self.long) < LISTED:
                self.long.append({"subject": subject, "predicate": label, "text": text[:500]})
            return reason
        id = self._subject(subject, label, item.section)
        if label in SYNONYM_FIELDS:
            name = text.strip(_ENDS)
            self._names.add(id, name, language_of(name), "synonym")
        elif found is None:
            self.unknown[label] += 1
            if noise(text, is_concept=True):
                self._values.add(id, label, text, language_of(text), label)
            else:
                self._undecided.append((id, label, text))
        elif found[0].takes_value:
            self._values.add(id, found[0].name, text, language_of(text), label)
        else:
            object = concept_id(text)
            if object == id:
                return "the same as its subject"
            self._name(object, text.strip(_ENDS), SIDES.get(label, ("", ""))[1])
            ends = (object, id) if found[1] else (id, object)
            self._links.add(ends[0], found[0].name, ends[1], label)
        return ""

    def finish(self) -> None:
        """Write the concepts, and what waited for all subjects to be known."""
        for id, label, text in self._undecided:
            object = concept_id(text)
            if object in self._subjects and object != id:
                self._links.add(id, label, object, label)
            else:
                self._values.add(id, label, text, language_of(text), label)
        self._undecided.clear()
        for id, known in self._texts.items():
            texts = sorted(known, key=_plainest) if isinstance(known, set) else [known]
            self._concepts.add(id, _narrowest(self._categories.get(id, frozenset())))
            for at, text in enumerate(texts):
                self._names.add(id, text, language_of(text), "synonym" if at else "preferred")
        for id, code in sorted(self._codes):
            known = self._texts[id]
            label = min(known, key=_plainest) if isinstance(known, set) else known
            self._mappings.add(id, f"icd10:{code}", label)

    def _label(self, label: str) -> tuple[str, str, tuple[Predicate, bool] | None, bool]:
        """The label, why it is none, its predicate, and whether its texts name concepts."""
        found = self._registry.from_label("cmekg", label)
        is_name = label in SYNONYM_FIELDS
        names_concept = is_name or (found is not None and not found[0].takes_value)
        return label, noise(label, is_concept=True), None if is_name else found, names_concept

    def _subject(self, text: str, label: str, section: str) -> str:
        id = concept_id(text)
        self._subjects.add(id)
        self._name(id, text.strip(_ENDS), SIDES.get(label, ("", ""))[0])
        if section in SECTIONS:
            self._name(id, text.strip(_ENDS), SECTIONS[section])
        elif section:
            self.sections[section] += 1
        return id

    def _name(self, id: str, text: str, category: str) -> None:
        known = self._texts.setdefault(id, text)
        if isinstance(known, set):
            known.add(text)
        elif known != text:
            self._texts[id] = {known, text}
        if category and category not in (had := self._categories.get(id, frozenset())):
            both = had | {category}
            self._categories[id] = self._shared.setdefault(both, both)

    def _code(self, subject: str, text: str, section: str) -> str:
        codes = [code for code in re.split(r"[\s,，、;；/]+", text.upper()) if code]
        matches = [_ICD10.fullmatch(code) for code in codes]
        if not codes or not all(matches):
            return "empty" if not codes else "not an ICD-10 code"
        id = self._subject(subject, "", section)
        self._codes.update((id, match[1]) for match in matches if match)
        return ""


TOO_LONG, SENTENCE = "too long for a concept", "a sentence, not a concept"


def noise(text: str, *, is_concept: bool) -> str:
    """Why a string isn't knowledge, '' where it may be; ``is_concept``: it has to name one.

    >>> noise("。", is_concept=False), noise("3.", is_concept=True), noise("癫痫", is_concept=True)
    ('punctuation', 'a number', '')
    """
    if not text:
        return "empty"
    if "\ufffd" in text or not _is_whole(text):
        return "damaged characters"
    if _NO_WORD.fullmatch(text):
        return "punctuation"
    if ("<" in text or "&" in text) and _HTML.search(text):
        return "HTML"
    if text.strip(_ENDS).lower() in PLACEHOLDERS:
        return "a placeholder"
    if is_concept:
        if _NUMBER.fullmatch(text):
            return "a number"
        if _SENTENCE.search(text.strip(_ENDS)):
            return SENTENCE
        if len(text.strip(_ENDS)) > CONCEPT_CHARACTERS:
            return TOO_LONG
    elif len(text) > VALUE_CHARACTERS:
        return "too long for a statement"
    return ""


def _is_whole(text: str) -> bool:
    """Whether a text can be written: JSON can hold halves of surrogate pairs."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@lru_cache(maxsize=1 << 16)
def concept_id(name: str) -> str:
    """The id of the concept of that name; see the module.

    >>> concept_id(" 13-三体综合征。"), concept_id("维生素　Ｂ１２"), concept_id("t(9：22)")
    ('cmekg:13-三体综合征', 'cmekg:维生素b12', 'cmekg:t(9-22)')
    """
    plain = unicodedata.normalize("NFKC", name.strip(_ENDS)).casefold()
    return "cmekg:" + _NOT_IN_IDS.sub("-", _SPACE.sub("", plain))


def _clean(text: str) -> str:
    return without_separators(text).strip().strip("\u3000\ufeff\u200b")


def _plainest(text: str) -> tuple[bool, int, str]:
    """Orders the spellings of a name: NFKC first, then the shortest."""
    return unicodedata.normalize("NFKC", text) != text, len(text), text


def _narrowest(categories: frozenset[str]) -> list[str]:
    """The categories that no other one of them says more exactly.

    >>> _narrowest(frozenset(("Disease", "DiseaseOrPhenotypicFeature")))
    ['Disease']
    """
    broader = {above for category in categories for above in ancestors(category)[1:]}
    return sorted(categories - broader)


def _files(given: tuple[Path, ...]) -> Iterator[Path]:
    if not given:
        raise DataError("CMeKG needs at least one file; found none.")
    for path in given:
        if not path.is_dir():
            yield path
            continue
        inside = sorted(
            file
            for file in path.iterdir()
            if file.is_file() and file.name.lower().removesuffix(".gz").endswith(ENDINGS)
        )
        if not inside:
            raise DataError(
                f"{path}: found no file of CMeKG, expected {', '.join(ENDINGS)}, plain or .gz."
            )
        yield from inside
