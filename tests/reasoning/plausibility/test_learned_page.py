"""The page and the displays of models and evaluations say what was measured, and run nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from plausible import graph

from kgmed.facade import Graph, open_graph
from kgmed.kg.errors import OutputError
from kgmed.reasoning.plausibility.measures.page import page, plots
from kgmed.reasoning.plausibility.told import Learned, LearnEvaluation


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return open_graph(graph(tmp_path_factory.mktemp("graph") / "graph").root)


@pytest.fixture(scope="module")
def measured(opened: Graph) -> LearnEvaluation:
    return opened.learn_evaluate(methods=["degree", "paths"], seeds=[0, 1], share=0.15)


@pytest.fixture(scope="module")
def learned(opened: Graph) -> Learned:
    return opened.learn_train(model="paths", share=0.15)


def test_the_page_has_the_figures_of_every_method(measured: LearnEvaluation) -> None:
    made = page(measured)
    for name, one in measured.methods.items():
        auc = one.figures["auc"]
        assert name in made
        assert f"{auc.value:.3f}</span> <span>[{auc.low:.3f}, {auc.high:.3f}]" in made
        assert f"{one.ece:.3f}" in made
    assert made.count("<figure>") == 3
    assert "<script" not in made
    assert "http" not in re.sub(r'http-equiv="[^"]*"', "", made)


def test_plots_place_what_was_told_beside_what_was_true(measured: LearnEvaluation) -> None:
    drawn = dict(plots(measured.methods))
    for picture in drawn.values():
        ElementTree.fromstring(re.match(r"<svg.*?</svg>", picture, re.DOTALL)[0])  # type: ignore[index]  # noqa: S314
    bins = sum(len(one.reliability) for one in measured.methods.values())
    reliability = drawn["Probability told and share that was true"]
    assert reliability.count("<title>") == bins
    one = measured.methods["paths"].reliability[0]
    assert f"paths: told {one.told:.3f}, true {one.true:.3f}" in reliability


def test_a_method_without_bins_has_no_reliability(measured: LearnEvaluation) -> None:
    bare = {name: replace(one, reliability=()) for name, one in measured.methods.items()}
    assert [title for title, _picture in plots(bare)] == [
        "AUC against hard negatives", "Mean reciprocal rank",
    ]  # fmt: skip


def test_the_page_of_a_model_says_what_it_was_trained_on(learned: Learned, tmp_path: Path) -> None:
    learned.save(tmp_path / "model.html")
    made = (tmp_path / "model.html").read_text(encoding="utf-8")
    assert made == page(learned)
    for part in (learned.snapshot[:16], "in_drug_class", f"{learned.parts.train:,} triples"):
        assert part in made
    with pytest.raises(OutputError, match="can't be written"):
        learned.save(tmp_path / "none" / "model.html")


def test_a_name_is_text_on_the_page(learned: Learned) -> None:
    made = page(replace(learned, name="<b>x</b>", verdict="a < b"))
    assert "<b>x</b>" not in made
    assert "&lt;b&gt;x&lt;/b&gt;" in made
    assert "a &lt; b" in made


def test_models_and_evaluations_show_in_a_notebook(
    opened: Graph, measured: LearnEvaluation, learned: Learned
) -> None:
    assert measured.verdict.split(" (")[0] in measured._repr_html_()
    assert learned.snapshot[:16] in learned._repr_html_()
    assert 'sandbox srcdoc="' in learned.page().html
    assert 'sandbox srcdoc="' in measured.page().html
    listed = opened.learn_info()
    assert "default" in listed._repr_html_()
    assert "other hash" in replace(listed, unusable={"near": "other hash"})._repr_html_()
    assert "No model" in replace(listed, models=(), unusable={})._repr_html_()
