"""The forms that trainers read rows in, and their columns.

``messages`` is the form of chat templates; ``alpaca`` and ``sharegpt`` are LLaMA-Factory's
(https://llamafactory.readthedocs.io, data preparation), ``chatml`` is the text that a ChatML
template renders, ``openai`` holds what OpenAI's fine-tuning takes and nothing else. Each but
``openai`` carries where the row comes from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kgmed.builders.datasets.model import Message, Row

Record = dict[str, Any]
LIST = "list"
"""Type of a column of texts; other columns are a text, ``string``, pairs of texts, ids of tokens,
or a list of objects of texts, given as the objects' keys."""
PAIRS = "pairs"
IDS = "ids"
UNLEARNT = -100
"""The label of a token that isn't learnt, in PyTorch's cross entropy and all that stands on it."""
PROVENANCE: dict[str, Any] = {
    "rationale": "string", "statements": LIST, "sources": LIST, "licence": "string",
    "split": "string", "snapshot": "string", "extra": "string",
}  # fmt: skip
_OF: dict[str, Any] = {"id": "string", "task": "string", "lang": "string"}
_json = json.JSONEncoder(ensure_ascii=False).encode
_GPT = {"system": "system", "user": "human", "assistant": "gpt"}


@dataclass(frozen=True, slots=True)
class Format:
    """A form of rows: its columns with their types, and what makes them of a row."""

    columns: Mapping[str, Any]
    record: Callable[[Row], Record]


def provenance(row: Row) -> Record:
    """Where a row comes from. ``extra`` is a JSON text, so that all rows have the same columns."""
    extra = row.extra
    return {
        "rationale": row.rationale, "statements": row.statements, "sources": row.sources,
        "licence": row.licence, "split": row.split, "snapshot": row.snapshot,
        "extra": _json(dict(extra)) if extra else "",
    }  # fmt: skip


def _head(row: Row) -> Record:
    return {"id": row.id, "task": row.task, "lang": row.lang}


