"""Scores of links against annotated texts: mention, link and document, and texts to read.

As BC5CDR (BioCreative V, Li et al. 2016, doi:10.1093/database/baw068) is scored by the peers:
a mention counts by its exact span, whatever its type; a link by span and id, where one of the ids
of a composite mention is enough; a document by the set of its ids. Mentions that are annotated
without an id ('-1') count as mentions only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Found = tuple[int, int, str]
"""Start, end, id of a link in a text, offsets in code points."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A span that is annotated; ``ids`` has several where it is composite, none where none fits."""

    start: int
    end: int
    text: str
    ids: tuple[str, ...]
    type: str = ""


@dataclass(frozen=True, slots=True)
class Gold:
    """An annotated text. In PubTator it is the title, one character and the abstract."""

    id: str
    text: str
    mentions: tuple[Mention, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """Right ones, how many were found and how many there are."""

    right: int
    found: int
    there: int

    @property
    def precision(self) -> float:
        """Share of the found ones that are right; 0 where nothing was found."""
        return self.right / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """Share of those there are that are found; 0 where there are none."""
        return self.right / self.there if self.there else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall.

        >>> round(Score(1, 2, 1).f1, 3)
        0.667
        """
        return 2 * self.right / (self.found + self.there) if self.right else 0.0

    def __str__(self) -> str:
        return f"{self.precision:.3f}/{self.recall:.3f}/{self.f1:.3f}"


@dataclass(slots=True)
class Scores:
    """The three scores of a system on texts."""

    mention: Score
    link: Score
    document: Score
    missed: list[tuple[Gold, Mention]] = field(default_factory=list)
    wrong: list[tuple[Gold, Found]] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.mention} | {self.link} | {self.document}"


def score(documents: Sequence[Gold], found: Mapping[str, Iterable[Found]]) -> Scores:
    """Score what was found, by the documents' ids; ``missed`` and ``wrong`` tell links apart.

    A span found twice counts once, with the first id.
    """
    mention, link, document = [0, 0, 0], [0, 0, 0], [0, 0, 0]
    result = Scores(Score(0, 0, 0), Score(0, 0, 0), Score(0, 0, 0))
    for gold in documents:
        spans: dict[tuple[int, int], str] = {}
        for start, end, id in found.get(gold.id, ()):
            spans.setdefault((start, end), id)
        there = {(m.start, m.end): m for m in gold.mentions}
        right = 0
        for (start, end), id in spans.items():
            if (start, end) in there and id in there[start, end].ids:
                right += 1
            else:
                result.wrong.append((gold, (start, end, id)))
        result.missed += [
            (gold, m)
            for span, m in there.items()
            if m.ids and not (span in spans and spans[span] in m.ids)
        ]
        _add(mention, len(spans.keys() & there.keys()), len(spans), len(there))
        _add(link, right, len(spans), sum(bool(m.ids) for m in there.values()))
        ids = {id for m in gold.mentions for id in m.ids}
        have = set(spans.values())
        _add(document, len(ids & have), len(have), len(ids))
    result.mention, result.link = Score(*mention), Score(*link)
    result.document = Score(*document)
    return result


def _add(totals: list[int], right: int, found: int, there: int) -> None:
    for place, value in enumerate((right, found, there)):
        totals[place] += value


def read_pubtator(path: Path) -> Iterator[Gold]:
    """Read a PubTator file; ids are as written, '-1' and '' are none."""
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        lines = block.strip("\n").split("\n")
        if not lines[0]:
            continue
        name, _, title = lines[0].split("|", 2)
        text = title + "\n" + lines[1].split("|", 2)[2]
        mentions = []
        for line in lines[2:]:
            fields = line.split("\t")
            if len(fields) < 6:
                continue  # a relation between two ids
            start, end = int(fields[1]), int(fields[2])
            ids = tuple(id for id in fields[5].split("|") if id not in {"", "-1"})
            if text[start:end] != fields[3]:
                raise ValueError(
                    f"{path.name}, {name}: found {text[start:end]!r} at {start}-{end}, "
                    f"expected {fields[3]!r}"
                )
            mentions.append(Mention(start, end, fields[3], ids, fields[4]))
        yield Gold(name, text, tuple(mentions))
