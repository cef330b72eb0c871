"""Instruction tasks: rows of real entities, backed by their facts and read back from their text."""

from __future__ import annotations

import random
import re
from collections import Counter
from typing import get_args

import pytest
from dataset_rows import KNOWN, answer, block_of, context_for, question, read_back, rows
from hypothesis import given
from hypothesis import strategies as st

from kgmed.builders.datasets.model import Block, Draft, Entity, Fact
from kgmed.builders.datasets.tasks import TASKS, read_block
from kgmed.builders.datasets.tasks.chains import chains
from kgmed.builders.datasets.tasks.questions import asked, say, unasked
from kgmed.builders.datasets.tasks.teller import Teller
from kgmed.facade import Graph
from kgmed.kg.linking.normalize import key
from kgmed.kg.model import Language
from kgmed.kg.predicates import registry
from kgmed.kg.verbalize.qualifiers import SEVERITIES
from kgmed.reasoning.claims.model import Claim
from kgmed.reasoning.claims.verify import Verifier

LANGUAGES: tuple[Language, ...] = get_args(Language)
WARFARIN, METFORMIN = KNOWN[:2]
STATED = {"description", "relation_qa", "reverse", "yes_no", "multiple_choice", "multi_hop",
          "comparison", "dialogue", "claim_verification"}  # fmt: skip


@pytest.fixture(scope="module")
def block(graph: Graph) -> Block:
    return block_of(graph, some=500)


@pytest.fixture(scope="module")
def made(graph: Graph, block: Block) -> dict[tuple[str, Language], list[Draft]]:
    return {(task, lang): rows(graph, block, task, lang) for task in TASKS for lang in LANGUAGES}


Made = dict[tuple[str, Language], list[Draft]]


def test_every_task_of_the_design_makes_rows_in_both_languages(made: Made) -> None:
    assert set(TASKS) == STATED | {"abstention", "term_linking", "translation"}
    assert {pair for pair, drafts in made.items() if len(drafts) < 20} == set()
    for (task, lang), drafts in made.items():
        assert {(draft.task, draft.lang) for draft in drafts} == {(task, lang)}


def test_every_row_has_its_facts_or_says_what_it_is_about(made: Made) -> None:
    for (task, _lang), drafts in made.items():
        for draft in drafts:
            assert draft.facts or draft.about, draft
            if task in STATED:
                assert draft.facts, draft


DEBRIS = re.compile(r"\{|\}|  |\bis a [aeio]\w|，，|。。|\bNone\b|、。|\?\.")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_row_shows_a_template(made: Made, lang: Language) -> None:
    for task in TASKS:
        for draft in made[task, lang]:
            for _role, text in (*draft.messages, ("", draft.rationale)):
                assert not DEBRIS.search(text), (task, text)
                assert text.strip() == text, (task, text)


@pytest.mark.parametrize("task", sorted(STATED - {"claim_verification"}))
def test_all_that_a_row_says_of_is_named_in_its_language(
    graph: Graph, made: Made, task: str
) -> None:
    store = graph.store
    for draft in made[task, "zh"]:
        ends = sorted({end for f in draft.facts for end in (f.subject, f.object)})
        for concept in store.concepts(ends):
            assert concept is not None
            assert "zh" in concept.names, (concept.id, answer(draft))


def test_no_row_stands_twice(made: Made) -> None:
    for pair, drafts in made.items():
        texts = Counter((question(d), answer(d)) for d in drafts)
        twice = sum(count - 1 for count in texts.values())
        assert twice <= 1 + len(drafts) * 0.005, (pair, texts.most_common(3))


def test_a_seed_gives_the_same_rows_and_another_one_others(graph: Graph, block: Block) -> None:
    for task in ("relation_qa", "yes_no", "dialogue"):
        first = rows(graph, block, task, "en", seed=3)
        assert rows(graph, block, task, "en", seed=3) == first
        assert rows(graph, block, task, "en", seed=4) != first