def _said(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": role, "content": content} for role, content in messages]


def _messages(row: Row) -> Record:
    return {**_head(row), "messages": _said(row.messages), **provenance(row)}


def _openai(row: Row) -> Record:
    return {"messages": _said(row.messages)}


def _turns(row: Row) -> tuple[str, list[tuple[str, str]]]:
    """The system's text, and (what the user said, what was answered) of each turn."""
    system = "\n".join(text for role, text in row.messages if role == "system")
    said = [message for message in row.messages if message[0] != "system"]
    asked = [text for role, text in said if role == "user"]
    answered = [text for role, text in said if role == "assistant"]
    return system, list(zip(asked, answered, strict=False))


def _alpaca(row: Row) -> Record:
    system, turns = _turns(row)
    *before, (asked, answered) = turns or [("", "")]
    return {
        **_head(row), "instruction": asked, "input": "", "output": answered, "system": system,
        "history": [[user, answer] for user, answer in before],
        **provenance(row),
    }  # fmt: skip


def _sharegpt(row: Row) -> Record:
    system = "\n".join(text for role, text in row.messages if role == "system")
    turns = [{"from": _GPT[role], "value": text} for role, text in row.messages if role != "system"]
    return {**_head(row), "conversations": turns, "system": system, **provenance(row)}


def _chatml(row: Row) -> Record:
    text = "".join(f"<|im_start|>{role}\n{said}<|im_end|>\n" for role, said in row.messages)
    return {**_head(row), "text": text, **provenance(row)}


def _text(row: Row) -> Record:
    return {**_head(row), "text": row.messages[0][1], **provenance(row)}


def _context(row: Row) -> Record:
    learnt = int(row.extra["tokens"])
    labels = (*row.tokens[:learnt], *(UNLEARNT for _ in row.tokens[learnt:]))
    return {
        **_head(row), "text": row.messages[0][1], "input_ids": row.tokens, "labels": labels,
        **provenance(row),
    }  # fmt: skip


def _pair(row: Row) -> Record:
    *asked, chosen = row.messages
    return {
        **_head(row), "prompt": _said(asked), "chosen": _said([chosen]),
        "rejected": _said([(chosen[0], row.rejected)]), **provenance(row),
    }  # fmt: skip


def _alpaca_pair(row: Row) -> Record:
    system, turns = _turns(row)
    *before, (asked, chosen) = turns or [("", "")]
    return {
        **_head(row), "instruction": asked, "input": "", "chosen": chosen,
        "rejected": row.rejected, "system": system,
        "history": [[user, answer] for user, answer in before], **provenance(row),
    }  # fmt: skip


FORMATS: dict[str, Format] = {
    "messages": Format({**_OF, "messages": ("role", "content"), **PROVENANCE}, _messages),
    "alpaca": Format(
        {**_OF, "instruction": "string", "input": "string", "output": "string", "system": "string",
         "history": PAIRS, **PROVENANCE}, _alpaca),
    "sharegpt": Format(
        {**_OF, "conversations": ("from", "value"), "system": "string", **PROVENANCE}, _sharegpt),
    "chatml": Format({**_OF, "text": "string", **PROVENANCE}, _chatml),
    "openai": Format({"messages": ("role", "content")}, _openai),
}  # fmt: skip
"""Name of a form of instructions -> the form."""
TEXT = Format({**_OF, "text": "string", **PROVENANCE}, _text)
"""The form of a corpus's rows: a message without a role is the text."""
CONTEXT = Format({**_OF, "text": "string", "input_ids": IDS, "labels": IDS, **PROVENANCE}, _context)
"""The form of packed texts: what a causal model's ``forward`` takes, all rows of one length."""
PAIR = Format(
    {**_OF, **dict.fromkeys(("prompt", "chosen", "rejected"), ("role", "content")), **PROVENANCE},
    _pair,
)
"""The form of preference pairs: ``prompt``, ``chosen`` and ``rejected`` are lists of messages, as
TRL's trainers take them (https://huggingface.co/docs/trl/dataset_formats)."""
PAIR_FORMATS: dict[str, Format] = {
    "messages": PAIR,
    "alpaca": Format(
        {**_OF, **dict.fromkeys(("instruction", "input", "chosen", "rejected", "system"), "string"),
         "history": PAIRS, **PROVENANCE}, _alpaca_pair),
}  # fmt: skip
"""Name of a form of preference pairs -> the form; LLaMA-Factory's has texts for messages."""
INSTRUCTIONS, PREFERENCES, RATIONALES = "instructions", "preferences", "rationales"
PARAPHRASES, GENERATED = "paraphrases", "generated"
MODEL_PREFERENCES = "model_preferences"
"""Kinds of rows that a model writes."""
PACKED = "packed"
_FORMS_OF: dict[str, Mapping[str, Format]] = {
    **dict.fromkeys((INSTRUCTIONS, PARAPHRASES, GENERATED, RATIONALES), FORMATS),
    **dict.fromkeys((PREFERENCES, MODEL_PREFERENCES), PAIR_FORMATS),
}
"""Kind of dataset -> its forms by name; a config's name is the kind's, and the form's behind it."""


def format_of(config: str) -> Format:
    """The form of a config's rows.

    >>> format_of("instructions_alpaca") is FORMATS["alpaca"], format_of("sentences") is TEXT
    (True, True)
    """
    if config == PACKED:
        return CONTEXT
    kind, form = kind_and_form(config)
    return _FORMS_OF[kind][form] if kind else TEXT


def kind_and_form(config: str) -> tuple[str, str]:
    """The kind of dataset that a config is of, and the name of its form; a corpus has none.

    >>> kind_and_form("preferences_alpaca"), kind_and_form("paths_found")
    (('preferences', 'alpaca'), ('', ''))
    """
    for kind in _FORMS_OF:
        if config == kind or config.startswith(f"{kind}_"):
            return kind, config.removeprefix(kind).lstrip("_") or "messages"
    return "", ""


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def line(record: Record) -> bytes:
    """A record as a line of JSON."""
    return _encode(record).encode() + b"\n"
