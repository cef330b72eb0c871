"""Open answers beside a reference: BLEU, ROUGE-L, distinct-n.

English by words, Chinese by characters.

BLEU is sacrebleu's (Post 2018, https://aclanthology.org/W18-6319), with the tokenizer 13a or zh and
its signature. ROUGE-L is written here, in the form of Google's rouge-score without stemming: that
package had its last release in 2022, brings NLTK along, and reads ASCII alone, so that Chinese
answers score 0 (https://github.com/google/adk-python/pull/4143).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kgmed.kg.errors import MissingExtra
from kgmed.reasoning.evaluation.measures.resampling import STANDARD, Interval, Resampling, mean
from kgmed.reasoning.evaluation.runs import Record

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_TOKEN = re.compile(rf"[{_HAN}]|[^\W_{_HAN}]+")


@dataclass(frozen=True, slots=True)
class Texts:
    """Open answers of one language beside their references.

    ``bleu`` is 0 to 100 over all of them, with sacrebleu's ``signature``, None where that package
    isn't installed (``kgmed[evaluate]``). ``rouge_l`` is the mean of F over answers, 0 to 1;
    ``distinct_1`` and ``distinct_2`` say how varied the answers are. ``words`` is the mean length
    in tokens.
    """

    lang: str
    answers: int
    bleu: float | None
    signature: str
    rouge_l: Interval
    distinct_1: float
    distinct_2: float
    words: float


def texts(records: Sequence[Record], *, how: Resampling = STANDARD) -> tuple[Texts, ...]:
    """The open answers of a run that have a reference, one entry a language; () without any.

    An item that wasn't answered counts as an empty answer.
    """
    found = []
    held = [record for record in records if record["kind"] == "open" and record["answer"]]
    for lang in sorted({record["lang"] for record in held}):
        own = [record for record in held if record["lang"] == lang]
        said = ["" if record["abstained"] else record["text"] for record in own]
        wanted = [record["answer"] for record in own]
        split = [tokens(text) for text in said]
        rouge = np.array(
            [rouge_l(a, tokens(b)) for a, b in zip(split, wanted, strict=True)], dtype=float
        )
        value, signature = _bleu_if_installed(said, wanted, lang)
        found.append(
            Texts(
                lang=lang,
                answers=len(own),
                bleu=value,
                signature=signature,
                rouge_l=mean(rouge, how),
                distinct_1=distinct(split, 1),
                distinct_2=distinct(split, 2),
                words=sum(map(len, split)) / len(split),
            )
        )
    return tuple(found)


def _bleu_if_installed(
    said: Sequence[str], wanted: Sequence[str], lang: str
) -> tuple[float | None, str]:
    try:
        return bleu(said, wanted, lang=lang)
    except MissingExtra:
        return None, ""


def bleu(said: Sequence[str], wanted: Sequence[str], *, lang: str) -> tuple[float, str]:
    """Corpus BLEU, 0 to 100, and sacrebleu's signature, which makes the number comparable.

    Raises :class:`~kgmed.kg.errors.MissingExtra` without sacrebleu.
    """
    try:
        from sacrebleu.metrics.bleu import BLEU
    except ImportError as error:
        raise MissingExtra("sacrebleu", "evaluate") from error
    metric = BLEU(tokenize="zh" if lang == "zh" else "13a")
    value = float(metric.corpus_score(list(said), [list(wanted)]).score)
    return value, str(metric.get_signature())


def tokens(text: str) -> list[str]:
    """Words in lower case, and each Chinese character by itself; no punctuation.

    >>> tokens("Warfarin, INR 2-3"), tokens("华法林 5mg")
    (['warfarin', 'inr', '2', '3'], ['华', '法', '林', '5mg'])
    """
    return _TOKEN.findall(text.lower())


def rouge_l(said: Sequence[str], wanted: Sequence[str]) -> float:
    """F1 of the longest common subsequence of two lists of tokens, 0 to 1.

    Lin 2004, https://aclanthology.org/W04-1013, with beta = 1, as rouge-score takes it.

    >>> round(rouge_l("the cat sat".split(), "the cat on the mat sat".split()), 4)
    0.6667
    """
    if not said or not wanted:
        return 0.0
    return 2 * common_length(said, wanted) / (len(said) + len(wanted))


def common_length(first: Sequence[str], second: Sequence[str]) -> int:
    """The length of the longest common subsequence, a bit for each of ``first``.

    Crochemore, Iliopoulos, Pinzon and Reid 2001 (Information Processing Letters 80): rows of the
    table as whole numbers, so that a token costs one addition.

    >>> common_length("ABCBDAB", "BDCABA")
    4
    """
    places: dict[str, int] = {}
    for place, token in enumerate(first):
        places[token] = places.get(token, 0) | 1 << place
    whole = (1 << len(first)) - 1
    row = whole
    for token in second:
        met = row & places.get(token, 0)
        row = (row + met | row - met) & whole
    return len(first) - row.bit_count()


def distinct(lists: Sequence[Sequence[str]], n: int) -> float:
    """Different n-grams divided by all of them, over all texts; 0 where there are none.

    Li et al. 2016, https://aclanthology.org/N16-1014. It falls as texts get longer and more: hold
    it against runs of the same items only.

    >>> distinct([["a", "b", "a", "b"], ["a", "b"]], 2)
    0.5
    """
    grams = [tuple(one[start : start + n]) for one in lists for start in range(len(one) - n + 1)]
    return len(set(grams)) / len(grams) if grams else 0.0
