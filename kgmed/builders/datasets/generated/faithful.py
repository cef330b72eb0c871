"""Whether a text that a model wrote says what it was made from, and nothing else.

A sentence of the new text either stands in the old one word for word, or every word of it is
accounted for: it is read as claims that the statements support, each name in it is an end of one of
them, and no word is left that nothing was read of (:mod:`.words`). What the old text claims is
claimed still: the same subject, predicate, object, qualifiers and sign. What couldn't be read of
the old text stands in the new one as it was. Questions ask the same of the same things.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kgmed.builders.datasets.generated.reading import (
    REFUTED,
    SUPPORTED,
    Key,
    Reader,
    ReadSentence,
    ReadText,
)
from kgmed.builders.datasets.generated.words import (
    Vocabulary,
    blanked,
    chinese,
    english,
    entries,
    kept,
    numbers,
)
from kgmed.kg.linking.language import detect_language
from kgmed.kg.model import Language
from kgmed.kg.predicates import Registry

NOT_JSON = "dropped: no JSON as asked for"
EMPTY = "dropped: nothing said"
LANGUAGE = "dropped: wrong language"
COPY = "dropped: copy of the source"
CLAIM_REFUTED = "dropped: claim refuted"
CLAIM_UNSUPPORTED = "dropped: claim unsupported by the statements"
UNREAD = "dropped: sentence that wasn't read as a claim"
WORDS = "dropped: words beyond what was read"
NAME_LOST = "dropped: name lost"
CLAIM_LOST = "dropped: claim lost"
KEPT_LOST = "dropped: sentence, number or yes/no of the source lost"
QUESTION = "dropped: question changed or not understood"
NEAR = "dropped: near duplicate"
NOT_COMPLETE = "dropped: answer leaves out what was asked for"
NO_CLAIM = "dropped: claims nothing"
REASONS = (NOT_JSON, EMPTY, LANGUAGE, COPY, CLAIM_REFUTED, CLAIM_UNSUPPORTED, UNREAD, WORDS,
           NAME_LOST, CLAIM_LOST, KEPT_LOST, QUESTION, NEAR, NOT_COMPLETE, NO_CLAIM)  # fmt: skip
"""Why what a model wrote isn't kept."""

_BLANKS = re.compile(r"\s+")
_ASKS = ("question", "command")
_MARKS = " \"'“”‘’()（）[]-–—:：,，;；.。!！?？*#>•\t"


@dataclass(frozen=True, slots=True)
class Before:
    """A text that is said anew, read: what must be left in it.

    ``keys`` are the claims that the statements support, ``pinned`` the sentences that must stay
    word for word, ``asks`` what its question asks.
    """

    read: ReadText
    lang: Language
    keys: frozenset[Key]
    pinned: tuple[str, ...]
    odd: frozenset[Key]
    asks: tuple[tuple[str, ...], ...]

    @property
    def can_change(self) -> bool:
        """Whether anything of it may be said otherwise."""
        return bool(self.asks) or bool(self.keys)


def before(
    text: str, lang: Language, statements: Sequence[str], reader: Reader, registry: Registry
) -> Before:
    """Read a text that is to be said anew, against the statements of its row."""
    read = reader(text, lang, statements)
    keys: set[Key] = set()
    odd: set[Key] = set()
    pinned = []
    asks: tuple[tuple[str, ...], ...] = ()
    for sentence in read.sentences:
        claims = read.claims_in(sentence)
        if claims and all(claim.verdict == SUPPORTED for claim in claims):
            keys.update(claim.key for claim in claims)
            if not _uncovered(read, sentence):
                continue
        elif not claims and sentence.questions and not asks:
            asks = sentence.questions
            continue
        odd.update(claim.key for claim in claims if claim.verdict != SUPPORTED)
        pinned.append(plain(sentence.text))
    return Before(read, lang, frozenset(keys), tuple(pinned), frozenset(odd), asks)


def compare(old: Before, text: str, statements: Sequence[str], reader: Reader,
            registry: Registry) -> tuple[str, ReadText | None]:  # fmt: skip
    """Why a text isn't the old one said anew, one of :data:`REASONS`, or ""; and the text read."""
    if not text.strip():
        return EMPTY, None
    new = reader(text, old.lang, statements)
    if not in_language(new, old.lang):
        return LANGUAGE, new
    found = unfaithful(
        new, [bare_text(old.read)], registry, odd=old.odd, freely=reader.reads_all,
        asks=bool(old.asks),
        verbatim={plain(sentence.text) for sentence in old.read.sentences},
    )  # fmt: skip
    if found:
        return found, new
    if not old.read.ids <= new.ids:
        return NAME_LOST, new
    if not old.keys <= {claim.key for claim in new.claims}:
        return CLAIM_LOST, new
    there = Counter(plain(sentence.text) for sentence in new.sentences)
    if Counter(old.pinned) - there or _figures(old.read, old.lang) != _figures(new, old.lang):
        return KEPT_LOST, new
    if old.asks and not _asks_the_same(old, new):
        return QUESTION, new
    return "", new


