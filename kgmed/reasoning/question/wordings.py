"""The registry's wordings of one language, indexed by first token.

Kinds, as frames name them (S is the subject, O the object):

====== ===========================================================================
``n``  relational noun: "the *targets* of S" lists objects; singular ones too
``sn`` the same of a symmetric predicate: "*interactions* between A and B"
``i``  inverse noun: "*treatments* for O" lists subjects; singular ones too
``v``  verb between S and O: "S *interacts with* O"
``bv`` what stays of a verb after its is/are: "is S *used for* O"
``rv`` a verb without is/are and preposition: "in which diseases is S *contraindicated*"
``m``  verb of a symmetric predicate without its preposition: "A and B *interact*"
``p``  passive between O and S: "O *is treated with* S"
``bp`` what stays of it after its is/are: "is O *treated with* S"
``rp`` and without its preposition: "how is O *treated*"
``c``  what people call a category: "which *drugs* ..."
``id`` an authority's identifier: "the *DrugBank id* of S"
``adj`` an adjective before a noun: a severity, or one that says nothing
====== ===========================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from kgmed.kg.model import Language
from kgmed.reasoning.question.frames import Frame, Grammar, Hit, Tables, compile_table
from kgmed.reasoning.question.text import split

if TYPE_CHECKING:
    from kgmed.kg.predicates import Registry

_BE = frozenset({"is", "are", "was", "were", "be", "been"})
_WITH_WORD = "id+"
"""Kind of an authority's name that means an identifier only with a word for one behind it."""

_DEFINITION = "has_definition"
"""Its whole questions ("what is S") are the form define's; "definition of S" stays its own."""

_PREPOSITIONS = frozenset({"with", "to", "by", "for", "in", "of", "against", "from", "on"})


class Clause(NamedTuple):
    """A whole clause or question of the registry: its literal tokens, and the frames it makes."""

    literals: frozenset[str]
    text: str
    predicate: str
    is_question: bool


