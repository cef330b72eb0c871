"""From a program's prediction to an answer: cited statements, and the verdicts of its claims.

What a model wrote is taken as it is, its numbers replaced by the ids of the statements that bear on
the words before them; whether it holds is the verifier's to say. Yes and no are given as a value
only where the graph bears them out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kgmed.kg.linking.linker import Linker
from kgmed.kg.model import Language, Statement
from kgmed.kg.predicates import Registry
from kgmed.kg.store.base import GraphStore
from kgmed.reasoning import compose
from kgmed.reasoning.answer import NOTICE, Answer, Item, Reason
from kgmed.reasoning.claims.model import Checked, verified_claim
from kgmed.reasoning.evidence import Evidence
from kgmed.reasoning.naming import with_names
from kgmed.reasoning.programs.base import Verify
from kgmed.reasoning.programs.citing import Recited, moved, numbers_in, recited
from kgmed.reasoning.question import parse
from kgmed.reasoning.revision import MARKED

MOST_IDS = 3
"""Statement ids in the text for one citation; the answer holds them all."""
PHRASES: dict[Language, dict[str, str]] = {
    "en": {
        "no_evidence": "The graph holds no evidence on this question.",
        "not_linked": "The question names no concept that the graph knows.",
        "unanswered": "The model found no answer in the graph's evidence. This is not evidence "
        "that there is none.",
        "restricted": "The evidence on this question may not be sent to this language model.",
        "unread": "The language model's answer could not be read, twice ({problem}).",
        "all_refuted": "The graph refutes what the model answered; nothing else was left to say.",
        "all_unsupported": "The graph bears out nothing of what the model answered.",
        "withheld": "Withheld from this language model: {sources}.",
        "withheld_one": "{n} statements of {source} ({licence})",
        "undecided": "The model says {label}; the graph doesn't bear that out, and what it doesn't "
        "list is not thereby untrue, nor safe.",
        "refuted": "The graph refutes a claim of this answer: {claims}.",
        "and": "; ",
    },
    "zh": {
        "no_evidence": "图谱中没有与该问题有关的证据。",
        "not_linked": "问题中没有图谱已知的概念。",
        "unanswered": "模型未能从图谱证据中找到答案。这不代表没有答案。",
        "restricted": "与该问题有关的证据不得发送给此语言模型。",
        "unread": "语言模型的回答两次都无法读取（{problem}）。",
        "all_refuted": "图谱否定了模型的回答，此外没有其他内容。",
        "all_unsupported": "模型的回答均未得到图谱证实。",
        "withheld": "未发送给此语言模型的内容：{sources}。",
        "withheld_one": "{source} 的 {n} 条陈述（{licence}）",
        "undecided": "模型回答 {label}，但图谱不足以证实；未列出不代表不成立，也不代表安全。",
        "refuted": "图谱否定了该回答中的论断：{claims}。",
        "and": "；",
    },
}


class Answering:
    """Makes answers of one graph's predictions."""

    def __init__(self, store: GraphStore, registry: Registry, verify: Verify) -> None:
        self._store, self._registry, self._verify = store, registry, verify
        self._linker = Linker(store)

    def answer(
        self,
        prediction: Any,
        *,
        program: str,
        model: str,
        usage: Mapping[str, int],
        elapsed_ms: float = 0.0,
    ) -> Answer:
        """The answer that a prediction of a program amounts to."""
        evidence: Evidence = prediction.evidence
        lang: Language = prediction.language
        base = Answer(
            prediction.question, lang, "yes_no" if prediction.kind == "yes_no" else None, True,
            None, "", links=evidence.links, trace=tuple(prediction.trace), program=program,
            model=model, usage=dict(usage), snapshot=evidence.snapshot, notice=NOTICE[lang],
            elapsed_ms=elapsed_ms, withheld=evidence.withheld,
            agreement=prediction.get("agreement"), rounds=prediction.get("rounds"),
            removed=prediction.get("removed", 0), marked=prediction.get("marked", 0),
        )  # fmt: skip
        if not prediction.answerable:
            return self._abstained(base, prediction)
        made = recited(
            prediction.answer, lambda numbers, before: _cite(evidence, numbers, before),
            aside=MARKED if base.marked else None,
        )  # fmt: skip
        inside = numbers_in(prediction.answer)
        statements = _behind(evidence, inside, prediction.answer)
        besides = [n for n in prediction.citations if n not in inside]
        statements |= _behind(evidence, besides, prediction.answer, whole=not statements)
        claims = self._claims(made, lang)
        value, notes = self._value(prediction, claims, lang)
        paths = tuple(
            piece.path for piece in evidence.pieces
            if piece.path is not None and piece.number in prediction.citations
        )  # fmt: skip
        answer = replace(
            base, abstained=False, statements=statements, paths=paths, value=value,
            claims=tuple(map(verified_claim, claims)), text=made.text,
        )  # fmt: skip
        answer = replace(answer, items=self._items(answer, made, prediction))
        lines = [answer.text, *notes, *_withheld_line(answer)]
        return with_names(replace(answer, text="\n".join(lines)), self._store)

    def _abstained(self, base: Answer, prediction: Any) -> Answer:
        lang: Language = prediction.language
        reason: Reason = "no_evidence"
        phrase = "unanswered" if prediction.calls else "no_evidence"
        if prediction.failed == "unread":
            reason = phrase = "unread"
        elif prediction.failed in {"refuted", "unsupported"}:
            reason, phrase = prediction.failed, f"all_{prediction.failed}"
        elif not prediction.calls and not base.links:
            reason = phrase = "not_linked"
        elif not prediction.calls and base.withheld:
            reason = phrase = "restricted"
        problems = [e["problem"] for e in prediction.trace if e["kind"] == "unread"]
        text = PHRASES[lang][phrase].format(problem=problems[-1] if problems else "")
        trace = base.trace
        if prediction.answer:
            trace = (*trace, {"kind": "unanswered", "text": prediction.answer})
        lines = [text, *_withheld_line(base)]
        return replace(base, reason=reason, text="\n".join(lines), trace=trace)

    def _claims(self, made: Recited, lang: Language) -> list[Checked]:
        """The claims of a text without its citations, with the offsets of the text with them."""
        found = self._verify(made.plain, lang=lang).claims
        return [moved(checked, made.places) for checked in found]

    def _value(
        self, prediction: Any, claims: Sequence[Checked], lang: Language
    ) -> tuple[bool | str | None, list[str]]:
        """What the answer amounts to as a value, and what has to be said besides."""
        notes = []
        refuted = [c.claim.text for c in claims if c.verdict == "REFUTED"]
        if refuted:
            told = compose.join(lang, list(dict.fromkeys(refuted)))
            notes.append(PHRASES[lang]["refuted"].format(claims=told))
        if prediction.kind == "choice":
            return prediction.options[ord(prediction.label) - 65], notes
        if prediction.kind != "yes_no":
            return None, notes
        _lang, readings = parse(prediction.question, registry=self._registry, language=lang)
        if any(reading.safety for reading in readings):
            return None, [*notes, compose.phrase(lang, "safety_unlisted")]
        denials = [c.claim.negated for c in claims if self._settles(c, prediction.evidence)]
        if prediction.label == "yes" and denials and not any(denials) and not refuted:
            return True, notes
        if prediction.label == "no" and denials and all(denials) and not refuted:
            return False, notes
        if prediction.label in {"yes", "no"}:
            notes.append(PHRASES[lang]["undecided"].format(label=prediction.label))
        return None, notes

    def _settles(self, checked: Checked, evidence: Evidence) -> bool:
        """Whether a claim is borne out and says what the question asks: of its concepts, by its
        predicate or one below that, as far as these were read."""
        ends = {end for end in (checked.claim.triple[0], checked.claim.triple[2]) if end}
        own = {id for k in evidence.links for id in (k.id, *(other.id for other in k.alternatives))}
        if (
            checked.verdict != "SUPPORTED"
            or (len(evidence.links) > 1 and not ends <= own)
            or not ends & own
        ):
            return False
        name = checked.claim.predicate
        while evidence.asked and name != evidence.asked:
            entry = self._registry.get(name)
            if entry is None or not entry.parent:
                return False
            name = entry.parent
        return True

    def _items(self, answer: Answer, made: Recited, prediction: Any) -> tuple[Item, ...]:
        """The concepts that an answer names besides the question's own, as far as the graph bears
        them out: by a statement or path that is cited, or by a claim."""
        named = [link.id for link in self._linker.text(made.plain) if link.id]
        own = {link.id for link in answer.links}
        if prediction.kind == "choice":
            offered = prediction.options[ord(prediction.label) - 65].casefold()
            own = {link.id for link in answer.links if link.text.casefold() != offered}
        ids = [id for id in dict.fromkeys([*prediction.get("entities", ()), *named])
               if id not in own]  # fmt: skip
        borne = {end for claim in answer.claims if claim.verdict == "SUPPORTED"
                 for link in (claim.subject, claim.object)
                 for end in [link if isinstance(link, str) else link.id]}  # fmt: skip
        found = []
        for id, concept in zip(ids, self._store.concepts(ids), strict=True):
            if concept is None:
                continue
            behind = tuple(s.id for s in answer.statements.values() if id in {s.subject, s.object})
            along = tuple(n for n, path in enumerate(answer.paths) if id in path.nodes)
            if not (behind or along or id in borne):
                continue
            name = concept.name_in("zh" if answer.lang == "zh" else "en")
            category = concept.categories[0] if concept.categories else ""
            found.append(Item(id, name, category, {}, behind, along))
        return tuple(found)


