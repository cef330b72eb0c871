"""An English sentence laid out: its mentions in groups, and the words between the groups.

A list of mentions is one group ("X, Y and Z"); a noun of the registry beside a group makes a
relational phrase of it ("inhibitors of PTGS2", "PTGS2 inhibitor"); in the words that are left, the
gaps, the verb is found, with its negation and what stands before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kgmed.kg.linking.english import zipf
from kgmed.kg.linking.link import Link
from kgmed.kg.linking.normalize import is_cjk
from kgmed.reasoning.claims.extract.cues import NEGATIVE, Cue, EnglishCues, Match
from kgmed.reasoning.claims.extract.found import Member, Reading, is_class, is_kind, unlinked
from kgmed.reasoning.claims.extract.sets import word_set
from kgmed.reasoning.claims.extract.words_en import (
    ADJUNCT,
    ADVERBS,
    ASIDES,
    AUXILIARY,
    COPULA,
    DENIAL,
    EXCEPTED,
    FOLLOWING,
    GAP,
    INCLUDES,
    JOINS,
    NP_PREFIX,
    PRONOUN,
    SHIFTING,
)
from kgmed.reasoning.question.text import fold_word

_SHOWN = word_set("shown known found proven reported able")
_BEHIND = word_set("receptor receptors channel channels enzyme 's protein kinase gene")
_FREQUENT = word_set("common main typical known most usual chief principal classic frequent")
"""Between a mention and a noun that relates to it: "PTGS2 enzyme inhibitor"."""
_WORD = re.compile(r"[^\W_]+(?:'(?!s\b)[^\W_]+)*|'s\b|\S")


@dataclass(slots=True)
class Token:
    """A word or mark, folded for matching; ``raw`` as it is written. Offsets into the sentence."""

    word: str
    start: int
    end: int
    raw: str


@dataclass(slots=True)
class Group:
    """A list of mentions; ``noun`` where it is part of a relational phrase."""

    members: list[Member]
    start: int
    end: int
    last_join: str = ""
    noun: Cue | None = None
    preposition: str = ""
    noun_negated: bool = False
    shifted: bool = False

    @property
    def plain(self) -> bool:
        return self.noun is None and not self.shifted


@dataclass(slots=True)
class Gap:
    """The words between two groups, and the cue among them."""

    tokens: list[Token]
    match: Match | None = None
    lead: str = ""
    left_negated: bool = False
    several: bool = False
    is_break: bool = False
    gapped: Match | None = None
    words: list[str] = field(default_factory=list)


class Layout:
    """The groups of a sentence and its gaps: one gap before each group, and one at the end."""

    def __init__(
        self, text: str, start: int, links: list[Link], cues: EnglishCues, carried: list[Member]
    ) -> None:
        self.text, self.offset, self.cues, self.carried = text, start, cues, carried
        self.out = Reading()
        self.groups: list[Group] = []
        self.gaps: list[Gap] = []
        self.aside = -1
        """The gap before a group that only gives examples, or stands in apposition."""
        self._lay_out(links)
        for place, group in enumerate(self.groups):
            self._phrase(place, group)
        for place, gap in enumerate(self.gaps):
            self._analyse(place, gap)
        self._split()

    # Layout: groups and the words between them

    def _lay_out(self, links: list[Link]) -> None:
        runs: list[list[Token]] = []
        at = 0
        depth = 0
        kept: list[Link] = []
        run: list[Token] = []
        kept_out = False
        for link in links:
            if self._relates(link):
                continue
            tokens, depth = self._tokens(at, link.start - self.offset, depth)
            if kept_out and tokens and tokens[0].word == ",":
                tokens = tokens[1:]
            run += tokens
            at = link.end - self.offset
            if depth:
                continue
            kept_out = False
            excepted = EXCEPTED.search(" ".join(token.word for token in run))
            if excepted is not None:
                run = run[: len(run) - len(excepted.group().split())]
                if run and run[-1].word == ",":
                    run.pop()
                kept_out = True
                continue
            runs.append(_without_asides(run))
            run = []
            kept.append(link)
        tokens, _ = self._tokens(at, len(self.text), depth)
        runs.append(_without_asides(run + tokens))
        self._group(kept, runs)

    def _relates(self, link: Link) -> bool:
        """Whether a mention is the noun of a relation: "a prodrug of X"."""
        behind = self.text[link.end - self.offset : link.end - self.offset + 4]
        return behind == " of " and bool(self.cues.nouns([*link.text.lower().split(), "of"]))

    def _tokens(self, start: int, end: int, depth: int) -> tuple[list[Token], int]:
        """The words from ``start`` to ``end``, without what stands in brackets."""
        found: list[Token] = []
        for match in _WORD.finditer(self.text, start, end):
            raw = match.group()
            if raw in "([":
                depth += 1
            elif raw in ")]":
                depth = max(0, depth - 1)
            elif not depth:
                low = raw.lower().replace("’", "'")
                if low.endswith("n't"):
                    stem = {"ca": "can", "wo": "will"}.get(low[:-3], low[:-3])
                    found.append(Token(stem, match.start(), match.end() - 3, raw))
                    found.append(Token("n't", match.end() - 3, match.end(), raw))
                elif low == "cannot":
                    found.append(Token("can", match.start(), match.end(), raw))
                    found.append(Token("not", match.start(), match.end(), raw))
                elif raw in "-–\"“”'‘’*_`" and raw not in {"–"}:
                    if raw == "-" and match.start() == start and start > 0:
                        found.append(Token("-", match.start(), match.end(), raw))
                else:
                    found.append(Token(fold_word(low), match.start(), match.end(), raw))
        return found, depth

    def _group(self, links: list[Link], runs: list[list[Token]]) -> None:
        head = runs[0]
        group: Group | None = None
        for place, linked in enumerate(links):
            link, after = self._whole_name(linked, runs[place + 1])
            member = Member(link)
            words = [token.word for token in head]
            join = self._joined(group, words, link) if group is not None else None
            if group is not None and join is not None:
                member.negated = "not" in words
                if join == "apposed":
                    group.members[-1] = member
                else:
                    group.members.append(member)
                    group.last_join = join
                group.end = link.end - self.offset
            else:
                if group is not None:
                    self.groups.append(group)
                self.gaps.append(Gap(head))
                group = Group([member], link.start - self.offset, link.end - self.offset)
            head = after
        if group is not None:
            self.groups.append(group)
        self.gaps.append(Gap(head))

    def _joined(self, group: Group, words: list[str], link: Link) -> str | None:
        if not words:
            last = group.members[-1].link
            return "apposed" if is_class(last) and is_kind(link, "ChemicalEntity") else None
        if len(words) > 7 or not _alike(group.members[-1].link, link):
            return None
        joined = " ".join(words)
        match = JOINS.fullmatch(joined)
        if match is None:
            return None
        if words[0] == "," and len(words) > 1 and words[1] in {"a", "an"}:
            return None
        return match.group(1).strip() or ","

    def _whole_name(self, link: Link, after: list[Token]) -> tuple[Link, list[Token]]:
        """The link; without its id where a word behind it makes it another name ("Borrelia X")."""
        if not after or is_cjk(link.text[-1]):
            return link, after
        token = after[0]
        gap = self.text[link.end - self.offset : token.start]
        if gap != " " or not token.raw.islower() or len(token.raw) < 4 or zipf(token.raw):
            return link, after
        if self.cues.verbs([token.word]) or self.cues.bare([token.word]) or is_plain(token.word):
            return link, after
        if not is_kind(link, "OrganismTaxon"):
            return link, after
        text = self.text[link.start - self.offset : token.end]
        return unlinked(text, link.start), after[1:]

    # Phrases and verbs

    def _split(self) -> None:
        """Part "X inhibits A and B treats C" before B, whose verb follows it."""
        groups: list[Group] = []
        gaps = [self.gaps[0]]
        for place, group in enumerate(self.groups):
            following = self.gaps[place + 1]
            if (
                len(group.members) > 1
                and gaps[-1].match is not None
                and following.match is None
                and place + 1 < len(self.groups)
                and len(following.words) == 1
                and following.words[0] in {"with", "by", "as", "for", "in"}
                and gaps[-1].words[-1:] == following.words
            ):
                last = group.members.pop()
                low, high = last.link.start - self.offset, last.link.end - self.offset
                group.end = group.members[-1].link.end - self.offset
                groups += [group, Group([last], low, high)]
                following.gapped = gaps[-1].match
                gaps += [Gap([], is_break=True), following]
                continue
            if (
                len(group.members) > 1
                and not group.members[-1].negated
                and {"and", "but"} & set(group.last_join.split())
                and (
                    gaps[-1].match is not None or COPULA.fullmatch(without_adverbs(gaps[-1].words))
                )
                and self._begins_clause(following, place)
            ):
                last = group.members.pop()
                low, high = last.link.start - self.offset, last.link.end - self.offset
                noun, group.noun = group.noun, None
                shifted, group.shifted = group.shifted, False
                if group.preposition:
                    group.noun, noun = noun, None
                group.end = group.members[-1].link.end - self.offset
                groups += [group, Group([last], low, high, noun=noun, shifted=shifted)]
                gaps += [Gap([], is_break=True), following]
            else:
                groups.append(group)
                gaps.append(following)
        self.groups, self.gaps = groups, gaps

    def _begins_clause(self, gap: Gap, place: int) -> bool:
        if gap.match is not None:
            return gap.lead == "" and self._is_finite(gap)
        return (
            place + 1 < len(self.groups)
            and gap.words[:1] not in ([","], [])
            and (COPULA.fullmatch(without_adverbs(gap.words)) is not None)
        )

    def _is_finite(self, gap: Gap) -> bool:
        match = gap.match
        assert match is not None  # noqa: S101
        if match.cue.kind == "participle":
            return False
        if match.cue.kind == "be":
            return any(
                word in {"is", "are", "was", "were", "been", "be", "'s"}
                for word in gap.words[: match.first + 1]
            )
        return True

    def _phrase(self, place: int, group: Group) -> None:
        """Find the noun that makes a relational phrase of a group, and take its words away."""
        after = self.gaps[place + 1]
        words = [token.word for token in after.tokens]
        skip = 0
        while skip < len(words) and words[skip] in _BEHIND:
            skip += 1
        while skip and skip < len(words) and words[skip] in _FREQUENT:
            skip += 1
        match = self.cues.bare(words[skip:])
        if (
            match is not None
            and match.cue.kind == "noun"
            and self._is_noun(place, words, skip, match)
        ):
            group.noun = match.cue
            after.tokens = after.tokens[skip + match.past :]
            return
        if words and (words[0] in SHIFTING or words[0] == "-" or self._shifts(place, words)):
            group.shifted = True
            return
        before = self.gaps[place]
        words = [token.word for token in before.tokens]
        if place == 0 and not words:
            return
        nouns = self.cues.nouns(words)
        if not nouns:
            return
        match = nouns[-1]
        if GAP.fullmatch(" ".join(words[match.past :])) is None:
            return
        for verb in self.cues.verbs(words):
            if verb.first < match.first < verb.past:
                return
            told = [w for w in words[: verb.first] if w not in AUXILIARY and w not in NEGATIVE]
            leads = PRONOUN.fullmatch(" ".join(told)) is not None if not place else not told
            if leads and verb.first == match.first and verb.past >= match.past:
                return  # "A correlates with B", "it correlates with B"
        group.noun = match.cue
        group.preposition = words[match.past - 1]
        rest = before.tokens[: match.first]
        group.noun_negated = bool(rest) and rest[-1].word == "no"
        if group.noun_negated:
            rest = rest[:-1]
        group.start = before.tokens[match.first].start
        while rest and (NP_PREFIX.fullmatch(rest[-1].word) is not None):
            if rest[-1].word == "no":
                group.noun_negated = True
            rest = rest[:-1]
        before.tokens = rest

    def _shifts(self, place: int, words: list[str]) -> bool:
        """Whether the word behind a mention makes another thing of it ("blood sugar")."""
        word = words[0]
        if not word[0].isalpha() or word in FOLLOWING or is_adverb(word) or word in NEGATIVE:
            return False
        if (
            self.cues.bare(words) is not None
            or ADJUNCT.fullmatch(word)
            or any(match.first == 0 for match in self.cues.verbs(words))
        ):
            return False
        return place + 1 == len(self.groups) or len(words) == 1

    def _is_noun(self, place: int, words: list[str], skip: int, match: Match) -> bool:
        """Whether a word that is noun and verb ("causes") is a noun here: what follows tells."""
        verbs = self.cues.verbs(words[skip:])
        if skip or not verbs or verbs[0].first:
            return True
        rest = words[skip + match.past :]
        return bool(rest) and (
            COPULA.fullmatch(without_adverbs(rest)) is not None
            or INCLUDES.fullmatch(without_adverbs(rest)) is not None
        )

    def _analyse(self, place: int, gap: Gap) -> None:
        words = [token.word for token in gap.tokens]
        gap.words = words
        matches = self.cues.verbs(words)
        if not matches and place == len(self.groups):
            bare = None
            skip = 0
            while skip < len(words) and (words[skip] in AUXILIARY or words[skip] in NEGATIVE):
                skip += 1
            bare = self.cues.bare(words[skip:])
            if bare is not None and bare.cue.kind == "mutual":
                matches = [Match(bare.cue, skip, skip + bare.past, False)]
        if not matches:
            return
        gap.several = len(matches) > 1
        gap.match = matches[-1]
        left = words[: gap.match.first]
        gap.left_negated = gap.match.negated
        while left and (left[-1] in AUXILIARY or left[-1] in NEGATIVE or is_adverb(left[-1])
                        or left[-1] in {"a", "an", "the", "only"}
                        or (left[-1] == "to" and left[-2:-1] and left[-2] in _SHOWN)):  # fmt: skip
            if (
                left[-1] in NEGATIVE
                and "only" not in left[-2:]
                and words[len(left) : len(left) + 1] != ["only"]
            ):
                gap.left_negated = True
            left.pop()
        for denial in DENIAL:
            if " ".join(left).endswith(denial):
                gap.left_negated = not gap.left_negated
                left = left[: len(left) - len(denial.split())]
                while left and (left[-1] in AUXILIARY or is_adverb(left[-1])):
                    left.pop()
                break
        gap.lead = " ".join(left)


_FAMILIES = (
    ("ChemicalEntity", "DrugClass", "ChemicalRole"),
    ("DiseaseOrPhenotypicFeature", "BiologicalProcessOrActivity"),
    ("Gene", "Protein", "GeneFamily", "MacromolecularComplex"),
    ("AnatomicalEntity",),
    ("OrganismTaxon",),
)


def _alike(one: Link, other: Link) -> bool:
    """Whether two mentions may stand in one list: both drugs, both diseases ..."""
    if not one.category or not other.category or one.category == other.category:
        return True
    return any(is_kind(one, *family) and is_kind(other, *family) for family in _FAMILIES)


def comparable(one: Link, other: Link) -> bool:
    """Whether one may be a kind of the other."""
    if is_class(other):
        return not is_kind(one, "DiseaseOrPhenotypicFeature")
    both = "DiseaseOrPhenotypicFeature"
    return one.category == other.category or (is_kind(one, both) and is_kind(other, both))


def without_adverbs(words: list[str]) -> str:
    """The words, joined, without adverbs and negations."""
    return " ".join(w for w in words if w not in NEGATIVE and w not in ADVERBS and not _is_ly(w))


def _is_ly(word: str) -> bool:
    return word.endswith("ly") and len(word) > 4


def _without_asides(tokens: list[Token]) -> list[Token]:
    """The words without ", for example ," and the like."""
    kept: list[Token] = []
    at = 0
    while at < len(tokens):
        if tokens[at].word == ",":
            for size in (2, 3, 4, 5):
                words = [token.word for token in tokens[at + 1 : at + size]]
                if " ".join(words) in ASIDES and (
                    at + size == len(tokens) or tokens[at + size].word == ","
                ):
                    at += size + 1
                    break
            else:
                kept.append(tokens[at])
                at += 1
            continue
        kept.append(tokens[at])
        at += 1
    return kept


def is_adverb(word: str) -> bool:
    """Whether a word before a verb changes nothing: an auxiliary or an adverb."""
    return word in AUXILIARY or (word.endswith("ly") and len(word) > 4)


def is_plain(word: str) -> bool:
    """Whether a word is too common to be part of a name."""
    return word in AUXILIARY or word in NEGATIVE or zipf(word) > 5.5 or word.endswith("ly")


def is_name(words: list[str]) -> bool:
    """Whether words look like a name: one of them isn't English, none is a function word."""
    return any(
        not zipf(word) and len(word) > 3 and word[0].isalnum() for word in words
    ) and not any(zipf(word) > 5.8 for word in words)
