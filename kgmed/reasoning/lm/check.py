"""What an endpoint really supports: asked of it, not read off its name.

Each question says what was found, and what to do where that isn't enough. What kgmed can't do
without is ``needed``; the rest makes answers better or cheaper. The flags are those of vLLM 0.32
(https://docs.vllm.ai/en/latest/cli/serve.html).
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

from kgmed.kg.errors import KgmedError
from kgmed.reasoning.lm.base import Request
from kgmed.reasoning.lm.checked import Finding, LMCheck
from kgmed.reasoning.lm.served import Reply, ask, model_cards
from kgmed.reasoning.lm.settings import LMSettings

NEEDED_CONTEXT, GOOD_CONTEXT = 2048, 4096
"""Tokens that a prompt with little evidence takes, and one with 1,000 tokens of it."""
SCHEMA = {
    "type": "object",
    "properties": {
        "answer": {"type": "string", "enum": ["yes", "no"]},
        "reason": {"type": "string", "maxLength": 40},
        "score": {"type": "integer", "minimum": 0, "maximum": 9},
    },
    "required": ["answer", "reason", "score"],
    "additionalProperties": False,
}
FREE = "Write one line of a poem about the sea, as plain text."
"""Asked along with a form that it doesn't fit, so that only an endpoint that enforces it obeys."""
TRIES = 3


def check(settings: LMSettings, *, tell: Callable[[str], None] = lambda _text: None) -> LMCheck:
    """Ask the model of settings what it can; ``tell`` is told each question before it is asked.

    Nothing is raised for an endpoint that is bad: that is what the findings say.
    """
    begun = time.monotonic()
    served: tuple[str, ...] = ()
    context: int | None = None
    if settings.api_base:
        probe = _Probe(settings)
        findings = []
        for question in probe.questions():
            tell(question)
            found = probe.answer(question)
            findings.append(found)
            if found.name in _GATES and not found.ok:
                break  # nothing further would say more
        served, context = probe.served, probe.context
    else:
        tell("an answer")
        findings = [_answers(settings)]
    trusted, why = settings.trust
    return LMCheck(
        settings.name, settings.api_base, not any(f.needed and f.ok is False for f in findings),
        trusted, why, served, context, tuple(findings), (time.monotonic() - begun) * 1e3,
    )  # fmt: skip


_GATES = ("reachable", "model", "chat template")


def reach(settings: LMSettings) -> tuple[Finding, ...]:
    """Whether the endpoint of settings answers and serves the model; nothing is generated.

    Nothing is raised for an endpoint that is bad.
    """
    probe = _Probe(settings)
    first = probe.answer("reachable")
    return (first, probe.answer("model")) if first.ok else (first,)


def _answers(settings: LMSettings) -> Finding:
    """Whether a model without an endpoint answers."""
    from kgmed.reasoning.lm.connect import connect

    try:
        with connect(settings) as model:
            text = model(Request("Answer in JSON.", "Is water wet?", SCHEMA, "answer"))
    except KgmedError as error:
        return Finding("answers", needed=True, ok=False, found=str(error), fix="See the message.")
    return Finding("answers", needed=True, ok=True, found=f"{text[:60]!r}")


