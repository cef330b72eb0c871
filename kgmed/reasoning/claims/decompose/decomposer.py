"""Claims from a text through a language model: asked in pieces, checked against the text's words.

The model proposes; what it says is found again in the text
(:mod:`kgmed.reasoning.claims.decompose.align`) or left out with a reason. It is never asked for a
verdict, and what it says of one is not read.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from kgmed.kg.errors import UsageError
from kgmed.kg.linking.link import Link
from kgmed.kg.linking.linker import Linker
from kgmed.kg.model import Language
from kgmed.kg.predicates import Registry
from kgmed.prompts import fenced, prompt
from kgmed.reasoning.claims.decompose import said as answers
from kgmed.reasoning.claims.decompose.align import Aligner, Span, find, words
from kgmed.reasoning.claims.decompose.denial import clause, may_deny, negates
from kgmed.reasoning.claims.decompose.relations import Relations
from kgmed.reasoning.claims.decompose.said import Said, SaidQualifier, printable
from kgmed.reasoning.claims.extract import extract
from kgmed.reasoning.claims.extract.found import between
from kgmed.reasoning.claims.extract.sentences import Sentence, blanked, sentences, states_nothing
from kgmed.reasoning.claims.model import Claim, Skipped
from kgmed.reasoning.lm.base import Completion, Request, completed

BUDGET = 2_000
"""Code points of a text that a model is shown at once."""
MOST_CLAIMS = 32
"""Claims that are taken from one answer."""
NOT_CLAIMED = frozenset({"question", "condition", "uncertain", "not of now", "not listed"})
"""What :func:`states_nothing` says of a sentence that no model may take a claim from."""
DIRECTIONS = frozenset({"increased", "decreased", "upregulated", "downregulated"})
"""Values of the qualifier ``direction``: the verifier's words, which no text need have."""

NO_CLAIM, NO_CONCEPT, NO_RELATION, NO_QUOTE, ONE_CONCEPT, BACKWARDS, NO_QUALIFIER = (
    "no claim", "no concept", "no known relation", "quote not in the text", "one concept twice",
    "subject and object the wrong way round", "qualifier not in its sentence",
)  # fmt: skip
DENIED, NOT_DENIED = "its sentence denies it", "its sentence doesn't deny it"

Placed = TypeVar("Placed", Link, Claim)

_SURROGATE = re.compile("[\ud800-\udfff]")


class Decomposer:
    """Takes claims from texts through a language model; an extractor for
    :class:`~kgmed.reasoning.claims.texts.TextVerifier`.

    ``complete`` is the model (:class:`~kgmed.reasoning.lm.base.Completion`). With ``both``, what
    the rules find without a model counts as well, claims that both find once. A text longer than
    ``budget`` code points is asked about in pieces that end where sentences do. ``max_tokens``
    bounds an answer.
    """

    def __init__(
        self,
        complete: Completion,
        *,
        both: bool = False,
        budget: int = BUDGET,
        most_claims: int = MOST_CLAIMS,
        max_tokens: int = 2048,
    ) -> None:
        for name, value in (("budget", budget), ("most_claims", most_claims),
                            ("max_tokens", max_tokens)):  # fmt: skip
            if value < 1:
                raise UsageError(f"Found {name}={value}, expected 1 or more.")
        self._complete = complete
        self._both = both
        self._budget, self._most, self._max_tokens = budget, most_claims, max_tokens
        self._relations: tuple[Registry, Relations] | None = None

    def __call__(
        self, text: str, linker: Linker, registry: Registry, *, lang: Language | None = None
    ) -> tuple[list[Claim], list[Skipped]]:
        """The claims of a text, in its order, and what was left out, each with a reason.

        A piece that names no concept isn't asked about. Raises
        :class:`~kgmed.kg.errors.LanguageModelError` where the model gives no answer; an answer that
        can't be read is left out with its piece of the text.
        """
        links = linker.text(text)
        relations = self._relations_of(registry)
        by_rules, passed_over = extract(text, links, registry, lang=lang)
        every: list[Sentence] = []
        claims: list[Claim] = []
        skipped: list[Skipped] = []
        for part in pieces(sentences(text, lang=lang), self._budget):
            every += part
            inside = _lying_in(links, part[0].start, part[-1].end)
            if not inside:
                skipped += [_passed_over(s, [], NO_CONCEPT) for s in part]
                continue
            aligner = Aligner(text, inside, part, linker)
            read = _lying_in(by_rules, part[0].start, part[-1].end)
            piece = _Piece(text, part, inside, aligner, relations, registry, read)
            request = self.request(piece_text(text, part), inside, relations, lang or part[0].lang)
            piece.take(answers.read(completed(self._complete, request), most=self._most))
            claims += piece.claims
            skipped += piece.skipped
        if self._both:
            claims = [*by_rules, *claims]
            skipped = _without_claims(skipped, by_rules, passed_over)
        claims = distinct(claims, every, registry)
        return claims, sorted(skipped, key=lambda s: (s.start, s.end))

    def request(
        self, text: str, links: Sequence[Link], relations: Relations, lang: Language
    ) -> Request:
        """What a model is asked about one piece of a text that has these mentions."""
        names = relations.relevant(text, (link.category for link in links))
        fields = {"relations": relations.described(names, lang), "text": fenced(text)}
        filled = prompt("claims", lang).filled(most=str(self._most), **fields)
        made = answers.schema(names, most=self._most)
        return Request(filled.system, filled.user, made, "claims", fields, self._max_tokens)

    def _relations_of(self, registry: Registry) -> Relations:
        if self._relations is None or self._relations[0] is not registry:
            self._relations = (registry, Relations(registry))
        return self._relations[1]


