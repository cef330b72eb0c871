"""Which option a sentence names: never one that it may deny."""

from __future__ import annotations

import pytest

from kgmed.reasoning.programs.choices import named_option

DRUGS = ("warfarin", "colchicine", "aspirin", "vitamin K")


@pytest.mark.parametrize(("text", "options", "place"), [
    ("Colchicine treats gout [1].", DRUGS, 1),
    ("COLCHICINE", DRUGS, 1),
    ("Vitamin  K reverses it.", DRUGS, 3),
    ("Colchicines and nothing else", DRUGS, 1),
    ("Colchicine or aspirin", DRUGS, None),
    ("Colchicine, not aspirin", DRUGS, None),
    ("It is colchicine rather than nothing.", DRUGS, 1),
    ("It can't be colchicine.", DRUGS, None),
    ("Neither is colchicine.", DRUGS, None),
    ("Phenprocoumon", DRUGS, None),
    ("vitamin K2", DRUGS, None),
    ("", DRUGS, None),
    ("秋水仙碱用于治疗痛风 [1]。", ("华法林", "秋水仙碱"), 1),
    ("秋水仙碱不用于治疗痛风。", ("华法林", "秋水仙碱"), None),
    ("非那雄胺治疗前列腺增生。", ("华法林", "非那雄胺"), 1),
    ("Pain, not otherwise specified", ("Pain, not otherwise specified", "gout"), 0),
    ("二甲双胍缓释片", ("二甲双胍", "二甲双胍缓释片"), 1),
    ("a kind of anti-bacterial agents", ("agent", "Anti-bacterial agent", "anti-viral agent"), 1),
    ("x", ("", " "), None),
    ("5 mg (oral)", ("5 mg (oral)", "5 mg"), 0),
])  # fmt: skip
def test_the_one_option_that_is_named(
    text: str, options: tuple[str, ...], place: int | None
) -> None:
    assert named_option(text, options) == place


def test_what_the_question_has_is_no_option_named() -> None:
    options = ("fish allergy", "Atlantic salmon allergy")
    text = "Atlantic salmon allergy is a type of fish allergy."
    assert named_option(text, options) is None
    assert named_option(text, options, "Which is a type of fish allergy?") == 1
