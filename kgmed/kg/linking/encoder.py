"""Texts to vectors, by a text encoder in a folder: transformers' own or sentence-transformers'.

The layout of sentence-transformers (https://sbert.net/docs/sentence_transformer/usage/custom_models.html):
``modules.json`` lists a Transformer, a Pooling with a ``config.json``, and perhaps Normalize.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kgmed.kg.errors import ConfigError, MissingExtra

Vectors = npt.NDArray[np.float32]

LONGEST = 128
"""Tokens of a text that an encoder reads."""


class Encoder:
    """Texts to unit vectors by a model in a folder."""

    def __init__(self, path: Path, *, device: str) -> None:
        folder, self._pooling = _layout(path)
        try:
            import torch
            import transformers
        except ImportError as error:
            raise MissingExtra(error.name or "torch", "rerank") from error
        self._torch = torch
        self._device = device
        try:
            with _quiet(transformers.utils.logging):
                self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(
                    folder, local_files_only=True, trust_remote_code=False
                )
                model: Any = transformers.AutoModel.from_pretrained(
                    folder, local_files_only=True, trust_remote_code=False
                )
        except Exception as error:  # each file format has errors of its own
            first = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
            raise ConfigError(f"{folder}: the encoder can't be read ({first[:200]}).") from error
        self._model = model.to(device).eval()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of texts, shape (texts, dimensions)."""
        torch = self._torch
        longest = min(LONGEST, int(getattr(self._model.config, "max_position_embeddings", LONGEST)))
        parts = []
        for first in range(0, len(texts), 32):
            read = self._tokenizer(
                list(texts[first : first + 32]), padding=True, truncation=True,
                max_length=longest, return_tensors="pt",
            ).to(self._device)  # fmt: skip
            with torch.inference_mode():
                tokens = self._model(**read).last_hidden_state
                mask = read["attention_mask"].unsqueeze(-1).to(tokens.dtype)
                if self._pooling == "cls":
                    pooled = tokens[:, 0]
                elif self._pooling == "max":
                    pooled = tokens.masked_fill(mask == 0, float("-inf")).amax(1)
                else:
                    pooled = (tokens * mask).sum(1) / mask.sum(1).clamp(min=1)
                pooled = torch.nn.functional.normalize(pooled.float(), dim=1)
            parts.append(pooled.cpu().numpy())
        found: Vectors = np.concatenate(parts)
        return found


@contextmanager
def _quiet(logging: Any) -> Iterator[None]:
    """Without transformers' progress bars, and its report of weights that aren't used."""
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


_MODULES = {"Transformer", "Pooling", "Normalize"}


def _layout(path: Path) -> tuple[Path, str]:
    """Where a folder's transformer lies, and how its tokens are pooled: mean, cls or max."""
    modules = path / "modules.json"
    if not modules.is_file():
        if (path / "config.json").is_file():
            return path, "mean"
        raise ConfigError(
            f"{path}: found neither modules.json nor config.json, expected the folder of an"
            " encoder as sentence-transformers or transformers save it."
        )
    try:
        folder, pooling = path, "mean"
        for module in json.loads(modules.read_text(encoding="utf-8")):
            kind = module["type"].rpartition(".")[2]
            if kind not in _MODULES:
                raise ConfigError(
                    f"{modules}: found the module {module['type']}, expected only"
                    f" {', '.join(sorted(_MODULES))}."
                )
            if kind == "Transformer":
                folder = path / module["path"]
            elif kind == "Pooling":
                pooling = _pooling(path / module["path"] / "config.json")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{modules}: can't be read ({error}).") from error
    return folder, pooling


def _pooling(path: Path) -> str:
    row = json.loads(path.read_text(encoding="utf-8"))
    modes = {
        "mean": row.get("pooling_mode_mean_tokens"),
        "cls": row.get("pooling_mode_cls_token"),
        "max": row.get("pooling_mode_max_tokens"),
    }
    others = [name for name, on in row.items() if name.startswith("pooling_mode_") and on is True]
    chosen = [name for name, on in modes.items() if on] or [row.get("pooling_mode", "")]
    if len(chosen) != 1 or len(others) > 1 or chosen[0] not in modes:
        raise ConfigError(
            f"{path}: found the pooling {', '.join(others) or chosen}, expected one of:"
            f" {', '.join(modes)}."
        )
    return str(chosen[0])
