"""What is left of a text after verification: nothing refuted, nothing true lost, doubts marked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgmed.facade import Graph
from kgmed.kg.model import Language
from kgmed.kg.verbalize import Verbalizer
from kgmed.reasoning.claims.model import Verification
from kgmed.reasoning.revision import Cleaned, Unsupported, cleaned, objections

TRUE = ("Warfarin interacts with amiodarone.", "Warfarin inhibits VKORC1.",
        "Allopurinol treats gout.")  # fmt: skip
FALSE = ("Amiodarone does not interact with warfarin.", "Allopurinol does not treat gout.")
OPEN = ("Warfarin treats gout.", "Metformin treats gout.")

Clean = Callable[..., Cleaned]


@pytest.fixture(scope="module")
def clean(graph: Graph) -> Clean:
    say = Verbalizer(graph.registry)

    def done(text: str, lang: Language = "en", unsupported: Unsupported = "mark") -> Cleaned:
        def verify(text: str) -> Verification:
            return graph.verify(text, lang=lang)

        return cleaned(text, verify, say, lang, unsupported=unsupported)

    return done


@pytest.mark.parametrize(
    ("text", "left", "counts"),
    [
        (
            "Warfarin interacts with amiodarone. Warfarin does not interact with ibuprofen, and"
            " it treats thrombosis. Warfarin treats gout.",
            "Warfarin interacts with amiodarone. Warfarin treats gout [not confirmed by the graph]."
            " Warfarin treats thrombosis.",
            (1, 1, 1),
        ),
        (
            "- Warfarin inhibits VKORC1.\n- Amiodarone does not interact with warfarin.\n"
            "- It treats ventricular fibrillation.\n",
            "- Warfarin inhibits VKORC1. Amiodarone treats ventricular fibrillation.",
            (2, 1, 0),
        ),
        (
            "Metformin and allopurinol treat gout.",
            "Metformin and allopurinol treat gout"
            " [not confirmed by the graph: Metformin treats gout].",
            (0, 0, 1),
        ),
        ("No, warfarin does not interact with amiodarone.", "", (1, 0, 0)),
        ("Nothing is claimed here.", "Nothing is claimed here.", (0, 0, 0)),
        ("", "", (0, 0, 0)),
    ],
)
def test_what_is_left(clean: Clean, text: str, left: str, counts: tuple[int, int, int]) -> None:
    found = clean(text)
    assert (found.text, (found.removed, found.told, found.marked)) == (left, counts)


def test_what_is_not_borne_out_can_be_removed_or_kept(clean: Clean) -> None:
    text = "Metformin and allopurinol treat gout."
    assert clean(text, unsupported="remove").text == "Allopurinol treats gout."
    assert clean(text, unsupported="keep").text == text


def test_chinese_is_cleaned_in_chinese(clean: Clean) -> None:
    text = "华法林与胺碘酮没有相互作用。华法林治疗痛风。华法林可用于治疗血栓形成。"
    assert clean(text, "zh").text == "华法林治疗痛风［图谱未能证实］。华法林可用于治疗血栓形成。"


def test_objections_say_what_is_refuted_and_by_what(graph: Graph) -> None:
    text = " ".join((OPEN[0], FALSE[0], FALSE[0], TRUE[0]))
    lines = objections(graph.verify(text), "en", verdicts=("UNSUPPORTED", "REFUTED"))
    assert len(lines) == 2
    assert lines[0].startswith("“Amiodarone does not interact with warfarin” is refuted.")
    assert "states: Amiodarone interacts with Warfarin" in lines[0]
    assert lines[1].startswith("“Warfarin treats gout” is not confirmed.")
    assert objections(graph.verify(TRUE[0]), "en") == []
    several = objections(graph.verify("Metformin treats gout."), "en", verdicts=("UNSUPPORTED",))
    assert "speak of both under this relation and don't state" in several[0]


@settings(max_examples=40)
@given(order=st.permutations([*TRUE, *FALSE, *OPEN]), kept=st.integers(1, 7))
def test_no_refuted_claim_is_ever_left_and_no_true_one_is_lost(
    graph: Graph, clean: Clean, order: list[str], kept: int
) -> None:
    text = " ".join(order[:kept])
    true = {c.claim.triple for c in graph.verify(text).claims if c.verdict == "SUPPORTED"}
    for unsupported in ("mark", "remove"):
        found = clean(text, unsupported=unsupported)
        verdicts = {checked.verdict for checked in found.found.claims}
        assert "REFUTED" not in verdicts
        assert unsupported == "mark" or verdicts <= {"SUPPORTED"}
        left = {c.claim.triple for c in found.found.claims if c.verdict == "SUPPORTED"}
        assert left == true
