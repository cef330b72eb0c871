"""Frames: patterns of questions, written as text tables, and how one is matched against tokens.

A frame is a line of elements parted by spaces::

    $what $be the? <adj>? <n> $of {s}

``the`` is a literal; ``a|b`` either; ``by_which`` two tokens in a row; a trailing ``?`` makes an
element optional; ``$of`` a set of literals that the table's macros name; ``<n>`` a wording of the
registry (:mod:`kgmed.reasoning.question.wordings` lists the kinds); ``{s}`` a slot, at least one
token. A frame must consume the whole question. Lines under a heading ``[form ...]`` make that form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from kgmed.reasoning.question.text import split

if TYPE_CHECKING:
    from kgmed.reasoning.answer import Form

SLOT_LIMIT = 24
"""Tokens that one slot may hold; a ``{list}`` or an ignored ``{_}`` may hold more."""

LIST_LIMIT = 160
STEP_LIMIT = 40_000
"""Steps of one parse, all frames together: a bound on hostile input; a question takes hundreds."""


Literals = Mapping[str, tuple[tuple[str, ...], ...]]
"""First token -> the token runs that begin with it, longest first."""


class Tables(NamedTuple):
    """What a language brings: all of it data.

    ``categories`` and ``adjectives`` are value -> wordings parted by ``|``; ``identifiers`` are
    prefix -> (authorities that need one of ``identifier_words`` behind them, those that don't).
    ``clause_frames`` are (form, template) in which ``CLAUSE`` is a clause of the registry, one end
    of it replaced by ``what`` for lists. ``openers`` and ``closers`` are politeness, dropped from
    the ends of a question. ``refused`` are tokens that no name holds, ``refused_runs`` runs of
    them; ``leading`` and ``trailing`` are trimmed from a slot; ``joints`` part a list.
    """

    macros: Mapping[str, str]
    frames: str
    clause_frames: tuple[tuple[str, str], ...]
    what: str
    categories: Mapping[str, str]
    identifiers: Mapping[str, tuple[str, str]]
    identifier_words: str
    adjectives: Mapping[str, str]
    openers: str
    closers: str
    refused: frozenset[str]
    refused_runs: str
    leading: str
    trailing: str
    joints: frozenset[str]


class Hit(NamedTuple):
    """A wording found at a place: what it stands for, and where it ends.

    ``value`` is a predicate, a category, an id prefix or a severity, by ``kind``; ``place`` how far
    down in its list the wording stands (the first is the usual one).
    """

    end: int
    kind: str
    value: str
    place: int


class Node(NamedTuple):
    """One element of a frame: ``literals`` by first token, a wording ``kind`` or a ``slot``."""

    literals: Literals
    first: frozenset[str]
    kind: str
    slot: str
    optional: bool


class Frame(NamedTuple):
    """A pattern and what it reads as.

    ``given`` is "" where the name of the slot says which end it fills. ``tier`` orders frames
    before anything else: 0 specific, 1 general, 2 what is left.
    """

    pattern: str
    form: Form
    given: Literal["", "subject", "object"]
    predicate: str
    safety: bool
    counted: bool
    tier: int
    nodes: tuple[Node, ...]


class Match(NamedTuple):
    """A frame that consumed a question: its slots as token ranges, and the wordings it met."""

    frame: Frame
    slots: Mapping[str, tuple[int, int]]
    hits: tuple[tuple[int, Hit], ...]
    covered: int


def compile_table(table: str, grammar: Grammar) -> tuple[Frame, ...]:
    """Compile a table of frames.

    >>> grammar = Grammar({"what": "what|which"})
    >>> frame, = compile_table("[reverse tier=1]\\n$what <c>? <v> {o}", grammar)
    >>> frame.form, frame.tier, [node.kind for node in frame.nodes]
    ('reverse', 1, ['', 'c', 'v', ''])
    """
    frames: list[Frame] = []
    form, options = "", dict[str, str]()
    for line in table.splitlines():
        if not line:
            continue
        if line[0] == "[":
            form, *words = line[1:-1].split()
            options = dict(word.partition("=")[::2] for word in words)
        else:
            frames.append(grammar.frame(line, form, options))
    return tuple(frames)


class Grammar:
    """Compiles frames, and remembers the elements that it has seen."""

    def __init__(self, macros: Mapping[str, str]) -> None:
        self._macros = macros
        self._nodes: dict[str, Node] = {}

    def frame(self, pattern: str, form: str, options: Mapping[str, str]) -> Frame:
        """Compile one line of a table."""
        nodes = self._nodes
        return Frame(
            pattern,
            cast("Form", form),
            cast('Literal["", "subject", "object"]', options.get("given", "")),
            options.get("predicate", ""),
            "safety" in options,
            "counted" in options,
            int(options.get("tier", "0")),
            tuple([nodes.get(element) or self._node(element) for element in pattern.split()]),
        )

    def _node(self, element: str) -> Node:
        optional = len(element) > 1 and element[-1] == "?"
        body = element[:-1] if optional else element
        if body[0] == "{":
            node = Node({}, frozenset(), "", body[1:-1], optional)
        elif body[0] == "<":
            node = Node({}, frozenset(), body[1:-1], "", optional)
        else:
            runs = literals("|".join(self._expanded(part) for part in body.split("|")))
            node = Node(runs, frozenset(runs), "", "", optional)
        self._nodes[element] = node
        return node

    def _expanded(self, part: str) -> str:
        return self._macros[part[1:]] if part[0] == "$" else part


def literals(text: str) -> Literals:
    """The alternatives of one element, by first token.

    >>> literals("by_which|with")
    {'by': (('by', 'which'),), 'with': (('with',),)}
    """
    found: dict[str, tuple[tuple[str, ...], ...]] = {}
    for alternative in text.split("|"):
        tokens = split(alternative.replace("_", " ")) or (alternative,)
        found[tokens[0]] = (*found.get(tokens[0], ()), tokens)
    for first, several in found.items():
        if len(several) > 1:
            found[first] = tuple(sorted(several, key=len, reverse=True))
    return found


Follow = tuple[frozenset[str], tuple[str, ...], bool]


def _follow(nodes: tuple[Node, ...]) -> tuple[Follow, ...]:
    """Per node: the tokens and kinds that may come right after it, and whether the end may."""
    result: list[Follow] = []
    tokens: frozenset[str] = frozenset()
    kinds: tuple[str, ...] = ()
    end = True
    for node in reversed(nodes):
        result.append((tokens, kinds, end))
        if node.slot:
            continue  # two slots never touch; where an optional slot is skipped, the rest follows
        if node.optional:
            tokens = tokens | node.first
            kinds = (*kinds, node.kind) if node.kind else kinds
        else:
            tokens = node.first
            kinds = (node.kind,) if node.kind else ()
            end = False
    return tuple(reversed(result))


class Matcher:
    """Matches frames against the tokens of one question, within a budget of steps."""

    def __init__(
        self, words: tuple[str, ...], found: Mapping[str, Mapping[int, tuple[Hit, ...]]]
    ) -> None:
        self.words = words
        self.present = frozenset(words)
        self.found = found
        self.steps = 0
        self.places: dict[str, list[int]] = {}
        for index, word in enumerate(words):
            self.places.setdefault(word, []).append(index)
        self._ends: dict[tuple[frozenset[str], tuple[str, ...]], list[int]] = {}

    def matches(self, frame: Frame, *, start: int, end: int) -> Iterator[Match]:
        """Yield every way in which ``frame`` consumes ``words[start:end]``."""
        for node in frame.nodes:
            if not node.optional and (
                self.present.isdisjoint(node.first)
                if node.first
                else node.kind and node.kind not in self.found
            ):
                return
        follow = _follow(frame.nodes)
        slots: dict[str, tuple[int, int]] = {}
        hits: list[tuple[int, Hit]] = []
        for _ in self._walk(frame.nodes, follow, 0, start, end, slots, hits):
            covered = end - start - sum(b - a for name, (a, b) in slots.items() if name != "_")
            yield Match(frame, dict(slots), tuple(hits), covered)

    def _walk(  # noqa: PLR0917 - called once per step
        self,
        nodes: tuple[Node, ...],
        follow: tuple[Follow, ...],
        index: int,
        at: int,
        end: int,
        slots: dict[str, tuple[int, int]],
        hits: list[tuple[int, Hit]],
    ) -> Iterator[None]:
        self.steps += 1
        if self.steps > STEP_LIMIT:
            return
        if index == len(nodes):
            if at == end:
                yield
            return
        node = nodes[index]
        if at < end:
            if node.literals:
                for tokens in node.literals.get(self.words[at], ()):
                    stop = at + len(tokens)
                    if stop <= end and (len(tokens) == 1 or self.words[at:stop] == tokens):
                        yield from self._walk(nodes, follow, index + 1, stop, end, slots, hits)
            elif node.kind:
                for hit in self.found.get(node.kind, {}).get(at, ()):
                    if hit.end <= end:
                        hits.append((at, hit))
                        yield from self._walk(nodes, follow, index + 1, hit.end, end, slots, hits)
                        hits.pop()
            else:
                limit = SLOT_LIMIT if node.slot not in ("list", "_") else LIST_LIMIT
                for stop in self._stops(follow[index], at, end):
                    if stop - at > limit:
                        break
                    slots[node.slot] = (at, stop)
                    yield from self._walk(nodes, follow, index + 1, stop, end, slots, hits)
                    del slots[node.slot]
        if node.optional:
            yield from self._walk(nodes, follow, index + 1, at, end, slots, hits)

    def _stops(self, follow: Follow, at: int, end: int) -> list[int]:
        tokens, kinds, may_end = follow
        key = (tokens, kinds)
        stops = self._ends.get(key)
        if stops is None:
            places: set[int] = set()
            for token in self.present & tokens:
                places.update(self.places[token])
            for kind in kinds:
                places.update(self.found.get(kind, ()))
            stops = self._ends[key] = sorted(places)
        inside = [stop for stop in stops if at < stop < end]
        if may_end:
            inside.append(end)
        return inside
