"""From matches of frames to readings: slots are trimmed, lists are split, nonsense is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from kgmed.kg.categories import is_a
from kgmed.reasoning.question.frames import Hit, Match, Matcher, Tables
from kgmed.reasoning.question.text import Tokens, split, word_set
from kgmed.reasoning.question.wordings import Wordings

if TYPE_CHECKING:
    from kgmed.kg.predicates import Predicate
    from kgmed.reasoning.answer import Form

READING_LIMIT = 12
MATCH_LIMIT = 8
"""Ways to match one frame that are looked at."""

PAIR_LIMIT = 5
"""Places at which two names without anything between them may be parted."""

DEFINE_LIMIT = 8
"""Tokens of a name that is asked about on its own."""

Given = Literal["subject", "object"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A part of the question that names a thing; offsets are code points of the question."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand a question.

    ``slots`` by form: list, count, value, define the one thing given; reverse the object; yes_no
    (subject, object); path (start, end); shared, pairwise, compare two or more. ``given`` says
    which end of the predicate the slots fill. Readings of equal ``rank`` are one frame read with
    several predicates: which is meant shows from what the slots link to.
    """

    form: Form
    predicate: str | None
    slots: tuple[Slot, ...]
    given: Given
    category: str | None = None
    id_prefix: str | None = None
    safety: bool = False
    qualifiers: Mapping[str, str] = field(default_factory=dict)
    counted: bool = False
    matched: str = ""
    rank: int = 0


class _Order(NamedTuple):
    """What readings are ordered by, smaller first."""

    tier: int
    mismatch: bool
    uncovered: int
    frame: int
    wording: int


Span = tuple[int, int]


