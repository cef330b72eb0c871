"""Questions are read as people mean them, in both languages, and never guessed."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kgmed.kg.predicates import registry
from kgmed.reasoning.question import Reading, detect_language, parse, what_it_can_answer
from kgmed.reasoning.question.frames_en import TABLES as ENGLISH
from kgmed.reasoning.question.frames_zh import TABLES as CHINESE
from kgmed.reasoning.question.readings import READING_LIMIT
from kgmed.reasoning.question.text import word_set

FORMS = word_set("list reverse yes_no count value shared pairwise path define compare")


class Row(NamedTuple):
    question: str
    lang: str
    form: str
    predicate: str
    given: str
    slots: str
    extra: str


def rows() -> list[Row]:
    text = (Path(__file__).parent / "wordings.tsv").read_text(encoding="utf-8")
    return [Row(*line.split("\t")) for line in text.splitlines()[1:]]


ROWS = rows()


def read(question: str) -> tuple[Reading, ...]:
    return parse(question, registry=registry())[1]


def slots(reading: Reading) -> list[str]:
    return [slot.text for slot in reading.slots]


def extra(reading: Reading) -> str:
    pairs = {
        "category": reading.category,
        "id_prefix": reading.id_prefix,
        "safety": "true" if reading.safety else None,
        **reading.qualifiers,
    }
    return ";".join(f"{key}={value}" for key, value in pairs.items() if value)


@pytest.mark.parametrize("row", ROWS, ids=[row.question for row in ROWS])
def test_first_reading_is_what_the_question_means(row: Row) -> None:
    language, readings = parse(row.question, registry=registry())
    got = Row(row.question, language, "", "", "", "", "")
    if readings:
        first = readings[0]
        got = Row(
            row.question,
            language,
            first.form,
            first.predicate or "",
            first.given,
            "|".join(slots(first)),
            extra(first),
        )
    assert got == row


def test_table_covers_every_form_in_both_languages() -> None:
    assert Counter(row.lang for row in ROWS)["en"] >= 150
    assert Counter(row.lang for row in ROWS)["zh"] >= 100
    assert sum(not row.form for row in ROWS) >= 20
    for language in ("en", "zh"):
        assert {row.form for row in ROWS if row.lang == language and row.form} == FORMS
    assert len({row.question for row in ROWS}) == len(ROWS)


def test_slots_are_slices_of_the_original_question() -> None:
    for row in ROWS:
        for reading in read(row.question):
            for slot in reading.slots:
                assert row.question[slot.start : slot.end] == slot.text


def test_ranks_count_up_from_one_and_readings_differ() -> None:
    for row in ROWS:
        readings = read(row.question)
        ranks = [reading.rank for reading in readings]
        assert ranks == sorted(ranks)
        assert not ranks or (ranks[0] == 1 and len(ranks) <= READING_LIMIT)
        seen = [(r.form, r.predicate, r.slots, r.given, r.id_prefix, r.category) for r in readings]
        assert len(set(seen)) == len(seen)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Ｗｈａｔ　ｉｎｔｅｒａｃｔｓ　ｗｉｔｈ　ｗａｒｆａｒｉｎ？", ["ｗａｒｆａｒｉｎ"]),
        ("what are the targets of ‘imatinib’?", ["imatinib"]),
        ("ＣＯＸ－２的抑制剂有哪些？", ["ＣＯＸ－２"]),
        ("drug interactions of St. John’s wort", ["St. John’s wort"]),
        ("symptoms of ménière's disease", ["ménière's disease"]),
        ("What is 1,25-dihydroxyvitamin D?", ["1,25-dihydroxyvitamin D"]),
        ("drug\ninteractions\tof  warfarin", ["warfarin"]),
    ],
)
def test_width_quotes_and_spaces_keep_their_offsets(question: str, expected: list[str]) -> None:
    first = read(question)[0]
    assert slots(first) == expected
    assert [question[slot.start : slot.end] for slot in first.slots] == expected


@pytest.mark.parametrize(
    ("question", "splits"),
    [
        (
            "what symptoms do hand, foot and mouth disease and measles share",
            [["hand", "foot", "mouth disease", "measles"]],
        ),
        (
            "what are the symptoms of hepatitis B and C",
            [["hepatitis B and C"], ["hepatitis B", "C"]],
        ),
        (
            "drug interactions of amoxicillin and clavulanic acid",
            [["amoxicillin and clavulanic acid"], ["amoxicillin", "clavulanic acid"]],
        ),
        (
            "interactions between warfarin, amoxicillin and clavulanic acid",
            [
                ["warfarin", "amoxicillin", "clavulanic acid"],
                ["warfarin", "amoxicillin and clavulanic acid"],
            ],
        ),
        ("which drugs treat fever and chills", [["fever and chills"], ["fever", "chills"]]),
        ("warfarin aspirin interaction", [["warfarin aspirin"], ["warfarin", "aspirin"]]),
        ("阿司匹林和双嘧达莫的症状", [["阿司匹林和双嘧达莫"], ["阿司匹林", "双嘧达莫"]]),
    ],
)
def test_a_name_with_a_joint_is_offered_whole_and_split(
    question: str, splits: list[list[str]]
) -> None:
    offered = [slots(reading) for reading in read(question)]
    for split in splits:
        assert split in offered


def test_american_and_british_cue_words_read_alike() -> None:
    british, american = (read(f"is warfarin metaboli{x}ed by CYP2C9?") for x in "sz")
    assert [r.predicate for r in british] == [r.predicate for r in american]
    assert read("is propranolol contra-indicated in asthma?")[0].predicate == "contraindicated_in"


def test_capitals_may_be_a_name_where_small_letters_are_not() -> None:
    assert slots(read("which drugs treat ALL?")[0]) == ["ALL"]
    assert read("which drugs treat all?") == ()
    assert slots(read("WHICH DRUGS TREAT GOUT?")[0]) == ["GOUT"]


def test_shared_question_may_ask_for_the_number() -> None:
    first = read("how many drugs interact with both warfarin and digoxin?")[0]
    assert (first.form, first.counted, slots(first)) == ("shared", True, ["warfarin", "digoxin"])


def test_severity_is_read_as_a_qualifier() -> None:
    assert read("critical interactions of warfarin")[0].qualifiers == {"severity": "Critical"}
    assert read("华法林的严重相互作用")[0].qualifiers == {"severity": "Critical"}
    assert read("known interactions of warfarin")[0].qualifiers == {}


@pytest.mark.parametrize(
    "question",
    [
        "which drugs don't interact with warfarin?",
        "what drugs do not treat gout",
        "which drugs interact with warfarin but not aspirin",
        "哪些药物不与华法林相互作用",
        "华法林没有哪些相互作用",
    ],
)
def test_a_negated_question_is_never_read_as_its_opposite(question: str) -> None:
    assert read(question) == ()


def test_language_is_detected_and_may_be_given() -> None:
    assert detect_language("PTGS2的抑制剂有哪些") == "zh"
    assert detect_language("what are the symptoms of 登革热?") == "en"
    assert detect_language("") == "en"
    language, readings = parse("warfarin interactions", registry=registry(), language="zh")
    assert language == "zh"
    assert all(reading.form != "pairwise" for reading in readings)
    _, mixed = parse("drug interactions of 华法林", registry=registry(), language="zh")
    assert slots(mixed[0]) == ["华法林"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_everything_it_says_it_can_answer_it_reads(language: Any) -> None:
    text = what_it_can_answer(language).replace("（", "(").replace("）", ")")
    examples = [piece.partition(")")[0] for piece in text.split("(")[1:]]
    forms = [read(question)[0].form for question in examples]
    assert len(forms) == len(FORMS)
    assert set(forms) == FORMS


def predicate(name: str, **flags: Any) -> Any:
    """A predicate that no one has written code for, in the shape of kgmed.kg.predicates."""
    wording = SimpleNamespace(
        nouns=("glories",), noun=("glory",), inverse_nouns=("heralds",), inverse_noun=("herald",),
        verbs=("zorps", "zorp", "is a friend of"), passives=("is zorped by", "zorped by"),
        frames=("{s} shines upon {o}",), questions=("whither goes {s}",),
    )  # fmt: skip
    chinese = SimpleNamespace(
        nouns=("光辉",), noun=(), inverse_nouns=("先声",), inverse_noun=(), verbs=("照耀",),
        passives=(), frames=("{s}的光照到{o}",), questions=(),
    )  # fmt: skip
    base = {
        "name": name, "symmetric": False, "takes_value": False, "domain": ("NamedThing",),
        "range": ("NamedThing",), "wording": {"en": wording, "zh": chinese},
    }  # fmt: skip
    return SimpleNamespace(**{**base, **flags})


class OnePredicate(dict[str, Any]):
    def ancestors(self, name: str) -> tuple[str, ...]:
        return (name,)


@pytest.mark.parametrize(
    ("question", "form", "given", "expected"),
    [
        ("what are the glories of gout", "list", "subject", ["gout"]),
        ("what does gout zorp?", "list", "subject", ["gout"]),
        ("whither goes gout", "list", "subject", ["gout"]),
        ("which drugs zorp gout", "reverse", "object", ["gout"]),
        ("heralds of gout", "reverse", "object", ["gout"]),
        ("what is gout zorped by", "reverse", "object", ["gout"]),
        ("what shines upon gout?", "reverse", "object", ["gout"]),
        ("does gout zorp fever", "yes_no", "subject", ["gout", "fever"]),
        ("is gout a friend of fever", "yes_no", "subject", ["gout", "fever"]),
        ("is fever zorped by gout", "yes_no", "subject", ["gout", "fever"]),
        ("is gout a herald of fever", "yes_no", "subject", ["gout", "fever"]),
        ("how many drugs zorp gout", "count", "object", ["gout"]),
        ("glories that gout and fever share", "shared", "subject", ["gout", "fever"]),
        ("which drugs zorp both gout and fever", "shared", "object", ["gout", "fever"]),
        ("how does gout zorp fever", "path", "subject", ["gout", "fever"]),
        ("痛风的光辉有哪些", "list", "subject", ["痛风"]),
        ("哪些药照耀痛风", "reverse", "object", ["痛风"]),
        ("痛风会照耀发热吗", "yes_no", "subject", ["痛风", "发热"]),
        ("痛风的光照到发热吗", "yes_no", "subject", ["痛风", "发热"]),
        ("多少种药照耀痛风", "count", "object", ["痛风"]),
        ("痛风和发热共同的光辉", "shared", "subject", ["痛风", "发热"]),
        ("痛风如何照耀发热", "path", "subject", ["痛风", "发热"]),
    ],
)
def test_a_new_predicate_gets_every_form_without_code(
    question: str, form: str, given: str, expected: list[str]
) -> None:
    made: Any = OnePredicate(zorps=predicate("zorps"))
    first = parse(question, registry=made)[1][0]
    assert (first.form, first.predicate, first.given) == (form, "zorps", given)
    assert slots(first) == expected


def test_a_symmetric_predicate_has_no_reverse_and_a_value_no_other_form() -> None:
    symmetric: Any = OnePredicate(zorps=predicate("zorps", symmetric=True))
    first = parse("which drugs zorp gout", registry=symmetric)[1][0]
    assert (first.form, first.given) == ("list", "subject")
    valued: Any = OnePredicate(zorps=predicate("zorps", takes_value=True, range=("value",)))
    assert parse("glories of gout", registry=valued)[1][0].form == "value"
    assert parse("does gout zorp fever", registry=valued)[1] == ()


def test_both_languages_bring_the_same_tables() -> None:
    assert {form for form, _ in ENGLISH.clause_frames} == {
        form for form, _ in CHINESE.clause_frames
    }
    assert set(CHINESE.categories) == set(ENGLISH.categories)
    assert set(CHINESE.adjectives) == set(ENGLISH.adjectives)


HOSTILE = [
    "",
    " \t\n",
    "\x00\x01\x02",
    "\ud800",
    "what is \udfff?",
    "?" * 50,
    "what " * 5000,
    "and " * 5000,
    "interactions between " + "a, " * 5000,
    "takes a and b, " * 1000 + "which interact",
    "华法林和" * 5000,
    "的" * 1_000_000,
    "x" * 1_000_000,
    "((((" * 500 + "))))" * 500,
    bytes(range(256)).decode("latin-1") * 40,
    "\ufdfa" * 3000,
    "e\u0301" * 2000,
]


@pytest.mark.parametrize("question", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_input_is_read_in_bounded_time(question: str) -> None:
    read("warm up")
    started = time.perf_counter()
    readings = read(question)
    assert time.perf_counter() - started < 1.0
    assert all(question[slot.start : slot.end] == slot.text for r in readings for slot in r.slots)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=80),
        st.lists(
            st.sampled_from(
                sorted(
                    word_set(
                        "what which drugs does is the of and , interactions symptoms warfarin with"
                        " gout how many ' 's ? ( ) treat 华法林 和 的 相互作用 有哪些 治疗 什么 吗"
                    )
                )
            ),
            max_size=14,
        ).map(" ".join),
    )
)
@example("ﷺ 's of")
def test_any_text_is_read_without_an_error_and_alike_twice(question: str) -> None:
    first = parse(question, registry=registry())
    assert first == parse(question, registry=registry())
    for reading in first[1]:
        assert reading.slots
        for slot in reading.slots:
            assert slot.text
            assert question[slot.start : slot.end] == slot.text
