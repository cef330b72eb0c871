"""Requests drawn from the OpenAPI document: none makes the server fail, and answers are as told.

pytest -m stress tests/serve/test_fuzz.py       # for minutes: KGMED_FUZZ_SECONDS says how many
"""

from __future__ import annotations

import os
import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("schemathesis", reason="needs schemathesis: pip install 'kgmed[dev]'")

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance
from serving import served

from kgmed.facade import Graph
from kgmed.serve.limits import Limits

if TYPE_CHECKING:
    import httpx

EXAMPLES = int(os.environ.get("KGMED_FUZZ_EXAMPLES", "15"))
"""Requests drawn for each address; ``KGMED_FUZZ_EXAMPLES`` draws more."""
SECONDS = float(os.environ.get("KGMED_FUZZ_SECONDS", "300"))
SLOW = "/v1/samples"
"""Each of its answers takes seconds."""
KNOWN = st.fixed_dictionaries({}, optional={
    "id": st.sampled_from(["drugbank:DB00682", "DB01118", "11289", "bfe9226b56bfa1c6"]),
    "start": st.sampled_from(["warfarin", "DB01118", "gout"]),
    "end": st.sampled_from(["VKORC1", "gout", "warfarin"]),
    "left": st.just("DOID:9477"),
    "right": st.sampled_from(["UMLS:C0034065", "drugbank:DB00682"]),
    "q": st.sampled_from(["warf", "gout", "华法林"]),
    "predicate": st.sampled_from(["treats", "interacts_with"]),
    "source": st.sampled_from(["infores:ndfrt", "infores:drugcentral"]),
    "category": st.sampled_from(["Drug", "Disease"]),
    "cursor": st.none(),
    "limit": st.integers(1, 200),
    "hops": st.integers(1, 4),
    "drugs": st.lists(
        st.one_of(st.sampled_from(["warfarin", "DB01118", "阿司匹林"]), st.text(max_size=9)),
        min_size=2, max_size=8,
    ),
    "triples": st.lists(st.fixed_dictionaries({
        "subject": st.sampled_from(["warfarin", "DB01118"]), "predicate": st.just("treats"),
        "object": st.one_of(st.just("gout"), st.text(min_size=1, max_size=9)),
    }, optional={"negated": st.booleans(), "more": st.integers()}), min_size=1, max_size=5),
    "count": st.integers(1, 3),
    "task": st.sampled_from(["yes_no", "translation", "retrieval"]),
    "question": st.sampled_from(["drug interactions of warfarin", "痛风用什么药", "what is gout?"]),
    "text": st.text(alphabet="warfarin gout.华法林，\u0301\U0001f600-1'", max_size=60).map(
        lambda more: f"Warfarin treats gout. {more}"
    ),
})  # fmt: skip
"""What the graph knows, so that requests get further than a refusal."""
CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]


def document_of(client: httpx.Client) -> schemathesis.schemas.BaseSchema:
    schema = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
    schema.config.update(base_url=str(client.base_url))
    return schema


def drawn(
    operation: schemathesis.schemas.APIOperation, mode: GenerationMode, examples: int,
    **more: bool,
) -> Counter[int]:  # fmt: skip
    """Requests of an address; the statuses of what was answered."""
    told: Counter[int] = Counter()

    def ask(case: schemathesis.Case, known: dict[str, object]) -> None:
        if mode == GenerationMode.POSITIVE:
            for part in (case.path_parameters, case.query, case.body):
                if isinstance(part, dict):
                    part.update({k: v for k, v in known.items() if k in part and v is not None})
                    for name in (name for name, v in known.items() if v is None):
                        part.pop(name, None)
        response = case.call_and_validate(checks=CHECKS, timeout=120)
        told[response.status_code] += 1

    limits = settings(max_examples=examples, deadline=None, database=None, **more,
                      suppress_health_check=list(HealthCheck))  # fmt: skip
    strategy = operation.as_strategy(generation_mode=mode)
    with suppress(Unsatisfiable):  # an address that takes nothing can't be given what is wrong
        limits(given(case=strategy, known=KNOWN)(ask))()
    return told


def test_no_request_makes_the_server_fail(client: httpx.Client) -> None:
    asked = 0
    operations = [found.ok() for found in document_of(client).get_all_operations()]
    for operation in operations:
        if operation.path != SLOW:
            asked += drawn(operation, GenerationMode.POSITIVE, EXAMPLES).total()
    assert asked > EXAMPLES * len(operations) // 2


@pytest.mark.stress
def test_no_request_of_many_makes_the_server_fail(graph: Graph) -> None:
    until = time.monotonic() + SECONDS
    told: dict[str, Counter[int]] = {}
    with served(limits=Limits(timeout_s=60)) as client:
        operations = [found.ok() for found in document_of(client).get_all_operations()]
        while time.monotonic() < until:
            for operation in operations:
                for mode in GenerationMode:
                    examples = 3 if operation.path == SLOW else EXAMPLES
                    found = told.setdefault(f"{operation.label} {mode.value}", Counter())
                    found.update(drawn(operation, mode, examples, derandomize=False))
        assert client.get("/readyz").json()["problems"] == []
    for label, statuses in told.items():
        print(f"{label}: {dict(statuses)}")
    without = {"/v1/diff", "/v1/statements/{id}"}  # which has none to compare with; ids of its own
    assert {label for label, statuses in told.items() if 200 in statuses} >= {
        f"{operation.label} positive" for operation in operations if operation.path not in without
    }
