"""Whether words of a text deny what is claimed of them: a check on a model's ``negated``.

A model that overlooks a "not" would get a wrong text supported. Where the rules read the same claim
in the sentence, their reading decides; elsewhere the words do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kgmed.kg.predicates import LANGUAGES, Predicate
from kgmed.reasoning.claims.extract.patterns_zh import NEGATION

_NOT = re.compile(
    r"\b(?:not|never|cannot|neither|nor|no|none|without|lacks?|lacking|unable|fail(?:s|ed)? to"
    r"|\w+n['’]t)\b",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:free of|devoid|absen(?:t|ce)|den(?:y|ies|ied)|false|untrue|myth|wrong|incorrect"
    r"|instead of|rather than|except|ineffective|useless|contrary to|hardly|barely"
    r"|rul(?:e|es|ed) out)\b"
    r"|缺乏|否认|排除|错误|误传|谣言|而非|除外|以外|禁",
    re.IGNORECASE,
)
_BEGIN = re.compile(r".*(?:[,;:.!?，；：。！？、—]|\bbut\b|但|而)", re.DOTALL)
_BUT = re.compile(r".*(?:\bbut\b|但|而)", re.DOTALL)
_STOP = re.compile(r"[,;，；]|\bbut\b|但|而")
_ADVERSE = "不良"
"""不良反应: adverse, no denial."""


def negates(text: str, predicate: Predicate | None = None) -> bool:
    """Whether a text has a negation besides one that is the predicate's own way of being said.

    >>> negates("doesn’t treat"), negates("不引起"), negates("不良反应包括")
    (True, True, False)
    >>> from kgmed.kg.predicates import registry
    >>> negates("should not be used in asthma", registry()["contraindicated_in"])
    False
    """
    left = text.casefold().replace(_ADVERSE, "")
    for own in _own_negations(predicate) if predicate else ():
        left = left.replace(own, "")
    return _NOT.search(left) is not None or NEGATION.search(left) is not None


def clause(
    text: str, claimed: tuple[int, int], mentions: Sequence[tuple[int, int]]
) -> tuple[int, int]:
    """The stretch of a text in which a negation would deny a claim.

    ``claimed`` is where the claim stands, ``mentions`` where its ends do, in order: both, or those
    that the text has. The stretch is their clause, from behind a "but" between them.

    >>> text = "Though not new, it isn't A but B, and not C."
    >>> for other in (31, 32), (25, 26):
    ...     print(text[slice(*clause(text, (0, 43), [(16, 18), other]))].strip())
    B
    it isn't A
    """
    start = mentions[0][0] if len(mentions) > 1 else claimed[0]
    last, past = mentions[-1] if mentions else claimed
    begun = _BEGIN.match(text, 0, start)
    begin = begun.end() if begun else 0
    joined = _BUT.match(text, begin, max(begin, last))
    stopped = _STOP.search(text, past, max(past, claimed[1]))
    return joined.end() if joined else begin, stopped.start() if stopped else claimed[1]


def may_deny(text: str) -> bool:
    """Whether a text has any word that a denial could be read from.

    >>> may_deny("It is a myth that warfarin treats gout."), may_deny("Warfarin treats gout.")
    (True, False)
    """
    return negates(text) or _DENIED.search(text) is not None


def _own_negations(predicate: Predicate) -> list[str]:
    """The wordings of a predicate that hold a negation, the longest first."""
    said = {
        text.casefold()
        for lang in LANGUAGES
        for texts in (predicate.wording[lang].verbs, predicate.wording[lang].passives,
                      predicate.wording[lang].cues)
        for text in texts
    }  # fmt: skip
    return sorted((text for text in said if negates(text)), key=len, reverse=True)
