"""Verdicts for people: lines for a shell, a page with the text marked, RefChecker's labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from kgmed.kg.linking.html import PAGE, PAGE_END, plain
from kgmed.kg.linking.link import Link
from kgmed.kg.model import Language, Statement
from kgmed.reasoning.claims.model import Checked, Proof, Verdict, Verification
from kgmed.reasoning.claims.texts import counts
from kgmed.reasoning.display.verdicts import WORST, chip, legend, marked
from kgmed.reasoning.plausibility.uses.words import meanings, nearest

LABELS: dict[Verdict, str] = {
    "SUPPORTED": "Entailment",
    "REFUTED": "Contradiction",
    "UNSUPPORTED": "Neutral",
    "NOT_COVERED": "Neutral",
}
"""RefChecker's label of a verdict (https://github.com/amazon-science/RefChecker); two are one."""
NOTICE = "kgmed compares with what its sources state. It is not medical advice."


def lines(found: Verification) -> Iterator[str]:
    """A verification as text: verdict, claim, proof in words, statements; then what was skipped."""
    for checked in found.claims:
        yield f"{checked.verdict:<12} {said(checked)}"
        if checked.proof is not None and checked.proof.words:
            yield f"             {checked.proof.words}"
        for proof in (checked.proof, *checked.against):
            if proof is None:
                continue
            if proof is not checked.proof:
                yield f"             against ({proof.rule}): {proof.words}"
            for statement in proof.statements:
                yield f"               {cited(statement)}"
        if checked.plausibility is not None:
            yield f"             {checked.plausibility.words}"
            for path in checked.plausibility.paths:
                yield f"               {nearest(path, found.lang)}"
    for skipped in found.skipped:
        yield f"{'(skipped)':<12} {skipped.claimed or skipped.text}  [{skipped.reason}]"
    told = ", ".join(f"{n} {verdict}" for verdict, n in counts(found.claims).items())
    yield ""
    yield f"{len(found.claims)} claims{': ' + told if told else ''}."
    torn = sum(checked.conflict for checked in found.claims)
    if torn:
        yield f"Sources disagree on {torn} of them."
    yield from _meanings(found)


def _meanings(found: Verification) -> list[str]:
    return meanings([checked.plausibility for checked in found.claims], found.lang)


def said(checked: Checked) -> str:
    """A claim as its text has it, else as its triple."""
    claim = checked.claim
    if claim.text:
        return " ".join(claim.text.split())
    return f"{_name(claim.subject)} {'not ' * claim.negated}{claim.predicate} {_name(claim.object)}"


def cited(statement: Statement) -> str:
    """A statement's id, source, release and licence."""
    source = statement.primary_knowledge_source.removeprefix("infores:")
    return "  ".join(filter(None, (statement.id[:8], source, statement.release, statement.licence)))


def _name(end: str | Link) -> str:
    return end if isinstance(end, str) else end.name or end.text


def refchecker(found: Verification) -> dict[str, object]:
    """Claims as triplets of names with RefChecker's labels, in order."""
    return {
        "response": found.text,
        "claims": [
            [_name(c.claim.subject), ("not " * c.claim.negated) + c.claim.predicate,
             _name(c.claim.object)]
            for c in found.claims
        ],
        "Y": [LABELS[c.verdict] for c in found.claims],
    }  # fmt: skip


def page(found: Verification, *, title: str = "kgmed verify") -> str:
    """A page that marks each span of the text by its verdict, with every proof below it."""
    return PAGE.format(title=plain(title)) + body(found) + PAGE_END


def body(found: Verification) -> str:
    """The marked text and its proofs, without a page around them."""
    parts = [f"<p>{legend()}</p>\n", f'<div dir="auto">{_marked(found)}</div>\n']
    for number, checked in enumerate(found.claims, 1):
        parts.append(_told(number, checked, found.lang))
    if found.skipped:
        rows = "".join(
            f"<li>{plain(one.claimed or one.text)} <i>({escape(one.reason)})</i></li>"
            for one in found.skipped
        )
        parts.append(f"<h2>States nothing that can be checked</h2>\n<ul>{rows}</ul>\n")
    parts += [f"<p><small>{plain(line)}</small></p>\n" for line in _meanings(found)]
    parts.append(f"<p><small>{NOTICE} Snapshot {plain(found.snapshot[:16])}.</small></p>\n")
    return "".join(parts)


def _marked(found: Verification) -> str:
    """The text, marked by verdict."""
    return marked(found.text, [(c.claim.start, c.claim.end, c.verdict) for c in found.claims])


def _told(number: int, checked: Checked, lang: Language) -> str:
    head = f"<h2>{number}. {chip(checked.verdict)} {plain(said(checked))}</h2>\n"
    proofs = [("", checked.proof), *(("Against: ", proof) for proof in checked.against)]
    told = "".join(_proof(word, proof) for word, proof in proofs if proof is not None)
    return head + told + _plausibility(checked, lang)


def _plausibility(checked: Checked, lang: Language) -> str:
    if checked.plausibility is None:
        return ""
    lines = "".join(f"<li>{plain(nearest(one, lang))}</li>" for one in checked.plausibility.paths)
    paths = f"<ul>{lines}</ul>\n" if lines else ""
    return f"<p><i>{plain(checked.plausibility.words)}</i></p>\n{paths}"


def _proof(word: str, proof: Proof) -> str:
    cites = "".join(f"<li><code>{plain(cited(one))}</code></li>" for one in proof.statements)
    premises = "".join(f"<li>{plain(premise)}</li>" for premise in proof.premises)
    text = f"<p>{word}{plain(proof.words)} <i>({escape(proof.rule)})</i></p>\n"
    return text + (f"<ul>{cites}{premises}</ul>\n" if cites or premises else "")


def worst(claims: Iterable[Checked]) -> Verdict | None:
    """The worst verdict among claims; None where there are none."""
    return min((checked.verdict for checked in claims), key=WORST.index, default=None)
