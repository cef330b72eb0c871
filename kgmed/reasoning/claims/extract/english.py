"""Claims of one English sentence: its mentions in groups, and the words between the groups read.

A list of mentions is one group ("X, Y and Z"); a noun of the registry beside a group makes a
relational phrase of it ("inhibitors of PTGS2", "PTGS2 inhibitor"). Between two groups stands at most
one cue; what is left of the words around it must be words that change nothing (adverbs,
auxiliaries, "patients with"), or nothing is claimed. So a wording that isn't known costs a claim and
never makes a wrong one. One pass over the words, left to right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kgmed.kg.linking.english import zipf
from kgmed.kg.linking.link import Link
from kgmed.kg.linking.normalize import is_cjk
from kgmed.reasoning.claims.extract.cues import NEGATIVE, Cue, EnglishCues, Match
from kgmed.reasoning.claims.extract.found import Member, Reading, is_class, is_kind, unlinked
from kgmed.reasoning.claims.extract.words_en import (
    ADJUNCT,
    ADVERBS,
    APPOSED,
    AUXILIARY,
    BLOCKING,
    COPULA,
    DENIAL,
    GAP,
    INCLUDES,
    JOINS,
    LEAD,
    NP_PREFIX,
    PRONOUN,
    RELATIVE,
    SHIFTING,
    UNNAMED,
)
from kgmed.reasoning.question.text import fold_word

_WORD = re.compile(r"[^\W_]+(?:'(?!s\b)[^\W_]+)*|'s\b|\S")
_MOST_NAME = 4


@dataclass(slots=True)
class _Token:
    word: str
    start: int
    end: int
    raw: str


@dataclass(slots=True)
class _Group:
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
class _Gap:
    """The words between two groups, and the cue among them."""

    tokens: list[_Token]
    match: Match | None = None
    lead: str = ""
    left_negated: bool = False
    several: bool = False
    is_break: bool = False
    gapped: Match | None = None
    words: list[str] = field(default_factory=list)


def read_english(
    text: str, start: int, links: list[Link], cues: EnglishCues, *, carried: list[Member]
) -> Reading:
    """The claims of one sentence that begins at ``start`` of its text; links count from there too.

    ``carried`` is what "it" of this sentence means.
    """
    return _English(text, start, links, cues, carried).read()


class _English:
    def __init__(
        self, text: str, start: int, links: list[Link], cues: EnglishCues, carried: list[Member]
    ) -> None:
        self.text, self.offset, self.cues, self.carried = text, start, cues, carried
        self.out = Reading()
        self.groups: list[_Group] = []
        self.gaps: list[_Gap] = []
        self.aside = -1
        """The gap before a group that only gives examples, or stands in apposition."""
        self._lay_out(links)

    # Layout: groups and the words between them

    def _lay_out(self, links: list[Link]) -> None:
        runs: list[list[_Token]] = []
        at = 0
        depth = 0
        kept: list[Link] = []
        run: list[_Token] = []
        for link in links:
            if self._relates(link):
                continue
            tokens, depth = self._tokens(at, link.start - self.offset, depth)
            run += tokens
            at = link.end - self.offset
            if depth:
                continue
            runs.append(run)
            run = []
            kept.append(link)
        tokens, _ = self._tokens(at, len(self.text), depth)
        runs.append(run + tokens)
        self._group(kept, runs)

    def _relates(self, link: Link) -> bool:
        """Whether a mention is the noun of a relation: "a prodrug of X"."""
        behind = self.text[link.end - self.offset : link.end - self.offset + 4]
        return behind == " of " and bool(self.cues.nouns([*link.text.lower().split(), "of"]))

    def _tokens(self, start: int, end: int, depth: int) -> tuple[list[_Token], int]:
        """The words from ``start`` to ``end``, without what stands in brackets."""
        found: list[_Token] = []
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
                    found.append(_Token(stem, match.start(), match.end() - 3, raw))
                    found.append(_Token("n't", match.end() - 3, match.end(), raw))
                elif low == "cannot":
                    found.append(_Token("can", match.start(), match.end(), raw))
                    found.append(_Token("not", match.start(), match.end(), raw))
                elif raw in "-–\"“”'‘’*_`" and raw not in {"–"}:
                    if raw == "-" and match.start() == start and start > 0:
                        found.append(_Token("-", match.start(), match.end(), raw))
                else:
                    found.append(_Token(fold_word(low), match.start(), match.end(), raw))
        return found, depth

    def _group(self, links: list[Link], runs: list[list[_Token]]) -> None:
        head = runs[0]
        group: _Group | None = None
        for place, link in enumerate(links):
            after = runs[place + 1]
            link, after = self._whole_name(link, after)
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
                self.gaps.append(_Gap(head))
                group = _Group([member], link.start - self.offset, link.end - self.offset)
            head = after
        if group is not None:
            self.groups.append(group)
        self.gaps.append(_Gap(head))

    def _joined(self, group: _Group, words: list[str], link: Link) -> str | None:
        if not words:
            last = group.members[-1].link
            return "apposed" if is_class(last) and is_kind(link, "ChemicalEntity") else None
        if len(words) > 7:  # noqa: PLR2004
            return None
        joined = " ".join(words)
        match = JOINS.fullmatch(joined)
        if match is None:
            return None
        if words[0] == "," and len(words) > 1 and words[1] in {"a", "an"}:
            return None
        return match.group(1).strip() or ","

    def _whole_name(self, link: Link, after: list[_Token]) -> tuple[Link, list[_Token]]:
        """The link; without its id where a word behind it makes it another name ("Borrelia X")."""
        if not after or is_cjk(link.text[-1]):
            return link, after
        token = after[0]
        gap = self.text[link.end - self.offset : token.start]
        if gap != " " or not token.raw.islower() or len(token.raw) < 4 or zipf(token.raw):  # noqa: PLR2004
            return link, after
        if self.cues.verbs([token.word]) or self.cues.bare([token.word]) or _is_plain(token.word):
            return link, after
        if not is_kind(link, "OrganismTaxon"):
            return link, after
        text = self.text[link.start - self.offset : token.end]
        return unlinked(text, link.start), after[1:]

    # Reading

    def read(self) -> Reading:
        for place, group in enumerate(self.groups):
            self._phrase(place, group)
        for place, gap in enumerate(self.gaps):
            self._analyse(place, gap)
        self._split()
        self._walk()
        return self.out

    def _split(self) -> None:
        """Part "X inhibits A and B treats C" before B, whose verb follows it."""
        groups: list[_Group] = []
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
                groups += [group, _Group([last], low, high)]
                following.gapped = gaps[-1].match
                gaps += [_Gap([], is_break=True), following]
                continue
            if (
                len(group.members) > 1
                and not group.members[-1].negated
                and {"and", "but"} & set(group.last_join.split())
                and (gaps[-1].match is not None or COPULA.fullmatch(_without_adverbs(gaps[-1].words)))
                and self._begins_clause(following, place)
            ):
                last = group.members.pop()
                low, high = last.link.start - self.offset, last.link.end - self.offset
                noun, group.noun = group.noun, None
                shifted, group.shifted = group.shifted, False
                if group.preposition:
                    group.noun, noun = noun, None
                group.end = group.members[-1].link.end - self.offset
                groups += [group, _Group([last], low, high, noun=noun, shifted=shifted)]
                gaps += [_Gap([], is_break=True), following]
            else:
                groups.append(group)
                gaps.append(following)
        self.groups, self.gaps = groups, gaps

    def _begins_clause(self, gap: _Gap, place: int) -> bool:
        if gap.match is not None:
            return gap.lead == "" and self._is_finite(gap)
        return place + 1 < len(self.groups) and gap.words[:1] not in ([","], []) and (
            COPULA.fullmatch(_without_adverbs(gap.words)) is not None
        )

    def _phrase(self, place: int, group: _Group) -> None:
        """Find the noun that makes a relational phrase of a group, and take its words away."""
        after = self.gaps[place + 1]
        words = [token.word for token in after.tokens]
        skip = 0
        while skip < len(words) and words[skip] in {"receptor", "receptors", "channel", "channels",
                                                    "enzyme", "'s", "protein", "kinase", "gene"}:  # fmt: skip
            skip += 1
        if skip < len(words) and skip and words[skip] in {"common", "main", "typical", "known", "most",
                                                          "usual", "chief", "principal", "classic"}:  # fmt: skip
            skip += 1
            if skip < len(words) and words[skip] in {"common", "frequent"}:
                skip += 1
        match = self.cues.bare(words[skip:])
        if match is not None and match.cue.kind == "noun" and self._is_noun(place, words, skip, match):
            group.noun = match.cue
            after.tokens = after.tokens[skip + match.past :]
            return
        if words and (words[0] in SHIFTING or words[0] == "-"):
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

    def _is_noun(self, place: int, words: list[str], skip: int, match: Match) -> bool:
        """Whether a word that is noun and verb ("causes") is a noun here: what follows tells."""
        verbs = self.cues.verbs(words[skip:])
        if skip or not verbs or verbs[0].first:
            return True
        rest = words[skip + match.past :]
        return bool(rest) and (
            COPULA.fullmatch(_without_adverbs(rest)) is not None
            or INCLUDES.fullmatch(_without_adverbs(rest)) is not None
        )

    def _analyse(self, place: int, gap: _Gap) -> None:
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
        while left and (left[-1] in AUXILIARY or left[-1] in NEGATIVE or _is_adverb(left[-1])
                        or left[-1] in {"a", "an", "the", "only"}):  # fmt: skip
            if left[-1] in NEGATIVE and "only" not in left[-2:] and words[len(left) : len(left) + 1] != ["only"]:
                gap.left_negated = True
            left.pop()
        for denial in DENIAL:
            if " ".join(left).endswith(denial):
                gap.left_negated = not gap.left_negated
                left = left[: len(left) - len(denial.split())]
                while left and (left[-1] in AUXILIARY or _is_adverb(left[-1])):
                    left.pop()
                break
        gap.lead = " ".join(left)

    def _walk(self) -> None:
        groups, gaps = self.groups, self.gaps
        current: list[Member] = []
        """Whom the last predicate was said of."""
        main: list[Member] = []
        relative = False
        denied = False
        consumed = -1
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
                    consumed = place
                elif left is None and right is not None:
                    changed = self._about_carried(right, gap)
                    if changed:
                        current = main = changed
                elif left is not None and right is not None:
                    changed = self._without_cue(place, left, right, gap, flip != neither and neither)
                    if changed:
                        current = changed
                        main = main or changed
                        consumed = -1 if changed is right.members else place
                elif left is not None and left.noun is not None:
                    self._mutual_phrase(left, gap)
                continue
            objects = self._objects(place, right)
            subject, negated, kind = self._subject(place, gap, left, current, main, relative, denied, consumed)
            if kind == "relative":
                relative = True
                main = main or current or (left.members if left is not None else [])
            elif kind == "direct" and relative:
                relative = False
            elif kind in {"start", "direct"}:
                main = subject or main
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
                current, denied = subject, negated
                continue
            if gap.several and place:
                self.out.reasons.append("indirect")
                continue
            if any(w == "neither" for w in gap.words):
                negated = True
            for m in objects:
                if negated and m.negated:
                    m.negated = False
            if cue.side == "s":
                self.out.add(subject, cue.predicate, objects, negated=negated, span=span)
            else:
                self.out.add(objects, cue.predicate, subject, negated=negated, span=span)
            current, denied, consumed = subject, negated, place
        if not main and groups:
            main = groups[0].members if groups[0].plain else []
        self.out.subject = main or current

    def _span(self, gap: _Gap) -> tuple[int, int]:
        assert gap.match is not None  # noqa: S101
        first, last = gap.tokens[gap.match.first], gap.tokens[gap.match.past - 1]
        return first.start + self.offset, last.end + self.offset

    def _objects(self, place: int, right: _Group | None) -> list[Member]:
        """The group right of a cue."""
        return right.members if right is not None else []

    def _is_finite(self, gap: _Gap) -> bool:
        match = gap.match
        assert match is not None  # noqa: S101
        if match.cue.kind == "participle":
            return False
        if match.cue.kind == "be":
            return any(word in {"is", "are", "was", "were", "been", "be", "'s"} for word in gap.words[: match.first + 1])
        return True

    def _subject(
        self, place: int, gap: _Gap, left: _Group | None, current: list[Member],
        main: list[Member], relative: bool, denied: bool, consumed: int,
    ) -> tuple[list[Member], bool, str]:  # fmt: skip
        """Whom a cue's left side means, whether it is denied, and how that was told."""
        negated = gap.left_negated
        lead = ADJUNCT.sub("", gap.lead).strip()
        if left is None:
            return self._opening_subject(gap, lead), negated, "start"
        if left.noun is not None and not current:
            return [], negated, ""
        if self.aside == place - 1 and current and lead in {"", ","}:
            return current, negated, "near"
        relative_match = RELATIVE.fullmatch(lead)
        if relative_match is not None:
            if left.noun is not None and current:
                return current, negated, "near"
            return (left.members if left.plain else []), negated, "relative"
        if lead == "" or lead == ",":
            if not self._is_finite(gap) and lead == "":
                return (left.members[-1:] if consumed == place - 1 and consumed else left.members) if left.plain else [], negated, "near"
            if lead == ",":
                if current:
                    return (main or current) if relative else current, negated, "direct"
                return (left.members if left.plain else []), negated, "direct"
            if relative and consumed == place - 1:
                return main, negated, "direct"
            if consumed == place - 1 and consumed >= 0 and current:
                return (left.members[-1:] if left.plain and len(left.members) > 1 else []), negated, "direct"
            return (left.members if left.plain else []), negated, "direct"
        if LEAD.fullmatch(lead) is not None:
            words = lead.split()
            if denied and not negated and ({"or", "nor"} & set(words)):
                negated = True
            if "nor" in words:
                negated = True
            if current:
                back = main if (relative and words[0] == ",") and main else current
                return back, negated, "conj"
            return (left.members if left.plain else []), negated, "direct"
        new = self._new_subject(gap, lead)
        if new:
            return new, negated, "direct"
        self.out.reasons.append("indirect")
        return [], negated, ""

    def _opening_subject(self, gap: _Gap, lead: str) -> list[Member]:
        for denial in DENIAL:
            lead = lead.removeprefix(denial).strip()
        if PRONOUN.fullmatch(lead):
            return self.carried
        return self._named(gap, lead)

    def _new_subject(self, gap: _Gap, lead: str) -> list[Member]:
        """A subject in the words before a cue: "and zorblaxin cures ..."; "and it ..."."""
        words = lead.split()
        while words and words[0] in {",", "and", "but", "while", "whereas", "or"}:
            words = words[1:]
        rest = " ".join(words)
        if PRONOUN.fullmatch(rest):
            return []
        return self._named(gap, rest) if len(words) < len(lead.split()) else []

    def _named(self, gap: _Gap, lead: str) -> list[Member]:
        """A name of no concept in the words before the cue, if it looks like one."""
        words = lead.split()
        while words and (words[0] in {"the", "a", "an", "drug", "medicine", "gene", "new", ",", "agent"}
                         or words[0] in {"both", "either", "neither"}):  # fmt: skip
            words = words[1:]
        if not words or len(words) > _MOST_NAME or not _is_name(words):
            return []
        assert gap.match is not None  # noqa: S101
        tokens = [t for t in gap.tokens[: gap.match.first] if t.word in words]
        if not tokens:
            return []
        start, end = tokens[0].start, tokens[-1].end
        return [Member(unlinked(self.text[start:end], start + self.offset))]

    def _named_after(self, gap: _Gap) -> list[Member]:
        assert gap.match is not None  # noqa: S101
        tokens = gap.tokens[gap.match.past :]
        while tokens and UNNAMED.fullmatch(tokens[0].word):
            tokens = tokens[1:]
        name: list[_Token] = []
        for token in tokens:
            if not token.word[0].isalnum() or _is_plain(token.word) or len(name) == _MOST_NAME:
                break
            name.append(token)
        if not name or not _is_name([token.word for token in name]):
            return []
        start, end = name[0].start, name[-1].end
        return [Member(unlinked(self.text[start:end], start + self.offset))]

    def _reaches(self, gap: _Gap) -> bool:
        """Whether the words behind the cue let it act on what follows."""
        assert gap.match is not None  # noqa: S101
        return GAP.fullmatch(" ".join(gap.words[gap.match.past :])) is not None

    def _rest_is_plain(self, gap: _Gap) -> bool:
        assert gap.match is not None  # noqa: S101
        return all(
            not word[0].isalnum() or _is_adverb(word) or zipf(word)
            for word in gap.words[gap.match.past :]
        )

    def _without_cue(
        self, place: int, left: _Group, right: _Group, gap: _Gap, negated: bool
    ) -> list[Member]:
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
        joined = _without_adverbs(words)
        span = (self.offset + left.start, self.offset + right.end)
        if left.noun is not None and right.plain:
            fits = (
                not joined
                or INCLUDES.fullmatch(joined)
                or COPULA.fullmatch(joined)
                or (joined in {"with", "by", "and"} and left.preposition != "between")
            )
            if fits:
                self._say(left, right.members, denied or left.noun_negated, span)
                return right.members if not joined else []
            return []
        if left.shifted or right.shifted:
            return []
        if COPULA.fullmatch(joined):
            if right.noun is not None:
                self._say(right, left.members, denied or right.noun_negated, span)
                return left.members
            if not _comparable(left.members[0].link, right.members[0].link) and not (
                {"a", "an", "one"} & set(words)
            ):
                self.out.reasons.append("indirect")
                return []
            self.out.add(left.members, "subclass_of", right.members, negated=denied, span=span)
            return left.members
        if APPOSED.fullmatch(joined) or (joined == "," and right.noun is not None):
            self.aside = place
            if right.noun is not None:
                self._say(right, left.members[-1:] if place > 1 else left.members, denied, span)
                return left.members
            if is_class(right.members[0].link):
                self.out.add(left.members[-1:], "subclass_of", right.members, negated=denied, span=span)
                return left.members
            return []
        last, first = left.members[-1].link, right.members[0].link
        examples = INCLUDES.fullmatch(joined) and "like" not in words and joined not in {"is", "are"}
        if examples and (is_class(last) or last.category == first.category != "Drug"):
            self.aside = place
            self.out.add(right.members, "subclass_of", left.members[-1:], negated=denied, span=span)
            return left.members
        if words and not re.fullmatch(r"[ ,]*(?:and|or|in|with|for)?[ ,]*", joined):
            self.out.reasons.append("no known relation")
        return []

    def _framed(self, place: int, left: _Group, right: _Group) -> bool:
        """A clause of the registry around two groups: "patients with O should not take S"."""
        for frame in self.cues.frames.get(" ".join(self.gaps[place].words), ()):
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
                first.members, frame.predicate, second.members, negated=False, span=span
            )
        return False

    def _about_carried(self, right: _Group, gap: _Gap) -> list[Member]:
        """ "It is an inhibitor of PTGS2", "it is an anticoagulant"."""
        denied = any(word in NEGATIVE for word in gap.words)
        joined = _without_adverbs(gap.words)
        pronoun = PRONOUN.match(joined)
        subject = self.carried
        if pronoun is None:
            words = joined.split()
            cut = next((i for i, w in enumerate(words) if w in {"is", "acts", "belongs"}), 0)
            if not 0 < cut <= _MOST_NAME or not _is_name(words[:cut]):
                return []
            tokens = [t for t in gap.tokens if t.word in words[:cut]]
            start, end = tokens[0].start, tokens[-1].end
            subject = [Member(unlinked(self.text[start:end], start + self.offset))]
            rest = " ".join(words[cut:])
        else:
            rest = joined[pronoun.end() :].strip()
        if not subject or right.shifted or COPULA.fullmatch(rest) is None:
            return []
        span = (self.offset + right.start, self.offset + right.end)
        if right.noun is not None:
            self._say(right, subject, denied, span)
        elif pronoun is None or is_class(right.members[0].link):
            self.out.add(subject, "subclass_of", right.members, negated=denied, span=span)
        return subject

    def _say(
        self, phrase: _Group, others: list[Member], negated: bool, span: tuple[int, int]
    ) -> None:
        """The relation of a phrase's noun between the phrase's group and something else."""
        cue = phrase.noun
        assert cue is not None  # noqa: S101
        if cue.side == "s":
            self.out.add(others, cue.predicate, phrase.members, negated=negated, span=span)
        else:
            self.out.add(phrase.members, cue.predicate, others, negated=negated, span=span)

    def _mutual_phrase(self, group: _Group, gap: _Gap) -> None:
        """ "an interaction between X and Y"."""
        cue = group.noun
        assert cue is not None  # noqa: S101
        if group.preposition in {"between", "among", "of"} and len(group.members) > 1 and cue.predicate in {
            "interacts_with", "associated_with", "correlated_with", "molecularly_interacts_with",
        }:  # fmt: skip
            span = (self.offset + group.start, self.offset + group.end)
            self.out.add_mutual(group.members, cue.predicate, negated=group.noun_negated, span=span)


def _comparable(one: Link, other: Link) -> bool:
    """Whether one may be a kind of the other."""
    if is_class(other):
        return not is_kind(one, "DiseaseOrPhenotypicFeature")
    both = "DiseaseOrPhenotypicFeature"
    return one.category == other.category or (is_kind(one, both) and is_kind(other, both))


def _without_adverbs(words: list[str]) -> str:
    return " ".join(w for w in words if w not in NEGATIVE and w not in ADVERBS and not _is_ly(w))


def _is_ly(word: str) -> bool:
    return word.endswith("ly") and len(word) > 4  # noqa: PLR2004


def _is_adverb(word: str) -> bool:
    return word in AUXILIARY or (word.endswith("ly") and len(word) > 4)  # noqa: PLR2004


def _is_plain(word: str) -> bool:
    return word in AUXILIARY or word in NEGATIVE or zipf(word) > 5.5 or word.endswith("ly")  # noqa: PLR2004


def _is_name(words: list[str]) -> bool:
    """Whether words look like a name: one of them isn't English, none is a function word."""
    return any(
        not zipf(word) and len(word) > 3 and word[0].isalnum() for word in words  # noqa: PLR2004
    ) and not any(zipf(word) > 5.8 for word in words)  # noqa: PLR2004
