"""Which rows share text with a benchmark: a model trained on them has seen the test.

Three rules, over texts in lower case without accents, marks and spaces; the first two are those of
GPT-3 (https://arxiv.org/abs/2005.14165, appendix C) and of the Pile's evaluation sets:

    words        13 words in a row are the same
    characters   64 characters in a row are the same
    whole        the row holds a whole question or statement of the benchmark of 5 to 12 words, or
                 10 to 63 characters where it is Chinese: questions are often that short

What is shorter is no sign of a benchmark, nor is the name of something, however long it is: options
and keywords name what rows speak of.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kgmed.kg.linking.normalize import is_cjk
from kgmed.kg.linking.traditional import simplified

WORDS, CHARACTERS = 13, 64
LEAST_WORDS, LEAST_CHINESE = 5, 10
"""Words of the shortest whole text that counts, and characters of a Chinese one."""
WORD_BLOCK, CHARACTER_BLOCK = (WORDS + 1) // 2, CHARACTERS // 2
QUESTIONS = frozenset(
    {"question", "query", "prompt", "problem", "stem", "instruction", "input", "sentence", "claim",
     "content", "value", "text", "问题", "题干", "题目"}
)  # fmt: skip
"""Fields that hold what is asked."""
_ENDS = ("?", "？", ".", "。", ":", "：")
_WORD = re.compile(r"[a-z0-9]+|[^\W_a-z0-9]")


@dataclass(frozen=True, slots=True)
class BenchmarkText:
    """A text, and where it stands: the file, the record's number from 1, and its field."""

    file: str
    record: int
    field: str
    text: str

    @property
    def place(self) -> str:
        """Where it stands, to be told.

        >>> BenchmarkText("medqa.jsonl", 7, "question", "...").place
        'medqa.jsonl record 7, question'
        """
        return f"{self.file} record {self.record}, {self.field}"

    @property
    def asks(self) -> bool:
        """Whether it may be a question or a statement, and not the name of something, as options
        and keywords are: by its field, or by the mark at its end.

        >>> BenchmarkText("a", 1, "options.A", "Vascular endothelial growth factor A").asks
        False
        >>> BenchmarkText("a", 1, "Q", "What treats gout?").asks
        True
        """
        field = self.field.rpartition(".")[2].casefold()
        return field in QUESTIONS or self.text.rstrip().endswith(_ENDS)


@dataclass(frozen=True, slots=True)
class Overlap:
    """What a text shares with a benchmark: by which rule, where that stands, and the shared words
    or characters, as they were compared."""

    rule: str
    place: str
    shared: str


class Contamination:
    """The texts of benchmarks, ready to be compared with rows.

    Of each text every block of half a rule's length is remembered, from its start on without
    overlap: any stretch of the rule's length holds a whole block. Memory is about 40 bytes a word.

    >>> asked = BenchmarkText("exam.jsonl", 1, "question", "Which drugs does warfarin act with?")
    >>> known = Contamination([asked])
    >>> known.overlap("Q: Which drugs does Warfarin act with? A: Aspirin.").rule
    'whole'
    >>> known.overlap("Which drugs does aspirin act with?") is None
    True
    """

    def __init__(self, texts: Iterable[BenchmarkText]) -> None:
        self._places: list[str] = []
        self._words: list[list[str]] = []
        self._letters: list[str] = []
        self._word_blocks: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._letter_blocks: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._whole: dict[str, dict[str, int]] = defaultdict(dict)
        for text in texts:
            self._add(text)

    def __len__(self) -> int:
        return len(self._places)

    def _add(self, text: BenchmarkText) -> None:
        words = compared(text.text)
        letters = "".join(words)
        chinese = any(is_cjk(word[0]) for word in words)
        short = len(letters) < CHARACTERS if chinese else len(words) < WORDS
        least = len(letters) >= LEAST_CHINESE if chinese else len(words) >= LEAST_WORDS
        if not least:
            return
        number = len(self._places)
        self._places.append(text.place)
        self._words.append(words)
        self._letters.append(letters)
        if short and text.asks:
            self._whole[" ".join(words[:3])].setdefault(" ".join(words), number)
        if not chinese:
            for at in range(0, len(words) - WORD_BLOCK + 1, WORD_BLOCK):
                self._word_blocks[" ".join(words[at : at + WORD_BLOCK])].append((number, at))
        for at in range(0, len(letters) - CHARACTER_BLOCK + 1, CHARACTER_BLOCK):
            self._letter_blocks[letters[at : at + CHARACTER_BLOCK]].append((number, at))

    def overlap(self, text: str) -> Overlap | None:
        """What a row's text shares with a benchmark, by the first rule that holds; or None."""
        return next(self._shared(text), None)

    def overlaps(self, text: str) -> list[Overlap]:
        """What a row's text shares with each text of the benchmarks that it shares anything with,
        by the first rule that holds."""
        found: dict[str, Overlap] = {}
        for overlap in self._shared(text):
            found.setdefault(overlap.place, overlap)
        return list(found.values())

    def _shared(self, text: str) -> Iterator[Overlap]:
        """Every overlap, in the order of the rules; a text may come several times."""
        words = compared(text)
        yield from self._by_words(words)
        yield from self._by_whole(words)
        yield from self._by_letters("".join(words))

    def _by_words(self, words: list[str]) -> Iterator[Overlap]:
        for at in range(len(words) - WORD_BLOCK + 1):
            for number, there in self._word_blocks.get(" ".join(words[at : at + WORD_BLOCK]), ()):
                found = _stretch(words, at, self._words[number], there, WORD_BLOCK)
                if found[1] - found[0] >= WORDS:
                    yield Overlap("words", self._places[number], " ".join(words[slice(*found)]))

    def _by_letters(self, letters: str) -> Iterator[Overlap]:
        size = CHARACTER_BLOCK
        if not self._letter_blocks:
            return
        for at in range(len(letters) - size + 1):
            for number, there in self._letter_blocks.get(letters[at : at + size], ()):
                found = _stretch(letters, at, self._letters[number], there, size)
                if found[1] - found[0] >= CHARACTERS:
                    yield Overlap("characters", self._places[number], letters[slice(*found)])

    def _by_whole(self, words: list[str]) -> Iterator[Overlap]:
        for at in range(len(words) - 2):
            wholes = self._whole.get(" ".join(words[at : at + 3]))
            if wholes is None:
                continue
            for whole, number in wholes.items():
                if words[at : at + len(self._words[number])] == self._words[number]:
                    yield Overlap("whole", self._places[number], whole)


def _stretch(
    mine: Sequence[str], at: int, theirs: Sequence[str], there: int, size: int
) -> tuple[int, int]:
    """The longest equal stretch around equal blocks, as (start, end) in ``mine``."""
    before = 0
    while before < min(at, there) and mine[at - before - 1] == theirs[there - before - 1]:
        before += 1
    past, most = size, min(len(mine) - at, len(theirs) - there)
    while past < most and mine[at + past] == theirs[there + past]:
        past += 1
    return at - before, at + past


def compared(text: str) -> list[str]:
    """The words of a text as they are compared; each Chinese character is one, simplified.

    >>> compared("Naïve T-cells; 糖尿病")
    ['naive', 't', 'cells', '糖', '尿', '病']
    """
    folded = text.lower()
    if not folded.isascii():
        parts = unicodedata.normalize("NFKD", folded)
        folded = simplified("".join(c for c in parts if not unicodedata.combining(c)))
    return _WORD.findall(folded)
