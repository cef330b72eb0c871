"""UNSUPPORTED claims with how plausible a trained model finds them, and what lies between their
ends.

A source speaks of both ends of such a claim and doesn't state it: it may be false, or merely
missing. Verdict, proof and confidence stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kgmed.kg.errors import UsageError
from kgmed.kg.model import Language, Path
from kgmed.kg.paths.find import find_paths
from kgmed.kg.paths.found import with_names
from kgmed.kg.predicates import Registry
from kgmed.kg.store.base import GraphStore
from kgmed.reasoning.claims.model import Checked, Plausibility
from kgmed.reasoning.claims.rules import Assertion
from kgmed.reasoning.claims.verify import Verifier
from kgmed.reasoning.plausibility.measures.calibrate import at_prior
from kgmed.reasoning.plausibility.scorer import Scorer
from kgmed.reasoning.plausibility.uses.words import sentence

EVEN = 0.5
"""The share of true statements that a model is calibrated for."""
HOPS, PATHS = 3, 3
"""Statements of a path, and paths of a claim, at most."""

Triple = tuple[str, str, str]


def checked_prior(prior: float) -> float:
    """A share of true statements; raises :class:`~kgmed.kg.errors.UsageError` for none."""
    if not 0 < prior < 1:
        raise UsageError(
            f"Found prior={prior:g}, expected the share of true statements: more than 0, less than "
            f"1. Models are calibrated for {EVEN}."
        )
    return prior


def with_plausibility(
    claims: Sequence[Checked], verifier: Verifier, scorer: Scorer, *, prior: float = EVEN
) -> list[Checked]:
    """The same claims, those that are UNSUPPORTED with a plausibility; nothing else differs."""
    found = list(claims)
    places = [n for n, one in enumerate(found) if one.verdict == "UNSUPPORTED"]
    asserted = verifier.asserted([found[n].claim for n in places])
    reasons = [_reason(found[n], one, verifier.registry)
               for n, one in zip(places, asserted, strict=True)]  # fmt: skip
    triples = [_triple(one) for one, reason in zip(asserted, reasons, strict=True) if not reason]
    told = iter(probabilities(scorer, triples, prior=prior))
    for n, one, reason in zip(places, asserted, reasons, strict=True):
        probability, lack = (None, reason) if reason else next(told)
        lang = verifier.lang_of(found[n].claim)
        paths: tuple[Path, ...] = ()
        if one is not None and lack not in ("value", "one_concept"):
            paths = near(verifier.store, verifier.registry, one.subject, one.object, lang)
        unseen = (
            ()
            if one is None or probability is None
            else (id for id in (one.subject, one.object) if not scorer.seen(id))
        )
        names = [c.name_in(lang) for c in verifier.store.concepts(list(unseen)) if c is not None]
        words = sentence(probability, scorer.learned.name, lack, lang, names)
        said = Plausibility(probability, scorer.learned.name, lack, prior, paths, words)
        found[n] = replace(found[n], plausibility=said)
    return found


def _reason(checked: Checked, asserted: Assertion | None, registry: Registry) -> str:
    """Why a claim isn't put to a model; '' where it is."""
    if asserted is None:
        return "not_read"
    entry = registry.get(asserted.predicate)
    if entry is not None and entry.takes_value:
        return "value"
    if checked.claim.negated:
        return "negated"
    return "stated_otherwise" if checked.reason == "qualifiers_differ" else ""


def _triple(asserted: Assertion | None) -> Triple:
    assert asserted is not None  # noqa: S101  for the type checker
    return asserted.subject, asserted.predicate, asserted.object


def probabilities(
    scorer: Scorer, triples: Sequence[Triple], *, prior: float = EVEN
) -> list[tuple[float | None, str]]:
    """For each triple of concept ids its probability, where the share ``prior`` is true, and '';
    or None, and why."""
    told: list[tuple[float | None, str]] = []
    for triple, probability in zip(triples, scorer.score(triples), strict=True):
        if probability is None:
            told.append((None, scorer.lack(*triple)))
        elif not scorer.fits(*triple):
            told.append((None, "unseen_category"))
        else:
            told.append((moved(probability, prior), ""))
    return told


def moved(probability: float, prior: float) -> float:
    """A probability where the share ``prior`` is true, not a half.

    >>> round(moved(0.8, 0.1), 3), moved(1.0, 0.1) < 1
    (0.308, True)
    """
    if prior == EVEN:
        return probability
    bounded = np.clip(np.array([probability]), 1e-9, 1 - 1e-9)
    return float(at_prior(bounded, prior)[0])


def near(
    store: GraphStore, registry: Registry, start: str, end: str, lang: Language
) -> tuple[Path, ...]:
    """The nearest paths between two concepts, the best first, with their concepts' names."""
    found = find_paths(store, start, end, registry=registry, hops=HOPS, limit=PATHS).paths
    ids = list(dict.fromkeys(id for path in found for id in path.nodes))
    names = {c.id: c.name_in(lang) for c in store.concepts(ids) if c is not None}
    return tuple(with_names(path, names) for path in found)
