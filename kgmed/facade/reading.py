"""How datasets read texts: by the verifier, which they don't know themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kgmed.builders.datasets.generated.reading import Key, ReadText
    from kgmed.kg.linking.link import Link
    from kgmed.kg.model import Language
    from kgmed.kg.predicates import Registry
    from kgmed.kg.store.base import GraphStore
    from kgmed.reasoning.claims.model import Checked
    from kgmed.reasoning.claims.texts import Extractor


class TextReader:
    """Reads texts against statements: a :class:`~kgmed.builders.datasets.generated.reading.Reader`.

    ``extractor`` takes the claims from a text; with one that asks a language model, claims may be
    worded in any way.
    """

    def __init__(
        self, store: GraphStore, registry: Registry, *, extractor: Extractor | None = None
    ) -> None:
        from kgmed.reasoning.claims.packed import PackVerifier

        self._registry = registry
        self._verifier = PackVerifier(store, registry, extractor=extractor)
        self.reads_all = extractor is not None

    def __call__(self, text: str, lang: Language, statements: Sequence[str] | None, /) -> ReadText:
        from kgmed.builders.datasets.generated.reading import (
            Mention,
            ReadClaim,
            ReadSentence,
            ReadText,
        )

        found = self._verifier.verify(text, statements, lang=lang)
        claims = tuple(
            ReadClaim(
                self._key(checked),
                checked.verdict,
                tuple(s.id for s in checked.proof.statements) if checked.proof else (),
                tuple((e.start, e.end) for e in (checked.claim.subject, checked.claim.object)
                      if not isinstance(e, str)),
                (checked.claim.start, checked.claim.end),
            )
            for checked in found.claims
        )  # fmt: skip
        reasons = {(one.start, one.end): one.reason for one in found.skipped if not one.claimed}
        sentences = []
        for one in self._verifier.sentences(text, lang):
            has = any(c.at[0] < one.end and one.start < c.at[1] for c in claims)
            reason = "" if has else reasons.get((one.start, one.end), "no claim")
            asks = [] if has else self._verifier.asks(one.text, lang)
            sentences.append(ReadSentence(one.start, one.end, one.text, reason, tuple(asks)))
        links = self._verifier.linker.text(text)
        mentions = [Mention(link.start, link.end, link.id) for link in links]
        return ReadText(text, tuple(sentences), claims, tuple(mentions))

    def _key(self, checked: Checked) -> Key:
        claim = checked.claim
        subject, object = _id(claim.subject), _id(claim.object)
        entry = self._registry.get(claim.predicate)
        if entry is not None and entry.symmetric and object < subject:
            subject, object = object, subject
        qualifiers = tuple(sorted((k, str(v)) for k, v in claim.qualifiers.items()))
        return subject, claim.predicate, object, claim.negated, qualifiers


def _id(end: str | Link) -> str:
    return end if isinstance(end, str) else end.id or end.text.casefold()