class Reader:
    """Reads one language: its tables and the registry's wordings, indexed."""

    def __init__(self, wordings: Wordings) -> None:
        self.wordings = wordings
        self.tables: Tables = wordings.tables
        self._safety = [frame for frame in wordings.frames if frame.safety]
        self._others = [frame for frame in wordings.frames if not frame.safety]
        self._openers = _runs(self.tables.openers)
        self._closers = _runs(self.tables.closers, backwards=True)
        self._leading = _runs(self.tables.leading)
        self._trailing = _runs(self.tables.trailing, backwards=True)
        self._refused_runs = [split(text) for text in self.tables.refused_runs.split("|")]

    def read(self, tokens: Tokens) -> tuple[Reading, ...]:
        """Every reading of a tokenized question that a frame gives, best first."""
        words = tokens.words
        whole = (0, len(words))
        start, end = stripped = self._strip(words, whole, self._openers, self._closers)
        matcher = Matcher(words, self.wordings.find(words))
        spans = [stripped]
        if stripped != whole:
            spans.append(self._strip(words, whole, {}, self._closers))
        for at in range(end - 1, start, -1):
            if words[at] in _SENTENCE_ENDS:
                spans.append(self._strip(words, (at + 1, end), self._openers, self._closers))
                break
        for span in spans:
            if span[0] < span[1] and (readings := self._read_span(tokens, span, matcher)):
                return readings
        return ()

    def read_name(self, tokens: Tokens) -> tuple[Reading, ...]:
        """The reading of a name and nothing else: it asks what the thing is."""
        words = tokens.words
        span = start, end = self._strip(words, (0, len(words)), self._openers, self._closers)
        if any(word in _NOT_IN_A_BARE_NAME for word in words[start:end]):
            return ()
        for at in range(start, end):
            if words[at] == "的" and words[at + 1 : at + 2] != ("松",):
                return ()  # a phrase about something; 可的松 is a name
        matcher = Matcher(words, self.wordings.find(words))
        for match in matcher.matches(self.wordings.bare, start=span[0], end=span[1]):
            built = self._build(tokens, match, matcher)
            return tuple(replace(reading, rank=1) for _, _, _, reading in built)
        return ()

    def _read_span(self, tokens: Tokens, span: Span, matcher: Matcher) -> tuple[Reading, ...]:
        candidates: list[tuple[_Order, int, Reading]] = []
        clauses = self.wordings.clause_frames(matcher.present)
        specific = False
        for number, frame in enumerate((*self._safety, *clauses, *self._others)):
            if specific and frame.form == "define":
                continue
            for count, match in enumerate(matcher.matches(frame, start=span[0], end=span[1])):
                if count >= MATCH_LIMIT:
                    break
                for covered, place, wording, reading in self._build(tokens, match, matcher):
                    mismatch = self._mismatch(reading)
                    order = _Order(frame.tier, mismatch, -covered, number, -wording)
                    candidates.append((order, place, reading))
                    specific = specific or frame.tier < 2
        candidates.sort(key=lambda candidate: candidate[:2])
        return _ranked(candidates)

    def _build(
        self, tokens: Tokens, match: Match, matcher: Matcher
    ) -> Iterator[tuple[int, int, int, Reading]]:
        """Readings of a match, with tokens covered, place of the wording, and its length."""
        frame = match.frame
        category: str | None = None
        id_prefix: str | None = None
        qualifiers: dict[str, str] = {}
        relation: tuple[int, Hit] | None = None
        for at, hit in match.hits:
            if hit.kind == "c":
                category = hit.value or category
            elif hit.kind == "id":
                id_prefix = hit.value
            elif hit.kind == "adj":
                if hit.value:
                    qualifiers["severity"] = hit.value
            else:
                named = _category_at(matcher.found, at, hit.end)
                if relation is not None and not (
                    self._agree(relation[1].value, hit.value)
                    or _category_at(matcher.found, relation[0], relation[1].end)
                ):
                    return  # "which inhibitors treat gout" asks for two things at once
                category = category or (named if hit.kind == "i" else None)
                relation = (at, hit) if relation is None or hit.kind != "n" else relation
        name = frame.predicate or None
        place = wording = 0
        if relation is not None:
            at, hit = relation
            if _ends_a_name(tokens, match, at, hit, matcher):
                return
            name = name or hit.value
            place, wording = hit.place, hit.end - at
        predicate = self.wordings.registry.get(name) if name else None
        if relation is None and predicate is not None and category is None:
            category = _category_asked_for(tokens, match, matcher)
            ends = predicate.range if "s" in match.slots else predicate.domain
            if category and not _fits(category, ends):
                category = None
        if name and predicate is None:
            return
        form, given = _form_and_given(match, predicate)
        if form is None:
            return
        for slots, joints in self._slots(tokens, match, matcher):
            yield (
                match.covered + joints,
                place,
                wording,
                Reading(
                    form=form, predicate=name, slots=slots, given=given,
                    category=category if form in _ASKS_FOR_THINGS else None,
                    id_prefix=id_prefix, safety=frame.safety, qualifiers=qualifiers,
                    counted=form == "count" or frame.counted, matched=frame.pattern,
                ),
            )  # fmt: skip

    def _agree(self, name: str, other: str) -> bool:
        """Whether two predicates are one, or one is above the other."""
        registry = self.wordings.registry
        return name in registry.ancestors(other) or other in registry.ancestors(name)

    def _slots(
        self, tokens: Tokens, match: Match, matcher: Matcher
    ) -> Iterator[tuple[tuple[Slot, ...], int]]:
        ranges = match.slots
        if "list" in ranges:
            for items in _splits(tokens.words, ranges["list"], self.tables.joints):
                slots = [self._slot(tokens, item, matcher) for item in items]
                if len(slots) > 1 and all(slots):
                    yield tuple(slot for slot in slots if slot), len(items) - 1
            return
        if "pair" in ranges:
            start, end = ranges["pair"]
            spaces = [at for at in range(start + 1, end) if tokens.starts[at] > tokens.ends[at - 1]]
            for at in spaces[:PAIR_LIMIT]:
                two = (
                    self._slot(tokens, (start, at), matcher),
                    self._slot(tokens, (at, end), matcher),
                )
                if all(two):
                    yield tuple(slot for slot in two if slot), 0
            return
        order = [name for name in ("s", "o", "a", "b") if name in ranges]
        for first, end in ranges.values():
            word = tokens.words[first]
            if (
                end - first == 1
                and word in _NO_NAME
                and not (
                    word == "all" and tokens.capitals[first]  # a leukaemia
                )
            ):
                return
        slots = [self._slot(tokens, ranges[name], matcher) for name in order]
        if match.frame.form == "define" and (
            self._undefinable(tokens, match) or not self._may_be_a_name(ranges["s"], matcher)
        ):
            return
        if all(slots):
            yield tuple(slot for slot in slots if slot), 0

    def _slot(self, tokens: Tokens, span: Span, matcher: Matcher) -> Slot | None:
        """The slot between two tokens, trimmed; None where no name can stand there."""
        words = tokens.words
        start, end = self._strip(words, span, self._leading, self._trailing)
        if start >= end:
            return None
        if words[start] in _NOT_AT_AN_END or words[end - 1] in _NOT_AT_AN_END:
            return None
        if words[end - 1] in _NEGATIONS:
            return None
        if words[end - 1] == ")" and "(" not in words[start:end]:
            end -= 1
        shouting = all(tokens.capitals[i] for i in range(len(words)) if words[i].isalpha())
        refused = self.tables.refused
        for at in range(start, end):
            if words[at] in refused and (shouting or not tokens.capitals[at]):
                return None
        for run in self._refused_runs:
            for at in range(start, end - len(run) + 1):
                if words[at : at + len(run)] == run:
                    return None
        for kind in ("n", "i", "id"):
            for at, hits in matcher.found.get(kind, {}).items():
                if start <= at and any(
                    hit.end < end and words[hit.end] in _NOUN_JOINTS for hit in hits
                ):
                    return None
        if start >= end:
            return None
        first, last = tokens.starts[start], tokens.ends[end - 1]
        return Slot(tokens.question[first:last], first, last)

    def _undefinable(self, tokens: Tokens, match: Match) -> bool:
        start, end = match.slots["s"]
        words = tokens.words[start:end]
        if len(words) > DEFINE_LIMIT * (3 if _is_chinese(words) else 1):
            return True
        if words[0] == "the" and "of" in words:
            return True  # the capital of France
        for at, word in enumerate(words):
            if word in _NOT_IN_A_DEFINED_NAME and words[at + 1 : at + 2] not in _LATIN:
                return True
        return False

    @staticmethod
    def _may_be_a_name(span: Span, matcher: Matcher) -> bool:
        """Whether the words aren't just a noun of the registry ("symptoms")."""
        return not any(
            hit.end == span[1]
            for kind in ("n", "i", "c", "id")
            for hit in matcher.found.get(kind, {}).get(span[0], ())
        )

    def _mismatch(self, reading: Reading) -> bool:
        """Whether the category asked for can't stand at the predicate's open end."""
        if reading.category is None or reading.predicate is None:
            return False
        predicate = self.wordings.registry[reading.predicate]
        ends = predicate.range if reading.given == "subject" else predicate.domain
        if predicate.symmetric:
            ends = (*predicate.range, *predicate.domain)
        return not _fits(reading.category, ends)

    @staticmethod
    def _strip(words: tuple[str, ...], span: Span, leading: _Runs, trailing: _Runs) -> Span:
        start, end = span
        moved = True
        while moved and start < end:
            moved = False
            for run in leading.get(words[start], ()):
                if start + len(run) < end and words[start : start + len(run)] == run:
                    start += len(run)
                    moved = True
                    break
            if moved or start >= end:
                continue
            for run in trailing.get(words[end - 1], ()):
                if end - len(run) > start and words[end - len(run) : end] == run:
                    end -= len(run)
                    moved = True
                    break
        return start, end


