"""Rows of exported datasets read again from their text alone: do the claims that a verifier finds
in them agree with the statements that the rows name?

    kgmed export instructions --out DIR/instructions
    kgmed export preferences --out DIR/preferences
    python benchmarks/dataset_reread.py DIR/instructions DIR/preferences [--rows 20000] [--list F]

Rows are drawn at random from every shard. What the assistant says (of a pair: the chosen and the
rejected answer apart; of a corpus: the text) is linked, read and judged as ``kgmed verify`` does;
ids are looked at only afterwards, to compare. A claim

    agrees      it is SUPPORTED by a statement that the row names, or by another source's that says
                the same of the same two; or it is denied or told as not listed, and isn't
                SUPPORTED
    homonym     it isn't so, but names something that several concepts of the graph are called
    else        it isn't borne out ("not borne out"), is SUPPORTED by other statements than the
                row's alone ("other statements"), or is SUPPORTED though the row tells it as not
                listed, or rejects it ("supported negative")

A row's statement that no claim of its text is borne out by is told as *lost*; a sentence may say
what no claim can hold (a value, a chain that is told in one clause). Graph: the open one, or
``--graph``. The misses go to ``--list``, one JSON object a line.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from kgmed import open_graph
from kgmed.facade import Graph
from kgmed.kg.linking.normalize import key
from kgmed.kg.model import Statement
from kgmed.kg.predicates import registry
from kgmed.reasoning.claims.model import Checked

WITHOUT_CLAIMS = {"term_linking", "translation"}
"""Tasks whose answers are names and ids."""
BATCH = 250


@dataclass(slots=True)
class Tally:
    """Claims by (task, language, outcome), statements lost, and the claims that don't agree."""

    claims: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    stated: Counter[tuple[str, str]] = field(default_factory=Counter)
    lost: Counter[tuple[str, str]] = field(default_factory=Counter)
    misses: list[dict[str, Any]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        for mine, theirs in (
            (self.claims, other.claims), (self.rows, other.rows),
            (self.stated, other.stated), (self.lost, other.lost),
        ):  # fmt: skip
            mine.update(theirs)
        self.misses += other.misses


def main() -> None:
    """Draw rows, read them, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--graph", default=None)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--list", type=Path, default=None)
    options = parser.parse_args()
    drawn = sample(options.folders, options.rows, options.seed)
    batches = [drawn[at : at + BATCH] for at in range(0, len(drawn), BATCH)]
    total = Tally()
    with ProcessPoolExecutor(
        options.processes, get_context("spawn"), _start, (options.graph,)
    ) as pool:
        for tally in pool.map(_read, batches):
            total.add(tally)
    if options.list is not None:
        lines = [json.dumps(miss, ensure_ascii=False) for miss in total.misses]
        options.list.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    print_table(total)


def sample(folders: Sequence[Path], rows: int, seed: int) -> list[dict[str, Any]]:
    """Rows at random from all shards of the folders, of tasks that make claims."""
    chance = random.Random(seed)  # noqa: S311
    kept: list[bytes] = []
    seen = 0
    for folder in folders:
        for file in sorted(folder.glob("*/*.jsonl")):
            for line in file.read_bytes().splitlines():
                if any(f'"{task}"'.encode() in line[:80] for task in WITHOUT_CLAIMS):
                    continue
                seen += 1
                if len(kept) < rows:
                    kept.append(line)
                elif (at := chance.randrange(seen)) < rows:
                    kept[at] = line
    return [json.loads(line) for line in kept]


_GRAPH: list[Graph] = []


def _start(uri: str | None) -> None:
    _GRAPH[:] = [open_graph(uri) if uri else open_graph()]


def _read(rows: Sequence[dict[str, Any]]) -> Tally:
    tally = Tally()
    for row in rows:
        Reading(_GRAPH[0], row, tally).read()
    return tally


class Reading:
    """One row, read."""

    def __init__(self, graph: Graph, row: dict[str, Any], tally: Tally) -> None:
        self.graph, self.row, self.tally = graph, row, tally
        self.at = (row["task"], row["lang"])
        extra = row.get("extra") or "{}"
        self.extra = json.loads(extra) if isinstance(extra, str) else extra
        self.statements = set(row["statements"])
        self.said: dict[tuple[str, ...], str] | None = None

    def read(self) -> None:
        """Count the row's claims."""
        self.tally.rows[self.at] += 1
        found: set[str] = set()
        for text, rejected in texts(self.row):
            for checked in self.graph.verify(text, lang=self.row["lang"]).claims:
                outcome, proof = self.outcome(checked, rejected=rejected)
                found |= proof
                self.tally.claims[*self.at, outcome] += 1
                if outcome != "agrees":
                    self.tally.misses.append(self.told(checked, outcome, text))
        if self.at[0] == "abstention":
            return
        self.tally.stated[self.at] += len(self.statements)
        lost = sorted(self.statements - found)
        self.tally.lost[self.at] += len(lost)
        if lost:
            said = [str(text) for text, _rejected in texts(self.row)]
            self.tally.misses.append(
                {"row": self.row["id"], "task": self.at[0], "lang": self.at[1], "outcome": "lost",
                 "statements": lost, "text": "\n".join(said)}
            )  # fmt: skip

    def outcome(self, checked: Checked, *, rejected: bool) -> tuple[str, set[str]]:
        """How a claim compares with its row, and which of the row's statements bear it out."""
        proof = {s.id for s in checked.proof.statements} if checked.proof else set()
        mine = proof & self.statements
        if checked.proof and not mine:
            mine = self.same(checked)
        supported = checked.verdict == "SUPPORTED"
        if rejected and supported and not mine:
            return ("homonym" if self.is_homonym(checked) else "supported negative"), set()
        if rejected or (supported and checked.claim.negated):
            return "agrees", set() if rejected else mine
        if supported and mine:
            return "agrees", mine
        negative = bool({"negative", "reason"} & set(self.extra)) or checked.claim.negated
        if negative and not supported:
            return "agrees", mine
        if self.is_homonym(checked):
            return "homonym", mine
        if not supported:
            return "not borne out", mine
        return ("supported negative" if negative else "other statements"), mine

    def same(self, checked: Checked) -> set[str]:
        """The row's statements that say what the proof's only one does."""
        if self.said is None:
            stated = self.graph.store.statements(sorted(self.statements))
            self.said = {_triple(s): s.id for s in stated if s is not None}
        proven = checked.proof.statements if checked.proof else ()
        mine = self.said.get(_triple(proven[0])) if len(proven) == 1 else None
        return set() if mine is None else {mine}

    def is_homonym(self, checked: Checked) -> bool:
        """Whether a name of the claim is that of several concepts."""
        ends = (checked.claim.subject, checked.claim.object)
        texts = [end if isinstance(end, str) else end.text for end in ends]
        meant = self.graph.store.lexicon.exact([key(text) for text in texts])
        return any(len({id for id, _name in found}) > 1 for found in meant)

    def told(self, checked: Checked, outcome: str, text: str) -> dict[str, Any]:
        """A claim that doesn't agree, to be listed."""
        said = " ".join(checked.claim.triple)
        return {"row": self.row["id"], "task": self.at[0], "lang": self.at[1], "outcome": outcome,
                "claim": said, "negated": checked.claim.negated, "verdict": checked.verdict,
                "text": text}  # fmt: skip


def _triple(statement: Statement) -> tuple[str, ...]:
    """What a statement says, apart from its qualifiers; a symmetric one either way round."""
    ends = (statement.subject, str(statement.object))
    if registry()[statement.predicate].symmetric:
        ends = (min(ends), max(ends))
    return (statement.predicate, str(statement.negated), *ends)


def texts(row: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """What of a row makes claims, and whether the row rejects it."""
    if "text" in row:
        yield row["text"], False
    if row.get("rationale"):
        yield row["rationale"], False
    for message in row.get("chosen") or row.get("messages") or ():
        if message["role"] == "assistant":
            yield message["content"], False
    for message in row.get("rejected") or ():
        if message["role"] == "assistant":
            yield message["content"], True


def print_table(total: Tally) -> None:
    """Print claims by task and language, then by language."""
    outcomes = ("agrees", "homonym", "not borne out", "other statements", "supported negative")
    heads = "  ".join(f"{name:>{max(9, len(name))}}" for name in outcomes)
    print(f"{'task':20} {'lang':4} {'rows':>7} {heads}  {'agree':>7} {'lost':>6}")
    for lang in sorted({lang for _task, lang in total.rows}):
        keys = sorted(at for at in total.rows if at[1] == lang)
        for name, of in [*((task, [(task, lang)]) for task, _lang in keys), ("all", keys)]:
            counts = [sum(total.claims[*at, outcome] for at in of) for outcome in outcomes]
            sure = sum(counts) - counts[1]
            stated = sum(total.stated[at] for at in of)
            lost = sum(total.lost[at] for at in of)
            cells = "  ".join(
                f"{n:>{max(9, len(head))},}" for n, head in zip(counts, outcomes, strict=True)
            )
            print(
                f"{name:20} {lang:4} {sum(total.rows[at] for at in of):7,} {cells}  "
                f"{100 * counts[0] / max(1, sure):6.2f}% {100 * lost / max(1, stated):5.1f}%"
            )
        everything = [total.claims[*at, outcome] for at in keys for outcome in outcomes]
        agree = sum(total.claims[*at, "agrees"] for at in keys)
        print(f"with homonyms: {100 * agree / max(1, sum(everything)):.2f}% agree")


if __name__ == "__main__":
    main()