# Relation questions


def of(drafts: list[Draft], id: str, predicate: str) -> Draft:
    found = [d for d in drafts if d.key == id and d.facts[0].predicate == predicate]
    assert len(found) == 1, (id, predicate, len(found))
    return found[0]


def test_an_answer_gives_all_that_the_graph_states(graph: Graph, made: Made) -> None:
    draft = of(made["relation_qa", "en"], METFORMIN, "treats")
    edges = graph.store.neighbors([METFORMIN], predicates=["treats"], direction="out")[0]
    assert {i for f in draft.facts for i in f.ids} == {edge.statement for edge in edges}
    for concept in graph.store.concepts([edge.object for edge in edges]):
        assert concept is not None
        assert concept.name.casefold() in answer(draft).casefold()


def test_a_long_list_is_asked_for_by_number(graph: Graph, made: Made) -> None:
    draft = of(made["relation_qa", "en"], WARFARIN, "interacts_with")
    assert question(draft) == "Name ten drugs and substances that interact with Warfarin."
    ends = {fact.other(WARFARIN) for fact in draft.facts}
    assert len(ends) == 10
    edges = graph.store.neighbors([WARFARIN], predicates=["interacts_with"])[0]
    assert ends < {e.object if e.subject == WARFARIN else e.subject for e in edges}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_worst_severity_stands_first(made: Made, lang: Language) -> None:
    words = {
        "en": [s.lower() for s in SEVERITIES],
        "zh": ["禁忌", "严重", "重大", "显著", "中度", "轻度"],
    }[lang]
    marks = re.compile(r"severity: (\w+)" if lang == "en" else r"严重程度：(\w+)）")
    several = 0
    for draft in made["relation_qa", lang]:
        places = [words.index(found) for found in marks.findall(answer(draft))]
        assert places == sorted(places), answer(draft)
        several += len(set(places)) > 1
    assert several > 5


def test_a_predicate_that_nobody_asks_for_is_left_out(graph: Graph, made: Made) -> None:
    none = set(unasked("en"))
    assert "releases" in none
    stated = graph.info().predicates
    left_out = sum(stated.get(name, 0) for name in none)
    assert left_out < 0.001 * sum(stated.values())
    for task in ("relation_qa", "reverse"):
        assert not {f.predicate for d in made[task, "en"] for f in d.facts} & none


def test_both_languages_ask_for_the_same_predicates() -> None:
    for name in registry():
        for inverse in (False, True):
            pair = [asked(name, lang, inverse=inverse) is None for lang in LANGUAGES]
            in_file = name in chained_or_asked()
            assert not in_file or pair[0] == pair[1], (name, inverse)


def chained_or_asked() -> set[str]:
    from kgmed.builders.datasets.tasks.questions import _table

    assert set(_table()) <= set(registry())
    for entry in _table().values():
        assert set(entry) == set(LANGUAGES)
        assert set(entry["en"]) == set(entry["zh"])
    return set(_table())


@given(name=st.text(min_size=1).filter(lambda n: n != "it"))
def test_a_question_holds_the_name_as_it_is(name: str) -> None:
    words = asked("treats", "en")
    assert words is not None
    for text in (*words.asks, words.things):
        said = say(text, name, "en")
        assert name in said
        assert len(re.findall(r"\{\w*\}", said)) == len(re.findall(r"\{\w*\}", name))


# What is not so


def test_only_the_refuted_is_answered_with_no(graph: Graph, made: Made) -> None:
    verifier = Verifier(graph.store, registry())
    kinds: Counter[str] = Counter()
    for draft in made["yes_no", "en"]:
        kinds[draft.extra["answer"]] += 1
        said = {
            "yes": r"Yes\. ",
            "no": r"No\. ",
            "not_listed": r"Not as far|That is not listed|There is no r|It can be n",
        }
        assert re.match(said[draft.extra["answer"]], answer(draft)), answer(draft)
        if draft.extra["answer"] == "yes":
            continue
        subject, predicate, object = draft.key.split()
        verdict = verifier.claim(Claim(subject, predicate, object)).verdict
        assert verdict == draft.extra["verdict"], draft
        assert verdict == ("REFUTED" if draft.extra["answer"] == "no" else "UNSUPPORTED")
    assert min(kinds.values()) > 20, kinds
    assert kinds["no"] + kinds["not_listed"] > 0.6 * kinds["yes"]


