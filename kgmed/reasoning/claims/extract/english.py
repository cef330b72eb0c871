"""Claims of one English sentence, read from its layout in one pass from left to right.

Between two groups of mentions stands at most one cue; what is left of the words around it must be
words that change nothing (adverbs, auxiliaries, "patients with"), or nothing is claimed. So a
wording that isn't known costs a claim, and doesn't make a wrong one.
"""

from __future__ import annotations

import re

from kgmed.kg.linking.english import zipf
from kgmed.kg.linking.link import Link
from kgmed.reasoning.claims.extract.cues import NEGATIVE, Cue, EnglishCues
from kgmed.reasoning.claims.extract.found import Member, Reading, is_class, unlinked
from kgmed.reasoning.claims.extract.layout import (
    Gap,
    Group,
    Layout,
    Token,
    comparable,
    is_adverb,
    is_name,
    is_plain,
    without_adverbs,
)
from kgmed.reasoning.claims.extract.sets import word_set
from kgmed.reasoning.claims.extract.words_en import (
    ADJUNCT,
    APPOSED,
    BLOCKING,
    COPULA,
    DENIAL,
    EXAMPLES,
    GAP,
    GENERAL,
    INCLUDES,
    LEAD,
    PRONOUN,
    RELATIVE,
    UNNAMED,
)

_MOST_NAME = 4
_BEFORE_NAMES = word_set("the a an drug medicine gene new agent both either neither ,")
_NEW_CLAUSE = word_set("and but while whereas because since though although that so : as or")
_OF_THE_HEAD = word_set("in for of with at by from on to during")
_BETWEEN = word_set("between among of")
_OF_IT = ("It ", "They ")
"""How a sentence begins that speaks of whom the one before did, whatever else isn't read of it."""
_LIST_GOES_ON = ("and", ",", ", and", ";", "; and")


def read_english(
    text: str, start: int, links: list[Link], cues: EnglishCues, *, carried: list[Member]
) -> Reading:
    """The claims of one sentence that begins at ``start`` of its text; links count from there too.

    ``carried`` is what "it" of this sentence means.
    """
    return _English(text, start, links, cues, carried).read()