class Wordings:
    """Finds the wordings of the registry and of a language's own tables in a question."""

    def __init__(self, registry: Registry, language: Language, tables: Tables) -> None:
        self.registry = registry
        self.tables = tables
        self._grammar = Grammar(tables.macros)
        self.frames = compile_table(tables.frames, self._grammar)
        self.bare = self._grammar.frame("{s}", "define", {"tier": "3"})
        self._phrases: dict[str, list[tuple[tuple[str, ...], str, str, int]]] = {}
        self.clauses: list[Clause] = []
        self._frames: dict[Clause, tuple[Frame, ...]] = {}
        for name, predicate in registry.items():
            wording = predicate.wording[language]
            for nouns in (wording.nouns, wording.noun):
                self._add("n", name, nouns)
                if predicate.symmetric:
                    self._add("sn", name, nouns)
            for nouns in (wording.inverse_nouns, wording.inverse_noun):
                self._add("i", name, nouns)
            self._add_verbs(name, wording.verbs, symmetric=predicate.symmetric)
            self._add_passives(name, wording.passives)
            for is_question, texts in ((False, wording.frames), (True, wording.questions)):
                if is_question and name == _DEFINITION:
                    continue
                for text in texts:
                    literal = text.replace("{s}", " ").replace("{o}", " ")
                    self.clauses.append(Clause(frozenset(split(literal)), text, name, is_question))
        for kind, table in (("c", tables.categories), ("adj", tables.adjectives)):
            for value, joined in table.items():
                self._add(kind, value, joined.split("|"))
        self._identifier_words = [split(text) for text in tables.identifier_words.split("|")]
        for prefix, (with_word, alone) in tables.identifiers.items():
            self._add(_WITH_WORD, prefix, with_word.split("|"))
            self._add("id", prefix, alone.split("|"))

    def _add(self, kind: str, value: str, texts: tuple[str, ...] | list[str]) -> None:
        for place, text in enumerate(texts):
            self._put(kind, value, place, split(text))

    def _put(self, kind: str, value: str, place: int, tokens: tuple[str, ...]) -> None:
        if tokens:
            self._phrases.setdefault(tokens[0], []).append((tokens, kind, value, place))
            if tokens[-1] == "a" and (len(tokens) > 1 or kind == "bv"):
                self._put(kind, value, place, (*tokens[:-1], "an"))

    def _add_verbs(self, name: str, texts: tuple[str, ...], *, symmetric: bool) -> None:
        for place, text in enumerate(texts):
            tokens = split(text)
            self._put("v", name, place, tokens)
            if tokens and tokens[0] == "is":
                self._put("v", name, place, ("are", *tokens[1:]))
            bare = tokens[1:] if tokens and tokens[0] in _BE else tokens
            if bare is not tokens:
                self._put("bv", name, place, bare)
            if len(bare) > 1 and bare[-1] in _PREPOSITIONS:
                self._put("rv", name, place, bare[:-1])
            if symmetric and len(tokens) > 1 and tokens[-1] in _PREPOSITIONS:
                self._put("m", name, place, tokens[:-1])

    def _add_passives(self, name: str, texts: tuple[str, ...]) -> None:
        for place, text in enumerate(texts):
            tokens = split(text)
            self._put("p", name, place, tokens)
            if tokens and tokens[0] in _BE:
                tokens = tokens[1:]
            self._put("bp", name, place, tokens)
            if len(tokens) > 1 and tokens[-1] in _PREPOSITIONS:
                self._put("rp", name, place, tokens[:-1])

    def find(self, words: tuple[str, ...]) -> Mapping[str, Mapping[int, tuple[Hit, ...]]]:
        """Find every wording in a question: kind -> place -> hits, longest first."""
        found: dict[str, dict[int, list[Hit]]] = {}
        for at, word in enumerate(words):
            for tokens, phrase_kind, value, place in self._phrases.get(word, ()):
                kind, end = phrase_kind, at + len(tokens)
                if len(tokens) == 1 or words[at:end] == tokens:
                    if kind == _WITH_WORD:
                        end = self._after_identifier_word(words, end)
                        if not end:
                            continue
                        kind = "id"
                    hits = found.setdefault(kind, {}).setdefault(at, [])
                    hit = Hit(end, kind, value, place)
                    if not any(other[:3] == hit[:3] for other in hits):
                        hits.append(hit)
        return {
            kind: {at: _longest(hits) for at, hits in places.items()}
            for kind, places in found.items()
        }

    def _after_identifier_word(self, words: tuple[str, ...], at: int) -> int:
        """Where the word for an identifier ends that begins at a place, 0 if there is none."""
        ends = (at + len(run) for run in self._identifier_words if words[at : at + len(run)] == run)
        return max(ends, default=0)

    def clause_frames(self, present: frozenset[str]) -> list[Frame]:
        """The frames that the registry's clauses and questions make, where their words occur."""
        frames: list[Frame] = []
        for clause in self.clauses:
            if clause.literals <= present:
                made = self._frames.get(clause)
                if made is None:
                    made = self._frames[clause] = self._make(clause)
                frames.extend(made)
        return frames

    def _make(self, clause: Clause) -> tuple[Frame, ...]:
        pattern = _as_pattern(clause.text)
        options = {"predicate": clause.predicate}
        if clause.is_question:
            if "{s}" in pattern and "{o}" in pattern:  # "how are S and O related"
                return (self._grammar.frame(pattern, "path", {}),)
            form = "list" if "{s}" in pattern else "reverse"
            return (self._grammar.frame(pattern, form, options),)
        made: list[Frame] = []
        for form, template in self.tables.clause_frames:
            text = template.replace("CLAUSE", pattern)
            if form == "list":
                text = text.replace("{o}", self.tables.what)
            elif form == "reverse":
                text = text.replace("{s}", self.tables.what)
            made.append(self._grammar.frame(text, form, options))
        return tuple(made)


def _longest(hits: list[Hit]) -> tuple[Hit, ...]:
    """The longest wording of each predicate at one place, the longest first."""
    ordered = sorted(hits, key=lambda hit: (-hit.end, hit.place))
    return tuple({hit.value: hit for hit in reversed(ordered)}.values())[::-1]


def _as_pattern(text: str) -> str:
    """A wording with slots as a frame's elements, each literal token its own."""
    parts: list[str] = []
    for piece in text.rstrip("?？。. ").replace("{", "\0{").replace("}", "}\0").split("\0"):
        if piece[:1] == "{":
            parts.append(piece)
        elif tokens := split(piece):
            parts.append("_".join(tokens))
    return " ".join(parts)