def test_what_opposes_a_yes_is_told_with_it(graph: Graph) -> None:
    pair = ("drugbank:DB00331", "umls:C0020538")
    facts = {
        p: Fact((p * 4,), pair[0], p, pair[1], ("infores:test",), ("CC0-1.0",))
        for p in ("treats", "contraindicated_in")
    }
    said = {predicate: [fact] for predicate, fact in facts.items()}
    entity = Entity(pair[0], ("Drug",), {"en": "Metformin"}, said, {}, 2)
    names = {pair[0]: "Metformin", pair[1]: "hypertension"}
    block = Block([entity], lambda found, _lang: names.get(found), lambda _id: False)
    drafts = list(TASKS["yes_no"].make(block, "en", context_for(graph)))
    yes = [d for d in drafts if d.extra["answer"] == "yes"]
    assert len(yes) == 2
    for draft in yes:
        assert sorted(f.ids for f in draft.facts) == sorted(f.ids for f in facts.values())
        assert re.search("contraindicat|should not be used", answer(draft))
        assert re.search("treat", answer(draft))
        assert "Note that this is listed as well" in answer(draft)


def test_distractors_are_not_supported_and_one_option_is_true(graph: Graph, made: Made) -> None:
    verifier = Verifier(graph.store, registry())
    for draft in made["multiple_choice", "en"][:400]:
        _asked, *options = question(draft).split("\n")
        assert [option[:3] for option in options] == ["A. ", "B. ", "C. ", "D. "]
        assert len({option[3:].casefold() for option in options}) == 4
        fact = draft.facts[0]
        for other in draft.about:
            triples = [(fact.subject, other), (other, fact.object)]
            predicate = registry()[fact.predicate]
            if predicate.symmetric:
                triples += [(fact.object, other)]
            verdicts = {verifier.claim(Claim(s, fact.predicate, o)).verdict for s, o in triples}
            assert verdicts != {"SUPPORTED"}, draft
        right = options["ABCD".index(draft.extra["answer"])][3:]
        assert answer(draft).startswith(f"{draft.extra['answer']}. {right}. ")
        ends = graph.store.concepts([fact.subject, fact.object])
        assert right.casefold() in {c.name.casefold() for c in ends if c is not None}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_claim_has_the_verdict_that_the_verifier_gives(
    graph: Graph, made: Made, lang: Language
) -> None:
    verifier = Verifier(graph.store, registry())
    seen: Counter[str] = Counter()
    for draft in made["claim_verification", lang]:
        verdict, fact = draft.extra["verdict"], draft.facts[0]
        seen[verdict] += 1
        if "negative" in draft.extra:
            subject, predicate, object = draft.key.split()
            claim = Claim(subject, predicate, object)
        else:
            claim = Claim(fact.subject, fact.predicate, fact.object, negated=draft.key == "DENIED")
        assert verifier.claim(claim).verdict == verdict, (draft, claim)
    assert set(seen) == {"SUPPORTED", "REFUTED", "UNSUPPORTED", "NOT_COVERED"}


def test_an_abstention_is_of_what_the_graph_does_not_state(graph: Graph, made: Made) -> None:
    for draft in made["abstention", "en"]:
        id, predicate = draft.key.split()
        inverse = predicate.startswith("^")
        below = registry().descendants(predicate.lstrip("^"))
        symmetric = registry()[predicate.lstrip("^")].symmetric
        way = "both" if symmetric else "in" if inverse else "out"
        assert graph.store.neighbors([id], predicates=below, direction=way) == [[]], draft  # type: ignore[arg-type]
        assert draft.about == (id,)
        assert re.search(r"not evidence|may still exist", answer(draft)), answer(draft)
        assert not re.match(r"no\b|none\b", answer(draft), re.IGNORECASE)


