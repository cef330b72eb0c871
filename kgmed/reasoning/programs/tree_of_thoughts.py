"""A tree of thoughts over the graph: a beam of ways on from the question's concepts.

The graph gives the candidates (:class:`~kgmed.reasoning.evidence.expand.Expander`), the model
chooses among them, says what each tells and scores it, and the verifier prunes a thought that the
graph refutes, whatever its score. What is left is the evidence that the answer cites. After Tree of
Thoughts (https://arxiv.org/abs/2305.10601) and Think-on-Graph (https://arxiv.org/abs/2307.07697);
here each level is one call for the whole beam.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dspy

from kgmed.kg.errors import UsageError
from kgmed.kg.model import Language
from kgmed.kg.verbalize.size import tokens_of
from kgmed.prompts import fenced
from kgmed.reasoning.evidence import Evidence, Gatherer, Piece
from kgmed.reasoning.evidence.expand import Way
from kgmed.reasoning.programs.base import LANGUAGES, Asked, Run, Steps, Verify, concluded
from kgmed.reasoning.programs.predict import Predict
from kgmed.reasoning.programs.signatures import KINDS, Kind, Thought, thoughts_signature

BUDGET = 220
"""Tokens of evidence for the answer; the levels of the tree take their own."""
STARTS, SHOWN = 3, 8
"""Concepts of a question that are started from, and candidates that are shown at a level."""
ENOUGH = 9
"""The score of a thought after which the tree grows no further."""
_MOST_CITED = 6


@dataclass(frozen=True, slots=True)
class Node:
    """A thought: the way it took, from which thought, and what became of it.

    ``number`` is its place in the trace's tree; a root has the number 0 and no way.
    """

    number: int
    parent: int
    end: str
    way: Way | None = None
    score: float = 0.0
    text: str = ""


class TreeOfThoughts(Predict):
    """Grows a tree of at most ``depth`` levels, ``beam`` thoughts kept at each, ``width`` ways on
    from each, then answers: at most ``depth + 1`` calls, and never more than
    ``calls``, an unreadable answer that is asked for once more apart.

    The tree stands in the trace: entries of the kind ``thought`` with ``id``, ``parent``,
    ``depth``, ``score``, the claims' verdicts, and ``kept`` or why it was pruned.
    """

    name = "tot"

    def __init__(
        self,
        gatherer: Gatherer,
        verify: Verify,
        *,
        budget: int = BUDGET,
        kinds: Sequence[Kind] = KINDS,
        languages: Sequence[Language] = LANGUAGES,
        depth: int = 2,
        beam: int = 3,
        width: int = 6,
        calls: int = 4,
        examples: Sequence[Any] = (),
    ) -> None:
        super().__init__(
            gatherer, verify, budget=budget, kinds=kinds, languages=languages, examples=examples
        )
        for name, value in (("depth", depth), ("beam", beam), ("width", width), ("calls", calls)):
            if value < 1:
                raise UsageError(f"Found {name}={value}, expected 1 or more.")
        self.depth, self.beam, self.width, self.most_calls = depth, beam, width, calls
        for lang in self.languages:
            self.predictors_of[f"thoughts_{lang}"] = dspy.Predict(thoughts_signature(lang))

    def steps(self, run: Run) -> Steps:
        starts, towards = _ends(run)
        spoken = self.tools.gatherer.spoken(run.question, run.lang) | {run.evidence.asked}
        beam = [Node(0, 0, start) for start in starts]
        kept: list[Node] = []
        seen = set(starts)
        for depth in range(1, self.depth + 1):
            if run.calls >= self.most_calls - 1:
                break
            offered = self._offered(run, beam, spoken, towards, seen)
            if not offered:
                break
            inputs = {"question": _asked(run), "known": _known(kept),
                      "candidates": fenced(_numbered(offered))}  # fmt: skip
            said = yield Asked(f"thoughts_{run.lang}", inputs, run.lang, "thoughts")
            grown = self._grown(run, offered, said, depth)
            beam = sorted(grown, key=lambda node: -node.score)[: self.beam]
            kept += beam
            seen |= {node.end for node in beam}
            if not beam or beam[0].score >= ENOUGH:
                break
        run.evidence = self._evidence(run.evidence, kept)
        said = yield self.asked(run)
        return concluded(run, said)

    def _offered(
        self, run: Run, beam: Sequence[Node], spoken: frozenset[str], towards: set[str],
        seen: set[str],
    ) -> list[tuple[Node, Way]]:  # fmt: skip
        """The ways on from the beam, the best first, each statement once."""
        nodes = {node.end: node for node in reversed(beam)}
        ways = self.tools.gatherer.expander.ways(
            list(nodes), lang=run.lang, width=self.width, spoken=spoken, towards=towards, seen=seen
        )
        once = {way.statement.id: way for way in reversed(ways)}
        ranked = sorted(once.values(), key=lambda way: (-way.score, way.statement.id))
        return [(nodes[way.start], way) for way in ranked[:SHOWN]]

    def _grown(
        self,
        run: Run,
        offered: Sequence[tuple[Node, Way]],
        said: Mapping[str, Any] | None,
        depth: int,
    ) -> list[Node]:
        """The thoughts that the model chose and the verifier let stand. Where its answer couldn't
        be read, the graph's own order chooses."""
        chosen = list((said or {}).get("thoughts", ()))
        if said is None:
            chosen = [Thought(number=n, thought=way.text[:300], score=1)
                      for n, (_node, way) in enumerate(offered[: self.beam], start=1)]  # fmt: skip
        grown: list[Node] = []
        taken: set[int] = set()
        for thought in chosen:
            if not 1 <= thought.number <= len(offered) or thought.number in taken:
                continue
            taken.add(thought.number)
            parent, way = offered[thought.number - 1]
            number = 1 + sum(entry["kind"] == "thought" for entry in run.trace)
            text = " ".join(thought.thought.split()) or way.text
            entry = self.traced(
                "thought", text, run, id=number, parent=parent.number, depth=depth,
                score=thought.score, follows=way.text, statement=way.statement.id, kept=True,
            )  # fmt: skip
            entry["citations"] = []  # numbers of candidates are none of the evidence
            if any(claim["verdict"] == "REFUTED" for claim in entry["claims"]):
                entry |= {"kept": False, "pruned": "refuted"}
                continue
            grown.append(Node(number, parent.number, way.end, way, thought.score, text))
        grown.sort(key=lambda node: -node.score)
        for node in grown[self.beam :]:
            next(e for e in run.trace if e.get("id") == node.number).update(
                kept=False, pruned="beam"
            )
        return grown

    def _evidence(self, evidence: Evidence, kept: Sequence[Node]) -> Evidence:
        """What the question asks for outright, the statements of the thoughts that were kept, then
        what else was found before: as much as the budget has room for, no statement twice."""
        asked = [piece for piece in evidence.pieces if piece.kind in {"asked", "between"}]
        rest = [piece for piece in evidence.pieces if piece.kind not in {"asked", "between"}]
        ways = [node.way for node in sorted(kept, key=lambda node: -node.score) if node.way]
        grown = [Piece(0, way.text, "path", (way.statement.id,), (way.start, way.end))
                 for way in ways]  # fmt: skip
        rows = {**evidence.statements, **{way.statement.id: way.statement for way in ways}}
        left = self.tools.budget
        pieces: list[tuple[Piece, dict[str, Any]]] = []
        told: set[str] = set()
        for piece in (*asked, *grown, *rest):
            if set(piece.statements) <= told or tokens_of(piece.text) > left:
                continue
            told.update(piece.statements)
            left -= tokens_of(piece.text) + 4
            pieces.append((piece, {id: rows[id] for id in piece.statements}))
        return evidence.with_pieces(pieces)


def _ends(run: Run) -> tuple[list[str], set[str]]:
    """The concepts to start from, and those to look for: the others of the question, and the
    options'."""
    question = run.question.casefold()
    own = [link.id for link in run.evidence.links if link.text.casefold() in question]
    own = list(dict.fromkeys(own)) or [link.id for link in run.evidence.links]
    starts = own[:STARTS]
    towards = {link.id for link in run.evidence.links if link.id not in starts}
    return starts, towards | (set(starts) if len(starts) > 1 else set())


def _asked(run: Run) -> str:
    """The question, and the options that it offers."""
    if not run.options:
        return run.question
    return f"{run.question}\n{' / '.join(run.options)}"


def _known(kept: Sequence[Node]) -> str:
    return fenced("\n".join(node.text for node in kept[-_MOST_CITED:])) if kept else "-"


def _numbered(offered: Sequence[tuple[Node, Way]]) -> str:
    return "\n".join(f"[{n}] {way.text}" for n, (_node, way) in enumerate(offered, start=1))
