"""How one language tells a graph's facts, for writers of many texts: what a process looks up once.

Texts are streams of numbered pieces - names, what stands between them, numbers of a list - and are
joined at the end, all at once. :class:`Voice` numbers what doesn't depend on names.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kgmed.builders.datasets.corpus.common import OTHER
from kgmed.builders.datasets.feed import Feed
from kgmed.kg.categories import label
from kgmed.kg.model import Language
from kgmed.kg.verbalize import Verbalizer, english, narrate
from kgmed.kg.verbalize.describe import is_a, opens, ranks
from kgmed.kg.verbalize.grouping import Shape, shape
from kgmed.kg.verbalize.number import opening
from kgmed.kg.verbalize.template import STOPS

WORDINGS = 3
"""Turns that the wordings of a passage or a narrative take."""
ONE, MANY, LIST = range(3)
"""The number of what is listed, as in :data:`kgmed.kg.verbalize.english.Number`."""
_NUMBERS: tuple[english.Number, ...] = ("one", "many", "list")
_NO_WORD = ("concept", "概念")
"""What a category without a word of its own is called: "X is a concept" says nothing."""


class Voice:
    """A language's pieces and wordings.

    ``told`` marks the concepts with a name in the language, ``named`` those with one that may stand
    in for it, too; shapes (concepts,). Of predicates, by code: ``rank`` is their place in a
    paragraph, ``symmetric``, ``negated`` and ``weight`` what their names say.
    """

    def __init__(self, feed: Feed, lang: Language, say: Verbalizer) -> None:
        self.feed, self.lang, self.say = feed, lang, say
        self.fallback: Language | None = OTHER.get(lang)
        if self.fallback not in feed.languages():
            self.fallback = None
        self.told = _valid(feed, lang)
        self.named = self.told | _valid(feed, self.fallback) if self.fallback else self.told
        names = [name for name, _negated in feed.predicates]
        entries = [say.registry.get(name) for name in names]
        self.negated = np.array([negated for _name, negated in feed.predicates], bool)
        self.symmetric = np.array([e is not None and e.symmetric for e in entries], bool)
        self.weight = np.array([e.weight if e is not None else 0.0 for e in entries])
        self.weight_rank = np.unique(-self.weight, return_inverse=True)[1]
        order = ranks(say)
        known = sorted(set(names), key=lambda name: (order.get(name, len(order)), name))
        self.rank = np.array([known.index(name) for name in names], np.int64)
        self.fixed: list[str] = [""]
        self._fixed: dict[str, int] = {"": 0}
        self.space = self.piece("" if lang == "zh" else " ")
        self.stop = self.piece(STOPS[lang])
        self.pronouns = np.array([[self.piece(t), self.piece(opening(t))] for t in ("it", "they")])
        self.between, self.last = (
            [self.piece(text) for text in texts]
            for texts in ((("、", "；"), ("和", "；和")) if lang == "zh"
                          else ((", ", "; "), (" and ", "; and ")))
        )  # fmt: skip
        self.kind = np.array([self._kinds(names) for names in feed.categories] or [[0, 0]])
        firsts = [names[0] if names else "" for names in feed.categories]
        sorted_firsts = sorted({"", *firsts})
        self.category = np.array([sorted_firsts.index(name) for name in firsts] or [0], np.int64)
        self.wordings = np.array([say.wordings(name, lang) for name in names] or [1], np.int64)
        self._template_of = np.full(len(names) * 4 * int(self.wordings.max()), -1, np.int32)
        self.templates = _Table(6)
        self.tails: dict[str, tuple[str, int]] = {}
        self.no_category = sorted_firsts.index("")
        self._pronoun = np.full((len(names), 2), -1, np.int8)
        self._shape_of = np.full(len(names) * 2 * 2 * 3 * 2 * WORDINGS, -1, np.int32)
        self.shapes = _Table(6)
        self._step_of = np.full(len(names) * 2 * 2 * 2 * 2 * WORDINGS, -1, np.int32)
        self.steps = _Table(6)

    def piece(self, text: str) -> int:
        """The number of a piece that is no name."""
        found = self._fixed.get(text)
        if found is None:
            found = self._fixed[text] = len(self.fixed)
            self.fixed.append(text)
        return found

    def _kinds(self, categories: tuple[str, ...]) -> list[int]:
        """What stands behind a name, and behind a plural one, for a set of categories."""
        known = [c for c in categories if label(c, language=self.lang) not in _NO_WORD]
        if not known or known[0] == "NamedThing":
            return [0, 0]
        many = (False, self.lang == "en")
        return [self.piece(is_a(known[0], self.lang, many=some)) for some in many]

    def takes_pronoun(
        self, code: npt.NDArray[Any], inverse: npt.NDArray[Any]
    ) -> npt.NDArray[np.bool_]:
        """Whether predicates have wordings that open with the end told from. Shapes (n,)."""
        if self.lang == "zh":
            return np.zeros(len(code), bool)
        found = self._pronoun[code, inverse]
        if (found < 0).any():
            for way in (0, 1):
                for at in np.unique(code[inverse == way]).tolist():
                    name = self.feed.predicates[at][0]
                    self._pronoun[at, way] = opens(self.say, name, inverse=bool(way))
            found = self._pronoun[code, inverse]
        return np.asarray(found, bool)

    def shaped(
        self, code: npt.NDArray[Any], inverse: npt.NDArray[Any], pronoun: npt.NDArray[Any],
        *, others: npt.NDArray[Any], plural: npt.NDArray[Any], wording: npt.NDArray[Any],
    ) -> npt.NDArray[np.int32]:  # fmt: skip
        """Rows of :attr:`shapes` - prefix, between, end, and whether the list is first, a name
        opens and closes - of sentences. Shapes (n,); ``others`` is ONE, MANY or LIST."""
        key = (((code * 2 + inverse) * 2 + pronoun) * 3 + others) * 2 + plural
        return self._looked_up(self._shape_of, self.shapes, key * WORDINGS + wording, self._shape)

    def _shape(self, key: int) -> tuple[int, ...]:
        key, wording = divmod(key, WORDINGS)
        key, plural = divmod(key, 2)
        key, others = divmod(key, 3)
        key, pronoun = divmod(key, 2)
        code, inverse = divmod(key, 2)
        options = self.say.choices(
            self.feed.predicates[code][0], self.lang, inverse=bool(inverse),
            listed=others == LIST, opened=bool(pronoun),
        )  # fmt: skip
        made: Shape = shape(
            options[wording % len(options)], self.lang, _NUMBERS[plural], _NUMBERS[others],
            inverse=bool(inverse),
        )  # fmt: skip
        return (*(self.piece(text) for text in made[:3]), *(int(mark) for mark in made[3:]))

    def stepped(
        self, code: npt.NDArray[Any], inverse: npt.NDArray[Any], plurals: tuple[Any, Any],
        wording: npt.NDArray[Any], *, leads: bool,
    ) -> npt.NDArray[np.int32]:  # fmt: skip
        """Rows of :attr:`steps` - what stands before, between and behind the names, as it is and
        where it opens a sentence, whether the subject is first and a name closes it - of steps of a
        path. ``plurals`` are those of subjects and objects; ``leads`` where the sentence may go on
        with "which". Shapes (n,)."""
        key = (((code * 2 + leads) * 2 + inverse) * 2 + plurals[0]) * 2 + plurals[1]
        return self._looked_up(self._step_of, self.steps, key * WORDINGS + wording, self._step)

    def _step(self, key: int) -> tuple[int, ...]:
        key, wording = divmod(key, WORDINGS)
        key, object = divmod(key, 2)
        key, subject = divmod(key, 2)
        key, inverse = divmod(key, 2)
        code, leads = divmod(key, 2)
        made = narrate.worded(
            self.say, self.feed.predicates[code][0], self.lang, wording=wording,
            inverse=bool(inverse), numbers={"s": _NUMBERS[subject], "o": _NUMBERS[object]},
            leads=bool(leads),
        )  # fmt: skip
        prefix, between, behind, first, closes = made
        head = opening(prefix) if self.lang == "en" and prefix else prefix
        return (self.piece(prefix), self.piece(head), self.piece(between), self.piece(behind),
                int(first == "s"), int(closes))  # fmt: skip

    def templated(
        self, code: npt.NDArray[Any], plurals: tuple[Any, Any], wording: npt.NDArray[Any]
    ) -> npt.NDArray[np.int32]:
        """Rows of :attr:`templates` - prefix, between, and what stands before the stop, whether the
        subject is first, and whether names open and close it - of sentences. Shapes (n,)."""
        key = (code * 2 + plurals[0]) * 2 + plurals[1]
        key = key * int(self.wordings.max()) + wording
        return self._looked_up(self._template_of, self.templates, key, self._template)

    def _template(self, key: int) -> tuple[int, ...]:
        key, wording = divmod(key, int(self.wordings.max()))
        key, object = divmod(key, 2)
        code, subject = divmod(key, 2)
        name, negated = self.feed.predicates[code]
        made = self.say.templates(name, self.lang, negated=negated)[wording]
        many = subject if made.agrees == "s" else object
        prefix, between, suffix = made.plural if made.agrees and many else made.singular
        end = "" if made.closes else suffix.removesuffix(STOPS[self.lang])
        return (self.piece(prefix), self.piece(between), self.piece(end), int(made.first == "s"),
                int(made.opens), int(made.closes))  # fmt: skip

    @staticmethod
    def _looked_up(
        known: npt.NDArray[np.int32], table: _Table, keys: npt.NDArray[Any], make: Any
    ) -> npt.NDArray[np.int32]:
        missing = keys[known[keys] < 0]
        for key in np.unique(missing).tolist():
            known[key] = table.add(make(key))
        found: npt.NDArray[np.int32] = known[keys]
        return found


class _Table:
    """Rows of numbers that grow in number."""

    def __init__(self, columns: int) -> None:
        self._rows = np.zeros((64, columns), np.int32)
        self._count = 0

    def add(self, row: tuple[int, ...]) -> int:
        """Add a row; its place."""
        if self._count == len(self._rows):
            self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
        self._rows[self._count] = row
        self._count += 1
        return self._count - 1

    def columns(self, rows: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
        """The columns of some rows; shape (columns, n)."""
        found: npt.NDArray[np.int32] = self._rows[rows].T
        return found


def _valid(feed: Feed, lang: Language) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = feed.names(lang).is_valid().to_numpy(zero_copy_only=False)
    return found
