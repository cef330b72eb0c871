"""A small graph of well-known names, and models that write about it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support import concept, source, tables_of

from kgmed.builders.pipeline import build
from kgmed.reasoning.lm.base import Request

NAMES = {
    "warfarin": ("Drug", "华法林"), "amiodarone": ("Drug", "胺碘酮"),
    "aspirin": ("Drug", "阿司匹林"), "metformin": ("Drug", "二甲双胍"),
    "allopurinol": ("Drug", "别嘌醇"),
    "colchicine": ("Drug", "秋水仙碱"), "gout": ("Disease", "痛风"), "asthma": ("Disease", "哮喘"),
    "thrombosis": ("Disease", "血栓形成"), "stroke": ("Disease", "脑卒中"),
    "fever": ("PhenotypicFeature", "发热"), "headache": ("PhenotypicFeature", "头痛"),
}  # fmt: skip
TREATS = {
    "allopurinol": ["gout"], "colchicine": ["gout"], "warfarin": ["thrombosis", "stroke"],
    "aspirin": ["fever", "headache", "thrombosis"],
}  # fmt: skip
INTERACTS = (("warfarin", "amiodarone", "Critical"), ("warfarin", "aspirin", "Significant"))


def curie(name: str) -> str:
    """The id of a thing."""
    return f"mesh:{name.upper()}"


def make_graph(folder: Path) -> Path:
    """Build the graph."""
    tables = tables_of([concept(curie(n), n, kind) for n, (kind, _zh) in NAMES.items()])
    tables["names"] += [
        {"id": curie(name), "text": zh, "language": "zh", "kind": "preferred"}
        for name, (_kind, zh) in NAMES.items()
    ]
    rows: list[dict[str, Any]] = [
        {"subject": curie(drug), "predicate": "treats", "object": curie(disease)}
        for drug, diseases in TREATS.items() for disease in diseases
    ]  # fmt: skip
    rows += [
        {"subject": curie(one), "predicate": "interacts_with", "object": curie(other),
         "qualifiers": json.dumps({"severity": severity}, separators=(",", ":"))}
        for one, other, severity in INTERACTS
    ]  # fmt: skip
    rows += [
        {"subject": curie("metformin"), "predicate": "treats", "object": curie("asthma"),
         "negated": True},
        {"subject": curie("stroke"), "predicate": "has_symptom", "object": curie("headache")},
        {"subject": curie("gout"), "predicate": "has_symptom", "object": curie("fever")},
    ]  # fmt: skip
    build([source("infores:books", **tables, statements=rows)], folder)
    return folder


def lines_of(request: Request) -> list[str]:
    """The numbered lines of a prompt's data, without what must stay."""
    found = re.findall(r"^\d+\. (.*)$", request.user, re.MULTILINE)
    return [line.split(" [[")[0] for line in found]


def texts(*said: str) -> str:
    """Texts as a model answers them."""
    return json.dumps({"texts": said}, ensure_ascii=False)


def messages(*said: str) -> str:
    """Messages of user and assistant in turn, as a model answers them."""
    turns = [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(said)]
    return json.dumps({"messages": turns}, ensure_ascii=False)


ASKS = re.compile(r"[?？]$|^(?:请|List|Name|Give|State)")
REWORDED = (
    ("is a treatment for", "treats"),
    ("is used to treat", "treats"),
    ("可用于治疗", "治疗"),
)


def reworded(text: str) -> str:
    """A statement in other words; a question as it is."""
    if ASKS.search(text):
        return text
    for old, new in REWORDED:
        if old in text:
            return text.replace(old, new, 1)
    return f"As listed: {text}" if text.isascii() else f"据记载，{text}"


def well(request: Request) -> str:
    """A model that says texts anew as it should."""
    return texts(*map(reworded, lines_of(request)))


def changed(how: Callable[[str], str]) -> Callable[[Request], str]:
    """A model that rewords, and changes the last text besides."""

    def complete(request: Request) -> str:
        *first, last = map(reworded, lines_of(request))
        return texts(*first, how(last))

    return complete
