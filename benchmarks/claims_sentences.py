"""Claims as sentences: the labelled ones of tests/data, and generated ones put into words.

:func:`read` has the verifier take each text apart; what it says of a claim is looked up by the
claim's triple, so that a claim that isn't read, or is read otherwise, counts as missed.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claims_generated import Generated
from measure import Figure, say

from kgmed.facade import Graph
from kgmed.kg.predicates import Registry, fill, registry
from kgmed.kg.store.embedded import EmbeddedStore
from kgmed.reasoning.claims.model import VERDICTS

DATA = Path(__file__).parents[1] / "tests" / "data"
DECIDED = ("SUPPORTED", "REFUTED")
TARGETS = {"en": 0.90, "zh": 0.85}
"""Recall of SUPPORTED and REFUTED on the labelled sentences."""
PRECISION = 0.98
Key = tuple[str, str, str, bool]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text and its claims with their labels; ``held`` says that nobody worked on it in view."""

    id: str
    set: str
    lang: str
    text: str
    claims: tuple[tuple[Key, str], ...]
    held: bool


def labelled(most: int) -> list[Sentence]:
    """The sentences of tests/data/claims_*.jsonl, at most so many of a language; a third is held
    out, by a hash of the id."""
    found = []
    for lang in ("en", "zh"):
        lines = (DATA / f"claims_{lang}.jsonl").read_text(encoding="utf-8").splitlines()
        for row in map(json.loads, lines[:most]):
            claims = tuple((_key(**_own(c)), c["verdict"]) for c in row["claims"])
            held = hashlib.sha256(row["id"].encode()).digest()[0] % 3 == 0
            found.append(Sentence(row["id"], "labelled", lang, row["text"], claims, held))
    return found


def _own(claim: dict[str, Any]) -> dict[str, Any]:
    return {name: claim[name] for name in ("subject", "predicate", "object", "negated")}


def _key(subject: str, predicate: str, object: str, negated: bool) -> Key:
    entry = registry().get(predicate)
    if entry is not None and entry.symmetric and object < subject:
        subject, object = object, subject
    return subject, predicate, object, negated


def in_words(store: EmbeddedStore, made: Generated, count: int, *, seed: int) -> list[Sentence]:
    """Generated claims without qualifiers as sentences, worded by any of the registry's clauses;
    in Chinese where both ends have a Chinese name, every second time."""
    chance, known = random.Random(seed), registry()  # noqa: S311
    usable = [
        row for row in made.rows.to_pylist()
        if not row["qualifiers"] and row["kind"] not in {"unknown id", "unknown predicate"}
    ][:count]  # fmt: skip
    ids = sorted({row[end] for row in usable for end in ("s", "o")})
    nodes = dict(zip(ids, store.concepts(store.node_ids(ids)), strict=True))
    found = []
    for n, row in enumerate(usable):
        s, o = nodes[row["s"]], nodes[row["o"]]
        if s is None or o is None or row["p"] not in known:
            continue
        lang = "zh" if "zh" in s.names and "zh" in o.names and chance.random() < 0.5 else "en"
        clause = chance.choice(_clauses(known, row["p"], lang))
        text = fill(clause, s=s.name_in(lang), o=o.name_in(lang))
        if row["negated"]:
            text = f"It is not true that {text}" if lang == "en" else f"并非{text}"
        text = text[:1].upper() + text[1:] + ("." if lang == "en" else "。")
        key = _key(s.id, row["p"], o.id, row["negated"])
        found.append(Sentence(f"{seed}-{n}", "generated", lang, text, ((key, row["label"]),),
                              n % 2 == 1))  # fmt: skip
    return found


def _clauses(known: Registry, predicate: str, lang: str) -> list[str]:
    wording = known[predicate].wording[lang]
    frames = (text for text in wording.frames if "{s}" in text and "{o}" in text)
    return [*wording.sentence, *wording.inverse_sentence, *frames]


