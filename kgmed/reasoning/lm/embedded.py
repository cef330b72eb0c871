"""A causal language model of transformers, run in this process: the engine without a server.

``torch`` and ``transformers`` (https://huggingface.co/docs/transformers) are imported when a model
is opened. The prompt is written by the tokenizer's own chat template. A schema isn't enforced, as a
server's guided decoding would: it is in the prompt, and what comes back is read like any answer.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any

from kgmed.kg.errors import DataError, LanguageModelError, MissingExtra, UsageError
from kgmed.reasoning.lm.base import Request

CONFIG = "config.json"
_EDGE = 1 << 20
"""Bytes at either end of a large file that are read for a fingerprint."""


class Embedded:
    """Completes by the model in a folder (weights in safetensors, a tokenizer with a chat
    template), on ``device`` ("cpu", "cuda"; the GPU where there is one, if none is named).

    A request with a temperature above 0 is sampled, by its seed and sample number, so that the same
    request gives the same answer on the same machine; without, the likeliest tokens are taken.
    Threads take turns. Raises :class:`~kgmed.kg.errors.MissingExtra` without torch and
    transformers, :class:`~kgmed.kg.errors.DataError` for a folder that holds no such model, and
    :class:`~kgmed.kg.errors.LanguageModelError` for a prompt that is too long for it.
    """

    def __init__(self, folder: Path, *, device: str = "") -> None:
        if not (folder / CONFIG).is_file():
            raise DataError(
                f"{folder}: no {CONFIG} in it, expected the folder of a causal language model of "
                "transformers (config.json, model.safetensors, tokenizer.json)."
            )
        self._torch, transformers = _packages()
        self.folder = folder
        self.name = identity(folder)
        self._device = device or ("cuda" if self._torch.cuda.is_available() else "cpu")
        try:
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(
                folder, local_files_only=True
            )
            self._model = transformers.AutoModelForCausalLM.from_pretrained(
                folder, local_files_only=True, dtype="auto"
            ).to(self._device)
        except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
            told = " ".join(str(error).split())[:300]
            raise DataError(f"{folder}: transformers can't open a model in it ({told}).") from error
        if not self._tokenizer.chat_template:
            raise UsageError(
                f"{folder}: the tokenizer has no chat template, expected a model that was trained "
                "to be asked; a base model completes text."
            )
        self._model.eval()
        self._lock = Lock()

    def __call__(self, request: Request, /) -> str:
        with self._lock:
            return self._complete(request)

    def tokens(self, text: str) -> int:
        """How many tokens a text is."""
        return len(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _complete(self, request: Request) -> str:
        torch = self._torch
        asked = self._tokenizer.apply_chat_template(
            request.messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
        ).to(self._device)
        length = int(asked["input_ids"].shape[1])
        room = getattr(self._model.config, "max_position_embeddings", None)
        if room is not None and length >= room:
            raise LanguageModelError(
                f"{self.folder}: the prompt has {length:,} tokens, and the model takes {room:,} "
                "with its answer. Ask about less at once, or choose a model with a longer context."
            )
        most = request.max_tokens if room is None else min(request.max_tokens, room - length)
        options: dict[str, Any] = {"max_new_tokens": most, "do_sample": False}
        if request.temperature:
            options |= {"do_sample": True, "temperature": request.temperature, "top_k": 0}
            torch.manual_seed(request.drawn or 0)
        if self._tokenizer.pad_token_id is not None:
            options["pad_token_id"] = self._tokenizer.pad_token_id
        if self._tokenizer.eos_token_id is not None:
            options["eos_token_id"] = self._ends()
        with torch.inference_mode():
            made = self._model.generate(**asked, **options)
        return str(self._tokenizer.decode(made[0, length:], skip_special_tokens=True))

    def _ends(self) -> list[int]:
        """The tokens that end an answer: the tokenizer's, and those of the model's settings."""
        own = self._model.generation_config.eos_token_id
        listed = own if isinstance(own, list) else [own]
        ends = {self._tokenizer.eos_token_id, *(id for id in listed if id is not None)}
        return sorted(ends)


def identity(folder: Path) -> str:
    """The name of a model's folder, with the digest of what is in it."""
    return f"{folder.resolve().name}@{fingerprint(folder)[:12]}"


def fingerprint(folder: Path) -> str:
    """A digest of a model's files: of their names and sizes, and of their first and last MiB."""
    digest = sha256()
    for path in sorted(folder.iterdir()):
        if not path.is_file() or path.suffix not in {".json", ".safetensors", ".jinja", ".bin"}:
            continue
        size = path.stat().st_size
        digest.update(f"{path.name}\0{size}\0".encode())
        with path.open("rb") as file:
            digest.update(file.read(_EDGE))
            if size > _EDGE:
                file.seek(max(_EDGE, size - _EDGE))
                digest.update(file.read(_EDGE))
    return digest.hexdigest()


def _packages() -> tuple[Any, Any]:
    try:
        import torch
        import transformers
    except ImportError as error:
        raise MissingExtra(error.name or "transformers", "embedded") from error
    return torch, transformers