def _cite(evidence: Evidence, numbers: Sequence[int], before: str) -> str:
    """The ids that stand in the text for some numbers; "" where none of them is a piece's."""
    ids = list(_behind(evidence, numbers, before))
    if not ids:
        return ""
    more = f"[+{len(ids) - MOST_IDS}]" if len(ids) > MOST_IDS else ""
    return f" {compose.cite(ids[:MOST_IDS])}{more}"


def _behind(
    evidence: Evidence, numbers: Sequence[int], said: str, *, whole: bool = True
) -> dict[str, Statement]:
    """The statements behind numbers: of a list, those of the members that the words name; where
    they name none, the whole list or nothing."""
    pieces = {piece.number: piece for piece in evidence.pieces}
    folded = said.casefold()
    found: dict[str, Statement] = {}
    for number in numbers:
        if number not in pieces:
            continue
        rows = [evidence.statements[id] for id in pieces[number].statements]
        named = rows
        if len(rows) > 1 and pieces[number].path is None:
            named = [s for s in rows if _named(evidence, s.subject, folded)
                     and (s.object is None or _named(evidence, s.object, folded))]  # fmt: skip
        found.update({s.id: s for s in named or (rows if whole else [])})
    return found


def _named(evidence: Evidence, id: str, folded: str) -> bool:
    """Whether words name a concept, by the name that the evidence gave it."""
    name = evidence.names.get(id, "").casefold()
    return (
        bool(name) and re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", folded) is not None
    )


def _withheld_line(answer: Answer) -> list[str]:
    if not answer.withheld:
        return []
    phrases = PHRASES["zh" if answer.lang == "zh" else "en"]
    parts = [
        phrases["withheld_one"].format(
            n=w.statements, source=w.source.removeprefix("infores:"), licence=w.licence or "?"
        )
        for w in answer.withheld
    ]
    return [phrases["withheld"].format(sources=phrases["and"].join(parts))]
