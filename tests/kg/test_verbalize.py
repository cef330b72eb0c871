"""Sentences: grammar by example, and every predicate in every wording without debris."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import get_args

import numpy as np
import pyarrow as pa
import pytest

from kgmed.facade import Graph
from kgmed.kg.errors import UsageError
from kgmed.kg.model import Concept, Language, Name, Path, Statement, Step, Value
from kgmed.kg.predicates import registry
from kgmed.kg.verbalize import Verbalizer, chinese, english
from kgmed.kg.verbalize.batch import Sentences
from kgmed.kg.verbalize.names import display, display_names, shared
from kgmed.kg.verbalize.qualifiers import tail

LANGUAGES: tuple[Language, ...] = get_args(Language)
SAY = Verbalizer(registry())
NAMES = {
    "x:ppi": "acid inhibitors",
    "x:clopidogrel": "clopidogrel",
    "x:warfarin": "warfarin",
    "x:aspirin": "aspirin",
    "x:gout": "gout",
    "x:sp": "Plasmodium sp.",
    "x:t2d": "Diabetes Mellitus, Type 2",
    "x:mtor": "mTOR",
    "x:5fu": "5-FU",
    "x:syn": "α-synuclein",
    "x:beta": "beta blockers",
}
ZH = {
    "x:clopidogrel": "氯吡格雷",
    "x:warfarin": "华法林",
    "x:aspirin": "阿司匹林",
    "x:gout": "痛风",
    "x:mtor": "mTOR",
}


def claim(s: str, p: str, o: str | Value, *, lang: Language = "en", **how: object) -> str:
    end = o if isinstance(o, Value) else f"x:{o}"
    names = NAMES if lang == "en" else ZH
    return SAY.claim(f"x:{s}", p, end, names, lang=lang, **how)  # type: ignore[arg-type]


def stated(s: str, p: str, o: str, **more: object) -> Statement:
    return Statement("0" * 32, f"x:{s}", p, f"x:{o}", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (("ppi", "interacts_with", "clopidogrel", 0), "Acid inhibitors interact with clopidogrel."),
        (("ppi", "treats", "gout", 2), "Acid inhibitors are treatments for gout."),
        (("ppi", "inhibits", "mtor", 1), "Acid inhibitors are inhibitors of mTOR."),
        (("aspirin", "inhibits", "mtor", 1), "Aspirin is an inhibitor of mTOR."),
        (("mtor", "positively_regulates", "syn", 0), "mTOR positively regulates α-synuclein."),
        (("ppi", "positively_regulates", "mtor", 0), "Acid inhibitors positively regulate mTOR."),
        (("5fu", "treats", "t2d", 0), "5-FU treats Diabetes Mellitus, Type 2."),
        (("syn", "causes", "gout", 0), "α-synuclein causes gout."),
        (("beta", "treats", "gout", 1), "Beta blockers are used to treat gout."),
        (("sp", "causes", "gout", 0), "Plasmodium sp. causes gout."),
        (("gout", "has_causative_agent", "sp", 0), "Gout has the causative agent Plasmodium sp."),
        (("warfarin", "form_of", "ppi", 0), "Warfarin is a salt or form of acid inhibitors."),
    ],
)  # fmt: skip
def test_english_sentence(said: tuple[str, str, str, int], expected: str) -> None:
    *ends, wording = said
    assert claim(*ends, wording=wording) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (("warfarin", "interacts_with", "aspirin"), "华法林与阿司匹林不存在相互作用。"),
        (("aspirin", "treats", "gout"), "阿司匹林不用于治疗痛风。"),
        (("aspirin", "inhibits", "mtor"), "阿司匹林不抑制mTOR。"),
        (("aspirin", "causes", "gout"), "阿司匹林不会引起痛风。"),
        (("aspirin", "contraindicated_in", "gout"), "阿司匹林不禁用于痛风患者。"),
        (("mtor", "gene_associated_with_disease", "gout"), "基因mTOR与痛风不相关。"),
    ],
)
def test_chinese_denial(said: tuple[str, str, str], expected: str) -> None:
    assert claim(*said, lang="zh", negated=True) == expected


def test_english_denials_agree() -> None:
    assert claim("aspirin", "treats", "gout", negated=True) == "Aspirin does not treat gout."
    assert claim("ppi", "treats", "gout", negated=True) == ("Acid inhibitors do not treat gout.")
    assert claim("ppi", "treats", "gout", negated=True, wording=2) == (
        "Acid inhibitors are not treatments for gout."
    )


def test_qualifiers_stand_before_the_stop() -> None:
    statement = stated("warfarin", "interacts_with", "aspirin", qualifiers={"severity": "Critical"})
    assert SAY.statement(statement, NAMES, lang="en") == (
        "Warfarin interacts with aspirin (severity: critical)."
    )
    assert SAY.statement(statement, ZH, lang="zh", wording=1) == (
        "华法林和阿司匹林有相互作用（严重程度：严重）。"
    )
    said = {"dose": "5 mg", "route": "oral", "frequency": "daily", "role_group": "2"}
    assert claim("aspirin", "causes", "sp", qualifiers=said) == (
        "Aspirin causes Plasmodium sp. (dose: 5 mg, route: oral, frequency: daily)."
    )


def test_direction_names_the_affected() -> None:
    said = {"aspect": "serum concentration", "direction": "decreased", "affected": "x:aspirin"}
    assert claim("warfarin", "interacts_with", "aspirin", qualifiers=said) == (
        "Warfarin interacts with aspirin (the serum concentration of aspirin is decreased)."
    )
    assert claim("warfarin", "interacts_with", "aspirin", qualifiers=said, lang="zh") == (
        "华法林与阿司匹林存在相互作用（阿司匹林的血清浓度降低）。"
    )
    assert tail({"role_group": "1"}, str, lang="en") == ""


def test_values_carry_their_unit_and_language() -> None:
    value = Value("40", "number", "h")
    assert claim("warfarin", "has_half_life", value) == "The half-life of warfarin is 40 hours."
    assert claim("warfarin", "has_half_life", value, inverse=True) == (
        "40 hours is the half-life of warfarin."
    )
    assert claim("warfarin", "has_half_life", value, lang="zh") == "华法林的半衰期为40小时。"
    text = Value("白色结晶\n粉末", language="zh")
    assert claim("aspirin", "appearance", text) == "Aspirin has the appearance: “白色结晶 粉末”."
    assert claim("aspirin", "storage", Value("Keep dry."), wording=0) == (
        "Aspirin is stored as follows: Keep dry."
    )


def test_a_group_is_a_list() -> None:
    treated = [stated("aspirin", "treats", o) for o in ("gout", "sp", "t2d")]
    assert SAY.grouped(treated[:2], NAMES, lang="en") == "Aspirin treats gout and Plasmodium sp."
    assert SAY.grouped(treated, NAMES, lang="en") == (
        "Aspirin treats gout; Plasmodium sp.; and Diabetes Mellitus, Type 2."
    )
    treating = [stated(s, "treats", "gout") for s in ("aspirin", "warfarin", "mtor")]
    assert SAY.grouped(treating, NAMES, lang="en", wording=2) == (
        "The treatments for gout include aspirin, warfarin and mTOR."
    )
    assert SAY.grouped(treating, ZH, lang="zh") == "痛风可用阿司匹林、华法林和mTOR治疗。"
    assert SAY.grouped(treating, ZH, lang="zh", limit=2) == "痛风可用阿司匹林、华法林等3种治疗。"
    symptoms = [stated("gout", "has_symptom", o) for o in ("aspirin", "warfarin")]
    assert SAY.grouped(symptoms, NAMES, lang="en") == "Gout has the symptoms aspirin and warfarin."
    assert SAY.grouped(symptoms, NAMES, lang="en", limit=1) == (
        "Gout has the symptoms aspirin and 1 other."
    )


def test_a_group_of_a_symmetric_predicate_is_told_from_either_end() -> None:
    both = [
        stated("aspirin", "interacts_with", "warfarin"),
        stated("clopidogrel", "interacts_with", "aspirin", qualifiers={"severity": "Minor"}),
    ]
    assert SAY.grouped(both, NAMES, lang="en", wording=1) == (
        "Aspirin has an interaction with warfarin and clopidogrel (severity: minor)."
    )
    denied = [stated("aspirin", "treats", o, negated=True) for o in ("gout", "t2d")]
    assert SAY.grouped(denied, NAMES, lang="en") == (
        "Aspirin does not treat gout; or Diabetes Mellitus, Type 2."
    )


def test_what_shares_no_end_is_no_group() -> None:
    apart = [stated("aspirin", "treats", "gout"), stated("warfarin", "treats", "t2d")]
    with pytest.raises(UsageError, match="share neither subject nor object"):
        SAY.grouped(apart, NAMES, lang="en")
    with pytest.raises(UsageError, match="causes, treats"):
        SAY.grouped([apart[0], stated("aspirin", "causes", "gout")], NAMES, lang="en")
    with pytest.raises(UsageError, match="at least one"):
        SAY.grouped([], NAMES, lang="en")


def test_a_concept_is_told_in_a_paragraph() -> None:
    warfarin = Concept("x:warfarin", ("Drug",), {"en": "warfarin"})
    said = [
        stated("warfarin", "treats", "gout"),
        stated("warfarin", "interacts_with", "aspirin", qualifiers={"severity": "Minor"}),
        stated("clopidogrel", "interacts_with", "warfarin", qualifiers={"severity": "Critical"}),
        stated("aspirin", "treats", "gout"),
    ]
    assert SAY.concept(warfarin, said, NAMES, lang="en") == (
        "Warfarin is a drug. It interacts with clopidogrel (severity: critical). "
        "It interacts with aspirin (severity: minor). It treats gout."
    )
    assert (
        SAY.concept(warfarin, said[:1], ZH, lang="zh") == "华法林是一种药物。华法林可用于治疗痛风。"
    )


def test_a_path_is_told_from_its_start() -> None:
    steps = (
        Step(stated("aspirin", "inhibits", "mtor"), "out"),
        Step(stated("mtor", "causes", "gout"), "out"),
        Step(stated("warfarin", "treats", "gout"), "in"),
    )
    assert SAY.path(Path(steps), NAMES, lang="en") == (
        "Aspirin inhibits mTOR, which causes gout. In turn, gout is treated with warfarin."
    )
    assert SAY.path(Path(steps), ZH, lang="zh") == (
        "阿司匹林抑制mTOR，后者可引起痛风。接下来，痛风可用华法林治疗。"
    )
    lowered = Step(stated("aspirin", "decreases_activity_of", "mtor"), "out")
    assert SAY.path(Path((lowered, steps[1])), ZH, lang="zh") == (
        "阿司匹林降低mTOR的活性，而mTOR可引起痛风。"
    )
    with pytest.raises(UsageError, match="without steps"):
        SAY.path(Path(()), NAMES, lang="en")


def test_which_stands_behind_the_concept_that_it_means() -> None:
    """ "X is an inhibitor of Y, which ..." might go on about the inhibitor."""
    steps = (
        Step(stated("aspirin", "inhibits", "mtor"), "out"),
        Step(stated("mtor", "causes", "gout"), "out"),
    )
    told = {SAY.path(Path(steps), NAMES, lang="en", wording=n) for n in range(8)}
    assert len(told) > 2
    assert all(", which" in text and "inhibitor of" not in text for text in told)


def test_a_sources_own_predicate_is_told_in_its_words() -> None:
    assert claim("aspirin", "helps_against", "gout") == "Aspirin helps against gout."


def test_display_name_is_uninverted_only_by_a_synonym() -> None:
    inverted = Name("Receptors, Opioid", "en", "preferred", "x")
    assert display([inverted], "en") == "Receptors, Opioid"
    assert display([inverted, Name("opioid receptors", "en", "synonym", "x")], "en") == (
        "opioid receptors"
    )
    assert display([Name("FGFRAB", "en", "preferred", "x")], "en", categories=("Gene",)) == "FGFRAB"
    assert display([], "zh") == ""


def test_names_that_concepts_share_are_told(graph: Graph) -> None:
    names = display_names(graph.store, ["hp:0012531", "drugbank:DB00682", "no:such"], lang="en")
    assert names["no:such"] == "no:such"
    assert shared(graph.store, names) == {"hp:0012531"}  # pain: a finding and a MeSH heading


# All wordings


def every_template() -> Iterator[tuple[str, Language, bool, str]]:
    for name in registry():
        for lang in LANGUAGES:
            for inverse in (False, True):
                for template in SAY.templates(name, lang, inverse=inverse):
                    yield name, lang, inverse, template.wording


def test_every_predicate_has_three_wordings_each_way() -> None:
    for name, predicate in registry().items():
        for lang in LANGUAGES:
            least = 1 if predicate.takes_value else 3
            assert SAY.wordings(name, lang) >= 3, (name, lang)
            assert SAY.wordings(name, lang, inverse=True) >= least, (name, lang)


def test_a_symmetric_predicate_says_the_same_both_ways() -> None:
    swap = {"{s}": "{o}", "{o}": "{s}"}
    for name, predicate in registry().items():
        if predicate.symmetric:
            for lang in LANGUAGES:
                wording = predicate.wording[lang]
                turned = [
                    re.sub(r"\{[so]\}", lambda m: swap[m[0]], text) for text in wording.sentence
                ]
                assert list(wording.inverse_sentence) == turned, name


def test_a_predicate_is_told_from_the_end_it_is_asked_from() -> None:
    """The first slot is the subject, in the inverse the object, so that a paragraph keeps to it."""
    wrong = [
        (name, text)
        for name, _lang, inverse, text in every_template()
        if text.index("{o}" if inverse else "{s}") > text.index("{s}" if inverse else "{o}")
        and not registry()[name].takes_value
    ]
    assert wrong == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_two_predicates_share_a_wording(lang: Language) -> None:
    owners: dict[tuple[bool, str], str] = {}
    for name, language, inverse, text in every_template():
        if language == lang:
            assert owners.setdefault((inverse, text), name) == name, text


DEBRIS = re.compile(
    r"  |[{}]|\s[.,;:!?。，；：）)]|[（(]\s|\b(a|an|the) (a|an|the)\b|([.,;:。，；：、])\3"
    r"|[。，；：（]\s|\s[。，；：（]"
)
DOUBLED = re.compile(r"\b(\w+) \1\b|([不并非])\2")


def debris(text: str, lang: Language) -> str:
    """What is wrong with a sentence, '' for nothing."""
    if found := DEBRIS.search(text):
        return f"{found[0]!r}"
    if found := DOUBLED.search(text):
        return f"{found[0]!r}"
    if not text.endswith("。" if lang == "zh" else "."):
        return "no full stop"
    if lang == "zh" and re.search(r"[\u4e00-\u9fff] |[,;:!?()] *[\u4e00-\u9fff]", text):
        return "a blank or Latin mark beside Chinese"
    if lang == "zh" and re.search(r"[a-z]{3,}", text.replace("mTOR", "")):
        return "English"
    if lang == "en" and not re.match(r"[A-Z\d]|mTOR", text):
        return "no capital"
    return ""


def numbers() -> Iterator[Mapping[str, str]]:
    yield {"x:a": "aspirin", "x:b": "gout"}
    yield {"x:a": "beta blockers", "x:b": "mTOR"}
    yield {"x:a": "mTOR", "x:b": "osteoblasts"}


@pytest.mark.parametrize("negated", [False, True])
def test_no_wording_leaves_debris(negated: bool) -> None:
    wrong = []
    for name, predicate in registry().items():
        for lang in LANGUAGES:
            pairs = numbers() if lang == "en" else iter([{"x:a": "阿司匹林", "x:b": "痛风"}])
            for names in pairs:
                for inverse in (False, True):
                    for wording in range(SAY.wordings(name, lang, inverse=inverse)):
                        value = Value("5", "number", "mg") if lang == "en" else Value("五克")
                        text = SAY.claim(
                            "x:a", name, value if predicate.takes_value else "x:b", names,
                            lang=lang, wording=wording, inverse=inverse, negated=negated,
                        )  # fmt: skip
                        if what := debris(text, lang):
                            wrong.append((name, what, text))
    assert wrong == []


def test_lists_leave_no_debris() -> None:
    wrong = []
    for name, predicate in registry().items():
        if predicate.takes_value:
            continue
        for lang, words in (("en", ("aspirin", "gout", "mTOR")), ("zh", ("甲", "乙", "丙"))):
            names = dict(zip(("x:a", "x:b", "x:c"), words, strict=True))
            for ends in ((("x:a", "x:b"), ("x:a", "x:c")), (("x:b", "x:a"), ("x:c", "x:a"))):
                group = [Statement("0" * 32, s, name, o) for s, o in ends]
                for wording in range(4):
                    text = SAY.grouped(group, names, lang=lang, wording=wording)  # type: ignore[arg-type]
                    if what := debris(text, lang):  # type: ignore[arg-type]
                        wrong.append((name, what, text))
    assert wrong == []


def test_denied_wordings_differ_from_the_plain_ones() -> None:
    for _name, lang, _inverse, text in every_template():
        denied = chinese.negate(text) if lang == "zh" else english.negate(text)
        assert denied != text
        assert sorted(re.findall(r"\{[so]\}", denied)) == ["{o}", "{s}"]


def test_a_batch_writes_what_statement_does(graph: Graph) -> None:
    rows = [s for s in graph.store.scan() if s.value is None]
    numbers: dict[str, int] = {}
    for row in rows:
        for id in (row.subject, row.object):
            numbers.setdefault(id, len(numbers))
    subjects, objects = (
        np.array([numbers[getattr(r, end)] for r in rows]) for end in ("subject", "object")
    )
    predicates = [r.predicate for r in rows]
    turns = np.arange(len(rows))
    for lang in LANGUAGES:
        names = display_names(graph.store, list(numbers), lang=lang)
        write = Sentences(SAY, [names[id] for id in numbers], lang=lang)
        tails = pa.array([tail(r.qualifiers, names.__getitem__, lang=lang) for r in rows])
        for inverse in (False, True):
            written = write.sentences(
                subjects, predicates, objects, wordings=turns, inverse=inverse,
                negated=[r.negated for r in rows], tails=tails,
            ).to_pylist()  # fmt: skip
            expected = [
                SAY.statement(r, names, lang=lang, wording=n, inverse=inverse)
                for n, r in enumerate(rows)
            ]
            assert written == expected


def test_a_batch_says_which_columns_differ() -> None:
    write = Sentences(SAY, ["aspirin", Value("5", "number", "h")], lang="en")
    assert write.sentences([0], ["has_half_life"], [1]).to_pylist() == [
        "The half-life of aspirin is 5 hours."
    ]
    assert write.sentences([], [], []).to_pylist() == []
    with pytest.raises(UsageError, match="2 subjects, 1 predicates and 1 objects"):
        write.sentences([0, 0], ["treats"], [0])
