"""An optional last look at a span's candidates by a text encoder: which fits the sentence best.

A :class:`Reranker` scores the candidates of a span in its text; :func:`reranked` puts them in order
by what the linker and it say together. :class:`EncoderReranker` is one over any encoder of a
folder, as sentence-transformers or transformers save it: the span in its sentence and each
candidate's name and category become vectors, and their cosine says how well they fit.

It needs torch and transformers (``pip install "kgmed[rerank]"``), is off unless asked for, and
reads a folder only: nothing is fetched, and no code that lies with a model is run.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from kgmed.kg.categories import label
from kgmed.kg.linking.link import Candidate

if TYPE_CHECKING:
    from kgmed.kg.linking.encoder import Vectors

WEIGHT = 0.3
"""Share of a score that the re-ranker decides."""
CONTEXT = 100
"""Characters on each side of a span that the encoder reads."""
KEPT = 50_000
"""Vectors of candidates that are kept for the next span."""


class Reranker(Protocol):
    """Scores the candidates of a span."""

    def scores(
        self, text: str, start: int, end: int, candidates: Sequence[Candidate]
    ) -> Sequence[float]:
        """How well each candidate fits the span ``text[start:end]``, 0-1, in their order."""
        ...


def reranked(
    reranker: Reranker, text: str, start: int, end: int, candidates: Sequence[Candidate]
) -> list[Candidate]:
    """Candidates in order by ``score * (1 - WEIGHT + WEIGHT * fit)``, which becomes their score.

    The factor is one more of their ``parts``. Equal ones stay as they were. A candidate alone has
    no rival, and stays as it is.
    """
    if len(candidates) < 2:
        return list(candidates)
    fits = reranker.scores(text, start, end, candidates)
    found = []
    for candidate, fit in zip(candidates, fits, strict=True):
        part = round(1 - WEIGHT + WEIGHT * fit, 4)
        found.append(
            replace(
                candidate,
                score=round(candidate.score * part, 4),
                why=f"{candidate.why}, fit {fit:.2f}",
                parts={**candidate.parts, "fit": part},
            )
        )
    return sorted(found, key=lambda candidate: -candidate.score)


class EncoderReranker:
    """A re-ranker over an encoder in a folder. Keeps the vectors of candidates it has seen.

    ``path`` is a folder of transformers (``config.json``, weights, tokenizer), whose token vectors
    are averaged, or of sentence-transformers (``modules.json``), whose pooling is followed. Raises
    :class:`~kgmed.kg.errors.ConfigError` for another, and
    :class:`~kgmed.kg.errors.MissingExtra` without torch and transformers.
    """

    def __init__(self, path: str | Path, *, device: str = "cpu") -> None:
        from kgmed.kg.linking.encoder import Encoder

        self._encoder = Encoder(Path(path).expanduser(), device=device)
        self._kept: OrderedDict[str, Vectors] = OrderedDict()

    def scores(
        self, text: str, start: int, end: int, candidates: Sequence[Candidate]
    ) -> Sequence[float]:
        """The cosine of the span's sentence and each candidate, from -1..1 to 0..1."""
        import numpy as np

        texts = [f"{candidate.name}, {label(candidate.category)}" for candidate in candidates]
        new = [name for name in dict.fromkeys(texts) if name not in self._kept]
        around = context(text, start, end)
        vectors = self._encoder.encode([around, *new])
        known = {name: self._kept[name] for name in texts if name in self._kept}
        known.update(zip(new, vectors[1:], strict=True))
        for name in texts:
            self._kept[name] = known[name]
            self._kept.move_to_end(name)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        cosines = np.stack([known[name] for name in texts]) @ vectors[0]
        return [float(value) for value in np.clip((cosines + 1) / 2, 0, 1)]


def context(text: str, start: int, end: int) -> str:
    """A span with what stands around it, cut at spaces: what the encoder reads.

    >>> context("Patient with MS on interferon.", 13, 15)
    'Patient with MS on interferon.'
    """
    left, right = max(0, start - CONTEXT), min(len(text), end + CONTEXT)
    before, after = text[left:start], text[end:right]
    if left and " " in before:
        before = before.split(" ", 1)[1]
    if right < len(text) and " " in after:
        after = after.rsplit(" ", 1)[0]
    whole = f"{before}{text[start:end]}{after}"
    return " ".join(whole.encode("utf-8", "replace").decode().split())