def statements(store: EmbeddedStore) -> Iterable[tuple[str, str]]:
    """Every statement as a sentence with its language: what similarity is measured with."""
    known, every = registry(), [s for s in store.scan() if s.object and not s.negated]
    ids = sorted({end for s in every for end in (s.subject, s.object)})
    nodes = dict(zip(ids, store.concepts(ids), strict=True))
    for s in every:
        subject, object = nodes[s.subject], nodes[s.object]
        if subject is None or object is None or s.predicate not in known:
            continue
        for lang in ("en", "zh"):
            if lang == "en" or ("zh" in subject.names and "zh" in object.names):
                names = {"s": subject.name_in(lang), "o": object.name_in(lang)}
                yield fill(known[s.predicate].wording[lang].sentence[0], **names), lang


@dataclass(slots=True)
class Reading:
    """What the verifier says of the claims of sentences: by sentence, claim key to verdict."""

    told: dict[str, dict[Key, str]]
    claims: int
    seconds: float


def read(graph: Graph, sentences: Sequence[Sentence]) -> Reading:
    """Each text read and verified by itself, for the first time."""
    graph.verify("Warfarin interacts with amiodarone.")  # opens what is opened once
    told: dict[str, dict[Key, str]] = {}
    begin, count = time.perf_counter(), 0
    for sentence in sentences:
        found = graph.verify(sentence.text, lang=sentence.lang)
        told[sentence.id] = {
            _key(*checked.claim.triple, checked.claim.negated): checked.verdict
            for checked in found.claims
        }
        count += len(found.claims)
    return Reading(told, count, time.perf_counter() - begin)


def figures(sentences: Sequence[Sentence], reading: Reading) -> list[Figure]:
    """Precision and recall of SUPPORTED and REFUTED on the labelled sentences, by language; all of
    them, and those that were held out."""
    found = []
    for lang, recall in TARGETS.items():
        for what, held in (("all", None), ("held out", True)):
            chosen = [s for s in sentences
                      if s.lang == lang and (held is None or s.held == held)]  # fmt: skip
            for verdict in DECIDED:
                p, r, note = score(chosen, reading, verdict)
                area = f"labelled sentences, {lang}, {what}"
                found += [
                    Figure(area, f"{verdict}, precision", p, "", PRECISION, "at least", note=note),
                    Figure(area, f"{verdict}, recall", r, "", recall, "at least"),
                ]
    rate = reading.claims / reading.seconds
    note = f"{reading.claims:,} claims of {len(sentences):,} texts, each for the first time"
    found.append(Figure("text claims, open graph", "one by one", rate, "claims/s", note=note))
    say(f"  {note}: {rate:,.0f} claims/s")
    return found


def score(
    sentences: Sequence[Sentence], reading: Reading, verdict: str
) -> tuple[float, float, str]:
    """Precision and recall of a verdict over all claims, those read by mistake included."""
    right = said = wanted = 0
    for sentence in sentences:
        gold = dict(sentence.claims)
        told = reading.told[sentence.id]
        said += sum(v == verdict for v in told.values())
        wanted += sum(v == verdict for v in gold.values())
        right += sum(v == verdict and gold.get(key) == verdict for key, v in told.items())
    note = f"{right:,} right of {said:,} said and {wanted:,} so labelled"
    return (right / said if said else 1.0), (right / wanted if wanted else 1.0), note


def confusion(sentences: Sequence[Sentence], reading: Reading) -> str:
    """Label by verdict as a Markdown table, with claims not read and claims that aren't there."""
    pairs: Counter[tuple[str, str]] = Counter()
    for sentence in sentences:
        told = dict(reading.told[sentence.id])
        for key, label in sentence.claims:
            pairs[label, told.pop(key, "not read")] += 1
        pairs.update(("no such claim", verdict) for verdict in told.values())
    columns = [*VERDICTS, "not read"]
    lines = ["| label | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for label in (*VERDICTS, "no such claim"):
        cells = " | ".join(f"{pairs[label, column]:,}" for column in columns)
        lines.append(f"| {label} | {cells} |")
    return "\n".join(lines)