_ASKS_FOR_THINGS = frozenset({"list", "reverse", "count", "shared"})
_Runs = Mapping[str, tuple[tuple[str, ...], ...]]
_SENTENCE_ENDS = frozenset({".", "?", "!", ";", "。"})
_NOUN_JOINTS = frozenset({"of", "for"})
_NOT_AT_AN_END = word_set("in for with against to by of on from between at as than")
_NEGATIONS = word_set("没 不 未 别 无")
_NO_NAME = frozenset({"the", "any", "some", "all", "a", "an"})
_ASKING = word_set("what which 么 些 种 个 类 啥 哪 几")
"""Last tokens of what asks for a thing; a category follows."""

_LATIN = (("situ",), ("vitro",), ("vivo",), ("utero",))
_NOT_IN_A_DEFINED_NAME = word_set(
    "in for about to at by from on under into over between vs versus , per across"
)
_NOT_IN_A_BARE_NAME = word_set(
    "take taking takes stop start starts use using help helps work works cure hi hello thanks thank"
    " , yes ok okay bye interact interacts the with + contraindicated"
)


def _runs(text: str, *, backwards: bool = False) -> _Runs:
    """Token runs by their first token, or by their last; the longest first."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for piece in text.split("|"):
        if run := split(piece) or ((piece,) if piece else ()):
            found.setdefault(run[-1 if backwards else 0], []).append(run)
    return {word: tuple(sorted(runs, key=len, reverse=True)) for word, runs in found.items()}


def _form_and_given(match: Match, predicate: Predicate | None) -> tuple[Form | None, Given]:
    """The form of a match, and which end of its predicate is given.

    A symmetric predicate has no reverse, and one with a value answers nothing but that value.
    """
    frame = match.frame
    form: Form = frame.form
    given: Given = frame.given or ("object" if set(match.slots) & {"o"} else "subject")
    if form in ("yes_no", "path", "compare", "pairwise", "define"):
        given = "subject"
    if predicate is None:
        return form, given
    if predicate.symmetric and given == "object":
        given = "subject"
        form = "list" if form == "reverse" else form
    if form == "path" and "s" not in match.slots:
        given = "subject"
    if predicate.takes_value:
        return ("value" if form == "list" else None), "subject"
    if form == "pairwise" and not predicate.symmetric:
        return None, given
    return form, given


def _splits(words: tuple[str, ...], span: Span, joints: frozenset[str]) -> Iterator[list[Span]]:
    """Ways to split a list: at every joint, then with one word joint kept inside a name."""
    places = [at for at in range(span[0], span[1]) if words[at] in joints]
    yield _cut(span, places)
    kept = [at for at in places if words[at] not in (",", "、", ";")]
    if len(places) > 1:
        for at in kept[:3]:
            yield _cut(span, [place for place in places if place != at])


def _cut(span: Span, places: list[int]) -> list[Span]:
    items: list[Span] = []
    start = span[0]
    for place in (*places, span[1]):
        if place > start:
            items.append((start, place))
        start = place + 1
    return items


def _category_at(
    found: Mapping[str, Mapping[int, tuple[Hit, ...]]], at: int, end: int
) -> str | None:
    """The category that the same words name: "what *medications* are there for gout"."""
    for hit in found.get("c", {}).get(at, ()):
        if hit.end == end:
            return hit.value or None
    return None


def _fits(category: str, ends: Iterable[str]) -> bool:
    """Whether something of a category may stand at an end with these categories."""
    return any(is_a(category, end) or is_a(end, category) for end in ends)


def _category_asked_for(tokens: Tokens, match: Match, matcher: Matcher) -> str | None:
    """The category that a whole question of the registry asks for: "which *drugs* work on O".

    The predicate's own noun is none: "有哪些*症状*" asks for symptoms, whatever their category.
    """
    words = tokens.words
    nouns = matcher.found.get("n", {})
    for at, hits in matcher.found.get("c", {}).items():
        inside = any(start <= at < end for start, end in match.slots.values())
        asked = at and (words[at - 1] in _ASKING or (words[at - 1] == "的" and at > 1))
        own = any(hit.value == match.frame.predicate for hit in nouns.get(at, ()))
        if asked and not inside and not own:
            return hits[0].value or None
    return None


def _ends_a_name(tokens: Tokens, match: Match, at: int, hit: Hit, matcher: Matcher) -> bool:
    """Whether a noun behind a slot rather ends its name: Crohn's *disease*, Lyme *disease*."""
    if hit.kind not in ("n", "i") or hit.end != at + 1:
        return False
    if hit.kind == "n" and match.frame.form == "yes_no":
        return False  # "is fever a malaria symptom"
    word = tokens.words[at]
    behind = any(end <= at and end >= at - 1 for _, end in match.slots.values())
    named = _category_at(matcher.found, at, hit.end)
    return behind and word.isascii() and not word.endswith("s") and named not in (None, "Drug")


def _is_chinese(words: tuple[str, ...]) -> bool:
    return any(not word.isascii() for word in words)


def _ranked(candidates: list[tuple[_Order, int, Reading]]) -> tuple[Reading, ...]:
    """The first readings without repetition, ranked; one rank per order."""
    ranked: list[Reading] = []
    seen: set[tuple[object, ...]] = set()
    rank = 0
    previous: _Order | None = None
    for order, _, reading in candidates:
        key = (reading.form, reading.predicate, reading.slots, reading.given, reading.id_prefix)
        if key in seen:
            continue
        seen.add(key)
        if order != previous:
            rank, previous = rank + 1, order
        ranked.append(replace(reading, rank=rank))
        if len(ranked) == READING_LIMIT:
            break
    return tuple(ranked)
