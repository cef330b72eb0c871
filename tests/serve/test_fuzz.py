"""Requests drawn from the OpenAPI document: none makes the server fail, and answers are as told."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("schemathesis", reason="needs schemathesis: pip install 'kgmed[dev]'")

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

if TYPE_CHECKING:
    import httpx

EXAMPLES = int(os.environ.get("KGMED_FUZZ_EXAMPLES", "15"))
"""Requests drawn for each address; ``KGMED_FUZZ_EXAMPLES`` draws more."""
SLOW = "/v1/samples"


CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]


def test_no_request_makes_the_server_fail(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=str(client.base_url))
    asked = 0

    def ask(case: schemathesis.Case) -> None:
        nonlocal asked
        asked += 1
        case.call_and_validate(checks=CHECKS)

    limits = settings(max_examples=EXAMPLES, deadline=None, database=None,
                      suppress_health_check=list(HealthCheck))  # fmt: skip
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation is not None and operation.path != SLOW:
            limits(given(case=operation.as_strategy())(ask))()
    assert asked > EXAMPLES * len(document["paths"]) // 2