def piece_text(text: str, part: Sequence[Sentence]) -> str:
    """A piece as it is sent: half a surrogate pair, which no endpoint takes, is U+FFFD."""
    return _SURROGATE.sub("\ufffd", text[part[0].start : part[-1].end])


def pieces(found: Iterable[Sentence], budget: int) -> Iterator[list[Sentence]]:
    """Sentences in runs of at most ``budget`` code points; a longer sentence is cut, at a blank
    where there is one in its second half.

    >>> [[s.text for s in part] for part in pieces(sentences("One. Two. And three more."), 10)]
    [['One.', 'Two.'], ['And three'], ['more.']]
    """
    part: list[Sentence] = []
    for sentence in (short for one in found for short in _cut(one, budget)):
        if part and sentence.end - part[0].start > budget:
            yield part
            part = []
        part.append(sentence)
    if part:
        yield part


def _cut(sentence: Sentence, budget: int) -> Iterator[Sentence]:
    while len(sentence.text) > budget:
        blank = sentence.text.rfind(" ", budget // 2, budget + 1)
        head = sentence.text[: blank if blank > 0 else budget]
        tail = sentence.text[len(head) :]
        bare = tail.lstrip()
        yield replace(sentence, end=sentence.start + len(head), text=head)
        sentence = replace(sentence, start=sentence.end - len(bare), text=bare)
    if sentence.text:
        yield sentence


@dataclass(slots=True)
class _Piece:
    """One piece of a text, and what becomes of a model's answer about it."""

    text: str
    sentences: Sequence[Sentence]
    links: Sequence[Link]
    aligner: Aligner
    relations: Relations
    registry: Registry
    by_rules: Sequence[Claim]
    claims: list[Claim] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def take(self, answer: answers.Answer) -> None:
        """Keep the claims that the text says, tell of the others and of sentences without any."""
        for said in answer.claims:
            self._one(said)
        start, end = self.sentences[0].start, self.sentences[-1].end
        for shown, reason in answer.left_out:
            if shown:
                self.skipped.append(Skipped(start, start, "", reason, shown))
            else:
                self.skipped.append(Skipped(start, end, self.text[start:end], reason))
        told = [(claim.start, claim.end) for claim in self.claims]
        told += [(one.start, one.end) for one in self.skipped]
        for sentence in self.sentences:
            if not any(a < sentence.end and sentence.start < b for a, b in told):
                self.skipped.append(_passed_over(sentence, self.links, NO_CLAIM))

    def _one(self, said: Said) -> None:
        places = self.aligner.quotes(said.quote)
        outcome: Claim | str = NO_QUOTE
        for place in places:
            outcome = self._at(said, place)
            if isinstance(outcome, Claim):
                self.claims.append(outcome)
                return
        begin = self.sentences[0].start
        start, end = places[0] if places else (begin, begin)
        self.skipped.append(Skipped(start, end, self.text[start:end], str(outcome), said.shown()))

    def _at(self, said: Said, quote: Span) -> Claim | str:
        """The claim as the text says it where a quote of it stands; or why it doesn't."""
        meant = self.relations.meant(said.predicate)
        if meant is None:
            return NO_RELATION
        ends = [self.aligner.end(name, quote) for name in (said.subject, said.object)]
        subject, object = ends[::-1] if meant.is_swapped else ends
        if isinstance(subject, str):
            return subject
        if isinstance(object, str):
            return object
        if not subject.id and not object.id:
            return NO_CONCEPT
        if subject.id == object.id or subject.start == object.start:
            return ONE_CONCEPT
        predicate = between(meant.predicate, subject, object)
        if self.relations.is_backwards(predicate, subject, object):
            return BACKWARDS
        inside = self.aligner.around(quote)
        for sentence in inside:
            reason = self._states_nothing(sentence)
            if reason in NOT_CLAIMED:
                return reason
        whole = Span(inside[0].start, inside[-1].end)
        qualifiers = self._qualifiers(said.qualifiers, whole)
        if qualifiers is None:
            return NO_QUALIFIER
        spans = [Span(k.start, k.end) for k in (subject, object) if whole.holds(k.start, k.end)]
        start = min(span.start for span in (quote, *spans))
        end = max(span.end for span in (quote, *spans))
        claim = Claim(
            subject, predicate, object, said.negated or meant.is_denied, qualifiers, start, end,
            self.text[start:end], self.text[whole.start : whole.end],
        )  # fmt: skip
        return self._misread(claim, inside, spans) or claim

    def _misread(self, claim: Claim, inside: Sequence[Sentence], mentions: Sequence[Span]) -> str:
        """Why the rules' reading or the text's own words tell against a claim; "" where neither do.

        ``mentions`` are the claim's in ``inside``, the sentences that it stands in.
        """
        start, end = inside[0].start, inside[-1].end
        read = [c for c in self.by_rules if start <= c.start < end]
        same = [c.negated for c in read if same_pair(c, claim, self.registry)]
        if same:
            return "" if claim.negated in same else NOT_DENIED if claim.negated else DENIED
        turned = replace(claim, subject=claim.object, object=claim.subject)
        if any(same_pair(c, turned, self.registry) for c in read):
            return BACKWARDS
        if claim.negated:
            return "" if any(may_deny(self._unnamed(s)) for s in inside) else NOT_DENIED
        first, past = clause(
            self.text[start:end],
            (claim.start - start, claim.end - start),
            sorted((one.start - start, one.end - start) for one in mentions),
        )
        said = Sentence(start + first, start + past, self.text[start + first : start + past], "en")
        return DENIED if negates(self._unnamed(said), self.registry.get(claim.predicate)) else ""

    def _unnamed(self, sentence: Sentence) -> str:
        return blanked(sentence, _lying_in(self.links, sentence.start, sentence.end))

    def _states_nothing(self, sentence: Sentence) -> str:
        return states_nothing(self._unnamed(sentence), sentence.lang)

    def _qualifiers(self, said: Iterable[SaidQualifier], span: Span) -> dict[str, str] | None:
        """Qualifiers that the text words so; None where it doesn't word one."""
        among = words(self.text[span.start : span.end])
        found: dict[str, str] = {}
        for one in said:
            value = one.value.strip()
            worded = any(find(among, [word.text for word in words(value)]))
            if not worded and not (one.name == "direction" and value in DIRECTIONS):
                return None
            found[one.name] = printable(value)
        return found


def _lying_in(ordered: Sequence[Placed], start: int, end: int) -> list[Placed]:
    """What lies in a stretch of a text, of links or claims in the text's order."""
    first = bisect_left(ordered, start, key=lambda one: one.start)
    past = bisect_left(ordered, end, key=lambda one: one.start)
    return [one for one in ordered[first:past] if one.end <= end]


def _passed_over(sentence: Sentence, links: Sequence[Link], otherwise: str) -> Skipped:
    """A sentence without a claim: a question, a condition ..., or why ``otherwise``."""
    reason = states_nothing(
        blanked(sentence, _lying_in(links, sentence.start, sentence.end)), sentence.lang
    )
    return Skipped(sentence.start, sentence.end, sentence.text, reason or otherwise)


def _without_claims(
    skipped: Sequence[Skipped], claims: Sequence[Claim], passed_over: Sequence[Skipped]
) -> list[Skipped]:
    """What neither the model nor the rules took a claim from, the rules' reason where a model gave
    none; and all that a model said and that was left out."""
    reasons = {(one.start, one.end): one.reason for one in passed_over}
    kept = []
    for one in skipped:
        if one.reason != NO_CLAIM:
            kept.append(one)
        elif not any(c.start < one.end and one.start < c.end for c in claims):
            kept.append(replace(one, reason=reasons.get((one.start, one.end), one.reason)))
    return kept


def distinct(claims: Iterable[Claim], found: Sequence[Sentence], registry: Registry) -> list[Claim]:
    """Claims in the order of their text, each once a sentence; of equal ones the first stays."""
    starts = [sentence.start for sentence in found]
    kept: dict[tuple[object, ...], Claim] = {}
    for claim in claims:
        key = (bisect_right(starts, claim.start), *_pair(claim, registry), claim.negated,
               *sorted(claim.qualifiers.items()))  # fmt: skip
        kept.setdefault(key, claim)
    return sorted(kept.values(), key=lambda claim: (claim.start, claim.end))


def same_pair(one: Claim, other: Claim, registry: Registry) -> bool:
    """Whether two claims are of one relation between the same things, denied or not."""
    return _pair(one, registry) == _pair(other, registry)


def _pair(claim: Claim, registry: Registry) -> tuple[str, ...]:
    ends = [_known_as(claim.subject), _known_as(claim.object)]
    entry = registry.get(claim.predicate)
    if entry is not None and entry.symmetric:
        ends.sort()
    return (claim.predicate, *ends)


def _known_as(end: str | Link) -> str:
    return end if isinstance(end, str) else end.id or end.text.casefold()
