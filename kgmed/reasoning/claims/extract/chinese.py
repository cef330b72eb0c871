"""Claims of one Chinese sentence: pairs of mentions whose words around them are a known pattern.

Mentions joined by 、 和 或 are one list. For two neighbouring lists the text between them, and
where the pattern says so before and behind them, must be a wording of the registry
(:mod:`.patterns_zh`); a clause that begins with a verb takes the subject of the one before.
Anything else claims nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kgmed.kg.categories import LABELS
from kgmed.kg.linking.english import zipf
from kgmed.kg.linking.link import Link
from kgmed.reasoning.claims.extract.found import Member, Reading, is_class, unlinked
from kgmed.reasoning.claims.extract.patterns_zh import ChinesePatterns, Pattern, kept, plain

__all__ = ["ChinesePatterns", "read_chinese"]

_JOIN = re.compile(
    r"[、，,]?(?:以及|及其|或者|还有|和/或|并且|、|和|与|及|或|跟|同|/)(?:与|和|对|的"
    r"|急性|慢性|重度|轻度|严重|老年|部分|其他|各种)?"
)
_OTHER_MEMBER = re.compile(r"(?:[、和与及][A-Za-z][A-Za-z0-9-]{1,12})+[、和与及]")
"""A list's member that isn't linked."""
_DENIES = re.compile(r"(?:并非|并不是|不是|绝非)[：:]?$")
"""Before the first of two mentions: what denies the clause."""
_BUT_NOT = re.compile(r"[，,]?(?:但不是|而不是|而非|但不|并非|但非)")
_COMMA = re.compile(r"[，,：:]|——")
_SHIFTS = re.compile(
    r"的(?!一种|一类|亚型|其中)|水平|活性|表达|合成|代谢|中毒|过敏|缺乏|抵抗|耐药|突变"
    r"|释放|分泌|浓度|抗体|疫苗|样|相关"
    r"|诱导|抑制剂|拮抗剂|激动剂|受体激动|受体拮抗|依赖|撤药|戒断|基因突变|所致|引起|导致"
    r"|患者的|风险|并发|通路|类似物|衍生|前体|过量"
)
_PRONOUN = re.compile(
    r"(?:它们|它|其|该药|本品|此药|该病|本病|这种药|该药物|此病|这种病|这些药|二者|两者"
    r"|该菌|前者)"
)
_LATTER = "后者"
"""Whoever stands right before it, not whom the sentence is about."""
_CLASS_TAIL = re.compile(
    r"(?:类)?(?:药物|药|制剂|抗生素|剂)?(?:的一种|之一|中的一种|的一员|的成员|家族|的亚型"
    r"|的一个亚型|类别)?$"
)
_LEADS = re.compile(
    r"^[，,：:]?(?:从而|进而|并且|并|且|而|以|来|也|还|又|及|同时|因而|因此|故|但|但是"
    r"|可是|却|不过|然而|此外|另外)+"
)
_FINITE = re.compile(
    r"治疗|抑制|引起|导致|属于|包括|存在|发生|出现|缓解|预防|激活|拮抗|表明|显示|研究|发现|证实"
)
_AROUND = re.compile(
    r"^(?P<left>(?:可|可以|能|常|主要|也|不能|不|不可)?(?:用|使用"
    r"|以))(?P<name>.{2,10}?)(?P<right>治疗|预防)$"
    r"|^(?P<left2>(?:主要|常|多|也|不"
    r"|并不)?(?:是)?由)(?P<name2>.{2,10}?)(?P<right2>(?:所)?(?:引起|导致|致|造成)的?)$"
    r"|^(?P<left3>(?:并)?不?(?:是|为|属于))(?P<name3>[^的]{2,10})(?P<right3>的.{2,8})$"
)
_MOST_NAME = 10
_IS_OF_A_KIND = re.compile(
    rf"(?:是|为|属于)(?:一[种类个])?(?:{'|'.join(one for one, _many in LABELS['zh'].values())})"
)


@dataclass(slots=True)
class _Group:
    members: list[Member]
    start: int
    end: int
    joins: list[str] = field(default_factory=list)


def read_chinese(
    text: str, start: int, links: list[Link], patterns: ChinesePatterns, *, carried: list[Member]
) -> Reading:
    """The claims of one sentence that begins at ``start`` of its text.

    ``carried`` is what a sentence without a subject of its own, or with 它, is about.
    """
    return _Chinese(text, start, links, patterns, carried).read()


class _Chinese:
    def __init__(
        self, text: str, start: int, links: list[Link], patterns: ChinesePatterns,
        carried: list[Member],
    ) -> None:  # fmt: skip
        self.text, self.offset, self.patterns, self.carried = text, start, patterns, carried
        self.out = Reading()
        self.groups = self._grouped(links)
        self.current: list[Member] = []
        self.through = False
        """Whether the last claim said by what means ("通过抑制"): its subject does what follows."""
        self.object_at = -1
        """The group that the last claim acted on."""

    def _grouped(self, links: list[Link]) -> list[_Group]:
        groups: list[_Group] = []
        for link in self._outside_brackets(links):
            low, high = link.start - self.offset, link.end - self.offset
            if groups:
                gap = self.text[groups[-1].end : low].strip()
                if not gap and is_class(groups[-1].members[-1].link) and not is_class(link):
                    groups[-1].members[-1] = Member(link)
                    groups[-1].end = high
                    continue
                denies = _BUT_NOT.fullmatch(gap) is not None
                if denies or (gap and (_JOIN.fullmatch(gap) or _OTHER_MEMBER.fullmatch(gap))):
                    groups[-1].members.append(Member(link, denies))
                    groups[-1].joins.append(gap.strip("，,"))
                    groups[-1].end = high
                    continue
            groups.append(_Group([Member(link)], low, high))
        return groups

    def _outside_brackets(self, links: list[Link]) -> list[Link]:
        kept = []
        depth = at = 0
        for link in links:
            between = self.text[at : link.start - self.offset]
            depth += (
                between.count("（") + between.count("(") - between.count("）") - between.count(")")
            )
            at = link.end - self.offset
            if depth <= 0:
                kept.append(link)
        return kept

    def _between(self, start: int, end: int) -> str:
        """The text from ``start`` to ``end`` without what stands in brackets."""
        return re.sub(r"[（(][^（）()]*[）)]?|^[^（）()]*[）)]", "", self.text[start:end]).strip()

    def read(self) -> Reading:
        groups = self.groups
        self.out.pairwise = "分别" in self.text
        if not groups:
            return self.out
        ends = [0, *(group.end for group in groups)]
        starts = [*(group.start for group in groups), len(self.text)]
        gaps = [self._between(low, high) for low, high in zip(ends, starts, strict=True)]
        gaps[-1] = gaps[-1].rstrip("。！!.；;，, ”’\"'")
        self._opening(gaps)
        for place, group in enumerate(groups):
            self._mutual(group, gaps[place], gaps[place + 1])
            if place + 1 < len(groups):
                self._pair(place, gaps)
        self._closing(gaps)
        if not self.out.subject:
            self.out.subject = self.current or groups[0].members
        if not self.out.claims and not self.out.reasons:
            self.out.reasons.append("no known relation")
        return self.out

    # One list

    def _mutual(self, group: _Group, before: str, behind: str) -> None:
        """ "A与B存在相互作用"."""
        if len(group.members) < 2:
            return
        clause = _COMMA.split(behind, maxsplit=1)[0]
        tail, denied = plain(clause)
        denied ^= _denied(before)
        tail = re.sub(r"^(?:存在|具有|有着|有|发生|产生|出现)", "", tail)
        name = self.patterns.mutual.get(tail)
        if name is None:
            head = plain(_COMMA.split(before)[-1])[0]
            if tail.startswith("的") or not head:
                return
            return
        sides = [place for place, join in enumerate(group.joins) if join[:1] in "与跟同"]
        split = sides[0] + 1 if sides else 0
        if not split and len(group.members) == 2:
            split = 1
        span = (group.start + self.offset, group.end + self.offset + len(clause))
        if split:
            self.out.add(
                group.members[:split], name, group.members[split:], negated=denied, span=span
            )
        else:
            self.out.add_mutual(group.members, name, negated=denied, span=span)
        self.current = group.members[:split] if split else group.members

    # Two lists

    def _pair(self, place: int, gaps: list[str]) -> None:
        left, right = self.groups[place], self.groups[place + 1]
        middle, behind = gaps[place + 1], gaps[place + 2]
        before = gaps[place]
        span = (left.start + self.offset, right.end + self.offset)
        clauses = _COMMA.split(middle)
        if len(clauses) > 1:
            if self._says(left.members, middle, before, behind, right, span):
                return
            if clauses[-1].startswith(_LATTER):
                if any(clause.strip() for clause in clauses[:-1]):  # it isn't linked
                    self.out.reasons.append("indirect")
                    return
                current = self.current
                self._says(left.members, clauses[-1][len(_LATTER) :], "", behind, right, span)
                self.current = current
                return
            if not self.current and clauses[0].strip():
                self.out.reasons.append("indirect")
                return
            self._continued(left, clauses[-1], behind, right)
            return
        if self.through and self.object_at == place and self.current:
            self.through = False
            self._continued(left, middle, behind, right)
            return
        if self._says(left.members, middle, before, behind, right, span):
            self.through = plain(middle)[0].startswith("通过")
            return
        lead = _LEADS.match(middle)
        if self.object_at == place and self.current and lead is not None:
            self._continued(left, middle[lead.end() :], behind, right)
            return
        self.out.reasons.append("no known relation")

    def _says(  # noqa: PLR0917
        self, left: list[Member], middle: str, before: str, behind: str, right: _Group,
        span: tuple[int, int],
    ) -> bool:  # fmt: skip
        """Claim what the words between and around two lists say, if a pattern knows them."""
        text, denied = plain(middle)
        text = re.sub(r"^(?:通过|所)", "", text)
        around = plain(_COMMA.split(before)[-1])[0]
        tail = _COMMA.split(behind, maxsplit=1)[0]
        rest, tail_denied = plain(tail)
        own = kept(middle)
        known = self.patterns.between.get(text, [])
        choices = [(p, denied) for p in known if p.behind]
        choices += [(p, False) for p in self.patterns.between.get(own, ()) if own]
        choices += [(p, denied) for p in known if not p.behind]
        own_tail = kept(tail)
        for pattern, is_denied in choices:
            if pattern.before and not around.endswith(pattern.before):
                continue
            its_own = bool(own_tail and pattern.behind and own_tail.startswith(pattern.behind))
            if not its_own and not self._ends(pattern, rest, tail):
                continue
            negated = is_denied != (tail_denied and bool(pattern.behind) and not its_own)
            self._claim(pattern, left, right.members, negated ^ _denied(before), span)
            if pattern.forward or not self.current:
                self.current = left
            self.object_at = next(i for i, g in enumerate(self.groups) if g is right)
            return True
        if text in {"是", "为", "属于", "系", "属"} and _CLASS_TAIL.match(tail):
            denied ^= _denied(before)
            self.out.add(left, "subclass_of", right.members, negated=denied, span=span)
            self.current = left
            self.object_at = next(i for i, g in enumerate(self.groups) if g is right)
            return True
        return False

    def _ends(self, pattern: Pattern, rest: str, tail: str) -> bool:
        """Whether what stands behind the second list is what the pattern wants there."""
        if pattern.behind:
            rest = re.sub(r"^(?:存在|具有|有着|有|发生|产生|出现)(?=相互作用|配伍)", "", rest)
            wanted = re.sub(r"^(?:存在|具有|有|发生|产生)(?=相互作用|配伍)", "", pattern.behind)
            return rest.startswith(wanted) and not _SHIFTS.match(rest[len(wanted) :])
        return _SHIFTS.match(tail) is None

    def _claim(
        self, pattern: Pattern, left: list[Member], right: list[Member], negated: bool,
        span: tuple[int, int],
    ) -> None:  # fmt: skip
        first, second = (left, right) if pattern.forward else (right, left)
        self.out.add(first, pattern.predicate, second, negated=negated, span=span)

    def _continued(self, left: _Group, clause: str, behind: str, right: _Group) -> None:
        """A clause without a subject of its own: that of the clause before is meant."""
        clause = re.sub(r"^(?:但是|但|可是|不过|然而|此外|另外|而且|其中|所以|因此|故)", "", clause)
        pronoun = _PRONOUN.match(clause)
        if pronoun is not None:
            clause = clause[pronoun.end() :]
        subject = self.current or left.members
        span = (right.start + self.offset - len(clause), right.end + self.offset)
        if not clause:
            return
        if not self._says(subject, clause, "", behind, right, span):
            if not self._unnamed(clause, behind, right, span):
                self.out.reasons.append("no known relation")
        else:
            self.current = subject

    # The first and the last list

    def _opening(self, gaps: list[str]) -> None:
        """A first clause whose subject isn't linked, or stands in the sentence before."""
        opening = _COMMA.split(gaps[0])[-1]
        if not opening:
            return
        right = self.groups[0]
        pronoun = _PRONOUN.match(opening)
        rest = opening[pronoun.end() :] if pronoun is not None else opening
        span = (right.start + self.offset - len(opening), right.end + self.offset)
        if (
            len(self.groups) > 1
            and pronoun is None
            and not plain(gaps[1])[0].startswith(("，", "。"))
        ):
            follows = self.patterns.between.get(plain(gaps[1])[0])
            if follows is not None and any(p.before for p in follows):
                return
        if self.carried and self._says(self.carried, rest, "", gaps[1], right, span):
            return
        if pronoun is None:
            self._unnamed(rest, gaps[1], right, span)

    def _unnamed(self, clause: str, behind: str, right: _Group, span: tuple[int, int]) -> bool:
        """A name of no concept, and a verb, before a list."""
        for size in range(2, min(_MOST_NAME, len(clause) - 1) + 1):
            name = clause[:size]
            if not _is_name(name):
                continue
            start = right.start - len(clause)
            if self.text[start : start + size] != name:
                return False
            link = unlinked(name, start + self.offset)
            if self._says([Member(link)], clause[size:], "", behind, right, span):
                return True
        return False

    def _closing(self, gaps: list[str]) -> None:
        """A last clause whose object isn't linked."""
        group = self.groups[-1]
        clause = _COMMA.split(gaps[-1], maxsplit=1)[0]
        if _IS_OF_A_KIND.fullmatch(clause.rstrip("。")):
            return  # "X是一种药物" says what every name of a drug says
        around = _AROUND.match(clause)
        if around is not None:
            name = around["name"] or around["name2"] or around["name3"]
            start = self.text.find(name, group.end)
            if _is_name(name) and start >= 0:
                right = _Group(
                    [Member(unlinked(name, start + self.offset))], start, start + len(name)
                )
                span = (group.start + self.offset, right.end + self.offset)
                left = around["left"] or around["left2"] or around["left3"]
                behind = around["right"] or around["right2"] or around["right3"]
                self.groups.append(right)
                self._says(group.members, left, "", behind, right, span)
            return
        for size in range(min(_MOST_NAME, len(clause) - 1), 1, -1):
            name = clause[-size:]
            if not _is_name(name):
                continue
            text, denied = plain(clause[:-size])
            for pattern in self.patterns.between.get(text, ()):
                if pattern.before or pattern.behind:
                    continue
                start = self.text.find(name, group.end)
                link = unlinked(name, start + self.offset)
                span = (group.start + self.offset, start + size + self.offset)
                self._claim(pattern, group.members, [Member(link)], denied, span)
                return


_NOT_IN_NAMES = re.compile(
    r"[的了是在和与对为以其而等不有所从到被把使让于中由用将这那各每某及或曾未无没并但也都均还]"
)
_NOT_LAST = frozenset("可能会常多主要应需较很更最便就又再已")


def _denied(before: str) -> bool:
    """Whether what stands before two mentions denies what is said of them."""
    return _DENIES.search(before) is not None


def _is_name(text: str) -> bool:
    """Whether a run looks like the name of a thing that has none here."""
    if text.isascii():
        return text.isalpha() and len(text) > 3 and not zipf(text.lower())
    return (
        len(text) > 2
        and _NOT_IN_NAMES.search(text) is None
        and text[-1] not in _NOT_LAST
        and text[0] not in _NOT_LAST
        and _FINITE.search(text) is None
    )
