"""What a graph's facade checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from kgmed.facade.base import Opened

if TYPE_CHECKING:
    from kgmed.kg.model import Language
    from kgmed.reasoning.claims.model import Checked, Claim, Verification
    from kgmed.reasoning.claims.texts import Extractor, TextVerifier
    from kgmed.reasoning.reward import Reward, Weights


class Verifying(Opened):
    """The methods of a graph that tell what it bears out."""

    def verify(
        self, text: str, *, lang: Language | None = None, extractor: Extractor | None = None
    ) -> Verification:
        """The claims of a text, each with its verdict and proof.

        ``extractor`` takes the claims from the text, by rules if none is given; through a language
        model, :class:`~kgmed.reasoning.claims.decompose.Decomposer`. The verdict never asks one.

        >>> found = open_graph().verify("Warfarin interacts with amiodarone. Is it safe?")
        >>> [checked.verdict for checked in found.claims], found.skipped[0].reason
        (['SUPPORTED'], 'question')
        """
        return self._text_verifier(lang, extractor).verify(text, lang=lang)

    def verify_stream(
        self,
        parts: Iterable[str],
        *,
        lang: Language | None = None,
        extractor: Extractor | None = None,
    ) -> Iterator[Verification]:
        """A text that arrives in parts: the verdicts of each sentence as soon as it is whole."""
        return self._text_verifier(lang, extractor).stream(parts, lang=lang)

    def verify_claims(
        self, claims: Iterable[Claim], *, alternatives: bool = False
    ) -> list[Checked]:
        """The verdict of each claim, in order; with ``alternatives`` further proofs, too.

        >>> from kgmed.reasoning.claims.model import Claim
        >>> claim = Claim("drugbank:DB00682", "interacts_with", "drugbank:DB01118")
        >>> open_graph().verify_claims([claim])[0].verdict
        'SUPPORTED'
        """
        from kgmed.reasoning.claims.verify import Verifier

        verifier = Verifier(self.store, self.registry, alternatives=alternatives)
        return verifier.claims(list(claims))

    def rewards(
        self, *, weights: Weights | None = None, extractor: Extractor | None = None
    ) -> Reward:
        """What weighs a model's completions by this graph, for trainers
        (:mod:`kgmed.reasoning.reward`).

        >>> weigh = open_graph().rewards()
        >>> weigh(["Yes.", "No.", "I can't tell."], ["Does warfarin interact with amiodarone?"] * 3)
        [1.0, -1.0, 0.1]
        """
        from kgmed.reasoning.reward import Reward

        return Reward(self.store, self.registry, weights=weights, extractor=extractor)

    def _text_verifier(self, lang: Language | None, extractor: Extractor | None) -> TextVerifier:
        from kgmed.kg.linking.linker import Linker
        from kgmed.reasoning.claims.texts import TextVerifier
        from kgmed.reasoning.claims.verify import Verifier

        verifier = Verifier(self.store, self.registry, lang=lang)
        return TextVerifier(
            Linker(self.store), verifier, snapshot=self.info().snapshot, extractor=extractor
        )
