"""What a graph's facade checks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from kgmed.facade.base import Opened

if TYPE_CHECKING:
    from kgmed.kg.model import Language
    from kgmed.reasoning.claims.model import Checked, Claim, Verification
    from kgmed.reasoning.claims.texts import Extractor, TextVerifier
    from kgmed.reasoning.claims.verify import Verifier
    from kgmed.reasoning.plausibility.scorer import Scorer
    from kgmed.reasoning.reward import Reward, Weights

    More: TypeAlias = Callable[[Sequence[Checked]], list[Checked]]


class Verifying(Opened):
    """The methods of a graph that tell what it bears out.

    ``plausibility`` names a trained model (True for ``default``) that is asked how plausible it
    finds the claims that are UNSUPPORTED, in a mixture of which the share ``prior`` is true; what
    it says stands apart, and changes nothing else. Where there is no such model, or it was trained
    on another snapshot, that is told before a text is read, as
    :meth:`~kgmed.reasoning.plausibility.scorer.Scorer.open` tells it.
    """

    def verify(
        self,
        text: str,
        *,
        lang: Language | None = None,
        extractor: Extractor | None = None,
        plausibility: bool | str | Scorer | None = None,
        prior: float = 0.5,
    ) -> Verification:
        """The claims of a text, each with its verdict and proof.

        ``extractor`` takes the claims from the text, by rules if none is given; through a language
        model, :class:`~kgmed.reasoning.claims.decompose.Decomposer`. The verdict never asks one.

        >>> found = open_graph().verify("Warfarin interacts with amiodarone. Is it safe?")
        >>> [checked.verdict for checked in found.claims], found.skipped[0].reason
        (['SUPPORTED'], 'question')
        """
        verifier = self._verifier(lang)
        more = self._more(plausibility, prior, verifier)
        return self._told(self._text_verifier(verifier, extractor).verify(text, lang=lang), more)

    def verify_stream(
        self,
        parts: Iterable[str],
        *,
        lang: Language | None = None,
        extractor: Extractor | None = None,
        plausibility: bool | str | Scorer | None = None,
        prior: float = 0.5,
    ) -> Iterator[Verification]:
        """A text that arrives in parts: the verdicts of each sentence as soon as it is whole."""
        verifier = self._verifier(lang)
        more = self._more(plausibility, prior, verifier)
        found = self._text_verifier(verifier, extractor).stream(parts, lang=lang)
        return (self._told(one, more) for one in found)

    def verify_claims(
        self,
        claims: Iterable[Claim],
        *,
        alternatives: bool = False,
        plausibility: bool | str | Scorer | None = None,
        prior: float = 0.5,
    ) -> list[Checked]:
        """The verdict of each claim, in order; with ``alternatives`` further proofs, too.

        >>> from kgmed.reasoning.claims.model import Claim
        >>> claim = Claim("drugbank:DB00682", "interacts_with", "drugbank:DB01118")
        >>> open_graph().verify_claims([claim])[0].verdict
        'SUPPORTED'
        """
        from kgmed.reasoning.claims.verify import Verifier

        verifier = Verifier(self.store, self.registry, alternatives=alternatives)
        more = self._more(plausibility, prior, verifier)
        found = verifier.claims(list(claims))
        return found if more is None else more(found)

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

    def _verifier(self, lang: Language | None) -> Verifier:
        from kgmed.reasoning.claims.verify import Verifier

        return Verifier(self.store, self.registry, lang=lang)

    def _text_verifier(self, verifier: Verifier, extractor: Extractor | None) -> TextVerifier:
        from kgmed.kg.linking.linker import Linker
        from kgmed.reasoning.claims.texts import TextVerifier

        return TextVerifier(
            Linker(self.store), verifier, snapshot=self.info().snapshot, extractor=extractor
        )

    def _more(
        self, model: bool | str | Scorer | None, prior: float, verifier: Verifier
    ) -> More | None:
        """What adds the plausibilities to claims; None where no model is asked."""
        if model is None or model is False:
            return None
        from kgmed.reasoning.plausibility.scorer import Scorer
        from kgmed.reasoning.plausibility.stored import DEFAULT
        from kgmed.reasoning.plausibility.uses.claims import checked_prior, with_plausibility

        checked_prior(prior)
        asked = DEFAULT if model is True else model
        if isinstance(asked, str):
            asked = Scorer.open(self.local_store().snapshot, asked)
        return lambda claims: with_plausibility(claims, verifier, asked, prior=prior)

    def _told(self, found: Verification, more: More | None) -> Verification:
        """A verification with its plausibilities, if a model is asked for these."""
        if more is None:
            return found
        begin = time.perf_counter()
        claims = tuple(more(found.claims))
        spent = found.elapsed_ms + round((time.perf_counter() - begin) * 1e3, 3)
        return replace(found, claims=claims, elapsed_ms=spent)
