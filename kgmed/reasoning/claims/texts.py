"""Texts verified: links, claims, verdicts; at once, or sentence by sentence as a text arrives."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Protocol

from kgmed.kg.linking.language import detect_language
from kgmed.kg.linking.link import Link
from kgmed.kg.linking.linker import Linker
from kgmed.kg.model import Language
from kgmed.kg.predicates import Registry
from kgmed.reasoning.claims.extract import extract
from kgmed.reasoning.claims.extract.sentences import sentences
from kgmed.reasoning.claims.model import Checked, Claim, Skipped, Verification
from kgmed.reasoning.claims.verify import Verifier

MAX_SENTENCE = 20_000
"""Code points without a sentence's end after which a stream is verified all the same."""


class Extractor(Protocol):
    """What takes the claims from a text, in its order, and tells what it left out and why.

    By rules: :func:`by_rules`. Through a language model:
    :class:`~kgmed.reasoning.claims.decompose.Decomposer`.
    """

    def __call__(
        self, text: str, linker: Linker, registry: Registry, *, lang: Language | None = None
    ) -> tuple[list[Claim], list[Skipped]]: ...


def by_rules(
    text: str, linker: Linker, registry: Registry, *, lang: Language | None = None
) -> tuple[list[Claim], list[Skipped]]:
    """The claims that are told by cue words between mentions, without a language model."""
    return extract(text, linker.text(text), registry, lang=lang)


class TextVerifier:
    """Verifies texts against one graph, whose snapshot hash the results tell.

    ``extractor`` takes the claims from a text, by rules if none is given. The verdict is the
    verifier's alone.
    """

    def __init__(
        self,
        linker: Linker,
        verifier: Verifier,
        *,
        snapshot: str,
        extractor: Extractor | None = None,
    ) -> None:
        self._linker = linker
        self._verifier = verifier
        self._snapshot = snapshot
        self._extractor = extractor or by_rules

    def verify(self, text: str, *, lang: Language | None = None) -> Verification:
        """The claims of a text with their verdicts, and the sentences that state none."""
        begin = time.perf_counter()
        registry = self._verifier.registry
        claims, skipped = self._extractor(text, self._linker, registry, lang=lang)
        checked = self._verifier.claims(claims)
        spent = round((time.perf_counter() - begin) * 1e3, 3)
        return Verification(
            text, lang or detect_language(text), tuple(checked), tuple(skipped), self._snapshot,
            spent,
        )  # fmt: skip

    def stream(
        self, parts: Iterable[str], *, lang: Language | None = None
    ) -> Iterator[Verification]:
        """A text that arrives in parts: the sentences that are whole, as soon as they are.

        Offsets are those of the whole text. What a sentence's end may still belong to ("0." of
        "0.5 mg") waits for the next part.
        """
        held, start = "", 0
        for part in parts:
            held += part
            over = whole(held)
            if over:
                yield _moved(self.verify(held[:over], lang=lang), start)
                held, start = held[over:], start + over
        if held.strip():
            yield _moved(self.verify(held, lang=lang), start)


def whole(text: str) -> int:
    """Where the last sentence ends that more text can't change; 0 where there is none."""
    ends = [sentence.end for sentence in sentences(text) if _is_whole(text, sentence.end)]
    if not ends:
        return len(text) if len(text) > MAX_SENTENCE else 0
    return ends[-1]


def _is_whole(text: str, end: int) -> bool:
    """Whether a sentence is over: a stop and a blank after it, a Chinese stop, or a line's end."""
    after = text[end : end + 1]
    last = text[:end].rstrip("\"'”’)]』」）")[-1:]
    if last in set("。！？；"):
        return bool(after) or text[end - 1] in "。！？；"
    return after == "\n" or (last in set(".!?;") and after.isspace())


def _moved(found: Verification, by: int) -> Verification:
    if not by:
        return found
    return replace(
        found,
        claims=tuple(
            replace(checked, claim=_moved_claim(checked.claim, by)) for checked in found.claims
        ),
        skipped=tuple(replace(s, start=s.start + by, end=s.end + by) for s in found.skipped),
    )


def _moved_claim(claim: Claim, by: int) -> Claim:
    def end(link: str | Link) -> str | Link:
        if isinstance(link, str):
            return link
        return replace(link, start=link.start + by, end=link.end + by)

    return replace(
        claim, start=claim.start + by, end=claim.end + by,
        subject=end(claim.subject), object=end(claim.object),
    )  # fmt: skip


def counts(claims: Iterable[Checked]) -> dict[str, int]:
    """How many claims got which verdict, in the order of the verdicts."""
    from kgmed.reasoning.claims.model import VERDICTS

    found = dict.fromkeys(VERDICTS, 0)
    for checked in claims:
        found[checked.verdict] += 1
    return {str(verdict): n for verdict, n in found.items() if n}
