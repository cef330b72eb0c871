"""Triples with something to learn in them, and a part of them held out."""

from __future__ import annotations

import pytest
from plausible import toy

from kgmed.reasoning.plausibility.triples.data import Triples
from kgmed.reasoning.plausibility.triples.splits import Split, split


@pytest.fixture(scope="module")
def triples() -> Triples:
    return toy()


@pytest.fixture(scope="module")
def held(triples: Triples) -> Split:
    return split(triples, predicates=["interacts_with", "treats"], share=0.2, seed=1)