def test_nothing_is_asked_in_vain_of_a_salt_or_a_group(graph: Graph, made: Made) -> None:
    asked_of = sorted({id for d in made["abstention", "en"] for id in d.about})
    above = graph.store.neighbors(asked_of, predicates=["form_of", "has_active_ingredient"],
                                  direction="out")  # fmt: skip
    below = graph.store.neighbors(asked_of, predicates=["subclass_of"], direction="in")
    assert not any(above)
    assert not any(below)


# More than one statement


def test_steps_follow_one_another_and_lead_where_nothing_leads_at_once(
    graph: Graph, made: Made
) -> None:
    kinds: Counter[str] = Counter()
    for draft in made["multi_hop", "en"]:
        kinds[draft.extra["kind"]] += 1
        steps = re.findall(r"^Step \d+: ", draft.rationale, re.MULTILINE)
        assert len(steps) >= 2
        assert "Therefore: " in draft.rationale
        if draft.extra["kind"] == "link":
            one, other = draft.facts
            middle = {one.subject, one.object} & {other.subject, other.object}
            assert middle
            start = ({one.subject, one.object} - middle).pop()
            end = ({other.subject, other.object} - middle).pop()
            direct = graph.store.between([(start, end), (end, start)])
            assert not [s for s in direct[0] + direct[1] if s.predicate == one.predicate]
    assert set(kinds) == {"chain", "link", "mechanism"}


def test_a_chain_answers_with_all_that_two_steps_lead_to(graph: Graph, made: Made) -> None:
    """Drug classes of the drugs used to treat a disease, walked by hand."""
    tried = 0
    for draft in made["multi_hop", "en"]:
        if draft.extra["kind"] != "chain" or draft.key != "^treatsin_drug_class":
            continue
        tried += 1
        disease = next(f.object for f in draft.facts if f.predicate == "treats")
        treats = graph.store.neighbors([disease], predicates=["treats"], direction="in")[0]
        drugs = sorted({edge.subject for edge in treats})
        classes = graph.store.neighbors(drugs, predicates=["in_drug_class"], direction="out")
        wanted = {edge.object for edges in classes for edge in edges}
        assert wanted == {f.object for f in draft.facts if f.predicate == "in_drug_class"}
        for concept in graph.store.concepts(sorted(wanted)):
            assert concept is not None
            assert concept.name.casefold() in answer(draft).casefold()
    assert tried


def test_chains_walk_predicates_of_the_registry() -> None:
    for chain in chains():
        for step in (chain.first, chain.second):
            assert step.lstrip("^") in registry()
        assert chain.en.count("{s}") == chain.zh.count("{s}") == 1
    steps = [(chain.first, chain.second) for chain in chains()]
    assert len(set(steps)) == len(steps)


def test_a_comparison_says_shared_what_both_have(graph: Graph, made: Made) -> None:
    compared = 0
    for draft in made["comparison", "en"]:
        one, other = draft.about
        ends: dict[tuple[str, str, bool], set[str]] = {}
        for fact in draft.facts:
            for id in (one, other):
                if id in (fact.subject, fact.object):
                    ends.setdefault((id, fact.predicate, fact.subject == id), set()).add(
                        fact.other(id)
                    )
        shared = any(
            ends[one, predicate, way] & ends.get((other, predicate, way), set())
            for id, predicate, way in ends
            if id == one
        )
        if not any(registry()[f.predicate].symmetric for f in draft.facts):
            assert shared == answer(draft).startswith("Listed for both: "), answer(draft)
            compared += 1
    assert compared > 20


