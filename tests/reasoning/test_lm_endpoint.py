"""Asking an OpenAI-compatible endpoint, by threads and side by side: what is sent, what is counted,
and every way in which an endpoint can be bad. The server is scripted."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email.utils import formatdate
from pickle import dumps, loads
from typing import Any

import pytest
from scripted_lm import (
    Reply,
    ScriptedLM,
    broken,
    busy,
    no_template,
    overflow,
    unauthorized,
)

from kgmed.kg.errors import LanguageModelError, UsageError
from kgmed.reasoning.lm.base import Request
from kgmed.reasoning.lm.settings import LMSettings

dspy = pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[llm]'")

from kgmed.reasoning.lm import connect as connecting  # noqa: E402
from kgmed.reasoning.lm import endpoint, failures  # noqa: E402
from kgmed.reasoning.lm.connect import LanguageModel, connect  # noqa: E402

HI = Request("Be brief.", "Hi", None, "greeting", max_tokens=64)
SCHEMA = {
    "type": "object", "properties": {"answer": {"type": "string", "maxLength": 20}},
    "required": ["answer"], "additionalProperties": False,
}  # fmt: skip
Ask = Callable[[LanguageModel], str]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "FIRST_PAUSE_S", 0.01)


def by_thread(model: LanguageModel) -> str:
    return model(HI)


def awaited(model: LanguageModel) -> str:
    async def ask() -> str:
        (answer,) = await model.lm.acall("Hi")
        return str(answer)

    return asyncio.run(ask())


def streamed(model: LanguageModel) -> str:
    """Through a program whose words are shown as they come."""

    class Say(dspy.Signature):  # type: ignore[misc, name-defined]
        """Say it."""

        question: str = dspy.InputField()
        answer: str = dspy.OutputField()

    async def ask() -> str:
        with dspy.context(lm=model.lm, adapter=dspy.JSONAdapter()):
            stream = dspy.streamify(dspy.Predict(Say))(question="Hi")
            shown = [part async for part in stream]
        return str(shown[-1].answer)

    return asyncio.run(ask())


def streams(body: dict[str, Any]) -> Reply | str:
    return '{"answer": "hello there"}' if body.get("stream") else "hello there"


@pytest.fixture(params=[by_thread, awaited, streamed], ids=lambda way: way.__name__)
def ask(request: pytest.FixtureRequest) -> Ask:
    return request.param  # type: ignore[no-any-return]


def model_of(server: ScriptedLM, **given: Any) -> LanguageModel:
    return connect(LMSettings(server.name, server.url, **{"timeout_s": 5.0, **given}))


def failure(model: LanguageModel, ask: Ask) -> str:
    with pytest.raises(LanguageModelError) as caught:
        ask(model)
    return str(caught.value)


# What is sent


def test_what_is_sent_is_a_strict_schema_with_bounds() -> None:
    with ScriptedLM() as server, model_of(server, seed=3) as model:
        assert model(replace(HI, schema=SCHEMA)) == '{"answer": "x"}'
    sent = server.requests[0].body
    assert sent["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "greeting", "strict": True, "schema": SCHEMA},
    }
    assert sent["max_tokens"] == 64
    assert (sent["temperature"], sent["seed"]) == (0.0, 3)
    assert not [name for name in sent if name.startswith("guided_")]


def test_a_signature_of_dspy_becomes_a_strict_schema() -> None:
    class Choose(dspy.Signature):  # type: ignore[misc, name-defined]
        """Choose."""

        question: str = dspy.InputField()
        answer: str = dspy.OutputField()

    with ScriptedLM() as server, model_of(server) as model:
        with dspy.context(lm=model.lm, adapter=dspy.JSONAdapter()):
            dspy.ChainOfThought(Choose)(question="Which?")
        form = server.requests[0].body["response_format"]["json_schema"]
        assert len(server.requests) == 1
    assert form["strict"] is True
    assert form["schema"]["additionalProperties"] is False
    assert form["schema"]["required"] == ["reasoning", "answer"]


def test_structured_outputs_travel_by_vllms_field() -> None:
    with ScriptedLM() as server, model_of(server) as model:
        assert model.structured(choice=["yes", "no"])("Well?") == ["yes"]
        model.structured(grammar='root ::= "a"')("Well?")

        async def awaiting() -> list[str]:
            return list(await model.structured(choice=["no"]).acall("Well?"))

        assert asyncio.run(awaiting()) == ["no"]
    assert server.requests[0].body["structured_outputs"] == {"choice": ["yes", "no"]}
    assert server.requests[1].body["structured_outputs"] == {"grammar": 'root ::= "a"'}


def test_the_key_is_sent_and_shown_nowhere() -> None:
    with (
        ScriptedLM(streams, api_key="s3cret") as server,
        model_of(server, api_key="s3cret") as model,
    ):
        assert by_thread(model) == awaited(model) == "hello there"
        assert "s3cret" not in repr(model.settings)
        state = model.lm.dump_state()
        assert "s3cret" not in str(state)
    again = dspy.LM.load_state(state, allow_custom_lm_class=True)
    assert again.model == model.lm.model


def test_thoughts_of_a_reasoning_model_are_no_part_of_the_answer() -> None:
    apart = Reply("Yes.", reasoning="Let me see: maybe no.")
    inside = Reply("<think>\nLet me see: maybe no.\n</think>\n\nYes.")
    begun = Reply("Let me see: maybe no.</think>Yes.")  # the template wrote <think> itself
    with ScriptedLM(script=[apart, inside, begun] * 2) as server, model_of(server) as model:
        assert [model(HI) for _ in range(3)] == ["Yes."] * 3
        told = [model.lm("Well?") for _ in range(3)]
    assert [one[0]["text"] for one in told] == ["Yes."] * 3
    assert [one[0]["reasoning_content"] for one in told] == ["Let me see: maybe no."] * 3


# What is counted


def test_usage_is_counted_in_all_and_for_a_question_apart() -> None:
    with ScriptedLM(lambda _body: "one two three") as server, model_of(server) as model:

        async def question(words: str) -> dict[str, int]:
            with model.counting() as usage:
                await asyncio.gather(*(model.lm.acall(words) for _ in range(3)))
            return usage.as_dict()

        async def both() -> list[dict[str, int]]:
            return list(await asyncio.gather(question("a b"), question("a b c d")))

        short, long = asyncio.run(both())
        model(HI)
    assert (short["calls"], short["prompt_tokens"], short["completion_tokens"]) == (3, 6, 9)
    assert (long["calls"], long["prompt_tokens"]) == (3, 12)
    assert model.usage.calls == 7
    model.usage.reset()
    assert model.usage.total_tokens == 0


def test_a_streams_usage_is_counted() -> None:
    with ScriptedLM(streams) as server, model_of(server) as model:
        streamed(model)
        assert server.requests[0].body["stream"] is True
    assert (model.usage.calls, model.usage.completion_tokens) == (1, 3)


def test_no_more_than_the_limit_are_under_way_at_a_time() -> None:
    slow = Reply("hello there", delay_s=0.05)
    with ScriptedLM(lambda _body: slow) as server, model_of(server, concurrency=3) as model:
        with ThreadPoolExecutor(12) as pool:
            assert len(list(pool.map(lambda _n: model(HI), range(12)))) == 12
        assert server.most_under_way == 3
        server.most_under_way = 0

        async def many() -> None:
            await asyncio.gather(*(model.lm.acall("Hi") for _ in range(12)))

        asyncio.run(many())
        assert server.most_under_way == 3


# Bad endpoints


def test_nothing_listens_there(ask: Ask) -> None:
    with ScriptedLM() as server:
        model = model_of(server)
    text = failure(model, ask)
    assert server.url in text
    assert "can't be reached" in text
    assert "kgmed lm serve" in text
    assert model.usage.retries == 0, "a server that never was isn't waited for"


def test_a_host_that_is_not_there(ask: Ask) -> None:
    text = failure(connect(LMSettings("m", "http://no-such-host.invalid/v1", timeout_s=5)), ask)
    assert "can't be reached" in text


def test_a_wrong_path(ask: Ask) -> None:
    with ScriptedLM() as server:
        url = server.url.replace("/v1", "/api/v9")
        text = failure(connect(LMSettings("m", url, timeout_s=5)), ask)
    assert "404" in text
    assert "mostly ends with /v1" in text
    assert len(server.requests) == 1, "a wrong path isn't tried again"


def test_a_page_instead_of_an_answer() -> None:
    page = Reply(body=b"<html>Please log in</html>")
    with ScriptedLM(lambda _body: page) as server, model_of(server, retries=1) as model:
        for way in (by_thread, awaited):
            assert "OpenAI-compatible" in failure(model, way)


def test_a_model_that_is_not_served_is_told_with_those_that_are(ask: Ask) -> None:
    with ScriptedLM(models=("llama", "qwen")) as server:
        text = failure(connect(LMSettings("lama", server.url, timeout_s=5)), ask)
    assert "serves no model 'lama'" in text
    assert "llama, qwen" in text


def test_a_key_that_is_refused(ask: Ask) -> None:
    with ScriptedLM(api_key="right") as server, model_of(server, api_key="wrong") as model:
        text = failure(model, ask)
        assert len(server.requests) == 1, "a wrong key isn't tried again"
    assert "refused the key" in text
    assert "--api-key-env" in text
    assert "wrong" not in text.replace("wrong key", "")


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_is_not_tried_again(status: int) -> None:
    with ScriptedLM(lambda _body: replace(unauthorized(), status=status)) as server:
        assert str(status) in failure(model_of(server), by_thread)
        assert len(server.requests) == 1


def test_busy_endpoints_are_asked_again_after_a_pause(ask: Ask) -> None:
    with ScriptedLM(streams, script=[busy(), busy()]) as server, model_of(server) as model:
        assert ask(model) == "hello there"
        assert len(server.requests) == 3
        assert (model.usage.retries, model.usage.calls) == (2, 1)


def test_an_endpoint_that_says_how_long_is_waited_for_so_long(ask: Ask) -> None:
    with ScriptedLM(streams, script=[busy(1)]) as server, model_of(server) as model:
        assert ask(model) == "hello there"
    first, second = server.requests
    assert 1.0 <= second.time - first.time < 3.0


def test_a_date_to_wait_for_is_understood() -> None:
    when = formatdate(time.time() + 2, usegmt=True)
    with ScriptedLM(streams, script=[busy(when)]) as server, model_of(server) as model:
        assert by_thread(model) == "hello there"
    first, second = server.requests
    assert 0.5 <= second.time - first.time < 4.0


def test_an_endpoint_that_asks_for_an_hour_is_not_waited_for(ask: Ask) -> None:
    with ScriptedLM(streams, script=[busy(3600)]) as server, model_of(server) as model:
        text = failure(model, ask)
    assert "3600 s" in text
    assert len(server.requests) == 1


def test_an_endpoint_that_stays_busy_is_given_up(ask: Ask) -> None:
    with ScriptedLM(lambda _body: busy()) as server, model_of(server, retries=2) as model:
        text = failure(model, ask)
        assert len(server.requests) == 3
    assert "asked too often after 3 tries" in text


def test_a_server_that_fails_and_recovers_loses_nothing(ask: Ask) -> None:
    script = [broken(500), broken(502), broken(503)]
    with ScriptedLM(streams, script=script) as server, model_of(server) as model:
        assert ask(model) == "hello there"
        assert len(server.requests) == 4


def test_a_server_that_keeps_failing_is_given_up_with_its_words(ask: Ask) -> None:
    with ScriptedLM(lambda _body: broken()) as server, model_of(server, retries=1) as model:
        text = failure(model, ask)
        assert len(server.requests) == 2
    assert "EngineCore encountered an issue" in text
    assert "500" in text


def test_a_first_token_that_does_not_come_is_waited_for_twice(ask: Ask) -> None:
    slow = Reply("late", delay_s=2.0)
    with ScriptedLM(lambda _body: slow) as server, model_of(server, timeout_s=0.2) as model:
        text = failure(model, ask)
        assert len(server.requests) == 2
    assert "sent nothing for 0.2 s" in text
    assert "KGMED_LM_TIMEOUT" in text


def test_a_slow_first_token_alone_does_no_harm(ask: Ask) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        text = streams(body)
        return Reply(text if isinstance(text, str) else "", delay_s=0.5)

    with ScriptedLM(answer) as server, model_of(server) as model:
        assert ask(model) == "hello there"
        assert len(server.requests) == 1


def test_an_answer_that_breaks_off_is_asked_for_again() -> None:
    for way in (by_thread, awaited):
        script = [Reply("hello there", cut=40)]
        with ScriptedLM(streams, script=script) as server, model_of(server) as model:
            assert way(model) == "hello there"
            assert len(server.requests) == 2


def test_a_stream_that_breaks_off_after_its_first_words_fails() -> None:
    cut = Reply('{"answer": "hello there"}', cut=10)
    with ScriptedLM(lambda _body: cut) as server, model_of(server) as model:
        text = failure(model, streamed)
        assert len(server.requests) == 1, "what was shown can't be taken back"
    assert "broke off" in text


def test_json_that_is_cut_short_is_handed_on_as_it_is() -> None:
    cut = Reply('{"answer": "hel', finish="length")
    with ScriptedLM(lambda _body: cut) as server, model_of(server) as model:
        assert model(replace(HI, schema=SCHEMA)) == '{"answer": "hel'


def test_control_characters_in_json_are_escaped_as_json_has_to_be() -> None:
    raw = Reply('{"answer": "one\x0f\ntwo \u836f"}')
    with ScriptedLM(lambda _body: raw) as server, model_of(server) as model:
        text = model(replace(HI, schema=SCHEMA))
        assert json.loads(text) == {"answer": "one\x0f\ntwo \u836f"}
        assert model(HI) == raw.text, "text that isn't asked for as JSON stays as it is"


def test_json_with_a_choice_in_it_is_text_like_any_other() -> None:
    chosen = {"type": "object", "properties": {"answer": {"enum": ["yes", "no"]}},
              "required": ["answer"], "additionalProperties": False}  # fmt: skip
    with ScriptedLM() as server, model_of(server) as model:
        assert json.loads(model(replace(HI, schema=chosen))) == {"answer": "yes"}


def test_a_model_without_chat_template(ask: Ask) -> None:
    with ScriptedLM(lambda _body: no_template()) as server, model_of(server) as model:
        text = failure(model, ask)
        assert len(server.requests) == 1
    assert "no chat template" in text
    assert "--chat-template" in text


def test_a_prompt_that_is_too_long(ask: Ask) -> None:
    with ScriptedLM(lambda _body: overflow()) as server, model_of(server) as model:
        with pytest.raises(failures.ContextOverflow) as caught:
            ask(model)
        assert len(server.requests) == 1
    text = str(caught.value)
    assert "2048 tokens" in text
    assert "--max-model-len" in text
    assert isinstance(caught.value, dspy.utils.exceptions.ContextWindowExceededError)


def test_a_server_that_dies_is_told_and_goes_on_after_its_restart() -> None:
    with ScriptedLM(streams) as server, model_of(server, retries=2) as model:
        assert by_thread(model) == awaited(model) == "hello there"
        server.kill()
        assert "can't be reached after 3 tries" in failure(model, by_thread)
        assert "can't be reached after 3 tries" in failure(model, awaited)
        server.start()
        assert by_thread(model) == awaited(model) == "hello there"


def test_a_server_that_restarts_in_time_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "FIRST_PAUSE_S", 0.3)
    with ScriptedLM(streams) as server, model_of(server) as model:
        assert by_thread(model) == "hello there"
        server.kill()
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(model, HI)
            time.sleep(0.2)
            server.start()
            assert asked.result() == "hello there"
    assert model.usage.retries >= 1


def test_one_bad_answer_among_many_loses_no_other() -> None:
    def answer(body: dict[str, Any]) -> Any:
        text = body["messages"][-1]["content"]
        return overflow() if text == "7" else text

    with ScriptedLM(answer) as server, model_of(server) as model:

        async def many() -> list[Any]:
            asked = (model.lm.acall(str(n)) for n in range(20))
            return await asyncio.gather(*asked, return_exceptions=True)

        found = asyncio.run(many())
    assert [n for n, one in enumerate(found) if isinstance(one, LanguageModelError)] == [7]
    assert [one for n, one in enumerate(found) if n != 7] == [[str(n)] for n in range(20) if n != 7]


# Names and errors


def test_errors_cross_between_processes() -> None:
    error = failures.EndpointError("http://h: no.", status=500)
    again = loads(dumps(error))  # noqa: S301
    assert (str(again), again.status, type(again)) == ("http://h: no.", 500, type(error))


@pytest.mark.parametrize("name", ["nobody", "./nowhere", "/nowhere/at/all"])
def test_a_name_without_an_endpoint_is_told(name: str) -> None:
    with pytest.raises(UsageError, match="--api-base"):
        connect(LMSettings(name))


def test_a_provider_that_dspy_does_not_know_is_told() -> None:
    with pytest.raises(LanguageModelError, match="--lm NAME --api-base URL"):
        connect(LMSettings("nobody/nothing"))(HI)


def test_answers_are_kept_only_where_the_user_says(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    kept = vars(dspy).get("cache")  # asked for by its name, it is made in the home
    try:
        with ScriptedLM(streams) as server:
            with model_of(server) as model:
                assert model(HI) == model(HI)
            assert len(server.requests) == 2
            with model_of(server, cache=tmp_path / "kept") as model:
                assert model(HI) == model(HI)
            assert len(server.requests) == 3
            assert list((tmp_path / "kept").iterdir())
        assert not (tmp_path / "home").exists()
    finally:
        vars(dspy).pop("cache", None)
        if kept is not None:
            dspy.cache = kept


def test_nothing_heavy_is_imported_and_nothing_fetched() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from kgmed.reasoning.lm.connect import connect\n"
        "from kgmed.reasoning.lm.settings import LMSettings\n"
        "assert 'dspy' not in sys.modules\n"
        "connect(LMSettings('m', 'http://127.0.0.1:9'))\n"
        "print([n for n in ('litellm', 'openai', 'httpx', 'torch') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
    assert connecting is not None
