"""``kgmed lm check``: what it finds at good and at bad endpoints, and what it says to do."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from scripted_lm import Reply, ScriptedLM, no_template, plain

from kgmed.cli import main
from kgmed.reasoning.lm.check import SCHEMA, check
from kgmed.reasoning.lm.checked import LMCheck
from kgmed.reasoning.lm.settings import LMSettings

GRAMMAR = {"regex": "AB", "grammar": "yes"}


def good(body: dict[str, Any]) -> Any:
    """An endpoint that obeys."""
    for name, text in GRAMMAR.items():
        if name in (body.get("structured_outputs") or {}):
            return text
    return plain(body)


def checked(server: ScriptedLM, **given: Any) -> LMCheck:
    return check(LMSettings(server.name, server.url, **{"timeout_s": 5.0, **given}))


def finding(found: LMCheck, name: str) -> Any:
    return next(one for one in found.findings if one.name == name)


def test_a_good_endpoint_passes_and_what_is_missing_is_told() -> None:
    with ScriptedLM(good) as server:
        found = checked(server)
    assert found.ok
    assert found.served == ("scripted",)
    assert found.context_tokens == 2048
    for name in ("json schema", "choice", "regex", "grammar", "samples", "streaming", "usage"):
        assert finding(found, name).ok, name
    missing = finding(found, "context length")
    assert (missing.ok, missing.needed) == (False, False)
    assert "--max-model-len" in missing.fix
    assert finding(found, "log probabilities").ok is False
    assert finding(found, "prefix cache").ok is None, "the endpoint doesn't tell"


def test_an_endpoint_that_ignores_schemas_fails() -> None:
    with ScriptedLM(lambda _body: "The sea is blue.") as server:
        found = checked(server)
    assert not found.ok
    wrong = finding(found, "json schema")
    assert (wrong.ok, wrong.needed) == (False, True)
    assert "The sea is blue." in wrong.found
    assert finding(found, "choice").ok is False
    assert not finding(found, "choice").needed


def test_thoughts_in_the_answer_are_told_with_the_flag() -> None:
    def thinks(body: dict[str, Any]) -> Any:
        given = good(body)
        return f"<think>Hm.</think>{given}" if given == "ok" else given

    with ScriptedLM(thinks) as server:
        assert "--reasoning-parser" in finding(checked(server), "thoughts apart").fix
    with ScriptedLM(lambda body: Reply(good(body), reasoning="Hm.")) as server:
        assert finding(checked(server), "thoughts apart").ok


@pytest.mark.parametrize(
    ("given", "gate", "words"),
    [
        ({"answer": lambda _body: no_template()}, "chat template", "--chat-template"),
        ({"models": ("a", "b")}, "model", "Name one of them"),
        ({"api_key": "right"}, "reachable", "--api-key-env"),
    ],
)
def test_a_bad_endpoint_is_asked_no_further(given: dict[str, Any], gate: str, words: str) -> None:
    with ScriptedLM(**given) as server:
        found = check(LMSettings("scripted", server.url, timeout_s=5))
    assert not found.ok
    assert found.findings[-1].name == gate
    assert words in found.findings[-1].fix


def test_nothing_there_is_told_with_what_to_do() -> None:
    with ScriptedLM() as server:
        pass
    (only,) = checked(server).findings
    assert (only.ok, only.needed) == (False, True)
    assert "kgmed lm serve" in only.fix


def test_trust_is_told_with_its_reason() -> None:
    assert LMSettings("m", "http://localhost:1").trust == (True, "it runs on this machine")
    assert LMSettings("m", "http://[::1]:1").trust[0]
    assert LMSettings("m", "http://127.9.9.9:1").trust[0]
    far, why = LMSettings("m", "https://api.example.org/v1").trust
    assert not far
    assert "api.example.org" in why
    assert LMSettings("m", "https://api.example.org/v1", trusted=True).trust[0]
    assert not LMSettings("m", "http://localhost.example.org/v1").trust[0]
    assert not LMSettings("openai/some-model").trust[0]


def run(capsys: pytest.CaptureFixture[str], monkeypatch: Any, *words: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["kgmed", "lm", "check", *words])
    code = 0
    try:
        main()
    except SystemExit as stop:
        code = int(stop.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


def test_the_command_prints_and_exits_by_what_it_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedLM(good) as server:
        code, out, _ = run(capsys, monkeypatch, "--lm", "scripted", "--api-base", server.url)
        assert code == 0
        assert "ok       json schema" in out
        assert "Restricted evidence may be sent there: it runs on this machine." in out
        code, out, _ = run(
            capsys, monkeypatch, "--lm", "nobody", "--api-base", server.url, "--json"
        )
    told = json.loads(out)
    assert (code, told["ok"], told["schema"]) == (1, False, "kgmed.lm/1")
    assert told["findings"][-1]["name"] == "model"


def test_without_a_model_it_says_how_to_name_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("KGMED_LM", "KGMED_API_BASE"):
        monkeypatch.delenv(name, raising=False)
    code, _, err = run(capsys, monkeypatch)
    assert code == 2
    assert "--lm NAME --api-base URL" in err


def test_the_schema_that_is_asked_for_is_strict_as_endpoints_take_it() -> None:
    assert SCHEMA["required"] == list(SCHEMA["properties"])  # type: ignore[call-overload]
    assert SCHEMA["additionalProperties"] is False
