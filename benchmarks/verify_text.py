"""(b) Labelled sentences, and generated claims in words: the verifier beside what uses no rules.

Baselines run by the Python of an environment of their own (``--peers``), over the same sentences:
those with exactly one claim. Thresholds are chosen on the part that isn't held out; every figure
here is of the part that is, the verifier's too.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import claims_sentences
from claims_generated import Generated
from claims_sentences import Reading, Sentence
from measure import Figure, say

from kgmed.facade import Graph

VERIFIER = "kgmed"
LABELS = ("SUPPORTED", "REFUTED", "OTHER")


def labelled(graph: Graph, most: int) -> tuple[list[Sentence], Reading, list[Figure], list[str]]:
    """The labelled sentences read and scored, with confusion tables."""
    sentences = claims_sentences.labelled(most)
    reading = claims_sentences.read(graph, sentences)
    figures = claims_sentences.figures(sentences, reading)
    tables = []
    for lang in ("en", "zh"):
        mine = [s for s in sentences if s.lang == lang]
        tables.append(
            f"Labelled sentences, {lang}, {len(mine)}; columns are verdicts:\n\n"
            + claims_sentences.confusion(mine, reading)
        )
    return sentences, reading, figures, tables


def beside(
    graph: Graph, sentences: Sequence[Sentence], reading: Reading, made: Generated,
    train: Generated | None, *, count: int, peers: Path | None, seconds: float,
) -> list[str]:  # fmt: skip
    """Tables of precision and recall on the held-out part, a block for each set of sentences."""
    store = graph.local_store()
    generated = claims_sentences.in_words(store, made, count, seed=7)
    told = claims_sentences.read(graph, generated)
    one = [s for s in sentences if len(s.claims) == 1] + generated
    said = {
        s.id: _three({**reading.told, **told.told}[s.id].get(s.claims[0][0], "OTHER")) for s in one
    }
    rates = {"labelled": reading.claims / reading.seconds, "generated": told.claims / told.seconds}
    by_system: dict[str, dict[str, str]] = {VERIFIER: said}
    facts: dict[str, Any] = {}
    if peers is None or train is None:
        say("  no --peers: baselines left out")
    else:
        known = {s.claims[0][0][:3] for s in one}
        fresh = [
            s for s in claims_sentences.in_words(store, train, train.rows.num_rows, seed=8)
            if s.claims[0][0][:3] not in known
        ]  # fmt: skip
        others, facts = _run(graph, one, fresh, peers, seconds)
        for name in dict.fromkeys(name for row in others.values() for name in row):
            by_system[name] = {id: row[name] for id, row in others.items()}
    blocks = []
    for group, lang in sorted({(s.set, s.lang) for s in one}):
        mine = [s for s in one if (s.set, s.lang, s.held) == (group, lang, True)]
        lines = [
            f"Sentences with one claim, {group}, {lang}, held out: {len(mine):,}\n",
            "| system | SUPPORTED P / R | REFUTED P / R | right of all | claims/s |",
            "|---|--:|--:|--:|--:|",
        ]
        confusions = []
        for name, answers in by_system.items():
            pairs = Counter((_three(s.claims[0][1]), answers[s.id]) for s in mine)
            cells = [_pr(pairs, label) for label in LABELS[:2]]
            right = sum(pairs[label, label] for label in LABELS) / max(1, len(mine))
            rate = rates[group] if name == VERIFIER else facts[f"{name} {group} {lang}"]["rate"]
            lines.append(f"| {name} | {cells[0]} | {cells[1]} | {right:.3f} | {rate:,.0f} |")
            confusions.append(
                f"{name}: "
                + "; ".join(
                    f"{label} -> " + ", ".join(f"{to} {pairs[label, to]:,}" for to in LABELS)
                    for label in LABELS
                )
            )
        blocks.append("\n".join([*lines, "", *(f"- {line}" for line in confusions)]))
    trained = [f"{k}: {v}" for k, v in facts.items() if k.startswith("cross-encoder")][:1]
    return [*blocks, *trained]


def _three(label: str) -> str:
    return label if label in LABELS else "OTHER"


def _pr(pairs: Counter[tuple[str, str]], label: str) -> str:
    right = pairs[label, label]
    said = sum(n for (_gold, to), n in pairs.items() if to == label)
    wanted = sum(n for (gold, _to), n in pairs.items() if gold == label)
    precision = f"{right / said:.3f}" if said else "-"
    return f"{precision} / {right / wanted:.3f}" if wanted else f"{precision} / -"


def _run(
    graph: Graph, sentences: Sequence[Sentence], train: Sequence[Sentence], peers: Path,
    seconds: float,
) -> tuple[dict[str, dict[str, str]], dict[str, Any]]:  # fmt: skip
    """What each baseline says by sentence, and facts about it, from verify_baselines.py."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        _write(work / "corpus.jsonl", [
            {"text": text, "lang": lang}
            for text, lang in claims_sentences.statements(graph.local_store())
        ])  # fmt: skip
        _write(work / "items.jsonl", [
            {"id": s.id, "set": f"{s.set} {s.lang}", "text": s.text, "lang": s.lang,
             "label": _three(s.claims[0][1]), "part": "test" if s.held else "tune"}
            for s in sentences
        ])  # fmt: skip
        _write(work / "train.jsonl", [
            {"text": s.text, "lang": s.lang, "label": _three(s.claims[0][1])} for s in train
        ])  # fmt: skip
        say(f"  baselines; {len(train):,} generated claims to train on")
        script = Path(__file__).with_name("verify_baselines.py")
        done = subprocess.run(
            [str(peers), str(script), str(work), "--seconds", str(seconds)],
            stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        lines = (work / "told.jsonl").read_text(encoding="utf-8").splitlines()
    rows = {row.pop("id"): row for row in map(json.loads, lines)}
    return rows, json.loads(done.stdout)


def _write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")