class _Probe:
    """The questions to one endpoint."""

    def __init__(self, settings: LMSettings) -> None:
        self.settings = settings
        self.served: tuple[str, ...] = ()
        self.context: int | None = None
        self._questions: dict[str, Callable[[], Any]] = {
            "reachable": self._reachable,
            "model": self._model,
            "chat template": self._chat,
            "context length": self._context,
            "json schema": self._schema,
            "choice": lambda: self._structured("choice", ["yes", "no"], r"yes|no"),
            "regex": lambda: self._structured("regex", "[A-D]{2}", r"[A-D]{2}"),
            "grammar": lambda: self._structured("grammar", 'root ::= "yes" | "no"', r"yes|no"),
            "samples": self._samples,
            "seed": self._seed,
            "log probabilities": self._logprobs,
            "streaming": self._streaming,
            "usage": self._tokens,
            "prefix cache": self._prefix,
            "thoughts apart": self._thoughts,
        }

    def questions(self) -> list[str]:
        """Their names, in order."""
        return list(self._questions)

    def answer(self, name: str) -> Finding:
        """Ask one."""
        needed, ok, found, fix = self._questions[name]()
        return Finding(name, needed, ok, found, "" if ok else fix)

    def _post(self, **more: Any) -> Reply:
        asked = self.settings
        body = {
            "model": asked.name, "max_tokens": 16, "temperature": 0.0,
            "messages": [{"role": "user", "content": FREE}], **more,
        }  # fmt: skip
        return ask(
            f"{asked.api_base}/chat/completions", api_key=asked.api_key, send=body,
            timeout_s=asked.timeout_s,
        )  # fmt: skip

    def _reachable(self) -> Any:
        asked = self.settings
        reply = ask(
            f"{asked.api_base}/models", api_key=asked.api_key, timeout_s=min(asked.timeout_s, 20)
        )
        cards = model_cards(reply)
        self.served = tuple(str(card["id"]) for card in cards)
        for card in cards:
            if card["id"] == asked.name or card["id"] == _parent(cards, asked.name):
                self.context = card.get("max_model_len") or self.context
        url = asked.api_base
        if reply.status == 0:
            fix = "Start it (kgmed lm serve MODEL), or give the right URL: --api-base URL."
            return True, False, f"{url}: {reply.words}", fix
        if reply.status in {401, 403}:
            fix = "Give the key: --api-key-env NAME names the variable that holds it."
            return True, False, f"{url} refuses the key ({reply.status})", fix
        if not cards:
            fix = "Give the URL of an OpenAI-compatible endpoint; it mostly ends with /v1."
            return True, False, f"{url}/models lists no models ({reply.status})", fix
        return True, True, f"{url} answers", ""

    def _model(self) -> Any:
        name, served = self.settings.name, ", ".join(self.served)
        if name in self.served:
            return True, True, f"{name} is served", ""
        return True, False, f"{name} isn't served; these are: {served}", "Name one of them by --lm."

    def _chat(self) -> Any:
        reply = self._post(max_tokens=4)
        if reply.status == 200 and _texts(reply):
            return True, True, "it takes messages", ""
        fix = "Look into the server's log."
        if "template" in reply.words:
            fix = (
                "Serve a model that was trained to be asked, or start vLLM with "
                "--chat-template FILE."
            )
        return True, False, f"{reply.status}: {reply.words}", fix

    def _context(self) -> Any:
        fix = f"Start vLLM with --max-model-len {GOOD_CONTEXT} or more."
        if self.context is None:
            return True, None, "the endpoint doesn't tell", fix
        found = f"{self.context:,} tokens"
        if self.context < GOOD_CONTEXT:
            fix += f" {GOOD_CONTEXT:,} leave room for 1,000 tokens of evidence and a long answer."
            return self.context < NEEDED_CONTEXT, False, found, fix
        return True, True, found, ""

    def _schema(self) -> Any:
        form = {"name": "answer", "strict": True, "schema": SCHEMA}
        good, last = 0, ""
        for turn in range(TRIES):
            reply = self._post(
                max_tokens=200, temperature=1.0, seed=turn,
                response_format={"type": "json_schema", "json_schema": form},
            )  # fmt: skip
            last = (_texts(reply) or [f"{reply.status}: {reply.words}"])[0]
            good += is_valid(last)
        found = f"{good} of {TRIES} answers are of the schema"
        if good < TRIES:
            found += f"; the last was {last[:80]!r}"
        fix = (
            "The endpoint must enforce response_format json_schema. vLLM does by itself; `kgmed lm "
            "serve --dry-run` prints the flags that keep its JSON short and valid."
        )
        return True, good == TRIES, found, fix

    def _structured(self, name: str, value: Any, pattern: str) -> Any:
        reply = self._post(temperature=1.0, structured_outputs={name: value})
        text = (_texts(reply) or [f"{reply.status}: {reply.words}"])[0]
        fix = (
            "Graph-constrained answers need vLLM's field structured_outputs; other programs do "
            "without it."
        )
        return False, bool(re.fullmatch(pattern, text)), f"{text[:60]!r}", fix

    def _samples(self) -> Any:
        texts = _texts(self._post(n=3, temperature=1.0))
        fix = "kgmed asks for samples one by one, so nothing is lost but shared prompts."
        return False, len(texts) == 3, f"n=3 gave {len(texts)}", fix

    def _seed(self) -> Any:
        first, second = (_texts(self._post(temperature=1.0, seed=7)) for _ in range(2))
        same = bool(first) and first == second
        fix = "Samples can't be repeated: keep the answers by a cache ([lm] cache)."
        return False, same, "repeated" if same else "not repeated", fix

    def _logprobs(self) -> Any:
        reply = self._post(max_tokens=4, logprobs=True, top_logprobs=2)
        found = [choice.get("logprobs") for choice in _choices(reply)]
        ok = bool(found and found[0] and found[0].get("content"))
        told = "given" if ok else f"none ({reply.status})"
        return False, ok, told, "Start vLLM without --max-logprobs 0."

    def _streaming(self) -> Any:
        reply = self._post(stream=True)
        events = str(reply.body).count("data: ") if reply.status == 200 else 0
        whole = events > 1 and "[DONE]" in str(reply.body)
        found = f"{events} events" if events else f"{reply.status}: {reply.words[:80]}"
        return False, whole, found, "Answers come at once; a proxy in between may gather them."

    def _tokens(self) -> Any:
        reply = self._post(max_tokens=4)
        usage = reply.body.get("usage") if isinstance(reply.body, dict) else None
        count = (usage or {}).get("prompt_tokens")
        found = f"{count} tokens of a prompt" if count else "none"
        return False, bool(count), found, "Tokens can't be counted; the answers aren't affected."

    def _prefix(self) -> Any:
        stamp = str(time.time_ns())
        room = (self.context or NEEDED_CONTEXT) // 16
        text = f"{stamp} " + " ".join(f"Line {n} of the evidence." for n in range(min(room, 60)))
        messages = [{"role": "user", "content": text}]
        before = self._hits()
        usages = [self._post(messages=messages, max_tokens=1) for _ in range(2)][1].body
        usage = usages.get("usage") or {} if isinstance(usages, dict) else {}
        cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens")
        fix = "Start vLLM with --enable-prefix-caching: prompts share their beginnings."
        if cached:
            return False, True, f"{cached} tokens of a repeated prompt were at hand", ""
        after = self._hits()
        if before is not None and after is not None and after > before:
            return False, True, f"{after - before:.0f} tokens of a repeated prompt were at hand", ""
        if cached is None and after is None:
            more = " It tells with --enable-prompt-tokens-details."
            return False, None, "the endpoint doesn't tell", fix + more
        return False, False, "a repeated prompt was computed anew", fix

    def _hits(self) -> float | None:
        """Tokens that were at hand so far, from vLLM's metrics."""
        root = self.settings.api_base.removesuffix("/v1")
        reply = ask(f"{root}/metrics", api_key=self.settings.api_key, timeout_s=10)
        found = re.findall(r"^vllm:prefix_cache_hits_total\S* ([\d.e+]+)$", str(reply.body), re.M)
        return sum(map(float, found)) if found and reply.status == 200 else None

    def _thoughts(self) -> Any:
        reply = self._post(max_tokens=256)
        choices = _choices(reply)
        message = choices[0].get("message") or {} if choices else {}
        text = str(message.get("content") or "")
        fix = (
            "Start vLLM with --reasoning-parser NAME (deepseek_r1, qwen3, ...), so that a schema "
            "holds for the answer alone. kgmed cuts off what ends with </think> anyway."
        )
        if message.get("reasoning_content") or message.get("reasoning"):
            return False, True, "thoughts come apart from the answer", ""
        if "</think>" in text or text.lstrip().startswith("<think>"):
            return False, False, "thoughts stand in the answer's text", fix
        return False, True, "it doesn't think aloud", ""


def is_valid(text: str) -> bool:
    """Whether a text is JSON of :data:`SCHEMA`.

    >>> is_valid('{"answer":"yes","reason":"so","score":3}'), is_valid('{"answer":"perhaps"}')
    (True, False)
    """
    try:
        found = json.loads(text, strict=False)  # control characters are escaped when it is read
    except ValueError:
        return False
    return (
        isinstance(found, dict)
        and list(found) == ["answer", "reason", "score"]
        and found["answer"] in {"yes", "no"}
        and isinstance(found["reason"], str)
        and len(found["reason"]) <= 40
        and type(found["score"]) is int
        and 0 <= found["score"] <= 9
    )


def _parent(cards: list[dict[str, Any]], name: str) -> str:
    """The model that an adapter belongs to."""
    return next((str(card.get("parent") or "") for card in cards if card["id"] == name), "")


def _choices(reply: Reply) -> list[dict[str, Any]]:
    found = reply.body.get("choices") if isinstance(reply.body, dict) else None
    return found if reply.status == 200 and isinstance(found, list) else []


def _texts(reply: Reply) -> list[str]:
    return [str((one.get("message") or {}).get("content") or "") for one in _choices(reply)]