# Dialogues and terms


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_physician_asks_before_it_answers(made: Made, lang: Language) -> None:
    kinds: Counter[str] = Counter()
    lengths: Counter[int] = Counter()
    for draft in made["dialogue", lang]:
        kinds[draft.extra["kind"]] += 1
        roles = [role for role, _text in draft.messages]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        lengths[len(roles) // 2] += 1
        asks = draft.messages[1][1]
        assert re.search(r"\?|？|Please|I need|请|我需要", asks), asks
    assert set(lengths) == {2, 3, 4, 5}
    assert len(kinds) >= 5


def test_an_unlisted_pair_of_drugs_is_never_called_safe(graph: Graph, made: Made) -> None:
    seen = 0
    for draft in made["dialogue", "en"]:
        if draft.extra["kind"] != "other_medicines" or not draft.about:
            continue
        seen += 1
        (mate,) = draft.about
        drug = draft.facts[0].subject
        verifier = Verifier(graph.store, registry())
        pairs = {(drug, mate), (draft.facts[0].object, mate)}
        verdicts = {verifier.claim(Claim(a, "interacts_with", b)).verdict for a, b in pairs}
        assert "UNSUPPORTED" in verdicts
        assert re.search(r"not evidence|does not show", answer(draft))
    assert seen > 20


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_linked_name_means_one_concept(graph: Graph, made: Made, lang: Language) -> None:
    for draft in made["term_linking", lang]:
        if draft.extra["kind"] == "sentence":
            for fact in draft.facts:
                assert fact.subject in answer(draft)
                assert fact.object in answer(draft)
            continue
        (id,) = draft.about
        term = re.findall(r"“(.+?)”", question(draft))[0]
        found = graph.store.lexicon.exact([key(term)])[0]
        assert {concept for concept, _name in found} == {id}
        assert id in answer(draft)


def test_a_translation_is_the_other_name(graph: Graph, made: Made) -> None:
    terms = [d for d in made["translation", "en"] if d.extra["kind"] == "term"]
    for draft in terms:
        concept = graph.store.concepts([draft.about[0]])[0]
        assert concept is not None
        quoted = re.findall(r"“(.+?)”", answer(draft))
        assert {q.casefold() for q in quoted} == {
            concept.names["en"].casefold(), concept.names["zh"].casefold(),
        }  # fmt: skip
    assert {WARFARIN, METFORMIN} <= {d.about[0] for d in terms}


# Reading back


def test_what_rows_say_is_read_back_as_what_they_rest_on(graph: Graph, made: Made) -> None:
    """2,000 rows, from their text alone."""
    chance = random.Random(5)
    for lang in LANGUAGES:
        drafts = [d for task in sorted(STATED) for d in made[task, lang]]
        found = list(read_back(graph, chance.sample(drafts, 1000), lang))
        clear = [read for read in found if not read.homonym]
        misses = [read for read in clear if not read.agrees]
        share = 1 - len(misses) / len(clear)
        lines = [
            f"{m.draft.task}: {m.checked.claim.text!r} -> {m.checked.claim.triple} "
            f"{m.checked.verdict} {m.checked.reason}"
            for m in misses
        ]
        every = sum(read.agrees for read in found) / len(found)
        told = f"{lang}: {share:.4f} of {len(clear)} claims agree, {every:.4f} of {len(found)}"
        print(f"{told} with names that several concepts have", *lines, sep="\n")
        assert len(clear) > 1000
        assert share >= 0.99, "\n".join(lines)


def test_a_teller_chooses_by_seed_and_keeps_the_order(graph: Graph) -> None:
    block = read_block(graph.store, [WARFARIN])
    teller = Teller(block, "en", context_for(graph))
    options = [str(n) for n in range(50)]
    some = teller.some_of(options, 7, "key")
    assert len(some) == 7
    assert some == sorted(some, key=int) == teller.some_of(options, 7, "key")
    assert some != teller.some_of(options, 7, "another key")
    assert teller.some_of(options[:3], 7, "key") == options[:3]