class _English(Layout):
    """The walk over a sentence's gaps.

    ``current`` is whom the last predicate was said of, ``main`` the main clause's subject,
    ``relative`` whether a relative clause is open, ``consumed`` the group that was last acted on,
    ``acted`` whom that was said of, by which cue, and whether it was denied.
    """

    def read(self) -> Reading:
        """The claims of the sentence."""
        self.out.pairwise = "respectively" in self.text
        self._walk()
        return self.out

    def _walk(self) -> None:
        groups, gaps = self.groups, self.gaps
        self.current: list[Member] = []
        self.main: list[Member] = []
        self.relative = False
        self.denied = False
        self.consumed = -1
        self.acted: tuple[list[Member], Cue, bool] | None = None
        opening = gaps[0]
        opening_words = " ".join(opening.words)
        flip = any(opening_words.startswith(d) for d in DENIAL) if opening.match is None else False
        neither = opening.words[-1:] == ["neither"] or "neither" in opening.words
        if groups and opening.match is None:
            rest = opening_words
            for denial in DENIAL:
                rest = rest.removeprefix(denial).strip()
            if rest and not LEAD.fullmatch(rest) and groups[0].noun is None:
                blocked = BLOCKING.search(rest)
                if blocked is not None:
                    self.out.reasons.append("indirect")
                    groups[0].shifted = True
        for place, gap in enumerate(gaps):
            left = groups[place - 1] if place else None
            right = groups[place] if place < len(groups) else None
            if gap.match is None:
                if left is not None and right is not None and self._framed(place, left, right):
                    self.consumed = place
                elif left is None and right is not None:
                    changed = self._about_carried(right, gap)
                    if changed:
                        self.current = self.main = changed
                elif left is not None and right is not None:
                    changed = self._without_cue(
                        place,
                        left,
                        right,
                        gap,
                        negated=flip or neither,
                    )
                    if changed:
                        self.current = changed
                        self.main = self.main or changed
                        self.consumed = -1 if changed is right.members else place
                elif left is not None and left.noun is not None:
                    self._mutual_phrase(left, gap)
                continue
            objects = self._objects(place, right)
            subject, negated, kind = self._subject(place, gap, left)
            if kind == "relative":
                self.relative = True
                self.main = self.main or self.current or (left.members if left is not None else [])
            elif kind == "direct" and self.relative:
                self.relative = False
            elif kind in {"start", "direct"}:
                self.main = subject or self.main
            if not subject:
                continue
            negated = negated != flip if place <= 1 else negated
            if neither and place == 1:
                negated = True
            cue = gap.match.cue
            span = self._span(gap)
            if cue.kind == "mutual" and right is None:
                if self._rest_is_plain(gap):
                    self.out.add_mutual(subject, cue.predicate, negated=negated, span=span)
                continue
            if right is None:
                after = " ".join(gap.words[gap.match.past :])
                if left is not None and after.startswith(("each other", "one another")):
                    self.out.add_mutual(subject, cue.predicate, negated=negated, span=span)
                    continue
                objects = self._named_after(gap)
            elif not self._reaches(gap) or not right.plain:
                self.out.reasons.append("indirect")
                self.current, self.denied = subject, negated
                continue
            if gap.several and place:
                self.out.reasons.append("indirect")
                continue
            if any(w == "neither" for w in gap.words):
                negated = True
            for m in objects:
                if negated and m.negated:
                    m.negated = False
            self._claim(cue, subject, objects, negated=negated, span=span)
            self.current, self.denied, self.consumed = subject, negated, place
            self.acted = (subject, cue, negated)
        if not self.main and groups:
            self.main = groups[0].members if groups[0].plain else []
        if self.text.startswith(_OF_IT) or (self.carried and PRONOUN.match(opening_words)):
            self.out.subject = self.carried
        else:
            self.out.subject = self.main or self.current

    def _claim(
        self, cue: Cue, subject: list[Member], objects: list[Member], *, negated: bool,
        span: tuple[int, int],
    ) -> None:  # fmt: skip
        """What a cue says of those left and right of it."""
        first, second = (subject, objects) if cue.side == "s" else (objects, subject)
        self.out.add(first, cue.predicate, second, negated=negated, span=span)

    def _goes_on(self, place: int, left: Group, right: Group, joined: str) -> bool:
        """Whether a group goes on a list of another kind that a cue acts on: "correlates with
        Arrhythmia and Potassium"."""
        if self.consumed != place - 1 or self.consumed < 0 or self.acted is None:
            return False
        following = self.gaps[place + 1]
        return (
            left.plain
            and right.plain
            and joined in _LIST_GOES_ON
            and following.match is None
            and not COPULA.match(without_adverbs(following.words))
            and all(self.cues.takes(self.acted[1], m.link.category) for m in right.members)
        )

    def _span(self, gap: Gap) -> tuple[int, int]:
        assert gap.match is not None  # noqa: S101
        first, last = gap.tokens[gap.match.first], gap.tokens[gap.match.past - 1]
        return first.start + self.offset, last.end + self.offset

    def _objects(self, place: int, right: Group | None) -> list[Member]:
        """The group right of a cue."""
        return right.members if right is not None else []

    def _subject(
        self, place: int, gap: Gap, left: Group | None
    ) -> tuple[list[Member], bool, str]:  # fmt: skip
        """Whom a cue's left side means, whether it is denied, and how that was told."""
        negated = gap.left_negated
        lead = ADJUNCT.sub("", gap.lead).strip()
        nearest = left.members if left is not None and left.plain else []
        acted_on = self.consumed == place - 1
        if left is None:
            if len(self.groups) > 1 and self.groups[1].plain:
                between = " ".join(self.gaps[1].words)
                fronted = between == "," and not self._is_finite(gap) and not lead
                listed = GENERAL.fullmatch(lead) and (
                    INCLUDES.fullmatch(between) or COPULA.fullmatch(between)
                )
                if fronted or listed:
                    return self.groups[1].members, negated, "start"
            return self._opening_subject(gap, lead), negated, "start"
        if left.noun is not None and not self.current:
            return [], negated, ""
        if self.aside == place - 1 and self.current and lead in {"", ","}:
            return self.current, negated, "near"
        if "without" in gap.words and self.current:
            return self.current, negated, "conj"
        relative_match = RELATIVE.fullmatch(lead)
        if relative_match is not None:
            if left.noun is not None and self.current:
                return self.current, negated, "near"
            return nearest, negated, "relative"
        if lead in {"", ","}:
            if not self._is_finite(gap) and lead == "":
                return nearest[-1:] if acted_on and self.consumed else nearest, negated, "near"
            if lead == ",":
                if self.current:
                    subject = (self.main or self.current) if self.relative else self.current
                    return subject, negated, "direct"
                return self._head(place), negated, "direct"
            if self.relative and self.consumed == place - 1:
                return self.main, negated, "direct"
            if self.consumed == place - 1 and self.consumed >= 0 and self.current:
                return (
                    (left.members[-1:] if left.plain and len(left.members) > 1 else []),
                    negated,
                    "direct",
                )
            return self._head(place), negated, "direct"
        if lead.split()[-1] in {"it", "they"}:
            return self.main or self.current or nearest, negated, "conj"
        if LEAD.fullmatch(lead) is not None:
            words = lead.split()
            if not self.current and place > 1 and not self.out.claims:
                return [], negated, ""
            if self.denied and not negated and ({"or", "nor"} & set(words)):
                negated = True
            if "nor" in words:
                negated = True
            if self.current:
                returns = self.relative and words[0] == "," and self.main
                return self.main if returns else self.current, negated, "conj"
            return nearest, negated, "direct"
        new = self._new_subject(gap, lead)
        if new:
            return new, negated, "direct"
        self.out.reasons.append("indirect")
        return [], negated, ""

    def _head(self, place: int) -> list[Member]:
        """Whom a verb right behind a group is said of, where nothing was claimed before it: the
        group, or the one before it that it only describes ("aspirin in asthma causes ...")."""
        left = self.groups[place - 1]
        nearest = left.members if left.plain else []
        if self.current or place < 2 or self.gaps[place - 1].is_break:
            return nearest
        before = self.gaps[place - 1]
        if before.match is not None or before.gapped is not None:
            return nearest
        if _NEW_CLAUSE & set(before.words) or not before.words:
            return nearest
        if before.words[0] == "," or before.words[0] in _OF_THE_HEAD:
            head = self.groups[place - 2]
            return head.members if head.plain else []
        self.out.reasons.append("indirect")
        return []

    def _opening_subject(self, gap: Gap, lead: str) -> list[Member]:
        for denial in DENIAL:
            lead = lead.removeprefix(denial).strip()
        if PRONOUN.fullmatch(lead):
            return self.carried
        return self._named(gap, lead)

    def _new_subject(self, gap: Gap, lead: str) -> list[Member]:
        """A subject in the words before a cue: "and zorblaxin cures ..."; "and it ..."."""
        words = lead.split()
        while words and words[0] in {",", "and", "but", "while", "whereas", "or"}:
            words = words[1:]
        rest = " ".join(words)
        if PRONOUN.fullmatch(rest):
            return []
        return self._named(gap, rest) if len(words) < len(lead.split()) else []

    def _named(self, gap: Gap, lead: str) -> list[Member]:
        """A name of no concept in the words before the cue, if it looks like one."""
        words = lead.split()
        while words and words[0] in _BEFORE_NAMES:
            words = words[1:]
        if not words or len(words) > _MOST_NAME or not is_name(words):
            return []
        assert gap.match is not None  # noqa: S101
        tokens = [t for t in gap.tokens[: gap.match.first] if t.word in words]
        if not tokens:
            return []
        start, end = tokens[0].start, tokens[-1].end
        return [Member(unlinked(self.text[start:end], start + self.offset))]

    def _named_after(self, gap: Gap) -> list[Member]:
        assert gap.match is not None  # noqa: S101
        tokens = gap.tokens[gap.match.past :]
        while tokens and UNNAMED.fullmatch(tokens[0].word):
            tokens = tokens[1:]
        name: list[Token] = []
        for token in tokens:
            if not token.word[0].isalnum() or is_plain(token.word) or len(name) == _MOST_NAME:
                break
            name.append(token)
        if not name or not is_name([token.word for token in name]):
            return []
        start, end = name[0].start, name[-1].end
        return [Member(unlinked(self.text[start:end], start + self.offset))]

    def _reaches(self, gap: Gap) -> bool:
        """Whether the words behind the cue let it act on what follows."""
        assert gap.match is not None  # noqa: S101
        return GAP.fullmatch(" ".join(gap.words[gap.match.past :])) is not None

    def _rest_is_plain(self, gap: Gap) -> bool:
        assert gap.match is not None  # noqa: S101
        return all(
            not word[0].isalnum() or is_adverb(word) or zipf(word)
            for word in gap.words[gap.match.past :]
        )

    def _without_cue(
        self, place: int, left: Group, right: Group, gap: Gap, *, negated: bool,
    ) -> list[Member]:  # fmt: skip
        """Claims between groups that no verb joins: "is a", "include", appositions, phrases."""
        words = gap.words
        denied = negated or any(w in NEGATIVE for w in words)
        if gap.is_break:
            return []
        if gap.gapped is not None and left.plain and right.plain:
            cue = gap.gapped.cue
            first, second = (left, right) if cue.side == "s" else (right, left)
            span = (self.offset + left.start, self.offset + right.end)
            self.out.add(first.members, cue.predicate, second.members, negated=False, span=span)
            return left.members
        joined = without_adverbs(words)
        span = (self.offset + left.start, self.offset + right.end)
        if self._goes_on(place, left, right, joined):
            assert self.acted is not None  # noqa: S101
            subject, claimed, denied = self.acted
            self._claim(claimed, subject, right.members, negated=denied, span=span)
            return subject
        if left.noun is not None and right.plain:
            fits = (
                not joined
                or INCLUDES.fullmatch(joined)
                or COPULA.fullmatch(joined)
                or (joined in {"with", "by", "and"} and left.preposition != "between")
                or (joined == "and" and left.preposition == "between" and left.noun.symmetric)
            )
            if fits:
                self._say(left, right.members, denied or left.noun_negated, span)
                return right.members if not joined else []
            return []
        if left.shifted or right.shifted:
            return []
        holder = left.members
        if joined.startswith(", ") and self.main and (self.relative or self.aside == place - 1):
            holder, joined = self.main, joined[2:]
        if COPULA.fullmatch(joined):
            if right.noun is not None:
                self._say(right, holder, denied or right.noun_negated, span)
                return holder
            if not comparable(holder[0].link, right.members[0].link) and not (
                {"a", "an", "one"} & set(words)
            ):
                self.out.reasons.append("indirect")
                return []
            self.out.add(holder, "subclass_of", right.members, negated=denied, span=span)
            return holder
        if APPOSED.fullmatch(joined) or (joined == "," and right.noun is not None):
            self.aside = place
            if right.noun is not None:
                self._say(right, left.members[-1:] if place > 1 else left.members, denied, span)
                return left.members
            if is_class(right.members[0].link):
                self.out.add(
                    left.members[-1:], "subclass_of", right.members, negated=denied, span=span
                )
                return left.members
            return []
        last, example = left.members[-1].link, right.members[0].link
        examples = INCLUDES.fullmatch(joined) and EXAMPLES.match(joined)
        if examples and (is_class(last) or last.category == example.category != "Drug"):
            self.aside = place
            self.out.add(right.members, "subclass_of", left.members[-1:], negated=denied, span=span)
            return left.members
        if words and not re.fullmatch(r"[ ,]*(?:and|or|in|with|for)?[ ,]*", joined):
            self.out.reasons.append("no known relation")
        return []

    def _framed(self, place: int, left: Group, right: Group) -> bool:
        """A clause of the registry around two groups: "patients with O should not take S"."""
        words = self.gaps[place].words
        negated = False
        if not (known := self.cues.frames.get(" ".join(words))):
            plain = [w for w in words if w not in NEGATIVE and w not in {"do", "does"}]
            negated = sum(w in NEGATIVE for w in words) == 1
            known = self.cues.frames.get(" ".join(plain), []) if negated else []
        for frame in known:
            before, behind = self.gaps[place - 1].words, self.gaps[place + 1].words
            if frame.before and before[-len(frame.before) :] != frame.before:
                continue
            if frame.behind and behind[: len(frame.behind)] != frame.behind:
                continue
            if not left.plain or not right.plain:
                continue
            first, second = (left, right) if frame.forward else (right, left)
            span = (self.offset + left.start, self.offset + right.end)
            return self.out.add(
                first.members, frame.predicate, second.members, negated=negated, span=span
            )
        return False

    def _about_carried(self, right: Group, gap: Gap) -> list[Member]:
        """ "It is an inhibitor of PTGS2", "it is an anticoagulant"."""
        denied = any(word in NEGATIVE for word in gap.words)
        joined = without_adverbs(gap.words)
        pronoun = PRONOUN.match(joined)
        subject = self.carried
        if pronoun is None:
            words = joined.split()
            cut = next((i for i, w in enumerate(words) if w in {"is", "acts", "belongs"}), 0)
            if not 0 < cut <= _MOST_NAME or not is_name(words[:cut]):
                return []
            tokens = [t for t in gap.tokens if t.word in words[:cut]]
            start, end = tokens[0].start, tokens[-1].end
            subject = [Member(unlinked(self.text[start:end], start + self.offset))]
            rest = " ".join(words[cut:])
        else:
            rest = joined[pronoun.end() :].strip()
        span = (self.offset + right.start, self.offset + right.end)
        if subject and pronoun is not None and right.plain and EXAMPLES.match(rest):
            if INCLUDES.fullmatch(rest) and comparable(right.members[0].link, subject[0].link):
                self.out.add(right.members, "subclass_of", subject, negated=denied, span=span)
            return subject
        if not subject or right.shifted or COPULA.fullmatch(rest) is None:
            return []
        if right.noun is not None:
            self._say(right, subject, denied, span)
        elif pronoun is None or is_class(right.members[0].link):
            self.out.add(subject, "subclass_of", right.members, negated=denied, span=span)
        return subject

    def _say(
        self, phrase: Group, others: list[Member], negated: bool, span: tuple[int, int]
    ) -> None:
        """The relation of a phrase's noun between the phrase's group and something else."""
        cue = phrase.noun
        assert cue is not None  # noqa: S101
        if cue.side == "s":
            self.out.add(others, cue.predicate, phrase.members, negated=negated, span=span)
        else:
            self.out.add(phrase.members, cue.predicate, others, negated=negated, span=span)

    def _mutual_phrase(self, group: Group, gap: Gap) -> None:
        """ "an interaction between X and Y"."""
        cue = group.noun
        assert cue is not None  # noqa: S101
        if group.preposition in _BETWEEN and len(group.members) > 1 and cue.symmetric:
            span = (self.offset + group.start, self.offset + group.end)
            self.out.add_mutual(group.members, cue.predicate, negated=group.noun_negated, span=span)
