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

from kgmed.builders.datasets.quality.benchmark_texts import BenchmarkText
from kgmed.kg.linking.normalize import is_cjk
from kgmed.kg.linking.traditional import simplified

WORDS, CHARACTERS = 13, 64
LEAST_WORDS, LEAST_CHINESE = 5, 10
"""Words of the shortest whole text that counts, and characters of a Chinese one."""
WORD_BLOCK, CHARACTER_BLOCK = (WORDS + 1) // 2, CHARACTERS // 2
_WORD = re.compile(r"[a-z0-9]+|[^\W_a-z0-9]")


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
        words = compared(text)
        return self._by_words(words) or self._by_whole(words) or self._by_letters("".join(words))

    def _by_words(self, words: list[str]) -> Overlap | None:
        for at in range(len(words) - WORD_BLOCK + 1):
            for number, there in self._word_blocks.get(" ".join(words[at : at + WORD_BLOCK]), ()):
                found = _stretch(words, at, self._words[number], there, WORD_BLOCK)
                if found[1] - found[0] >= WORDS:
                    return Overlap("words", self._places[number], " ".join(words[slice(*found)]))
        return None

    def _by_letters(self, letters: str) -> Overlap | None:
        size = CHARACTER_BLOCK
        if not self._letter_blocks:
            return None
        for at in range(len(letters) - size + 1):
            for number, there in self._letter_blocks.get(letters[at : at + size], ()):
                found = _stretch(letters, at, self._letters[number], there, size)
                if found[1] - found[0] >= CHARACTERS:
                    return Overlap("characters", self._places[number], letters[slice(*found)])
        return None

    def _by_whole(self, words: list[str]) -> Overlap | None:
        for at in range(len(words) - 2):
            wholes = self._whole.get(" ".join(words[at : at + 3]))
            if wholes is None:
                continue
            for whole, number in wholes.items():
                if words[at : at + len(self._words[number])] == self._words[number]:
                    return Overlap("whole", self._places[number], whole)
        return None


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


def message_texts(messages: Iterable[tuple[str, str]]) -> Iterator[str]:
    """What of a row's messages is compared: each by itself, the system's apart."""
    return (text for role, text in messages if role != "system")
