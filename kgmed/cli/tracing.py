"""Printing what a program on a language model did: its trace, the verdicts, what it cost."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from kgmed.cli.output import echo
from kgmed.reasoning.answer import Answer
from kgmed.reasoning.claims.model import told

if TYPE_CHECKING:
    from kgmed.facade import Graph

MARKS = {"SUPPORTED": "+", "REFUTED": "-", "UNSUPPORTED": "?", "NOT_COVERED": " "}
"""A mark for each verdict in a trace."""
_DIGITS = 12
_COUNTED = {"rounds": "revised", "removed": "sentences removed", "marked": "sentences marked"}
_AS_SAID = {"told": "told anew"}


def print_claims(answer: Answer, *, limit: int | None) -> None:
    """The claims of an answer's text, a verdict and a proof's words each."""
    if not answer.claims:
        return
    echo("")
    counts = Counter(claim.verdict for claim in answer.claims)
    echo("Verdicts: " + ", ".join(f"{n} {verdict}" for verdict, n in counts.items()))
    for claim in answer.claims[:limit]:
        ends = [end if isinstance(end, str) else end.text for end in (claim.subject, claim.object)]
        relation = f"{'not ' if claim.negated else ''}{claim.predicate}"
        rule = claim.proof.rule if claim.proof else claim.reason
        echo(f"  {claim.verdict}  {ends[0]} {relation} {ends[1]}  ({rule})")
    if limit is not None and len(answer.claims) > limit:
        echo(f"  ... and {len(answer.claims) - limit} more (--limit 0)")


def streamed(graph: Graph, *, as_json: bool) -> Callable[..., Answer]:
    """``graph.ask`` that prints what comes before the answer as it comes."""

    def ask(question: str, **given: Any) -> Answer:
        for part in graph.ask_stream(question, **given):
            if part.answer is not None:
                break
            claims = told(part.claims)
            if as_json:
                echo(json.dumps({"kind": part.kind, "text": part.text, "claims": claims},
                                ensure_ascii=False))  # fmt: skip
            else:
                text = part.text or "-- the graph refutes a claim; the model answers again --"
                echo(f"> {' '.join(text.split())}")
                for claim in claims:
                    echo(f"  {MARKS.get(claim['verdict'], ' ')} {claim['text']}  ({claim['rule']})")
            sys.stdout.flush()
        assert part.answer is not None  # noqa: S101  the last
        if not as_json:
            echo("")
        return part.answer

    return ask


def print_usage(answer: Answer) -> None:
    """What an answer cost, and which graph it is from."""
    used = answer.usage
    calls = used.get("calls", 0)
    told = [
        f"{answer.program} on {answer.model}: {calls} call{'' if calls == 1 else 's'}",
        f"{used.get('prompt_tokens', 0)} + {used.get('completion_tokens', 0)} tokens",
        f"{answer.elapsed_ms:.0f} ms",
        f"snapshot {answer.snapshot[:_DIGITS]}",
    ]
    if answer.agreement is not None:
        told.insert(1, f"agreement {answer.agreement:.0%}")
    for name in ("rounds", "removed", "marked"):
        if getattr(answer, name):
            told.append(f"{_COUNTED[name]} {getattr(answer, name)}")
    echo("")
    echo("; ".join(told))


def print_trace(answer: Answer) -> None:
    """A trace: a line for each entry, thoughts as a tree, each claim marked by its verdict
    (+ supported, - refuted, ? unsupported, blank not covered)."""
    entries = [{"kind": "reading", "text": e} if isinstance(e, str) else e for e in answer.trace]
    thoughts = [entry for entry in entries if entry["kind"] == "thought"]
    for entry in entries:
        if entry["kind"] != "thought":
            _print_entry(entry, "")
        elif entry is thoughts[0]:
            _print_thoughts(thoughts, 0, "")
    if entries:
        echo("")


def _print_thoughts(thoughts: list[Mapping[str, Any]], parent: int, indent: str) -> None:
    for entry in thoughts:
        if entry["parent"] == parent:
            _print_entry(entry, indent)
            _print_thoughts(thoughts, entry["id"], indent + "  ")


def _print_entry(entry: Mapping[str, Any], indent: str) -> None:
    said = []
    for name in ("removed", "told", "marked"):
        if entry.get(name):
            said.append(f"{entry[name]} {_AS_SAID.get(name, name)}")
    if "was" in entry:
        said.append(f"was {entry['was']}")
    if "score" in entry:
        said.append(f"score {entry['score']}")
    if "weight" in entry:
        said.append(f"weight {entry['weight']:.2f}")
    if entry.get("label"):
        said.append(str(entry["label"]))
    if entry.get("chosen"):
        said.append("chosen")
    said += [str(entry[name]) for name in ("pruned", "problem", "failed") if entry.get(name)]
    tail = f"  ({'; '.join(said)})" if said else ""
    number = f" {entry['round']}" if "round" in entry else ""
    echo(f"{indent}{entry['kind']}{number}: {' '.join(entry['text'].split())}{tail}")
    for claim in entry.get("claims", ()):
        echo(f"{indent}  {MARKS.get(claim['verdict'], ' ')} {claim['text']}  ({claim['rule']})")
    for line in entry.get("objections", ()):
        echo(f"{indent}  ! {line}")
