"""How answers and verdicts show in a notebook."""

from __future__ import annotations

import re

import pytest

from kgmed.facade import Graph
from kgmed.reasoning.claims.model import VERDICTS
from kgmed.reasoning.display.verdicts import COLOURS, SIGNS, chip, marked, style

TEXT = (
    "Warfarin interacts with amiodarone. Imatinib activates ABL1. Metformin treats gout. "
    "<script>alert(1)</script> Is it safe?"
)


class Printer:
    """IPython's printer, as far as it is called."""

    said = ""

    def text(self, text: str) -> None:
        self.said += text


def test_every_verdict_has_a_sign_a_word_and_a_line_of_its_own() -> None:
    assert len(set(SIGNS.values())) == len(VERDICTS)
    lines = {re.search("border-bottom:([^;]*)", style(verdict)).group(1) for verdict in VERDICTS}  # type: ignore[union-attr]
    assert len(lines) == len(VERDICTS)
    assert all(SIGNS[v] in chip(v) and v in chip(v) for v in VERDICTS)


def test_marks_are_dark_on_light_in_any_theme() -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    ink = luminance("#111111")
    for verdict, colour in COLOURS.items():
        assert (luminance(colour) + 0.05) / (ink + 0.05) > 7, verdict  # WCAG AAA
        assert "color:#111" in style(verdict)


def test_a_text_is_marked_by_sign_and_number_and_escaped() -> None:
    html = marked("a <b> c", [(0, 1, "SUPPORTED"), (2, 5, "REFUTED")])
    assert "✓1" in html
    assert "✗2" in html
    assert "<b>" not in re.sub(r"<b style[^>]*>", "", html)


def test_the_worst_of_several_verdicts_is_shown() -> None:
    html = marked("abc", [(0, 3, "SUPPORTED"), (0, 3, "REFUTED")])
    assert COLOURS["REFUTED"] in html
    assert "✓1 ✗2" in html


def test_a_verification_shows_its_text_claims_and_proofs(graph: Graph) -> None:
    html = graph.verify(TEXT)._repr_html_()
    assert "<script" not in html
    for word in ("✓ SUPPORTED", "✗ REFUTED", "4db0062d", "Is it safe?"):
        assert word in html
    assert "✓1" in html
    checked = graph.verify(TEXT).claims[0]
    assert "✓ SUPPORTED" in checked._repr_html_()


def test_an_answer_shows_its_value_by_a_word(graph: Graph) -> None:
    yes = graph.ask("does warfarin interact with amiodarone?")._repr_html_()
    assert "✓ yes" in yes
    assert "<svg" in yes
    none = graph.ask("does warfarin interact with lisinopril?")._repr_html_()
    assert "no_evidence" in none
    assert "✗ no" not in none


@pytest.mark.parametrize(
    "question", ["drug interactions of warfarin", "华法林的药物相互作用", "what is gout?"]
)
def test_an_answer_knows_the_names_of_what_it_cites(graph: Graph, question: str) -> None:
    answer = graph.ask(question)
    ends = {end for s in answer.statements.values() for end in (s.subject, s.object) if end}
    assert set(answer.names) >= ends
    assert "华法林" in answer.names.values() or answer.lang == "en"


def test_a_list_is_bounded_and_says_how_many_more(graph: Graph) -> None:
    html = graph.ask("drug interactions of warfarin")._repr_html_()
    assert "… 119 more in <code>.items</code>" in html
    assert len(html) < 60_000


def test_a_shell_of_ipython_prints_the_text(graph: Graph) -> None:
    answer, found = graph.ask("which drugs treat gout?"), graph.verify(TEXT)
    for value in (answer, found):
        printer = Printer()
        value._repr_pretty_(printer, False)
        assert "gout" in printer.said
        assert "<" not in printer.said.replace("<script>", "").replace("</script>", "")
