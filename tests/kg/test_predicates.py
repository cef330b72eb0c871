"""The predicates that ship, and what the loader says of a table that is wrong."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgmed.kg import predicates
from kgmed.kg.categories import PARENTS
from kgmed.kg.errors import RegistryError
from kgmed.kg.plain_toml import read_plain
from kgmed.kg.predicate_table import load
from kgmed.kg.predicates import LANGUAGES, VOCABULARIES, fill, registry

SHIPPED = Path(predicates.__file__).with_name("predicates.toml").read_text(encoding="utf-8")
NAMES = sorted(registry())

# Every link key of DrugMechDB's paths (kb/paths/*.yaml, commit b83cc5dd), and what it means here.
DRUGMECHDB = {
    "actively involved in": "participates_in",
    "affected by": "^affects",
    "affects risk for": "affects_risk_for",
    "ameliorates": "treats",
    "capable of": "capable_of",
    "caused by": "^causes",
    "causes": "causes",
    "chemically similar to": "chemically_similar_to",
    "coexists with": "coexists_with",
    "contraindicated for": "contraindicated_in",
    "contributes to": "contributes_to",
    "correlated with": "correlated_with",
    "decreases abundance of": "decreases_abundance_of",
    "decreases activity of": "decreases_activity_of",
    "decreases expression of": "decreases_expression_of",
    "decreases response to": "decreases_response_to",
    "decreases synthesis of": "decreases_synthesis_of",
    "decreases uptake of": "decreases_uptake_of",
    "derives from": "derives_from",
    "derives into": "derives_into",
    "directly interacts with": "molecularly_interacts_with",
    "disrupted by": "^disrupts",
    "disrupts": "disrupts",
    "enables": "capable_of",
    "exacerbates": "exacerbates",
    "expressed in": "expressed_in",
    "expresses": "^expressed_in",
    "has active ingredient": "has_active_ingredient",
    "has metabolite": "has_metabolite",
    "has output": "produces",
    "has part": "^part_of",
    "has participant": "^participates_in",
    "has phenotype": "has_phenotype",
    "in complex with": "molecularly_interacts_with",
    "in taxon": "in_taxon",
    "increases abundance of": "increases_abundance_of",
    "increases activity of": "increases_activity_of",
    "increases degradation of": "increases_degradation_of",
    "increases expression of": "increases_expression_of",
    "increases response to": "increases_response_to",
    "increases stability of": "increases_stability_of",
    "increases transport of": "increases_transport_of",
    "interacts with": "molecularly_interacts_with",
    "is metabolite of": "^has_metabolite",
    "located in": "located_in",
    "location of": "^located_in",
    "manifestation of": "manifestation_of",
    "molecularly interacts with": "molecularly_interacts_with",
    "negatively correlated with": "negatively_correlated_with",
    "negatively regulates": "negatively_regulates",
    "occurs in": "occurs_in",
    "part of": "part_of",
    "participates in": "participates_in",
    "phenotype of": "^has_phenotype",
    "physically interacts with": "molecularly_interacts_with",
    "positively correlated with": "positively_correlated_with",
    "positively regulates": "positively_regulates",
    "precedes": "precedes",
    "predisposes": "predisposes_to",
    "prevents": "prevents",
    "produced by": "^produces",
    "produces": "produces",
    "regulates": "regulates",
    "similar to": "chemically_similar_to",
    "subclass of": "subclass_of",
    "superclass of": "^subclass_of",
    "treats": "treats",
}

# DrugCentral's actions and class types (rephetio/targets.tsv, classes.tsv, commit 0e085ddb).
DRUGCENTRAL = {
    "activator": "activates",
    "agonist": "agonist_of",
    "allosteric antagonist": "allosteric_antagonist_of",
    "antagonist": "antagonist_of",
    "blocker": "blocks",
    "inhibitor": "inhibits",
    "inverse agonist": "inverse_agonist_of",
    "modulator": "modulates",
    "negative allosteric modulator": "negative_allosteric_modulator_of",
    "opener": "opens",
    "partial agonist": "partial_agonist_of",
    "positive allosteric modulator": "positive_allosteric_modulator_of",
    "positive modulator": "positive_modulator_of",
    "releasing agent": "releases",
    "substrate": "substrate_of",
    "Application": "has_role",
    "Chemical/Ingredient": "has_chemical_structure_class",
    "FDA Established Pharmacologic Class": "in_drug_class",
    "Mechanism of Action": "has_mechanism_of_action",
    "Pharmacological Action": "has_role",
    "Physiologic Effect": "has_physiologic_effect",
}

# CMeKG's 23 predicates (predicate.json).
CMEKG = {
    "相关疾病": "associated_with",
    "相关症状": "associated_with",
    "临床表现": "has_symptom",
    "检查": "diagnosed_by",
    "用法用量": "has_dosage",
    "贮藏": "storage",
    "性状": "appearance",
    "禁忌": "contraindicated_in",
    "不良反应": "has_adverse_effect",
    "有效期": "shelf_life",
    "注意事项": "precautions",
    "适应症": "treats",
    "成份": "has_ingredient",
    "病因": "^causes",
    "治疗": "^treats",
    "规格": "specification",
    "并发症": "has_complication",
    "药物相互作用": "interacts_with",
    "主治": "treats",
    "入药部位": "medicinal_part",
    "功效": "tcm_effect",
    "性味": "nature_and_flavour",
    "功能主治": "indication_text",
}

ENTRY = """[{name}]
biolink = ""
nearest = "biolink:related_to"
parent = "{parent}"
inverse = "{name}_by"
flags = []
domain = ["NamedThing"]
range = ["NamedThing"]
excludes = []
opposes = []
inherit = {{ subject = "none", object = "none" }}
chains = []
weight = 0.5
[{name}.labels]
umls = ["{name}_rela"]
[{name}.en]
sentence = ["{{s}} {name} {{o}}"]
inverse_sentence = ["{{o}} is {name} by {{s}}"]
nouns = ["{name} nouns"]
noun = []
inverse_nouns = []
inverse_noun = []
verbs = ["{name} verb"]
passives = []
frames = []
questions = []
cues = []
[{name}.zh]
sentence = ["{{s}}{name}{{o}}"]
inverse_sentence = ["{{o}}{name}{{s}}"]
nouns = []
noun = []
inverse_nouns = []
inverse_noun = []
verbs = []
passives = []
frames = []
questions = []
cues = []
"""
SMALL = "\n".join(
    ENTRY.format(name=name, parent=parent)
    for name, parent in (("root", ""), ("upper", "root"), ("lower", "upper"))
)


def within(name: str, old: str, new: str, text: str = SMALL) -> str:
    """The table with one text replaced in one predicate, which must be there."""
    head, mark, rest = text.partition(f"[{name}]\n")
    body, end, tail = rest.partition("\n\n")
    assert old in body, f"[{name}] has no {old}"
    return head + mark + body.replace(old, new, 1) + end + tail


def complaint(text: str) -> str:
    with pytest.raises(RegistryError) as caught:
        load(text, where="some.toml")
    return str(caught.value)


def mapped(vocabulary: str, label: str) -> str | None:
    found = registry().from_label(vocabulary, label)
    return None if found is None else "^" * found[1] + found[0].name


def test_the_small_table_is_right() -> None:
    assert list(load(SMALL, where="some.toml")) == ["root", "upper", "lower"]


# What is wrong, where it is put, what stands there -> what the message says.
WRONG = {
    "unknown key": ("upper", "flags = []", "flags = []\ncolour = 1", "unknown key 'colour'"),
    "missing key": ("upper", "weight = 0.5\n", "", "no key 'weight'"),
    "unknown flag": ("upper", "flags = []", 'flags = ["reflexive"]', "'reflexive'"),
    "unknown category": ("upper", 'domain = ["NamedThing"]', 'domain = ["Pill"]', "'Pill'"),
    "no category": ("upper", 'range = ["NamedThing"]', "range = []", "no category"),
    "value beside a category": (
        "upper",
        'range = ["NamedThing"]',
        'range = ["value", "Drug"]',
        "value beside categories",
    ),
    "unknown parent": ("upper", 'parent = "root"', 'parent = "roof"', "unknown 'roof'"),
    "two roots": ("upper", 'parent = "root"', 'parent = ""', "root is the root"),
    "unknown exclude": ("upper", "excludes = []", 'excludes = ["lowest"]', "'lowest'"),
    "excludes itself": ("upper", "excludes = []", 'excludes = ["upper"]', "another predicate"),
    "one-sided excludes": ("upper", "excludes = []", 'excludes = ["lower"]', "both or neither"),
    "one-sided opposes": ("upper", "opposes = []", 'opposes = ["lower"]', "both or neither"),
    "symmetric with a foreign inverse": (
        "upper",
        "flags = []",
        'flags = ["symmetric"]',
        "'upper_by', symmetric",
    ),
    "own inverse but not symmetric": (
        "upper",
        '"upper_by"',
        '"upper"',
        "'upper', not symmetric",
    ),
    "inverse that is another predicate": (
        "upper",
        '"upper_by"',
        '"lower"',
        "'lower', a predicate itself",
    ),
    "inverse of another predicate": ("lower", '"lower_by"', '"upper_by"', "as in [upper]"),
    "inverse that is no name": ("upper", '"upper_by"', '"Upper by"', "lower_case words"),
    "symmetric and asymmetric": (
        "upper",
        "flags = []",
        'flags = ["symmetric", "asymmetric"]',
        "symmetric and asymmetric",
    ),
    "unknown inheritance": ("upper", 'object = "none"', 'object = "up"', "inherit.object"),
    "unknown step": (
        "upper",
        "chains = []",
        'chains = [{ steps = ["upper", "^nowhere"], gives = "entailed", source = "x" }]',
        "'^nowhere'",
    ),
    "unknown result of a chain": (
        "upper",
        "chains = []",
        'chains = [{ steps = ["upper", "lower"], gives = "certain", source = "x" }]',
        "'certain'",
    ),
    "weight above one": ("upper", "weight = 0.5", "weight = 5", "a number from 0 to 1"),
    "no Biolink name at all": ("upper", '"biolink:related_to"', '""', "no nearest"),
    "two Biolink names": (
        "upper",
        'biolink = ""',
        'biolink = "biolink:affects"',
        "both biolink and nearest",
    ),
    "unknown vocabulary": ("upper", "umls =", "ulms =", "'ulms'"),
    "label claimed twice": ("lower", '"lower_rela"', '"^upper_rela"', "[upper] claims too"),
    "missing subject slot": ("upper", '"{s} upper {o}"', '"it upper {o}"', "both slots"),
    "slot written wrong": ("upper", '"{s} upper {o}"', '"{s} upper {x}"', "both slots"),
    "slot where none belongs": ("upper", '"upper verb"', '"upper {o}"', "no slot"),
    "no sentence": ("upper", 'sentence = ["{s} upper {o}"]', "sentence = []", "at least one"),
    "empty text": ("upper", '"upper verb"', '""', "none empty"),
    "text twice": ("upper", '"upper verb"', '"upper verb", "upper verb"', "each text once"),
    "not a list": ("upper", "cues = []", 'cues = "cue"', "a list of texts"),
    "wording of two predicates": ("lower", '"lower verb"', '"upper verb"', "[upper] has too"),
}


@pytest.mark.parametrize(
    ("label", "meaning"),
    [
        ("analyzes", "measures"),
        ("component_of", "^measures"),
        ("has_direct_procedure_site", "has_procedure_site"),
        ("indirect_procedure_site_of", "^has_procedure_site"),
        ("method_of", "^has_method"),
        ("mapped_to", "related_to"),
        ("mapped_from", "related_to"),
    ],
)
def test_the_metathesaurus_labels_of_tests_and_procedures(label: str, meaning: str) -> None:
    assert mapped("umls", label) == meaning


def test_snomed_and_umls_say_the_same_of_a_procedure() -> None:
    for type_id, rela in (
        ("260686004", "has_method"),
        ("363704007", "has_procedure_site"),
        ("405813007", "has_direct_procedure_site"),
        ("246093002", "has_component"),
    ):
        assert mapped("snomed", type_id) == mapped("umls", rela) is not None


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_entry_is_named_with_its_key(kind: str) -> None:
    name, old, new, says = WRONG[kind]
    message = complaint(within(name, old, new))
    assert message.startswith("some.toml [")
    assert f"[{name}]" in message
    assert says in message
    assert ", expected " in message


def test_languages_with_different_keys_are_refused() -> None:
    before, chinese, after = SMALL.partition("[upper.zh]\n")
    missing = before + chinese + after.replace("frames = []\n", "", 1)
    assert "[upper] zh: found no key 'frames'" in complaint(missing)
    extra = before + chinese + after.replace("frames = []\n", "frames = []\ntones = []\n", 1)
    assert "[upper] zh: found the unknown key 'tones'" in complaint(extra)


def test_a_cycle_of_parents_is_drawn() -> None:
    text = within("upper", 'parent = "root"', 'parent = "lower"')
    assert "upper -> lower -> upper" in complaint(text)


def test_what_is_not_toml_is_refused_with_the_file_named() -> None:
    assert complaint("[upper\n").startswith("some.toml: not TOML")
    assert "not TOML" in complaint(SMALL + SMALL)
    assert "not TOML" in complaint(SMALL.replace("weight = 0.5", "weight = 0.5\nweight = 0.6", 1))


def test_the_quick_reader_reads_what_tomllib_reads() -> None:
    quick = read_plain(SHIPPED)
    assert quick == tomllib.loads(SHIPPED)


@pytest.mark.parametrize(
    "text",
    [
        'a = "\\u00e9"',
        "loose = 1",
        '[a]\nb = [1, 2] # note\n"c" = 1',
        '[a.b]\nc = 1\n[a]\nd = "e"',
        "[a]\nb = 1, c = 2",
        '[a]\nb = [], "c": []',
        '[a]\nb = 1}, "c": {"d": 1',
        "[a]\nb = ",
        "[a]\nb = 1\n[a.c]\nb = 2\n[a.c]\nd = 1",
        "[ä]\nb = 1",
        "[a]\nb = '''\nc = 1\n'''",
    ],
)
def test_what_the_quick_reader_does_not_know_it_leaves_to_tomllib(text: str) -> None:
    assert read_plain(text) is None


@given(st.text(alphabet='[]{}a.b= "\n1,:#', max_size=40))
def test_the_quick_reader_never_reads_something_else(text: str) -> None:
    quick = read_plain(text)
    if quick is not None:
        assert quick == tomllib.loads(text)


@pytest.mark.parametrize(("label", "meaning"), DRUGMECHDB.items())
def test_drugmechdb_link_is_mapped(label: str, meaning: str) -> None:
    assert mapped("drugmechdb", label) == meaning


def test_drugmechdb_has_no_other_link() -> None:
    words = [word for name in NAMES for word in registry()[name].labels["drugmechdb"]]
    assert {word.removeprefix("^") for word in words} == set(DRUGMECHDB)


@pytest.mark.parametrize(("label", "meaning"), DRUGCENTRAL.items())
def test_drugcentral_action_or_class_is_mapped(label: str, meaning: str) -> None:
    assert mapped("drugcentral", label) == meaning


@pytest.mark.parametrize(("label", "meaning"), CMEKG.items())
def test_cmekg_predicate_is_mapped(label: str, meaning: str) -> None:
    assert mapped("cmekg", label) == meaning


@pytest.mark.parametrize(
    ("vocabulary", "label", "meaning"),
    [
        ("umls", "isa", "subclass_of"),
        ("umls", "inverse_isa", "^subclass_of"),
        ("umls", "PAR", "^broader"),
        ("umls", "may_be_treated_by", "^treats"),
        ("umls", "contraindicated_with_disease", "contraindicated_in"),
        ("snomed", "116680003", "subclass_of"),
        ("snomed", "363698007", "has_finding_site"),
        ("snomed", "42752001", "^causes"),
        ("drugbank", "drug-interactions", "interacts_with"),
        ("drugbank", "inhibitor", "inhibits"),
        ("drugbank", "enzymes/inhibitor", "decreases_activity_of"),
        ("ndfrt", "VA Drug Interaction", "interacts_with"),
        ("obo", "bfo:0000051", "^part_of"),
        ("biolink", "biolink:treated_by", "^treats"),
        ("biolink", "biolink:has_target", None),
        ("umls", "", None),
        ("nobody", "isa", None),
    ],
)
def test_label_is_found_with_its_direction(
    vocabulary: str, label: str, meaning: str | None
) -> None:
    assert mapped(vocabulary, label) == meaning


def test_every_vocabulary_is_in_use() -> None:
    used = {v for p in registry().values() for v, words in p.labels.items() if words}
    assert used == set(VOCABULARIES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_predicate_reads_as_a_sentence(name: str, language: str) -> None:
    wording = registry()[name].wording[language]
    for template in (*wording.sentence, *wording.inverse_sentence, *wording.frames):
        sentence = fill(template, s="Α", o="Ω")
        assert sentence.count("Α") == sentence.count("Ω") == 1
        assert not re.search(r"[{}]|  |[.。?？]$", sentence)
        assert bool(re.search(r"[\u4e00-\u9fff]", sentence)) == (language == "zh")


@pytest.mark.parametrize("name", NAMES)
def test_languages_say_the_same_things(name: str) -> None:
    """What a predicate can be asked by in English it can be asked by in Chinese, somehow."""
    english, chinese = (registry()[name].wording[language] for language in LANGUAGES)
    for wording in (english, chinese):
        assert wording.nouns or wording.verbs or wording.passives or wording.frames
        assert wording.cues
    assert bool(english.questions) <= bool(chinese.questions or chinese.nouns or chinese.frames)


@pytest.mark.parametrize("name", NAMES)
def test_singular_nouns_have_a_plural(name: str) -> None:
    english = registry()[name].wording["en"]
    assert bool(english.noun) <= bool(english.nouns)
    assert bool(english.inverse_noun) <= bool(english.inverse_nouns)


def test_a_relational_noun_lists_one_end_only() -> None:
    for language in LANGUAGES:
        for ends in (("nouns", "inverse_nouns"), ("noun", "inverse_noun")):
            objects, subjects = (
                {text for p in registry().values() for text in getattr(p.wording[language], end)}
                for end in ends
            )
            assert not objects & subjects


def test_ancestors_are_nearest_first_and_end_at_the_root() -> None:
    assert registry().ancestors("has_adverse_effect") == (
        "has_adverse_effect",
        "causes",
        "contributes_to",
        "related_to",
    )
    assert {registry().ancestors(name)[-1] for name in NAMES} == {"related_to"}


def test_descendants_are_those_that_have_it_as_ancestor() -> None:
    for name in NAMES:
        found = registry().descendants(name)
        assert found[0] == name
        assert sorted(found) == [other for other in NAMES if name in registry().ancestors(other)]


def test_an_unmapped_predicate_has_no_relatives() -> None:
    assert registry().ancestors("source_says_so") == ("source_says_so",)
    assert registry().descendants("source_says_so") == ("source_says_so",)
    assert "source_says_so" not in registry()


def test_only_the_declared_predicates_are_asymmetric() -> None:
    found = {name for name, predicate in registry().items() if predicate.asymmetric}
    assert found == {"subclass_of", "part_of", "has_ingredient", "has_active_ingredient"}


def test_only_the_declared_predicates_are_transitive() -> None:
    found = {name for name, predicate in registry().items() if predicate.transitive}
    assert found == {"subclass_of", "part_of"}


def test_only_what_a_drug_is_to_its_target_excludes_the_contrary() -> None:
    found = {tuple(sorted((p.name, other))) for p in registry().values() for other in p.excludes}
    assert found == {("activates", "inhibits"), ("agonist_of", "antagonist_of")}
    for pair in found:
        assert all("has_target" in registry().ancestors(name) for name in pair)


def test_a_direction_opposes_the_other_and_treats_what_harms_and_nothing_else_does() -> None:
    found = {tuple(sorted((p.name, other))) for p in registry().values() for other in p.opposes}
    directions = {
        ("negatively_regulates", "positively_regulates"),
        *(
            (f"decreases_{aspect}", f"increases_{aspect}")
            for aspect in ("abundance_of", "activity_of", "expression_of", "response_to")
        ),
    }
    assert found == {("contraindicated_in", "treats"), ("exacerbates", "treats"), *directions}
    for pair in directions:  # by which they are told apart from what warns of harm
        assert all("affects" in registry().ancestors(name) for name in pair)


def test_inheritance_is_only_what_the_design_declares() -> None:
    up_some = {"treats", "has_symptom", *registry().descendants("has_target")}
    for name, predicate in registry().items():
        assert predicate.inherit_subject.direction == "none"
        passes = (predicate.inherit_object.direction, predicate.inherit_object.strength)
        expected = {"contraindicated_in": ("down", "entailed"), "has_role": ("up", "entailed")}
        assert passes == (("up", "some") if name in up_some else expected.get(name, ("none", "")))


def test_a_symmetric_predicate_has_one_category_list_for_both_ends() -> None:
    for predicate in registry().values():
        assert not predicate.symmetric or predicate.domain == predicate.range


def test_categories_and_values_are_kept_apart() -> None:
    for predicate in registry().values():
        assert set(predicate.domain) <= set(PARENTS)
        assert predicate.takes_value or set(predicate.range) <= set(PARENTS)


def test_a_predicate_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        registry()["treats"].weight = 0.1  # type: ignore[misc]
    assert registry() is registry()


@given(st.text(), st.text())
def test_names_with_braces_are_left_alone(subject: str, target: str) -> None:
    assert fill("{s} treats {o}", s=subject, o=target) == f"{subject} treats {target}"
    assert fill("{o} by {s}", s=subject, o=target) == f"{target} by {subject}"
