"""What stands around concepts: a run's arrays say what the graph says, and rows are the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kgmed.builders.datasets.around import OfFeed
from kgmed.builders.datasets.block import PartBlock
from kgmed.builders.datasets.feed import Feed
from kgmed.builders.datasets.model import Draft
from kgmed.builders.datasets.naming import common_words_of
from kgmed.builders.datasets.negatives.around import OfStore
from kgmed.builders.datasets.negatives.corrupt import CLASSES
from kgmed.builders.datasets.prepare import prepare
from kgmed.builders.datasets.tasks import TASKS, Context, context_of, read_block
from kgmed.facade import Graph
from kgmed.facade.judging import Verdicts
from kgmed.kg.predicates import registry
from kgmed.kg.verbalize.names import small

WARFARIN = "drugbank:DB00682"


@pytest.fixture(scope="module")
def feed(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Feed:
    folder = tmp_path_factory.mktemp("feed") / "files"
    prepare(graph.local_store().snapshot, folder, languages=["en", "zh"])
    return Feed(folder)


@pytest.fixture(scope="module")
def common(graph: Graph) -> frozenset[str]:
    return common_words_of(graph.local_store().snapshot)


@pytest.fixture(scope="module")
def context(graph: Graph, common: frozenset[str]) -> Context:
    store = graph.store
    return context_of(store, registry(), verdicts=Verdicts(store), common=common)


def sample(feed: Feed) -> Iterator[str]:
    yield WARFARIN
    for number in range(0, feed.concepts, 97):
        yield feed.ids[number].as_py()


def test_arrays_say_what_the_graph_says(graph: Graph, feed: Feed) -> None:
    arrays, store = OfFeed(feed), OfStore(graph.store)
    for id in sample(feed):
        assert arrays.categories(id) == tuple(sorted(store.categories(id)))
        assert arrays.degree(id) == store.degree(id)
        assert arrays.over(id, CLASSES) == store.over(id, CLASSES)
        assert arrays.under(id, "in_drug_class") == store.under(id, "in_drug_class")
        assert arrays.ends(id) == store.ends(id), id


def test_an_unknown_id_has_nothing_around_it(feed: Feed) -> None:
    arrays = OfFeed(feed)
    assert arrays.ends("umls:none") == arrays.under("umls:none", "treats") == []
    assert (arrays.categories("umls:none"), arrays.degree("umls:none")) == ((), 0)
    assert arrays.name("umls:none", "en") is None


def test_numbers_and_ids_give_the_same_verdicts(graph: Graph, feed: Feed, context: Context) -> None:
    from kgmed.builders.datasets.negatives import Claimed

    drugs = [edge.object for edge in graph.store.neighbors([WARFARIN], limit=300)[0]]
    claims = [Claimed(WARFARIN, "interacts_with", drug) for drug in drugs]
    claims += [Claimed(drug, "treats", WARFARIN) for drug in drugs]
    claims += [Claimed(drug, "treats", "umls:none") for drug in drugs[:3]]
    judge = Verdicts(graph.store)
    assert judge.numbered(OfFeed(feed).number)(claims) == judge(claims)
    assert {"SUPPORTED", "REFUTED", "NOT_COVERED"} <= set(judge(claims))


def said(drafts: list[Draft]) -> list[tuple[object, ...]]:
    return sorted((d.messages, d.rationale, sorted(f.ids for f in d.facts)) for d in drafts)


@pytest.mark.parametrize("task", ["multi_hop", "comparison", "dialogue"])
def test_neighbours_of_arrays_are_those_of_the_graph(
    graph: Graph, feed: Feed, context: Context, task: str
) -> None:
    part = max(range(len(feed)), key=feed.weights().__getitem__)
    block = PartBlock.of_part(feed, part)
    few = [entity.id for entity in block.entities][:400]
    stored = read_block(graph.store, few)
    fitting = type(block)(feed, block.numbers[: len(few)])
    assert [e.id for e in fitting.entities] == [e.id for e in stored.entities]
    make = TASKS[task].make
    found = said(list(make(fitting, "zh", context)))
    assert found == said(list(make(stored, "zh", context)))
    assert found or task != "multi_hop"


def test_common_nouns_of_the_graph_are_written_small(feed: Feed, common: frozenset[str]) -> None:
    names = [
        "Warfarin", "Enzyme Inhibitors", "Allergic conjunctivitis", "Medroxyprogesterone Acetate",
        "Nausea", "Parkinson's Disease", "Hodgkin lymphoma", "Crohn disease", "Down syndrome",
        "DNA", "Wilson disease", "Vitamin B12", "Genvoya", "Streptococcus pneumoniae",
    ]  # fmt: skip
    assert [small(name, common) for name in names] == [
        "warfarin", "enzyme inhibitors", "allergic conjunctivitis", "medroxyprogesterone acetate",
        "nausea", "Parkinson's disease", "Hodgkin lymphoma", "Crohn disease", "Down syndrome",
        "DNA", "Wilson disease", "vitamin B12", "Genvoya", "Streptococcus pneumoniae",
    ]  # fmt: skip
    assert OfFeed(feed).name(WARFARIN, "en") == "warfarin"


def test_no_abstention_of_a_name_that_two_concepts_have(
    graph: Graph, feed: Feed, context: Context
) -> None:
    from kgmed.kg.linking.normalize import key

    made = [
        d
        for p in range(len(feed))
        for d in TASKS["abstention"].make(PartBlock.of_part(feed, p), "en", context)
    ]
    ids = sorted({draft.about[0] for draft in made})
    names = [OfFeed(feed).name(id, "en") or "" for id in ids]
    for id, hits in zip(ids, graph.store.lexicon.exact([key(n) for n in names]), strict=True):
        assert {other for other, _name in hits} <= {id}
    assert all(", " not in name for name in names)


def test_no_option_is_given_away_by_the_question(feed: Feed, context: Context) -> None:
    for draft in TASKS["multiple_choice"].make(PartBlock.of_part(feed, 0), "en", context):
        lines = draft.messages[0][1].casefold().split("\n")
        options = {line[0]: line[3:] for line in lines[1:]}
        true = options.pop(draft.extra["answer"].casefold())
        held = true in lines[0] and not any(other in lines[0] for other in options.values())
        assert not held, lines


def test_what_a_link_joins_no_statement_joins(graph: Graph, feed: Feed, context: Context) -> None:
    pairs = []
    for draft in TASKS["multi_hop"].make(PartBlock.of_part(feed, 0), "zh", context):
        if draft.extra["kind"] == "link":
            first, last = ({f.subject, f.object} for f in draft.facts)
            pairs.append(tuple(sorted(first ^ last)))
    assert len(pairs) > 100
    assert not any(graph.store.between(pairs))
