"""What kgmed writes, its own verifier reads: statements in every wording, linked and extracted."""

from __future__ import annotations

from collections import Counter

import pytest
from verbalize_read import Tally, read_back, sample, share

from kgmed.facade import Graph


def summed(tally: Tally, lang: str) -> Counter[str]:
    total: Counter[str] = Counter()
    for (_predicate, language), counts in tally.by_predicate.items():
        if language == lang:
            total += counts
    return total


@pytest.fixture(scope="module")
def told(graph: Graph) -> Tally:
    """Statements of every predicate, at most ten of each, in all their wordings."""
    return read_back(graph, sample(graph, 600, seed=11, most=10))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_sentence_gives_its_claim_back(told: Tally, lang: str) -> None:
    counts = summed(told, lang)
    assert counts.total() > 2000
    assert share(counts) >= 0.99, [read.text for read in told.misread]
    right = counts["agrees"] + counts["ambiguous"]
    assert right >= 0.9 * counts.total(), counts


def test_every_predicate_of_the_open_graph_is_read(graph: Graph, told: Tally) -> None:
    read = {predicate for predicate, _lang in told.by_predicate}
    assert read == set(graph.info().predicates)
    unread = {
        predicate
        for predicate in read
        if not any(
            counts["agrees"] for (name, _), counts in told.by_predicate.items() if name == predicate
        )
    }
    assert unread == set()


def test_a_denied_sentence_gives_its_denial_back(graph: Graph) -> None:
    denied = read_back(graph, sample(graph, 200, seed=12, most=4), negated=True)
    assert denied.extracted >= 0.98, [read.text for read in denied.misread]


def test_a_sentence_written_is_supported(graph: Graph) -> None:
    """Through the verifier itself, verdict and all."""
    from kgmed.kg.verbalize import Verbalizer
    from kgmed.kg.verbalize.names import display_names

    say, refuted = Verbalizer(graph.registry), []
    supported = total = 0
    statements = sample(graph, 150, seed=13)
    for lang in ("en", "zh"):
        ids = [id for s in statements for id in (s.subject, s.object)]
        names = display_names(graph.store, ids, lang=lang)
        for turn, statement in enumerate(statements):
            text = say.statement(statement, names, lang=lang, wording=turn)
            verdicts = [checked.verdict for checked in graph.verify(text, lang=lang).claims]
            total += 1
            supported += "SUPPORTED" in verdicts
            refuted += [text] if "REFUTED" in verdicts else []
    assert refuted == []
    assert supported >= 0.95 * total