def unfaithful(
    new: ReadText,
    before: Sequence[str],
    registry: Registry,
    *,
    verbatim: Iterable[str] = (),
    odd: frozenset[Key] = frozenset(),
    freely: bool = False,
    asks: bool = False,
    predicates: Iterable[str] = (),
) -> str:
    """Why a text says something that isn't borne out, one of :data:`REASONS`, or "".

    ``before`` are the texts whose words it may use, ``verbatim`` sentences that may stand as they
    are, ``odd`` claims that are read of those and may be unsupported there. ``asks`` says that it
    may hold a question or a request, of which ``predicates`` are.
    """
    same = frozenset(verbatim)
    for claim in new.claims:
        sentence = next((s for s in new.sentences if s.start <= claim.at[0] < s.end), None)
        stands = sentence is not None and plain(sentence.text) in same
        if claim.verdict != SUPPORTED and not (stands and claim.key in odd):
            return CLAIM_REFUTED if claim.verdict == REFUTED else CLAIM_UNSUPPORTED
    for sentence in new.sentences:
        if plain(sentence.text) in same:
            continue
        claims = new.claims_in(sentence)
        is_question = asks and not claims and sentence.reason in _ASKS
        names = {claim.key[1] for claim in claims} | set(predicates)
        if is_question:
            names |= {one[1] for one in sentence.questions}
        own = Vocabulary(
            before, entries(registry, names), question=is_question,
            freely=freely and bool(claims),
        )  # fmt: skip
        if not claims and not is_question and (
            new.mentions_in(sentence) or sentence.reason not in {"no concept", "no claim"}
        ):  # fmt: skip
            return UNREAD
        if claims and _uncovered(new, sentence, None if freely else own):
            return UNREAD
        denied = any(claim.key[3] for claim in claims)
        bare = bare_sentence(new, sentence)
        if own.beyond(bare, denied=denied):
            return WORDS if claims or is_question else UNREAD
    return ""


def bare_sentence(read: ReadText, sentence: ReadSentence) -> str:
    """A sentence with blanks in the place of its names."""
    spans = [(m.start - sentence.start, m.end - sentence.start)
             for m in read.mentions_in(sentence)]  # fmt: skip
    return blanked(sentence.text, spans)


def bare_text(read: ReadText) -> str:
    """A text with blanks in the place of its names."""
    return blanked(read.text, [(m.start, m.end) for m in read.mentions])


def in_language(read: ReadText, lang: Language) -> bool:
    """Whether a text is in a language, whatever the names in it are in."""
    bare = bare_text(read)
    if not english(bare) and not chinese(bare):
        return detect_language(read.text) == lang
    for sentence in read.sentences:
        words = bare_sentence(read, sentence)
        runs = chinese(words)
        if lang == "en" and runs:
            return False
        if lang == "zh" and len(english(words)) > len("".join(runs)):
            return False
    return True


def plain(text: str) -> str:
    """A sentence without what stands around its words.

    >>> plain("- “These are 5 of  14.” ")
    'These are 5 of 14'
    """
    return _BLANKS.sub(" ", text).strip(_MARKS)


def _uncovered(read: ReadText, sentence: ReadSentence, own: Vocabulary | None = None) -> bool:
    """Whether a sentence names something that no claim of it speaks of."""
    ends = [end for claim in read.claims_in(sentence) for end in claim.ends]
    for mention in read.mentions_in(sentence):
        if any(start < mention.end and mention.start < end for start, end in ends):
            continue
        said = read.text[mention.start : mention.end]
        if own is None or own.beyond(said):
            return True
    return False


def _figures(read: ReadText, lang: Language) -> tuple[Counter[str], Counter[str]]:
    """The numbers and the deciding words of a text, outside its names."""
    bare = bare_text(read)
    return numbers(bare), kept(bare, lang)


def _asks_the_same(old: Before, new: ReadText) -> bool:
    """Whether a new question is understood as the old one, and the other way round."""
    found = [s.questions for s in new.sentences if s.questions]
    if len(found) != 1:
        return False
    return found[0][0] in old.asks and old.asks[0] in found[0] and new.ids <= old.read.ids
